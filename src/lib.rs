//! A Rust SDK for the Claude Code CLI (`claude`) whose users can test what they build on it.
//!
//! A [`Session`] is a conversation with one CLI. [`Session::query`] gives a [`Turn`]: a lazy stream of [`Message`]s, which can be read as
//! less, such as its text. What stands behind the session is a [`Transport`](transport::Transport): the installed `claude` unless told, in a
//! test a [`Scenario`] or a [`Replay`].
//!
//! ```
//! # #[cfg(feature = "session")]
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> claude_wire::Result<()> {
//!     use claude_wire::{Scenario, Session, reply};
//!
//!     // Without `transport` this would ask the `claude` that is installed.
//!     let cli = Scenario::new().on_prompt("What is 2 + 2?", reply().text("4."));
//!     let session = Session::builder().model("opus").transport(cli).start()?;
//!     assert_eq!(session.query("What is 2 + 2?").text().await?, "4.");
//!     Ok(())
//! }
//! # #[cfg(not(feature = "session"))]
//! # fn main() {}
//! ```
//!
//! From here: [`SessionBuilder`] has every option; [`Turn`] the ways to read an answer; [`Error`] what can go wrong; [`PermissionHandler`] and
//! [`HookHandler`] what the CLI asks; [`record::Recorded`] makes recordings for tests and plays them. The README shows each at work, and lists
//! the examples, the `claude-wire` tool and the features.
//!
//! # Layout
//!
//! * [`wire`]: the line codec and the vocabulary of messages; no I/O, no clock.
//! * [`protocol`]: turns, requests and callbacks as a machine without I/O.
//! * [`transport`]: moves bytes and owns a child's life: the real process, the in-memory pipe.
//! * [`session`]: the async driver of the machine, and the public handle.
//! * [`recording`]: reads, writes, imports and redacts recordings.
//! * [`player`]: plays the CLI's part from a recording ([`Replay`]) or a script ([`Scenario`]).
//! * [`record`]: a recorder around any transport, or around the CLI of another program; recordings that tests play or make.
//! * [`testing`]: finds the stand-in `claude` for tests that want a whole process.
//! * `mcp` (feature `mcp`): tools of the host's, as `rmcp` servers that the CLI reaches over the session.
//! * `fake_api`, `hermetic` (feature `fake-api`): a Messages API on loopback, and the real CLI in front of it.
//! * `fuzzing` (feature `fuzzing`): the bodies of the fuzz targets.

#![warn(clippy::unwrap_used)]

#[macro_use]
mod errors;

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod protocol;
pub mod recording;
#[macro_use]
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
mod versioned;

// Inline, so that the first page says what each is.
#[cfg(feature = "session")]
#[doc(inline)]
pub use self::player::{Replay, Scenario, reply};
#[cfg(feature = "session")]
#[doc(inline)]
pub use self::session::{
    AppConfig, Confirmer, Decision, Error, HookContext, HookHandler, Matcher, Options,
    PermissionHandler, PermissionMode, PermissionRequest, Prompt, Result, Session, SessionBuilder,
    SessionEvent, Summary, Turn, query, with_session,
};
#[doc(inline)]
pub use self::wire::Message;
#[doc(inline)]
pub use self::wire::hook::HookOutput;

/// The version of the Claude Code CLI that this release was made with.
///
/// Its recordings, its tests and its tables are those of this version, and a [`Scenario`] speaks as
/// it does. Sessions work with other versions too: what one writes that this release does not know
/// is kept.
pub const CLI_VERSION: &str = "2.1.332";

/// The examples of the README compile, and run where they can.
#[cfg(all(doctest, feature = "session"))]
#[doc = include_str!("../README.md")]
struct Readme;
