//! How long a session waits for what.

use std::time::Duration;

use super::Options;
use crate::protocol::DEFAULT_DRAIN_TIMEOUT;

/// The time limit of a whole turn if no layer sets one: 300 seconds.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

const DEFAULT_CONTROL_TIMEOUT: Duration = Duration::from_secs(60);
const DEFAULT_INITIALIZE_TIMEOUT: Duration = Duration::from_secs(60);

/// The timers of the SDK, with defaults; `None` is a timer that never expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// A whole turn, from its prompt to its result. Default [`DEFAULT_TIMEOUT`].
    pub turn: Option<Duration>,
    /// The silence between two messages of a turn. Default `None`.
    pub idle: Option<Duration>,
    /// The answer to a control request. Default 60 seconds.
    pub control: Option<Duration>,
    /// The answer to the initialize request. Default 60 seconds.
    pub initialize: Option<Duration>,
    /// The end of an interrupted turn. Default 10 seconds.
    pub drain: Option<Duration>,
}

impl Options {
    /// Returns the timers of these options.
    pub fn timeouts(&self) -> Timeouts {
        let limit = |set: Option<Duration>, default| {
            Some(set.unwrap_or(default)).filter(|limit| *limit != Duration::MAX)
        };
        Timeouts {
            turn: limit(self.timeout, DEFAULT_TIMEOUT),
            idle: limit(self.idle_timeout, Duration::MAX),
            control: limit(self.control_timeout, DEFAULT_CONTROL_TIMEOUT),
            initialize: limit(self.initialize_timeout, DEFAULT_INITIALIZE_TIMEOUT),
            drain: limit(self.drain_timeout, DEFAULT_DRAIN_TIMEOUT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Option<Duration> {
        Some(Duration::from_secs(secs))
    }

    #[test]
    fn unset_timers_have_their_documented_defaults() {
        let defaults = Timeouts {
            turn: secs(300),
            idle: None,
            control: secs(60),
            initialize: secs(60),
            drain: secs(10),
        };
        assert_eq!(Options::default().timeouts(), defaults);
    }

    #[test]
    fn no_timeout_is_not_the_same_as_unset() {
        let session = Options::default().timeout(Duration::from_secs(30));
        let query = Options::default().no_timeout().idle_timeout(Duration::from_secs(5));
        assert_eq!(session.timeouts().turn, secs(30));
        assert_eq!(query.over(&session).timeouts().turn, None);
        assert_eq!(query.over(&session).timeouts().idle, secs(5));
        assert_eq!(Options::default().over(&session).timeouts().turn, secs(30));
    }
}
