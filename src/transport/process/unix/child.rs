//! Starts the child, and holds its life for the host.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::task::{Context, Poll, ready};

use rustix::process::Signal;
use tokio::process::{ChildStderr, ChildStdout};

use super::exit_watch::ExitWatch;
use super::leader::Leader;
use super::reaper::Guard;
use super::stdin::Stdin;
use crate::transport::{Connection, Control, Exit, Shutdown};

/// Starts the child. Must run inside a runtime.
///
/// Nothing here may set `pre_exec` or a user id: that would turn `posix_spawn` into a fork, whose cost grows with
/// the host's memory.
pub(crate) fn connect(mut command: Command, shutdown: Shutdown) -> io::Result<Connection> {
    let mut child = command.process_group(0).spawn()?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // From here on every way out ends the child.
    let guard = Guard::new(Leader::new(child), shutdown.grace_after_sigterm);
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(io::Error::other("the child was started without its three pipes"));
    };
    Ok(Connection {
        stdin: Box::new(Stdin::new(stdin)?),
        stdout: Box::new(ChildStdout::from_std(stdout)?),
        stderr: Box::new(ChildStderr::from_std(stderr)?),
        control: Box::new(ChildControl { watch: ExitWatch::new(guard.pid())?, guard, exit: None }),
    })
}

struct ChildControl {
    watch: ExitWatch,
    guard: Guard,
    exit: Option<Exit>,
}

impl Control for ChildControl {
    fn pid(&self) -> Option<u32> {
        self.guard.pid().as_raw_pid().try_into().ok()
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        if let Some(exit) = self.exit {
            return Poll::Ready(Ok(exit));
        }
        ready!(self.watch.poll_ended(cx, &self.guard))?;
        let exit = self.guard.reap()?;
        self.exit = Some(exit);
        Poll::Ready(Ok(exit))
    }

    fn terminate(&mut self) {
        if let Some(leader) = self.guard.leader() {
            leader.signal(Signal::TERM);
        }
    }

    fn kill(&mut self) {
        if let Some(leader) = self.guard.leader() {
            leader.kill();
        }
    }
}
