//! Detects a host that does nothing.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// Fires when nothing has happened for its limit.
pub(super) struct Watchdog {
    limit: Duration,
    since: Instant,
    /// Set once and moved when it is due, which is cheaper than at each line. `None` if there is no
    /// limit, and while stopped.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Watchdog {
    pub(super) fn new(limit: Duration) -> Self {
        let since = Instant::now();
        let mut watchdog = Self { limit, since, sleep: None };
        watchdog.sleep = watchdog.due().map(|due| Box::pin(sleep_until(due)));
        watchdog
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Something happened at `time`.
    pub(super) fn reset(&mut self, time: Instant) {
        self.since = self.since.max(time);
        if self.sleep.is_none() {
            self.sleep = self.due().map(|due| Box::pin(sleep_until(due)));
        }
    }

    /// Stops until the next reset.
    pub(super) fn stop(&mut self) {
        self.sleep = None;
    }

    /// Whether a reset came too late to be seen when it fired.
    pub(super) fn is_early(&self) -> bool {
        self.due().is_none_or(|due| due > Instant::now())
    }

    /// Waits for the limit to pass. Cancel safe.
    pub(super) async fn fired(&mut self) {
        loop {
            let due = self.due();
            match (&mut self.sleep, due) {
                (Some(sleep), Some(due)) => {
                    sleep.as_mut().await;
                    if due <= Instant::now() {
                        return;
                    }
                    sleep.as_mut().reset(due);
                }
                _ => pending().await,
            }
        }
    }

    /// `None`: never.
    fn due(&self) -> Option<Instant> {
        self.since.checked_add(self.limit)
    }
}
