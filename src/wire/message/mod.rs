//! The messages of the wire, typed when somebody looks.

mod body;
mod lazy;
mod result;

pub use self::body::Body;
pub use self::lazy::Message;
pub use self::result::{ResultMessage, ResultSubtype, TerminalReason};
