//! How a process is brought to its end: end of input, SIGTERM, SIGKILL, each with its patience.

use std::time::Duration;

use tokio::time::Instant;

use crate::transport::{Control, Shutdown};

/// How long the kernel may take to report the end of a process that was killed.
const AFTER_KILL: Duration = Duration::from_secs(2);

/// Where the end of a connection stands.
#[derive(Default)]
pub(super) struct Ending(Option<Step>);

/// Each with the time of the next step; `None` is a patience without end.
#[derive(Clone, Copy)]
enum Step {
    /// The input is closed; then terminate, with this patience.
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

    /// Has the process got a signal from us?
    pub(super) fn has_signalled(&self) -> bool {
        matches!(self.0, Some(Step::Terminated(_) | Step::Killed(_)))
    }

    /// True once even SIGKILL has brought nothing.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        matches!(self.0, Some(Step::Killed(Some(until))) if until <= now)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.and_then(|step| match step {
            Step::Eof(at, _) | Step::Terminated(at) | Step::Killed(at) => at,
        })
    }

    /// Begins with the end of input.
    pub(super) fn begin(&mut self, now: Instant, patience: Shutdown) {
        if self.0.is_none() {
            self.0 = Some(Step::Eof(
                now.checked_add(patience.grace_after_eof),
                patience.grace_after_sigterm,
            ));
        }
    }

    /// Begins, or goes on, with SIGTERM.
    pub(super) fn terminate(
        &mut self,
        now: Instant,
        patience: Shutdown,
        control: &mut dyn Control,
    ) {
        if matches!(self.0, None | Some(Step::Eof(..))) {
            control.terminate();
            self.0 = Some(Step::Terminated(now.checked_add(patience.grace_after_sigterm)));
        }
    }

    pub(super) fn pass_time(&mut self, now: Instant, control: &mut dyn Control) {
        match self.0 {
            Some(Step::Eof(Some(at), patience)) if at <= now => {
                control.terminate();
                self.0 = Some(Step::Terminated(now.checked_add(patience)));
            }
            Some(Step::Terminated(Some(at))) if at <= now => {
                control.kill();
                self.0 = Some(Step::Killed(now.checked_add(AFTER_KILL)));
            }
            _ => {}
        }
    }
}
