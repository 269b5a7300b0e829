//! A child that has not been reaped, and its end when its last owner is dropped.

use std::io;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::common::{lock, os_error};
use crate::transport::Exit;

/// The child, leader of its process group.
///
/// Until it is reaped, dead or alive, the kernel gives its id to no other process or group: signals
/// to the group reach only ours. [`reap`](Self::reap) consumes the value, so no signal can be sent
/// later.
pub(super) struct Leader {
    child: Child,
}

impl Leader {
    /// For a child that was started as the leader of a new group.
    pub(super) fn new(child: Child) -> Self {
        Self { child }
    }

    pub(super) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it has ended. An error means that it was reaped elsewhere, and its id is
    /// invalid.
    pub(super) fn has_ended(&self) -> io::Result<bool> {
        self.peek(WaitIdOptions::NOHANG)
    }

    /// Sends a signal to the whole group.
    pub(super) fn signal(&self, signal: Signal) {
        if self.has_ended().is_ok() {
            // This only fails if the group has no living member.
            let _ = kill_process_group(self.pid(), signal);
        }
    }

    /// Kills the group, and those descendants in other groups that can be found.
    pub(super) fn kill(&self) {
        #[cfg(target_os = "linux")]
        if matches!(self.has_ended(), Ok(false)) {
            // Stop the group first, so that it does not fork while we look.
            self.signal(Signal::STOP);
            for descendant in super::descendants::stop_all(self.pid()) {
                descendant.signal(Signal::KILL);
            }
        }
        self.signal(Signal::KILL);
    }

    /// Waits for the end, kills what is left of the group, and reaps.
    pub(super) fn reap(mut self) -> io::Result<Exit> {
        self.peek(WaitIdOptions::empty())?;
        self.signal(Signal::KILL);
        self.child.wait().map(Exit::from)
    }

    /// Checks for the end without reaping.
    fn peek(&self, how: WaitIdOptions) -> io::Result<bool> {
        loop {
            match waitid(
                WaitId::Pid(self.pid()),
                how | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
            ) {
                Ok(status) => return Ok(status.is_some()),
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::CHILD) => return Err(already_reaped()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Owns a child. If it is dropped before the child was reaped, it ends the child without a runtime
/// and without blocking the caller.
pub(super) struct Guard {
    pid: Pid,
    leader: Option<Leader>,
    grace: Duration,
}

impl Guard {
    /// `grace` is the time between SIGTERM and SIGKILL.
    pub(super) fn new(leader: Leader, grace: Duration) -> Self {
        Self { pid: leader.pid(), leader: Some(leader), grace }
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// The child, unless it was reaped.
    pub(super) fn leader(&self) -> Option<&Leader> {
        self.leader.as_ref()
    }

    /// Reaps the child; waits for its end first.
    pub(super) fn reap(&mut self) -> io::Result<Exit> {
        self.leader.take().map_or_else(|| Err(already_reaped()), Leader::reap)
    }
}

pub(super) fn already_reaped() -> io::Error {
    io::Error::other("the child was reaped before; its exit status is lost")
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(leader) = self.leader.take() else { return };
        // Here and not in the thread: the program may be about to exit.
        leader.signal(Signal::TERM);
        let grace = self.grace;
        // Shared, because a thread that cannot be started drops its closure.
        let ours = Arc::new(Mutex::new(Some(leader)));
        let theirs = Arc::clone(&ours);
        let started = thread::Builder::new()
            .name("claude-wire-reaper".into())
            .spawn(move || end(&theirs, grace));
        if started.is_err() {
            end(&ours, Duration::ZERO);
        }
    }
}

fn end(leader: &Mutex<Option<Leader>>, grace: Duration) {
    let Some(leader) = lock(leader).take() else { return };
    let asked = Instant::now();
    // No portable call waits for one child with a timeout, so poll with growing intervals.
    let mut pause = Duration::from_millis(1);
    while matches!(leader.has_ended(), Ok(false)) {
        let left = grace.saturating_sub(asked.elapsed());
        if left.is_zero() {
            leader.kill();
            break;
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    if let Err(error) = leader.reap() {
        tracing::debug!(error = %os_error(&error), "a child could not be reaped");
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    /// By a handler for all children, or by the kernel if the host ignores SIGCHLD.
    #[test]
    fn a_child_reaped_elsewhere_is_a_clear_error() {
        let leader = Leader::new(
            Command::new("/bin/sh").args(["-c", "exit 7"]).process_group(0).spawn().unwrap(),
        );
        waitid(WaitId::Pid(leader.pid()), WaitIdOptions::EXITED).unwrap();
        leader.signal(Signal::KILL);
        leader.kill();
        for lost in [leader.has_ended().unwrap_err(), leader.reap().unwrap_err()] {
            assert!(lost.to_string().contains("reaped before; its exit status is lost"), "{lost}");
        }
    }
}
