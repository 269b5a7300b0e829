//! A recorder around any transport.
//!
//! [`Recorder`] forwards every byte and records it. It never changes what the two sides see, and
//! does not make them wait for the disk. It writes a [recording](crate::recording): one file for
//! each connection, line by line and without secrets, so that a program that is killed leaves a
//! truncated recording that can be read and has no secrets in it.
//!
//! If a recording cannot be written, only the recording stops: see [`Recorder::error`].
//!
//! * [`Recorded`] replays or records, depending on the [`Mode`] of a test run.
//! * [`Recorder::pass_through`] makes this process a recorder between a CLI and the SDK of another
//!   program.

mod claim;
mod disk;
mod error;
mod filter;
mod keep;
mod launch_context;
mod lines;
mod log;
mod mode;
mod pass_through;
mod recorded;
mod tee;
mod transport;

pub use self::claim::{claim, claim_in_folder, unclaim};
pub use self::error::Error;
pub use self::mode::Mode;
pub use self::pass_through::own_environment;
pub use self::recorded::Recorded;
pub use self::transport::Recorder;

#[cfg(test)]
mod tests;
