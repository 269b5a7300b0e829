//! How a supervisor restarts its children.

use std::time::Duration;

/// When a child is restarted after it has ended by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RestartType {
    /// Always.
    #[default]
    Permanent,
    /// Only after a crash (a panic in the task of the session too) or a time limit; not after an exit
    /// with code 0 or a stop by its user.
    Transient,
    /// Never: it is forgotten, also when it is stopped with its group ([`Strategy`]).
    Temporary,
}

/// Which children are restarted when one has crashed.
///
/// The others go on with the conversation that their own specifications say. One that rests, has
/// failed or is in quarantine has nothing to restart, and is left alone; a crash that takes a child out
/// of service (quarantine) restarts no other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Only that one.
    #[default]
    OneForOne,
    /// All: they are stopped in reverse order, and started in order.
    OneForAll,
    /// That one and those that were started after it.
    RestForOne,
}

/// How many restarts are allowed within a time window. Default: 3 within 5 s.
///
/// One more is too many; what happens then is decided by [`OnLimit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intensity {
    pub(super) restarts: usize,
    pub(super) window: Duration,
}

impl Intensity {
    /// At most this many restarts within this time.
    pub const fn new(restarts: usize, window: Duration) -> Self {
        Self { restarts, window }
    }
}

impl Default for Intensity {
    fn default() -> Self {
        Self::new(3, Duration::from_secs(5))
    }
}

/// What happens when there were too many restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLimit {
    /// The supervisor stops all children in [reverse order](super::SupervisorBuilder::child) and ends
    /// with [`ExitReason::MaxIntensity`](super::ExitReason::MaxIntensity). Restarts of all children
    /// count together.
    #[default]
    Escalate,
    /// Only the child that crashes is taken out of service for this time; the others go on. Restarts
    /// of each child count by themselves.
    Quarantine(Duration),
}

/// The delay before a restart. It doubles with each start in a row that fails, and begins again when
/// the CLI has answered the handshake. Default: 200 ms, at most 30 s, jitter 0.1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    pub(super) first: Duration,
    pub(super) max: Duration,
    pub(super) jitter: f64,
}

impl Backoff {
    /// The first delay, and the longest.
    pub const fn new(first: Duration, max: Duration) -> Self {
        Self { first, max, jitter: 0.1 }
    }

    /// No delay.
    pub const fn none() -> Self {
        Self::new(Duration::ZERO, Duration::ZERO)
    }

    /// The share of a delay that is random, from 0 to 1: with 0.1, a delay is up to a tenth shorter.
    #[must_use]
    pub const fn jitter(self, share: f64) -> Self {
        Self { jitter: share, ..self }
    }

    /// The delay before the restart after this many failures; `random` is from 0 to 1.
    pub(super) fn delay(&self, failures: u32, random: f64) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20));
        let delay = doubled.min(self.max);
        let share = 1.0 - self.jitter.clamp(0.0, 1.0) * random;
        Duration::try_from_secs_f64(delay.as_secs_f64() * share).unwrap_or(delay)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(200), Duration::from_secs(30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5)).jitter(0.5);
        let delays: Vec<_> =
            (1..=4).map(|failures| backoff.delay(failures, 0.0).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 5]);
        assert_eq!(backoff.delay(2, 1.0), Duration::from_secs(1));
        assert_eq!(backoff.delay(u32::MAX, 0.0), Duration::from_secs(5));
        assert_eq!(Backoff::none().delay(7, 0.3), Duration::ZERO);
        for share in [0.0, 0.1, 1.0, 7.0, -1.0, f64::NAN, f64::INFINITY] {
            for random in [0.0, 0.5, 1.0] {
                let longest = Backoff::new(Duration::MAX, Duration::MAX).jitter(share);
                assert!(longest.delay(3, random) <= Duration::MAX, "{share}");
            }
        }
    }
}
