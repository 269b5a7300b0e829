//! The CLI as a child process.

mod guard;
mod open;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use self::unix::connect;
#[cfg(windows)]
use self::windows::connect;

pub use self::guard::OrphanGuard;
pub use self::open::Process;
