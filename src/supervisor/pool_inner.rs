//! What the handles of a pool share with the requests that use its sessions, and what happens to a
//! session that is given back.

use std::collections::hash_map::RandomState;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::error::{Kind, SupervisorError};
use super::handle::Supervisor;
use super::info::ChildState;
use super::pool_members::{Members, Pick, Picked, Readiness};
use crate::common::lock;
use crate::session::Session;
use crate::telemetry;

/// How long `/clear` may take before the session gets another process.
const CLEAR_LIMIT: Duration = Duration::from_secs(60);

/// The name of a pool in its errors.
pub(super) const POOL: &str = "pool";

/// What happens to a session when it is given back, before the next request gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reset {
    /// Nothing: the next request goes on with the conversation. Only for requests that belong
    /// together: what one says, the next can read.
    None,
    /// The conversation is cleared (`/clear`), in the same process. What a request has set in the
    /// session, such as its model or permission mode, stays.
    #[default]
    Clear,
    /// A new session, with a new process: nothing stays, and a handle that a request has kept is of
    /// no use.
    Fresh,
}

/// What the handles of a pool and its requests share.
pub(super) struct Inner {
    pub(super) supervisor: Supervisor<usize>,
    pub(super) permits: Arc<Semaphore>,
    pub(super) size: usize,
    pub(super) pick: Pick,
    pub(super) reset: Reset,
    pub(super) wait: Duration,
    pub(super) members: Mutex<Members>,
    /// Notified when a member is given back.
    pub(super) given_back: Notify,
    pub(super) hasher: RandomState,
    /// Resets the sessions, wherever a request gives one back.
    pub(super) runtime: Handle,
}

impl Inner {
    fn states(&self) -> Vec<Readiness> {
        let state = |number| {
            let Ok(member) = self.supervisor.session(&number) else { return Readiness::Out };
            match member.state() {
                ChildState::Quarantined | ChildState::Failed | ChildState::Stopped => {
                    Readiness::Out
                }
                _ if member.is_used_up() => Readiness::Out,
                // Not if its end is on its way to the supervisor.
                ChildState::Up if member.up().is_some() => Readiness::Up,
                _ => Readiness::Later,
            }
        };
        (0..self.size).map(state).collect()
    }

    pub(super) fn take(&self, key: Option<u64>) -> Picked {
        let states = self.states();
        lock(&self.members).take(self.pick, key, &states)
    }

    /// The session of a member that was taken. `None` as soon as another one is free and up, if this
    /// one is not.
    pub(super) async fn session_of(
        &self,
        number: usize,
        changes: &mut watch::Receiver<()>,
    ) -> Option<Result<Session, SupervisorError>> {
        let Ok(member) = self.supervisor.session(&number) else {
            return Some(Err(SupervisorError::new(Kind::Stopped, POOL)));
        };
        let found = member.session();
        tokio::pin!(found);
        // Why it is not up, which counts if no other one is.
        let mut failed = None;
        loop {
            let given_back = self.given_back.notified();
            tokio::pin!(given_back);
            // From here on nothing is missed.
            given_back.as_mut().enable();
            let states = self.states();
            let is_one_free = lock(&self.members).is_one_free(&states);
            if failed.is_some() {
                if let Some(session) = member.up() {
                    return Some(Ok(session));
                }
                if !states.contains(&Readiness::Up) {
                    return failed.map(Err);
                }
            }
            tokio::select! {
                biased;
                found = &mut found, if failed.is_none() => match found {
                    Err(error) if error.is_not_up() => failed = Some(error),
                    found => return Some(found),
                },
                () = std::future::ready(()), if is_one_free => return None,
                () = given_back => {}
                _ = changes.changed() => {}
            }
        }
    }

    /// Whether some member serves, in use or not.
    pub(super) fn is_in_service(&self) -> bool {
        self.states().into_iter().any(|state| state != Readiness::Out)
    }

    /// Makes the conversation a new one. What cannot be cleared is replaced. A member that is down
    /// begins again when it comes back: the supervisor says when.
    async fn reset(&self, number: usize) {
        let Ok(member) = self.supervisor.session(&number) else { return };
        if self.reset == Reset::Clear
            && let Some(session) = member.up()
        {
            let cleared = tokio::time::timeout(CLEAR_LIMIT, session.clear()).await;
            // One that has ended meanwhile forgets what it was asked, but not what it has resumed.
            if cleared.is_ok_and(|cleared| cleared.is_ok()) && member.up().is_some() {
                return;
            }
        }
        if self.supervisor.renew(&number).await.is_err() {
            tracing::debug!(number, "a session of a pool could not be reset");
        }
        // A free one is warm, if it can be.
        let _ = member.session().await;
    }
}

/// A request that waits, for the metrics.
pub(super) struct Waiting {
    inner: Arc<Inner>,
    since: Instant,
}

impl Waiting {
    pub(super) fn new(inner: &Arc<Inner>) -> Self {
        telemetry::pool_waiting(inner.supervisor.name(), 1);
        Self { inner: inner.clone(), since: Instant::now() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let name = self.inner.supervisor.name();
        telemetry::pool_waiting(name, -1);
        telemetry::pool_waited(name, self.since.elapsed());
    }
}

/// The right to use a session, given back when it is dropped.
pub(super) struct Taken {
    inner: Arc<Inner>,
    pub(super) number: usize,
    permit: Option<OwnedSemaphorePermit>,
    /// Whether it may have been asked something.
    pub(super) used: bool,
}

impl Taken {
    pub(super) fn new(inner: &Arc<Inner>, permit: OwnedSemaphorePermit, number: usize) -> Self {
        telemetry::pool_in_use(inner.supervisor.name(), 1);
        Self { inner: inner.clone(), number, permit: Some(permit), used: false }
    }

    /// Gives the member back, and keeps the place of the request.
    pub(super) fn release(mut self) -> Result<OwnedSemaphorePermit, SupervisorError> {
        self.permit.take().ok_or_else(|| SupervisorError::new(Kind::Stopped, POOL))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (inner, number) = (self.inner.clone(), self.number);
        // Given back even if the runtime drops the task.
        let back = GivenBack { inner: inner.clone(), number, permit: self.permit.take() };
        if self.used && inner.reset != Reset::None {
            inner.runtime.clone().spawn(async move {
                inner.reset(number).await;
                drop(back);
            });
        }
    }
}

/// Gives a member back when it is dropped.
struct GivenBack {
    inner: Arc<Inner>,
    number: usize,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for GivenBack {
    fn drop(&mut self) {
        lock(&self.inner.members).give_back(self.number);
        telemetry::pool_in_use(self.inner.supervisor.name(), -1);
        drop(self.permit.take());
        self.inner.given_back.notify_waiters();
    }
}
