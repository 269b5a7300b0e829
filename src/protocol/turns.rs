//! The queue of prompts and the turn that runs.

use std::time::{Duration, Instant};

use super::failure::Failure;
use super::io::{Prompt, TurnId};

/// The turn whose prompt has been written and whose result has not come.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) turn: TurnId,
    pub(super) uuid: String,
    /// Has the CLI begun with it? Told by the echo, or by the first `system/init` of a CLI that echoes nothing.
    pub(super) started: bool,
    /// Has the CLI named its uuid at all?
    pub(super) echoed: bool,
    /// Is somebody reading?
    pub(super) abandoned: bool,
    /// The limit that ran out, if one did.
    pub(super) overdue: Option<Failure>,
    /// When the CLI is given up, once the turn drains.
    pub(super) drain_until: Option<Instant>,
    limit: Option<(Duration, Instant)>,
    idle: Option<(Duration, Instant)>,
}

impl Current {
    pub(super) fn new(prompt: Prompt, now: Instant) -> Self {
        let Prompt { turn, uuid, timeout, idle_timeout, .. } = prompt;
        let limit = timeout.and_then(|limit| Some((limit, now.checked_add(limit)?)));
        let idle = idle_timeout.map(|limit| (limit, now));
        Self { turn, uuid, started: false, echoed: false, abandoned: false, overdue: None, drain_until: None, limit, idle }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.drain_until.is_some()
    }

    /// The CLI has said something.
    pub(super) fn touch(&mut self, now: Instant) {
        if let Some((_, since)) = &mut self.idle {
            *since = now;
        }
    }

    /// When the next limit runs out. Silence does not count while the CLI waits for the host.
    pub(super) fn deadline(&self, host_is_asked: bool) -> Option<Instant> {
        if self.is_draining() {
            return self.drain_until;
        }
        let limit = self.limit.map(|(_, at)| at);
        let idle = self.idle.filter(|_| !host_is_asked).and_then(|(limit, since)| since.checked_add(limit));
        [limit, idle].into_iter().flatten().min()
    }

    /// The limit that has run out by now.
    pub(super) fn overdue(&self, now: Instant, host_is_asked: bool) -> Option<Failure> {
        if let Some((limit, at)) = self.limit
            && at <= now
        {
            return Some(Failure::Timeout(limit));
        }
        match self.idle {
            Some((limit, since)) if !host_is_asked && now.saturating_duration_since(since) >= limit => Some(Failure::IdleTimeout(limit)),
            _ => None,
        }
    }
}
