//! The corpus: what the recordings show, as data.
//!
//! An [`Entry`] is a file of `mock-cli/corpus`: the options of a session, the host script (what the
//! caller does), the API script (what the model does), and the expectations. [`run`] plays one to a
//! real CLI and returns a recording of each launch; [`act`] plays its host's part to any transport,
//! and so to a replay of those recordings.
//!
//! The host script here is written by hand, before a recording exists. It is not a
//! [`claude_wire::player::HostScript`], which is derived from a recording and lists what crossed
//! the pipes: that list does not show whether a session of this library queued, forked or
//! restarted. Nor does it show where the host and the API wait for each other, which makes an entry
//! run the same way each time. `verify` derives its host from the recording, because it has nothing
//! else.
//! the recording, since it has nothing else.

mod cli;
mod entry;
mod host;
mod log;
mod options;
mod pattern;
mod run;
mod session;
mod signal_handle;
mod stage;
mod streams;
mod table;

pub use self::cli::Cli;
pub use self::entry::{Entry, EntryError};
pub use self::log::{Channel, Item, Log};
pub use self::run::{LIMIT, Run, act, run};
pub use self::stage::Stage;
pub use self::table::{choose, entries};
