//! A recorder around any transport.
//!
//! [`Recorder`] forwards every byte, and then notes it: it never changes what the two sides see, and it never makes them wait for the disk.
//! What it writes is a [recording](crate::recording): one file for each connection, flushed line by line, so that a program that is killed
//! leaves a truncated recording which can still be read.
//!
//! A recording that cannot be written stops, and nothing else does: see [`Recorder::error`].

mod claim;
mod date;
mod disk;
mod error;
mod filter;
mod lines;
mod log;
mod mode;
mod own_streams;
mod pass_through;
mod recorded;
mod recorder;
mod surroundings;
mod tee;

pub use self::claim::{claim, unclaim};
pub use self::error::Error;
pub use self::mode::Mode;
pub use self::pass_through::own_environment;
pub use self::recorded::Recorded;
pub use self::recorder::Recorder;

#[cfg(test)]
mod tests;
