//! A pool: a few sessions that serve many requests.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher as _, Hash};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::builder::SupervisorBuilder;
use super::error::{Kind, SupervisorError};
use super::handle::Supervisor;
use super::info::ChildState;
use super::policy::OnLimit;
use super::spec::ChildSpec;
use crate::common::lock;
use crate::session::{Session, SessionBuilder};
use crate::telemetry;

/// The name of a pool in its errors.
pub(super) const POOL: &str = "pool";

/// Which of the free sessions a request gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pick {
    /// The one that has served the fewest requests.
    #[default]
    LeastBusy,
    /// Any.
    Random,
    /// One after the other.
    RoundRobin,
}

/// What happens to a session when it is given back, before the next request gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reset {
    /// Nothing: the next request goes on with the conversation. Only for requests that belong
    /// together: what one says, the next can read.
    None,
    /// The conversation is cleared (`/clear`), in the same process.
    #[default]
    Clear,
    /// A new process.
    Fresh,
}

/// A fixed number of sessions, started in advance, that serve many requests. Each request has a
/// session to itself. The sessions are children of a supervisor, which restarts those that crash.
///
/// ```
/// use claude_wire::supervisor::Pool;
/// use claude_wire::{Scenario, Session, reply};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cli = Scenario::new().on_any_prompt(reply().text("Hi!"));
/// let pool = Pool::builder(2, move || Session::builder().transport(cli.clone())).start().await?;
/// let session = pool.get().await?;
/// assert_eq!(session.query("Hello").text().await?, "Hi!");
/// drop(session);
/// pool.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    supervisor: Supervisor<usize>,
    permits: Arc<Semaphore>,
    size: usize,
    pick: Pick,
    reset: Reset,
    wait: Duration,
    members: Mutex<Members>,
    hasher: RandomState,
}

/// The sessions by number.
struct Members {
    members: Vec<Member>,
    next: usize,
    picks: u64,
}

#[derive(Clone, Copy, Default)]
struct Member {
    taken: bool,
    served: u64,
    /// Of the last key that it served.
    key: Option<u64>,
}

/// Builds a pool: [`Pool::builder`].
#[derive(Debug)]
pub struct PoolBuilder {
    supervisor: SupervisorBuilder<usize>,
    size: usize,
    pick: Pick,
    reset: Reset,
    wait: Duration,
}

impl PoolBuilder {
    /// Which of the free sessions a request gets. Default: [`Pick::LeastBusy`].
    #[must_use]
    pub fn pick(self, pick: Pick) -> Self {
        Self { pick, ..self }
    }

    /// What happens to a session that is given back. Default: [`Reset::Clear`].
    #[must_use]
    pub fn reset(self, reset: Reset) -> Self {
        Self { reset, ..self }
    }

    /// How long a request waits for a free session. Default: 60 s.
    #[must_use]
    pub fn wait(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Changes the supervisor of the sessions: its name, back-off, limits. Default: a session that
    /// crashes too often is in quarantine for 60 s, and the others go on.
    #[must_use]
    pub fn supervisor(
        self,
        change: impl FnOnce(SupervisorBuilder<usize>) -> SupervisorBuilder<usize>,
    ) -> Self {
        Self { supervisor: change(self.supervisor), ..self }
    }

    /// Starts the sessions, and returns when all are up.
    ///
    /// # Errors
    /// If one cannot be started.
    pub async fn start(self) -> Result<Pool, SupervisorError> {
        let Self { supervisor, size, pick, reset, wait } = self;
        let supervisor = supervisor.start().await?;
        let members = Members { members: vec![Member::default(); size], next: 0, picks: 0 };
        let inner = Inner {
            supervisor,
            permits: Arc::new(Semaphore::new(size)),
            size,
            pick,
            reset,
            wait,
            members: Mutex::new(members),
            hasher: RandomState::new(),
        };
        Ok(Pool { inner: Arc::new(inner) })
    }
}

impl Pool {
    /// Starts to build a pool of this many sessions. `make` is called for each, and again at each
    /// start of a process.
    pub fn builder(
        size: usize,
        make: impl Fn() -> SessionBuilder + Send + Sync + 'static,
    ) -> PoolBuilder {
        let make = Arc::new(make);
        let specs = (0..size).map(|number| {
            let make = make.clone();
            ChildSpec::new(number, move || make())
        });
        let supervisor = Supervisor::builder()
            .name("pool")
            .on_limit(OnLimit::Quarantine(Duration::from_secs(60)))
            .children(specs);
        let (pick, reset) = (Pick::default(), Reset::default());
        PoolBuilder { supervisor, size, pick, reset, wait: Duration::from_secs(60) }
    }

    /// A free session. Waits until there is one; it is given back when it is dropped.
    ///
    /// # Errors
    /// If none is free within the [wait](PoolBuilder::wait), or none is up.
    ///
    /// # Cancel safety
    /// Cancel safe: a waiting request leaves the queue.
    pub async fn get(&self) -> Result<Pooled, SupervisorError> {
        self.take(None).await
    }

    /// The same; if the session that served this key last is free, it is that one.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub async fn get_for(&self, key: &impl Hash) -> Result<Pooled, SupervisorError> {
        self.take(Some(self.inner.hasher.hash_one(key))).await
    }

    async fn take(&self, key: Option<u64>) -> Result<Pooled, SupervisorError> {
        let waiting = Waiting::new(&self.inner);
        self.within_wait(async {
            let permit = self.inner.permits.clone().acquire_owned().await;
            let permit = permit.map_err(|_| SupervisorError::new(Kind::Stopped, POOL))?;
            drop(waiting);
            self.admitted(permit, key).await
        })
        .await
    }

