//! How bytes reach a CLI, and who ends its process.
//!
//! A [`Transport`] opens [`Connection`]s: three byte streams and a [`Control`] handle that can wait
//! for the other side's end and cause it. It knows nothing of lines or JSON. Opening it again, with
//! other arguments, is how a session reconnects.
//!
//! [`Process`] runs the real CLI, found by [`CliPath`]; [`Launcher`] runs it through another
//! program, such as `ssh`; [`Memory`] runs the other side as a task of your program, for tests and
//! replays.

mod connection;
mod environment;
mod error;
mod exit;
mod launcher;
mod locate;
mod memory;
mod notes;
mod path_map;
mod process;
mod secret;

pub use self::connection::{
    BoxFuture, BoxedRead, BoxedWrite, Connection, Control, HeldTurn, Launch, Transport,
};
pub use self::environment::{Environment, Inherit};
pub use self::error::Error;
pub(crate) use self::exit::REPLAY_REPORT;
pub use self::exit::{Exit, Shutdown};
pub use self::launcher::Launcher;
pub use self::locate::{CliPath, install_dir};
pub use self::memory::{Memory, Peer, PeerControl, PeerSignal, pipe};
pub use self::notes::Notes;
pub use self::path_map::PathMap;
pub(crate) use self::path_map::there;
pub use self::process::{OrphanGuard, Process};
pub use self::secret::Secret;
