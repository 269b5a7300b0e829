//! A Rust SDK for the Claude Code CLI that its users can test.
//!
//! # Layout
//!
//! * [`wire`]: the line codec and the vocabulary of messages; no I/O, no clock.
//! * [`protocol`]: turns, requests and callbacks as a machine without I/O.
//! * [`transport`]: moves bytes and owns a child's life.
//! * [`recording`]: reads, writes and scrubs recordings.
//! * `mcp` (feature `mcp`): tools in the host's own process.
//! * `fake_api`, `hermetic` (feature `fake-api`): a Messages API on loopback, and the real CLI in front of it.

#![warn(clippy::unwrap_used)]

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod protocol;
pub mod recording;
pub mod wire;

#[cfg(feature = "fake-api")]
pub mod fake_api;
#[cfg(feature = "fake-api")]
pub mod hermetic;
#[cfg(feature = "mcp")]
pub mod mcp;
#[cfg(feature = "session")]
pub mod player;
#[cfg(feature = "session")]
pub mod record;
#[cfg(feature = "session")]
pub mod session;
#[cfg(feature = "session")]
pub mod testing;
#[cfg(feature = "session")]
pub mod transport;

#[cfg(feature = "session")]
pub use self::player::{Replay, Scenario, reply};
#[cfg(feature = "session")]
pub use self::session::{Decision, Error, Options, Result, Session, SessionBuilder, Summary, Turn, query, with_session};

/// The examples of the README compile, and run where they can.
#[cfg(all(doctest, feature = "session"))]
#[doc = include_str!("../README.md")]
struct Readme;
