//! The CLI elsewhere: on another machine, in a container, in a job.

mod launch;
mod script;

pub use self::launch::Launcher;
