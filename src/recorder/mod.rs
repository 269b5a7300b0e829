//! A recorder around any transport.
//!
//! [`Recorder`] forwards every byte and notes it: it never changes what the two sides see, and it never makes them wait for the disk.
//! What it writes is a [recording](crate::recording): one file for each connection, line by line and without secrets, so that a program that
//! is killed leaves a truncated recording which can still be read, and nothing that had to be taken out later.
//!
//! A recording that cannot be written stops, and nothing else does: see [`Recorder::error`].
//!
//! * [`Recorded`] plays a recording or makes it, by the [`Mode`] that a test runs in.
//! * [`Recorder::pass_through`] puts a recorder into a process of its own, between a CLI and the SDK of another program.

mod claim;
mod date;
mod disk;
mod error;
mod filter;
mod launch_context;
mod lines;
mod log;
mod mode;
mod pass_through;
mod recorded;
mod tee;
mod transport;

pub use self::claim::{claim, unclaim};
pub use self::error::Error;
pub use self::mode::Mode;
pub use self::pass_through::own_environment;
pub use self::recorded::Recorded;
pub use self::transport::Recorder;

#[cfg(test)]
mod tests;
