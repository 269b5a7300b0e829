//! A Rust SDK for the Claude Code CLI (`claude`), with the tools to test what you build on it.
//!
//! A [`Session`] is a conversation with one CLI. [`Session::query`] returns a [`Turn`]: a lazy
//! stream of [`Message`]s, which can also be read as text, deltas, JSON or a summary. A session
//! talks to the CLI through a [`Transport`](transport::Transport): by default the installed
//! `claude`, in a test a [`Scenario`] or a [`Replay`].
//!
//! ```
//! # #[cfg(feature = "player")]
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> claude_wire::Result<()> {
//!     use claude_wire::{Scenario, Session, reply};
//!
//!     // Without `transport` this would ask the `claude` that is installed.
//!     let cli = Scenario::new().on_prompt("What is 2 + 2?", reply().text("4."));
//!     let session = Session::builder().model("opus").transport(cli.clone()).start()?;
//!     assert_eq!(session.query("What is 2 + 2?").text().await?, "4.");
//!     Ok(())
//! }
//! # #[cfg(not(feature = "player"))]
//! # fn main() {}
//! ```
//!
//! # Where to look
//!
//! | you want to | look at |
//! |---|---|
//! | set an option | [`SessionBuilder`], and for one query [`Turn`] |
//! | read an answer | [`Turn`], [`Message`], [`Summary`] |
//! | handle failures | [`Error`], [`session::RetryPolicy`] |
//! | decide what a tool may do | [`PermissionHandler`], [`HookHandler`] |
//! | ask or change something while a session runs | [`Session`] |
//! | test | [`Scenario`], [`Replay`], [`recorder::Recorded`], [`testing`] |
//! | find, read or change past sessions | [`history`] |
//! | keep many sessions alive | [`supervisor`] |
//! | see what they do: spans, metrics, health | [`telemetry`] |
//! | read the CLI's output without a session | [`wire`] |
//!
//! The module `guides` has short answers to common questions: streaming and then reading JSON,
//! permissions inside a folder, budgets, retries, supervision, updates without dropping sessions, a
//! web server, testing.
//!
//! # What counts as a breaking change
//!
//! The version follows semver. These are not breaking changes:
//!
//! * new variants and fields of types that are `#[non_exhaustive]`, which includes every type that
//!   describes what the CLI writes;
//! * new flags, messages and requests of a newer CLI;
//! * texts of errors, reports and logs, and the output of `Debug`;
//! * a higher minimum Rust version in a minor release, if that version is at least six months old;
//! * the modules [`protocol`] and `fuzzing`, and what the features `lab`, `wiremock` and `fuzzing`
//!   add: they may change in any minor release.
//!
//! A struct that you construct with all its fields gets new fields only in a breaking release:
//! [`Launch`](transport::Launch), and what a [`SessionStore`](store::SessionStore) returns. Version 1 of the recording and scenario formats stays
//! readable. Before 1.0, a minor release may break; the changelog says how to adapt.
//!
//! # Layout
//!
//! One folder or file per layer, from the bottom up, and no import from a lower to a higher one.
//!
//! * [`wire`]: the line codec and the vocabulary of messages; no I/O, no clock.
//! * [`transport`]: moves bytes and owns the child process: the real CLI, the in-memory pipe.
//! * [`recording`] (feature `recording`, on by default): reads, writes, imports and redacts
//!   recordings.
//! * [`history`] (feature `history`, on by default): lists, reads and changes the sessions that the
//!   CLI keeps on disk.
//! * [`protocol`]: turns, requests and callbacks as a machine without I/O.
//! * [`session`]: the async driver of the machine, and the public handle; with feature `mcp`,
//!   in-process tools.
//! * [`store`]: copies of transcripts outside the CLI's folder, and sessions resumed from them.
//! * `holder` (Unix): keeps CLIs alive while your program is replaced.
//! * [`supervisor`]: many named sessions, restarted when they crash.
//! * [`telemetry`]: the names of spans, events and metrics, and what emits them.
//! * [`faults`]: the catalogue of faults, and what injects them into a connection.
//! * [`player`]: plays the CLI's part from a recording ([`Replay`]) or a script ([`Scenario`]).
//! * [`recorder`]: a recorder around any transport, or around the CLI of another program;
//!   recordings that tests replay or make.
//! * `lab` (feature `lab`): a Messages API on loopback, and the real CLI in front of it, in a
//!   closed network.
//! * [`testing`]: finds `mock-claude` for tests that want a whole process.
//! * `fuzzing` (feature `fuzzing`, hidden): the bodies of the fuzz targets.
//!
#![doc = include_str!("../docs/features.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// A default feature needs no badge: one would be on nearly every item.
#![cfg_attr(
    docsrs,
    doc(auto_cfg(hide(
        feature = "history",
        feature = "recording",
        feature = "player",
        feature = "session"
    )))
)]
#![warn(clippy::unwrap_used)]

