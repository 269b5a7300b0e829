//! The bodies of the fuzz targets: plain functions over bytes that panic when something that must hold does not.
//!
//! `fuzz/` calls them from libFuzzer; the unit tests call them with the committed seeds, so that ordinary builds compile and run them.

#[cfg(feature = "session")]
mod choppy;
mod codec;
mod message;
mod protocol;
mod recording;
#[cfg(feature = "session")]
mod session;
mod source;

pub use self::codec::codec;
pub use self::message::message;
pub use self::protocol::protocol;
pub use self::recording::recording;
#[cfg(feature = "session")]
pub use self::session::session;

#[cfg(test)]
mod tests;
