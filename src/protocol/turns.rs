//! The queue of prompts and the running turn.

use std::time::{Duration, Instant};

use super::failure::Failure;
use super::io::{QueuedPrompt, TurnId};
use super::work::{Work, retry_delay};
use crate::wire::Frame;

/// The turn whose prompt has been written and whose result has not come.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) turn: TurnId,
    pub(super) uuid: String,
    /// The prompt, until the CLI shows that it has received it.
    pub(super) prompt: Option<Box<QueuedPrompt>>,
    /// Whether the CLI has begun it: shown by the echo, or by the first `system/init` of a CLI that
    /// echoes nothing.
    pub(super) started: bool,
    /// Whether the CLI has named its uuid.
    pub(super) echoed: bool,
    /// Whether the model has produced output since the CLI began it.
    pub(super) said: bool,
    /// Whether the caller has interrupted it.
    pub(super) interrupted: bool,
    /// Whether the caller has interrupted it after it had begun.
    pub(super) asked_to_end: bool,
    /// Whether it has ended for its reader, who is gone or whose limit was exceeded.
    pub(super) abandoned: bool,
    /// Whether the CLI was asked to end it.
    draining: bool,
    /// When to give up on the CLI once the turn drains; `None` if there is no limit.
    drain_until: Option<Instant>,
    limit: Option<(Duration, Instant)>,
    idle: Option<(Duration, Instant)>,
    /// Work during which the CLI may be silent; used only if there is an idle limit.
    work: Work,
}

impl Current {
    pub(super) fn new(prompt: QueuedPrompt, now: Instant) -> Self {
        let QueuedPrompt { turn, timeout, idle_timeout, .. } = prompt;
        let limit = timeout.and_then(|limit| Some((limit, now.checked_add(limit)?)));
        let idle = idle_timeout.map(|limit| (limit, now));
        Self {
            turn,
            uuid: prompt.uuid.clone(),
            prompt: Some(Box::new(prompt)),
            started: false,
            echoed: false,
            said: false,
            interrupted: false,
            asked_to_end: false,
            abandoned: false,
            draining: false,
            drain_until: None,
            limit,
            idle,
            work: Work::default(),
        }
    }

    /// The CLI is asked to end it within `limit`.
    pub(super) fn drain(&mut self, now: Instant, limit: Duration) {
        self.draining = true;
        self.drain_until = now.checked_add(limit);
    }

    /// Whether the CLI ends it because of the host.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted || self.asked_to_end || self.draining
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining
    }

    /// Whether the time for the CLI to end it has run out.
    pub(super) fn is_drained(&self, now: Instant) -> bool {
        self.drain_until.is_some_and(|until| until <= now)
    }

    /// The CLI has written something.
    pub(super) fn touch(&mut self, now: Instant) {
        if let Some((_, since)) = &mut self.idle {
            *since = now;
        }
    }

    /// The CLI has written this frame.
    pub(super) fn hear(&mut self, now: Instant, frame: &Frame) {
        if let Some((_, since)) = &mut self.idle {
            // A CLI that waits before an API retry says for how long.
            *since = now + retry_delay(frame);
            self.work.note(frame);
        }
    }

    /// When the next limit expires. Silence does not count while the CLI waits for the host
    /// (`may_be_silent`).
    pub(super) fn deadline(&self, may_be_silent: bool) -> Option<Instant> {
        if self.is_draining() {
            return self.drain_until;
        }
        let limit = self.limit.map(|(_, at)| at);
        let idle = self
            .idle
            .filter(|_| !may_be_silent && !self.work.is_under_way())
            .and_then(|(limit, since)| since.checked_add(limit));
        [limit, idle].into_iter().flatten().min()
    }

    /// The limit that has expired by now.
    pub(super) fn overdue(&self, now: Instant, may_be_silent: bool) -> Option<Failure> {
        if let Some((limit, at)) = self.limit
            && at <= now
        {
            return Some(Failure::Timeout(limit));
        }
        match self.idle {
            Some((limit, since))
                if !may_be_silent
                    && !self.work.is_under_way()
                    && now.saturating_duration_since(since) >= limit =>
            {
                Some(Failure::IdleTimeout(limit))
            }
            _ => None,
        }
    }
}
