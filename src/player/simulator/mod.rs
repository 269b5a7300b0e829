//! The CLI, simulated: a scenario says what the model, the tools and the outside do, and this says
//! what the CLI does about it.
//!
//! Every rule is taken from the wire of the CLI of [`CLI_VERSION`](crate::CLI_VERSION), and a corpus
//! entry shows it: `docs/stand-in.md` has the table. The simulator has no I/O and no clock, as the
//! [machine](super::machine) of a recording has none. What the CLI does one after the other (a turn,
//! a tool call, a handshake) is an `async fn` that waits for the host or for a time; the
//! [driver](driver) polls it when something happens.

mod abort;
mod agent;
mod agents;
mod answers;
mod available;
mod bash;
mod checkpoints;
mod commands;
mod compaction;
mod context;
mod control;
mod driver;
mod effect;
mod effects;
mod errors;
mod faults;
mod files;
mod flag_settings;
mod handle;
mod hook_answers;
mod hook_calls;
mod hooks;
mod host_answer;
mod launch;
mod launch_files;
mod legacy;
mod limits;
mod lines;
mod lists;
mod local_commands;
mod mcp;
mod mirror;
mod mirrored;
mod permissions;
mod prompt;
mod question;
mod replies;
mod rounds;
mod rules;
mod schema;
mod server_changes;
mod servers;
mod session_hooks;
mod shell;
mod shell_hooks;
mod skills;
mod slash_command;
mod start;
mod state;
mod stopped;
mod stream;
mod structure;
mod structured;
mod task;
mod tasks;
mod tool_results;
mod tool_use;
mod tools;
mod turn;
mod turn_lines;
mod turns;
mod unparsed;
mod usage;
mod version;

pub(super) use self::agent::is_agent;
pub(super) use self::driver::Simulator;
pub(super) use self::launch::{Found, LaunchOptions, prints};
pub use self::turns::PromptMatch;
pub(super) use self::turns::{ScriptedTurn, Times, TurnList};
