//! A pool: a few sessions that serve many requests.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher as _, Hash};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::builder::SupervisorBuilder;
use super::error::{Kind, SupervisorError};
use super::handle::Supervisor;
use super::policy::OnLimit;
use super::pool_inner::{Inner, POOL, Reset, Taken, Waiting};
use super::pool_members::{Members, Pick, Picked};
use super::spec::ChildSpec;
use crate::common::lock;
use crate::session::{Session, SessionBuilder};

/// A fixed number of sessions, started in advance, that serve many requests. Each request has a
/// session to itself. The sessions are children of a supervisor, which restarts those that crash.
///
/// A free session is warm: its CLI runs and has answered the handshake, so that a request waits for no
/// start. It costs memory, and no tokens. To have some warm while others are replaced
/// ([`Reset::Fresh`], or a crash), have more sessions than there are requests at a time.
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

    /// Starts the sessions, and returns when all are up. They belong to the runtime of this call.
    ///
    /// # Errors
    /// If one cannot be started, or the pool has no session.
    pub async fn start(self) -> Result<Pool, SupervisorError> {
        let Self { supervisor, size, pick, reset, wait } = self;
        if size == 0 {
            return Err(SupervisorError::new(Kind::EmptyPool, POOL));
        }
        let supervisor = supervisor.start().await?;
        let hasher = RandomState::new();
        let inner = Inner {
            supervisor,
            permits: Arc::new(Semaphore::new(size)),
            size,
            pick,
            reset,
            wait,
            members: Mutex::new(Members::new(size, hasher.clone())),
            given_back: Notify::new(),
            hasher,
            runtime: Handle::current(),
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
    /// If none is free within the [wait](PoolBuilder::wait), or none is up; if the budget of all is
    /// used up.
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
        mut permit: OwnedSemaphorePermit,
        key: Option<u64>,
    ) -> Result<Pooled, SupervisorError> {
        let inner = &self.inner;
        let mut changes = inner.supervisor.changes();
        loop {
            let given_back = inner.given_back.notified();
            tokio::pin!(given_back);
            // From here on nothing is missed.
            given_back.as_mut().enable();
            if let Picked::Member(number) = inner.take(key) {
                let mut taken = Taken::new(inner, permit, number);
                match inner.session_of(number, &mut changes).await {
                    Some(Ok(session)) => {
                        lock(&inner.members).serve(number, key);
                        taken.used = true;
                        return Ok(Pooled { session, _taken: taken });
                    }
                    None => {
                        permit = taken.release()?;
                        continue;
                    }
                    // It went out of service meanwhile. Another one may serve.
                    Some(Err(error)) if error.is_out_of_service() && inner.is_in_service() => {
                        permit = taken.release()?;
                    }
                    Some(Err(error)) => return Err(error),
                }
            }
            tokio::select! {
                () = given_back => {}
                // A member may have come back, or all may be gone. What was missed is seen, too.
                _ = changes.changed() => {}
            }
        }
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
