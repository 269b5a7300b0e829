//! The corpus: what the recordings show, as data.
//!
//! An [`Entry`] is a file of `mock-cli/corpus`: the options of a session, the host script (what the caller does), the API script (what the model
//! does), and what is to be seen. [`run`] plays one to a real CLI and brings back a recording of each launch; [`act`] plays its host's part to
//! any transport, and so to a replay of those recordings.
//!
//! The host script here is written by hand, before there is a recording, and so is none of [`claude_wire::player::HostScript`], which is derived
//! from one and says what crossed the pipes: a session of this library that queues, forks or starts anew what was killed cannot be told from that.
//! Nor can the places where the host and the API wait for each other, which make an entry go the same way each time. `verify` derives its host from
//! the recording, since it has nothing else.

mod cli;
mod entry;
mod host;
mod leash;
mod log;
mod options;
mod pattern;
mod run;
mod session;
mod streams;
mod table;
mod world;

pub use self::cli::Cli;
pub use self::entry::{Entry, EntryError};
pub use self::log::{Channel, Item, Log};
pub use self::run::{LIMIT, Run, act, run};
pub use self::table::{choose, entries};
pub use self::world::World;
