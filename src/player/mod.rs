//! Plays the CLI's part from a recording or a scenario.
//!
//! A [`Replay`] is a transport that plays a recording; a [`Scenario`] is one that was written by hand. Both are strict: what the host writes is
//! held against what was recorded, and the first difference ends the run with a [`Report`] of what arrived, what was expected and what is
//! left. [`play`] does the same over any streams, for a process that stands in for the CLI.
//!
//! # How a host's write finds its event
//!
//! | write | meets | when |
//! |---|---|---|
//! | prompt | the next prompt, which must have the same content | all requests recorded before it, but for those that only read, were made |
//! | control request that only reads (`get_*`, `list_*`, `mcp_status`, ...) | the first of the same meaning | at any time |
//! | other control request | the first of the same meaning | all prompts recorded before it were written |
//! | answer to a request of the CLI | the recorded answer to that request, which must be the same decision | the request was made |
//! | anything else, broken lines among it | the next of its kind, by its bytes or as JSON | at any time |
//!
//! Blank lines and `keep_alive` mean nothing to the CLI, and nothing here; so does an answer to a request whose recorded host gave none. A
//! signal meets the recorded one of its name; one that was not recorded ends the player as it ends the CLI. A recorded one comes by itself
//! where nobody sends it, so a replay ends as the recorded CLI ended, also in front of a [`Session`](crate::Session), which would not kill a
//! CLI within a turn.
//!
//! Nothing hangs: a host that does nothing although something is awaited of it gets a report too ([`Script::idle_timeout`]). The one
//! exception is a [`Scenario`] in memory: it waits for its host as long as the session lives, and the time limits are the session's own.
//!
//! What the outputs wait for is told at [`Script`]; how two values are compared, and which ids are rewritten, stands in `compare.rs` and
//! `ids.rs`.

mod compare;
mod compile;
mod host_line;
mod host_script;
mod ids;
mod improvise;
mod machine;
mod matching;
mod play;
mod replay;
mod report;
mod scenario;
mod script;
mod signal;
mod take;
mod watchdog;

pub use self::host_script::{AnswerTo, HostAction, HostScript, HostStep, Moment, NotWritable};
pub use self::play::{Streams, play};
pub use self::replay::Replay;
pub use self::report::{Divergence, Report};
pub use self::scenario::{Reply, Scenario, ScenarioError, reply};
pub use self::script::{IDLE_TIMEOUT, Script};
pub use self::signal::Signal;
