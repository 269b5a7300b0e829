//! A command without a network, and with a time limit.

use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Runs a command without input, and returns its output. One that takes longer than the limit is
/// killed, and is an error.
pub(super) fn output(mut command: Command, limit: Duration) -> io::Result<Output> {
    let child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let pid = child.id();
    let (sender, ended) = mpsc::channel();
    // After a timeout the receiver is gone.
    thread::spawn(move || drop(sender.send(child.wait_with_output())));
    ended.recv_timeout(limit).unwrap_or_else(|_| {
        kill(pid);
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}")))
    })
}

#[cfg(unix)]
fn kill(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};

    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may just have ended.
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_: u32) {}

/// A command that starts a program without any network, where the system has such a thing and lets
/// this user have it; with it elsewhere.
pub(super) fn shut_off(program: &Path) -> Command {
    #[cfg(target_os = "linux")]
    if unshare().arg("true").output().is_ok_and(|tried| tried.status.success()) {
        let mut command = unshare();
        command.arg(program);
        return command;
    }
    Command::new(program)
}

/// The beginning of a command that runs in a new network namespace, in which no interface is up.
#[cfg(target_os = "linux")]
pub(crate) fn unshare() -> Command {
    let mut unshare = Command::new("unshare");
    // An ordinary user becomes root in the namespace, and only there.
    if !rustix::process::geteuid().is_root() {
        unshare.arg("--map-root-user");
    }
    unshare.args(["--net", "--"]);
    unshare
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn output_in_time_is_returned_and_a_late_command_is_killed() {
        let mut echo = Command::new("echo");
        echo.arg("2.1.0");
        assert_eq!(output(echo, Duration::from_secs(60)).unwrap().stdout, b"2.1.0\n");
        let mut hangs = Command::new("sleep");
        hangs.arg("3600");
        let error = output(hangs, Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