#[macro_use]
mod common;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "history")]
pub mod history;
pub mod protocol;
#[cfg(feature = "recording")]
pub mod recording;
#[macro_use]
pub mod wire;

#[cfg(feature = "player")]
pub mod faults;
#[cfg(all(feature = "session", unix))]
pub mod holder;
#[cfg(feature = "lab")]
pub mod lab;
#[cfg(feature = "player")]
pub mod player;
#[cfg(feature = "player")]
pub mod recorder;
#[cfg(feature = "session")]
pub mod session;
#[cfg(feature = "session")]
pub mod store;
#[cfg(feature = "session")]
pub mod supervisor;
#[cfg(feature = "session")]
#[doc = include_str!("../docs/observability.md")]
pub mod telemetry;
#[cfg(feature = "player")]
pub mod testing;
#[cfg(feature = "session")]
pub mod transport;

// Inline, so that the first page says what each is.
#[cfg(feature = "player")]
#[doc(inline)]
pub use self::player::{Replay, Scenario, reply};
#[cfg(feature = "mcp")]
#[doc(inline)]
pub use self::session::mcp;
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

/// Short answers to common questions. They are also in the repository, under `docs/guides`.
#[cfg(all(any(doc, doctest), feature = "session"))]
pub mod guides {
    #[doc = include_str!("../docs/guides/budgets.md")]
    pub mod budgets {}
    #[doc = include_str!("../docs/guides/permissions.md")]
    pub mod permissions {}
    #[doc = include_str!("../docs/guides/retries.md")]
    pub mod retries {}
    #[doc = include_str!("../docs/guides/streaming.md")]
    pub mod streaming {}
    #[doc = include_str!("../docs/guides/supervision.md")]
    pub mod supervision {}
    #[doc = include_str!("../docs/guides/testing.md")]
    pub mod testing {}
    #[cfg(unix)]
    #[doc = include_str!("../docs/guides/updates.md")]
    pub mod updates {}
    #[doc = include_str!("../docs/guides/web-server.md")]
    pub mod web_server {}
}

/// The code of the README and of the pages in `docs` compiles, and runs where it can.
#[cfg(all(doctest, feature = "session"))]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/launchers.md")]
    struct Launchers;
    #[doc = include_str!("../docs/launchers/ssh.md")]
    struct LauncherSsh;
    #[doc = include_str!("../docs/launchers/docker.md")]
    struct LauncherDocker;
    #[doc = include_str!("../docs/launchers/kubectl.md")]
    struct LauncherKubectl;
    #[doc = include_str!("../docs/launchers/srun.md")]
    struct LauncherSrun;
    #[doc = include_str!("../docs/launchers/systemd-run.md")]
    struct LauncherSystemdRun;
    #[doc = include_str!("../docs/history.md")]
    struct History;
    #[doc = include_str!("../docs/hosting.md")]
    struct Hosting;
    #[doc = include_str!("../docs/stand-in.md")]
    struct StandIn;
}
