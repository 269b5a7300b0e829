//! Ending a process: end of input, SIGTERM, SIGKILL, each with a grace period.

use std::time::Duration;

use tokio::time::Instant;

use crate::transport::{Control, Shutdown};

/// How long the kernel may take to report the end of a process that was killed.
const AFTER_KILL: Duration = Duration::from_secs(2);

/// The progress of the end of a connection.
#[derive(Default)]
pub(super) struct Ending(Option<Step>);

/// Each with the time of the next step; `None` for an unlimited grace period.
#[derive(Clone, Copy)]
enum Step {
    /// The input is closed; then terminate, with this grace period.
    Eof(Option<Instant>, Duration),
    /// Terminated; then kill.
    Terminated(Option<Instant>),
    /// Killed; then give up.
    Killed(Option<Instant>),
}

impl Ending {
    pub(super) fn has_begun(&self) -> bool {
        self.0.is_some()
    }

    /// Whether we have sent the process a signal.
    pub(super) fn has_signalled(&self) -> bool {
        matches!(self.0, Some(Step::Terminated(_) | Step::Killed(_)))
    }

    /// True once even SIGKILL had no effect.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        matches!(self.0, Some(Step::Killed(Some(until))) if until <= now)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.and_then(|step| match step {
            Step::Eof(at, _) | Step::Terminated(at) | Step::Killed(at) => at,
        })
    }

    /// Starts with the end of input.
    pub(super) fn begin(&mut self, now: Instant, grace: Shutdown) {
        if self.0.is_none() {
            self.0 =
                Some(Step::Eof(now.checked_add(grace.grace_after_eof), grace.grace_after_sigterm));
        }
    }

    /// Starts or continues with SIGTERM.
    pub(super) fn terminate(&mut self, now: Instant, grace: Shutdown, control: &mut dyn Control) {
        if matches!(self.0, None | Some(Step::Eof(..))) {
            control.terminate();
            self.0 = Some(Step::Terminated(now.checked_add(grace.grace_after_sigterm)));
        }
    }

    pub(super) fn pass_time(&mut self, now: Instant, control: &mut dyn Control) {
        match self.0 {
            Some(Step::Eof(Some(at), grace)) if at <= now => {
                control.terminate();
                self.0 = Some(Step::Terminated(now.checked_add(grace)));
            }
            Some(Step::Terminated(Some(at))) if at <= now => {
                control.kill();
                self.0 = Some(Step::Killed(now.checked_add(AFTER_KILL)));
            }
            _ => {}
        }
    }
}
