//! Ends a child that nobody holds any more.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::leader::Leader;
use crate::transport::Exit;

/// Holds a child; dropped before it was reaped, ends it without a runtime and without making the caller wait.
pub(super) struct Guard {
    pid: Pid,
    leader: Option<Leader>,
    grace: Duration,
}

impl Guard {
    /// `grace` lies between SIGTERM and SIGKILL.
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
        // Here and not in the thread: the program may be about to end.
        leader.signal(Signal::TERM);
        let grace = self.grace;
        // Shared, because a thread that cannot be started drops what it was given.
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
    let Some(leader) = leader.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let asked = Instant::now();
    // No portable call waits for one child with a limit: look, ever less often.
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
        tracing::debug!(%error, "a child could not be reaped");
    }
}
