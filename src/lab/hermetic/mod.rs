//! The real CLI where nothing of the machine reaches it and nothing of it reaches the network.

mod error;
mod network;
mod place;

pub use self::error::HermeticError;
pub use self::network::Network;
pub use self::place::{Hermetic, real_cli};
