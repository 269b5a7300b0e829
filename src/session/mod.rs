//! The session: the async driver and the public handle.
//!
//! A [`Session`] is a handle; one task behind it owns the pipes and the [protocol
//! machine](crate::protocol). That task reads and writes at the same time, drains standard
//! error, runs each callback of the host in its own task, and ends the process. The messages of a
//! turn go to its [`Turn`], a lazy stream; everything else goes to [`Session::events`].
//!
//! * **Bounded, lossless, live.** The memory of messages that wait for a turn's reader is bounded.
//!   At the limit the session stops reading, which blocks the CLI. While a request of the host is
//!   pending, the session keeps reading, up to a hard cap.
//! * **One at a time.** Turns run in the order in which they are first polled. A dropped turn is
//!   interrupted and drained.
//! * **Options** are layered: query, session, application, defaults; see [`Options`].
//!
//! # The types
//!
//! The names that most programs need are re-exported here. The others are in modules, by subject:
//!
//! | module | contents |
//! |---|---|
//! | [`options`] | options, their values, the configuration of an application |
//! | [`handlers`] | the answers of your program: permissions, hooks, questions, dialogs |
//! | [`control`] | requests to the running CLI: settings, MCP servers, files, usage, feedback |
//! | `mcp` | in-process tools (feature `mcp`) |

// First, so that the documentation of `Session` begins with how one is built and asked.
mod builder;
mod turn;

mod handle;

pub mod control;
mod driver;
mod error;
mod events;
pub mod handlers;
mod kept_reply;
mod lease;
mod lease_file;
mod lease_owner;
mod mailbox;
#[cfg(feature = "mcp")]
pub mod mcp;
mod observer;
mod oneshot;
pub mod options;
mod prompt;
mod query_options;
mod restart;
mod result_context;
mod retry;
mod setup;
mod shared;
mod spare;
mod spending;
mod state;
mod stderr;
mod steer;
mod steered;
mod streams;
mod structured;
mod summary;
mod supervised;
mod telemetry;
mod tokens;
mod tool_blocks;
mod trace;
mod turn_report;
mod weak;

pub use self::builder::SessionBuilder;
pub use self::error::{Error, Result};
pub use self::events::{Events, SessionEvent};
pub use self::handle::{Session, SessionStats};
#[doc(inline)]
pub use self::handlers::{
    Confirmer, Decision, DecisionClassification, HookContext, HookHandler, Matcher,
    PermissionHandler, PermissionRequest,
};
pub use self::lease::Exclusive;
pub(crate) use self::observer::Observer;
pub use self::oneshot::{Query, query, with_session};
#[doc(inline)]
pub use self::options::{AppConfig, Options, PermissionMode};
pub use self::prompt::Prompt;
pub use self::restart::Restart;
pub use self::retry::RetryPolicy;
pub use self::spare::Spare;
pub use self::spending::{ModelSpending, Spending, SpendingMeter};
pub use self::state::{ConnectionEnd, SessionState};
pub use self::steer::{SteerHandle, SteerReceipt};
pub use self::steered::SteerOutcome;
pub use self::streams::{ContentDelta, Deltas, TextPiece};
pub use self::summary::{Summary, ToolCall};
pub use self::tokens::{TokenTally, Tokens};
pub use self::turn::Turn;
pub use self::turn_report::{TurnEnding, TurnReport};
pub use self::weak::WeakSession;
pub use crate::protocol::{EndCause, Phase, Reconnect};
pub use crate::transport::OrphanGuard;
