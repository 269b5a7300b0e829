//! Plays the CLI's part from a recording or a scenario.
//!
//! A [`Replay`] is a transport that plays a recording; a [`Scenario`] is written by hand. Both are
//! strict: what the host writes is compared with the recording, and the first difference ends the
//! run with a [`Report`] of what arrived, what was expected and what is left. [`play`] does the
//! same over any streams, for a process that replaces the CLI.
//!
//! # How a host's write is matched
//!
//! The launch is compared first (`launch/`): the command line by meaning, and what a host may declare
//! as a flag or in `initialize` as one value. `docs/stand-in.md` says what is left out, and
//! [`Rules`] leave out more.
//!
//! | write | matches | when |
//! |---|---|---|
//! | prompt | the next prompt, which must have the same content | all requests recorded before it, except read-only ones, were made |
//! | read-only control request (`get_*`, `list_*`, `mcp_status`, ...) | the first of the same meaning | at any time |
//! | other control request | the first of the same meaning | all prompts recorded before it were written |
//! | answer to a request of the CLI | the recorded answer to that request, which must be the same decision | the request was made |
//! | anything else, including broken lines | the next of its kind, by its bytes or as JSON | at any time |
//!
//! The CLI ignores blank lines and `keep_alive`, and so does the player. It also ignores an answer
//! to a request that the recorded host did not answer. A signal matches the recorded one of its
//! name; one that was not recorded ends the player as it ends the CLI. A recorded signal comes by
//! itself if the host does not send it. So a replay ends as the recorded CLI ended, even with a
//! [`Session`](crate::Session), which would not kill a CLI within a turn.
//!
//! Nothing hangs: a host that does nothing although the recording waits for it gets a report too
//! ([`Script::idle_timeout`]). The one exception is a [`Scenario`] in memory: it waits for its host
//! as long as the session lives, under the session's own timeouts.
//!
//! [`Script`] describes what the outputs wait for; `compare.rs` how two values are compared, and
//! `ids.rs` which ids are rewritten.

mod accept;
mod aliases;
mod binding;
mod candidate;
mod choice;
mod claimed;
mod compare;
mod compile;
mod compiled;
mod connection;
mod difference;
mod engine;
mod excused;
mod exits;
mod explain;
mod faulted;
mod handshake;
mod host_line;
mod host_script;
mod ids;
mod instead;
mod kept;
mod last_words;
mod launch;
mod launching;
mod left;
mod machine;
mod matching;
mod mentions;
pub(crate) mod model;
mod observer;
mod opening;
mod openings;
mod output_format;
mod play;
mod put_back;
mod remaining;
mod renumber;
mod replay;
mod report;
mod rules;
mod run;
mod scenario;
mod script;
mod sessions;
mod signal;
mod simulator;
mod tools;
mod trial;
mod turns;
mod verification;
mod watchdog;
mod words;
mod written;

pub use self::accept::{Acceptable, NotTaken};
pub use self::host_script::{AnswerTo, HostAction, HostScript, HostStep, NotWritable, Position};
pub use self::launch::{Asked, CommandLine, FlagTable, RefusedArguments};
pub use self::model::{ApiReply, Block, Cut};
pub use self::play::{Streams, play};
pub use self::replay::Replay;
pub use self::report::{Divergence, Report};
pub use self::rules::{Rules, RulesError};
pub use self::run::{LaunchReport, RunError, RunFolder};
pub use self::scenario::{
    CommandOutput, ModelReply, Scenario, ScenarioError, ScriptedServer, ScriptedSkill, ShellHook,
    reply,
};
pub use self::script::{IDLE_TIMEOUT, Script};
pub use self::signal::Signal;
pub use self::simulator::PromptMatch;
