//! A process that keeps a stream open after the one that started it has ended.

use std::env;
use std::io;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// Makes this program such a process, for this many milliseconds.
const HOLD: &str = "MOCK_CLAUDE_HOLD_MS";

/// Starts one that has `stdout` as its output. It is in this process's group.
pub(crate) fn start(stdout: OwnedFd, ms: u64) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.env_clear().env(HOLD, ms.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::from(stdout)).stderr(Stdio::null());
    command.spawn().map(drop)
}

/// Is one, if it was started as one: then it returns `true` at its end.
pub(crate) fn hold() -> bool {
    let ms = env::var(HOLD).ok().and_then(|ms| ms.parse().ok());
    let Some(ms) = ms else { return false };
    // Not a synchronisation: the process has nothing to do but to live for this time.
    thread::sleep(Duration::from_millis(ms));
    true
}
