//! Runs the real CLI isolated from the machine and from the network.

mod error;
mod network;
mod place;

pub use self::error::HermeticError;
pub use self::network::Network;
pub use self::place::{Hermetic, real_cli};
