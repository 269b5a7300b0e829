//! The launch of the CLI: its command line by meaning, and where two launches differ.
//!
//! [`CommandLine`] reads arguments as the CLI of a version does, from its [`FlagTable`]. A
//! [`RecordedLaunch`] is the launch of a recording, and a [`LiveLaunch`] the one to compare. They
//! are compared in three steps:
//!
//! 1. [`RecordedLaunch::contradictions`]: what the arguments alone settle, without the prompt.
//! 2. [`RecordedLaunch::declared`]: what may also be declared in `initialize` (prompts of the
//!    system, agents, schema, hooks, MCP servers), as one value whatever its form; with the live
//!    `initialize`, or at the first prompt where none came.
//! 3. [`RecordedLaunch::prompt_differences`]: the prompt among the arguments.
//!
//! `not_compared.rs` lists what is left out, `declared.rs` what has both places, `meaning.rs` how a
//! value is read, and `paths.rs` which paths are equal. [`Rules`](super::rules::Rules) leave out
//! more.

mod argv;
mod combined;
mod declared;
mod flags;
mod help;
mod meaning;
mod not_compared;
mod paths;
mod recorded;
mod suggest;

pub use self::argv::{Asked, CommandLine, RefusedArguments};
pub(super) use self::argv::{last_value, named_session, prints, reads_text};
pub(super) use self::declared::{hooks, is_declared, place_of_field, take_declared};
pub use self::flags::FlagTable;
pub(super) use self::recorded::{LiveLaunch, RecordedLaunch};