    /// The session of a request that was admitted.
    #[cfg(feature = "tower")]
    pub(super) async fn enter(
        &self,
        permit: OwnedSemaphorePermit,
        key: Option<&str>,
    ) -> Result<Pooled, SupervisorError> {
        let key = key.map(|key| self.inner.hasher.hash_one(key));
        self.within_wait(self.admitted(permit, key)).await
    }

    #[cfg(feature = "tower")]
    pub(super) fn permits(&self) -> Arc<Semaphore> {
        self.inner.permits.clone()
    }

    async fn within_wait(
        &self,
        found: impl Future<Output = Result<Pooled, SupervisorError>>,
    ) -> Result<Pooled, SupervisorError> {
        let wait = self.inner.wait;
        let found = tokio::time::timeout(wait, found).await;
        found.unwrap_or_else(|_| Err(SupervisorError::new(Kind::NotReady(wait), POOL)))
    }

    async fn admitted(
        &self,
        permit: OwnedSemaphorePermit,
        key: Option<u64>,
    ) -> Result<Pooled, SupervisorError> {
        let mut taken = Taken::new(&self.inner, permit, key);
        let session = self.inner.supervisor.session(&taken.number)?.session().await?;
        taken.used = true;
        Ok(Pooled { session, _taken: taken })
    }

    /// How many sessions are free now.
    pub fn free(&self) -> usize {
        self.inner.permits.available_permits()
    }

    /// How many sessions it has.
    pub fn size(&self) -> usize {
        self.inner.size
    }

    /// The supervisor of the sessions, whose keys are their numbers from 0.
    pub fn supervisor(&self) -> &Supervisor<usize> {
        &self.inner.supervisor
    }

    /// Stops all sessions, also those in use. Requests that wait fail.
    pub async fn stop(&self) {
        self.inner.permits.close();
        self.inner.supervisor.stop().await;
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("size", &self.inner.size)
            .field("free", &self.free())
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Takes one that is free; those that are up first.
    fn pick(&self, key: Option<u64>) -> usize {
        let is_up = |number: &usize| {
            let session = self.supervisor.session(number);
            session.is_ok_and(|session| session.state() == ChildState::Up)
        };
        let mut state = lock(&self.members);
        state.picks += 1;
        let free: Vec<usize> =
            (0..self.size).filter(|number| !state.members[*number].taken).collect();
        let up: Vec<usize> = free.iter().copied().filter(is_up).collect();
        // A permit was taken, so at least one is free.
        let candidates = if up.is_empty() { &free } else { &up };
        let known = key.and_then(|key| {
            candidates.iter().copied().find(|number| state.members[*number].key == Some(key))
        });
        let picked = known.unwrap_or_else(|| match self.pick {
            Pick::LeastBusy => {
                let served = |number: &&usize| state.members[**number].served;
                candidates.iter().min_by_key(served).copied().unwrap_or(0)
            }
            Pick::Random => {
                let random = self.hasher.hash_one(state.picks);
                let at = random % candidates.len().max(1) as u64;
                candidates[usize::try_from(at).unwrap_or(0)]
            }
            Pick::RoundRobin => {
                let next = state.next;
                let later = candidates.iter().copied().find(|number| *number >= next);
                later.unwrap_or(candidates[0])
            }
        });
        state.next = (picked + 1) % self.size.max(1);
        let member = &mut state.members[picked];
        member.taken = true;
        member.served += 1;
        if key.is_some() {
            member.key = key;
        }
        picked
    }
}

/// A session of a pool, in use. Given back when it is dropped; a turn that still runs is
/// interrupted.
pub struct Pooled {
    session: Session,
    _taken: Taken,
}

impl Deref for Pooled {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled").field("number", &self._taken.number).finish_non_exhaustive()
    }
}

/// A request that waits, for the metrics.
struct Waiting {
    inner: Arc<Inner>,
    since: Instant,
}

impl Waiting {
    fn new(inner: &Arc<Inner>) -> Self {
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
struct Taken {
    inner: Arc<Inner>,
    number: usize,
    permit: Option<OwnedSemaphorePermit>,
    /// Whether it may have been asked something.
    used: bool,
}

impl Taken {
    fn new(inner: &Arc<Inner>, permit: OwnedSemaphorePermit, key: Option<u64>) -> Self {
        let number = inner.pick(key);
        telemetry::pool_in_use(inner.supervisor.name(), 1);
        Self { inner: inner.clone(), number, permit: Some(permit), used: false }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let (inner, number, permit) = (self.inner.clone(), self.number, self.permit.take());
        let give_back = move || {
            lock(&inner.members).members[number].taken = false;
            telemetry::pool_in_use(inner.supervisor.name(), -1);
            drop(permit);
        };
        let inner = self.inner.clone();
        match Handle::try_current() {
            Ok(runtime) if self.used && inner.reset != Reset::None => {
                runtime.spawn(async move {
                    inner.reset(number).await;
                    give_back();
                });
            }
            // Without a runtime the sessions are ending, too.
            _ => give_back(),
        }
    }
}

impl Inner {
    /// Makes the conversation a new one. What cannot be cleared gets another process; if that fails,
    /// too, the supervisor has the child down, and the next request waits for it.
    async fn reset(&self, number: usize) {
        let session = self.supervisor.session(&number).ok();
        let is_cleared = match session {
            Some(session) if self.reset == Reset::Clear => match session.session().await {
                Ok(session) => session.clear().await.is_ok(),
                Err(_) => false,
            },
            _ => false,
        };
        if !is_cleared && let Err(error) = self.supervisor.restart_session(&number).await {
            tracing::debug!(%error, number, "a session of a pool could not be reset");
        }
    }
}
