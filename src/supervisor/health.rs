//! The health of one child, as a value.

use std::time::Duration;

use super::error::{Kind, SupervisorError};
use super::handle::Supervisor;
use super::info::{ChildKind, ChildState, Degradation};
use super::key::Key;

/// The health of a child: [`Supervisor::check`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Health {
    /// Its CLI answers; or it rests, so that the next query starts it.
    Healthy,
    /// Its CLI answers or can be started, but it cannot do its work.
    Degraded(Degradation),
    /// It does not answer, is being started, or is out of service; the error says why.
    Unhealthy(SupervisorError),
}

impl Health {
    /// True if and only if it is [`Healthy`](Self::Healthy).
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy)
    }
}

impl<K: Key> Supervisor<K> {
    /// Checks the health of a child by a [`probe`](Self::probe): no tokens, no entry in the
    /// conversation, at most `limit`. Whatever goes wrong is a value, also a key that is not known.
    /// Neither starts nor wakes a CLI. A supervisor is healthy as long as it runs.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the request.
    pub async fn check(&self, key: &K, limit: Duration) -> Health {
        let unhealthy = |kind| Health::Unhealthy(SupervisorError::new(kind, key));
        let Some((kind, state)) = self.state_of(key) else {
            return Health::Unhealthy(self.not_found(key));
        };
        match state {
            ChildState::Resting => Health::Healthy,
            ChildState::Degraded => Health::Degraded(Degradation::Authentication),
            ChildState::Quarantined => unhealthy(Kind::Quarantined),
            ChildState::Failed => unhealthy(Kind::Failed),
            ChildState::Stopped => unhealthy(Kind::Stopped),
            ChildState::Starting | ChildState::Restarting => unhealthy(Kind::NotUp),
            ChildState::Up if kind == ChildKind::Supervisor => Health::Healthy,
            ChildState::Up => match self.probe(key, limit).await {
                Ok(Ok(())) => Health::Healthy,
                Ok(Err(error)) => {
                    let why = SupervisorError::new(Kind::NoAnswer(limit), key);
                    Health::Unhealthy(why.because(Some(error)))
                }
                Err(error) => Health::Unhealthy(error),
            },
        }
    }
}
