//! The bodies of the fuzz targets: plain functions over bytes that panic when something that must hold does not.
//!
//! `fuzz/` calls them from libFuzzer; the unit tests call them with the committed seeds, so that ordinary builds compile and run them.

pub(crate) mod agree;
mod codec;
mod message;
mod protocol;
mod recording;
mod source;

pub use self::codec::codec;
pub use self::message::message;
pub use self::protocol::protocol;
pub use self::recording::recording;

#[cfg(test)]
mod tests;
