//! The handle of a supervisor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, oneshot, watch};

use super::error::{Kind, SupervisorError};
use super::info::{ChildKind, ChildState, Counts, ExitReason, SupervisorEvent, SupervisorHealth};
use super::key::Key;
use super::list::ChildInfo;
use super::memory::{self, Members as _};
use super::reference::SessionRef;
use super::shared::{Command, Shared};
use super::snapshot::Snapshot;
use super::spec::ChildSpec;
use crate::session::{self, Restart, Spending};

/// A running supervisor. Clones are the same; when the last one is dropped, and no
/// [`run`](super::SupervisorBuilder::run) has it, all children are stopped.
#[derive(Clone)]
pub struct Supervisor<K: Key = String> {
    shared: Arc<Shared<K>>,
    /// Stops the service when the last handle is gone.
    _alive: Arc<oneshot::Sender<()>>,
}

impl<K: Key> Supervisor<K> {
    pub(super) fn new(shared: Arc<Shared<K>>, alive: oneshot::Sender<()>) -> Self {
        Self { shared, _alive: Arc::new(alive) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// A session by its key. The reference survives restarts. That of a supervisor has a state, and
    /// no session.
    ///
    /// # Errors
    /// If no child has the key; the text has the known ones.
    pub fn session(&self, key: &K) -> Result<SessionRef<K>, SupervisorError> {
        self.shared.registry.lookup(key).ok_or_else(|| self.not_found(key))
    }

    /// Starts another child, and returns when it is up. A child that cannot be started is not kept.
    ///
    /// # Errors
    /// If the key is taken, there is no room, the child cannot be started, or the supervisor ends; if
    /// the children use too much memory, or it cannot be read
    /// ([`max_memory`](super::SupervisorBuilder::max_memory)).
    ///
    /// # Cancel safety
    /// If the future is dropped, the child is started all the same.
    pub async fn start_session(
        &self,
        spec: ChildSpec<K>,
    ) -> Result<SessionRef<K>, SupervisorError> {
        let key = spec.key().clone();
        if let Some(limit) = self.shared.memory_limit() {
            limit.check(&key).await?;
        }
        self.ask(&key, |reply| Command::Add(Box::new(spec), reply)).await
    }

    /// Stops a child and forgets it: it is never restarted. A restored conversation whose child was
    /// not started in this run is forgotten, too.
    ///
    /// # Errors
    /// If there is neither, or the supervisor has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, the child is stopped all the same.
    pub async fn terminate_session(&self, key: &K) -> Result<(), SupervisorError> {
        self.ask(key, |reply| Command::Remove(key.clone(), reply)).await
    }

    /// Restarts a child, which may be running, resting, failed or in quarantine. Its conversation is
    /// forgotten; prompts that wait are kept. Does not count towards the intensity. Returns when it
    /// is up.
    ///
    /// # Errors
    /// If no child has the key, it cannot be started, or the supervisor has ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, the child is restarted all the same.
    pub async fn restart_session(&self, key: &K) -> Result<(), SupervisorError> {
        self.ask(key, |reply| Command::Restart(key.clone(), reply)).await
    }

    /// Replaces the session of a child: the old one ends, with its handles, its conversation and what
    /// was set in it. If it is up or being started, this waits for the next one; otherwise the
    /// supervisor says when that is started.
    pub(super) async fn renew(&self, key: &K) -> Result<(), SupervisorError> {
        self.ask(key, |reply| Command::Renew(key.clone(), reply)).await
    }

    /// All children, in the order in which they were added.
    pub fn list(&self) -> Vec<ChildInfo<K>> {
        self.shared.list()
    }

    /// How many children there are.
    pub fn count(&self) -> Counts {
        self.shared.fold(Counts::default(), |counts, kind, state| Counts {
            specs: counts.specs + 1,
            active: counts.active
                + usize::from(matches!(state, ChildState::Up | ChildState::Degraded)),
            sessions: counts.sessions + usize::from(kind == ChildKind::Session),
            supervisors: counts.supervisors + usize::from(kind == ChildKind::Supervisor),
        })
    }

    /// The health of all children together. Waits for nothing, and never fails.
    pub fn health(&self) -> SupervisorHealth {
        self.shared.fold(SupervisorHealth::default(), |health, _, state| SupervisorHealth {
            total: health.total + 1,
            active: health.active
                + usize::from(matches!(state, ChildState::Up | ChildState::Resting)),
            restarting: health.restarting
                + usize::from(matches!(state, ChildState::Starting | ChildState::Restarting)),
            degraded: health.degraded + usize::from(state == ChildState::Degraded),
            failed: health.failed
                + usize::from(matches!(state, ChildState::Failed | ChildState::Quarantined)),
        })
    }

    /// What all children have used so far, over all their restarts. For each key see
    /// [`list`](Self::list). Children that are gone do not count, and neither do the sessions of nested
    /// supervisors: ask these.
    pub fn spending(&self) -> Spending {
        let mut total = Spending::default();
        for slot in self.shared.slots() {
            total.add(&slot.total());
        }
        total
    }

    /// How many bytes of memory the CLIs of all sessions use now, with the processes that they have
    /// started: the sum of the resident memory of each, so that shared pages count more than once.
    /// Sessions of nested supervisors are not included: ask these supervisors.
    ///
    /// # Errors
    /// If it cannot be read: on other systems than Linux, or where `/proc` is not mounted.
    pub async fn memory(&self) -> std::io::Result<u64> {
        memory::resident(self.shared.pids()).await
    }

    /// Asks the CLI of a session whether it answers, by a control request: no tokens. Neither starts
    /// nor wakes it: the inner error of one that rests is
    /// [`is_stopped`](session::Error::is_stopped), of one that waits for its restart
    /// [`is_closed`](session::Error::is_closed).
    ///
    /// # Errors
    /// If no session has the key.
    pub async fn probe(
        &self,
        key: &K,
        limit: Duration,
    ) -> Result<Result<(), session::Error>, SupervisorError> {
        let session = self.shared.session_now(key).ok_or_else(|| self.not_found(key))?;
        Ok(match session {
            Some(session) => session.probe(limit).await,
            None => Err(session::Error::stopped()),
        })
    }

    /// What happens from now on. Nothing waits for a reader: one that is more than 1024 events behind
    /// loses the oldest, which the receiver counts
    /// ([`Lagged`](broadcast::error::RecvError::Lagged)). Turns are reported if there was a reader
    /// when they began.
    pub fn events(&self) -> broadcast::Receiver<SupervisorEvent<K>> {
        self.shared.events.subscribe()
    }

    /// Changes with each event that is not about a turn.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.shared.changed.subscribe()
    }

    /// The keys of the sessions, and their conversations, for
    /// [`restore`](super::SupervisorBuilder::restore). Those that were restored, and whose child was
    /// not added in this run, are in it, too. After the end it has those of the children that had not
    /// gone before.
    pub fn snapshot(&self) -> Snapshot<K> {
        self.conversations(Restart::Resume)
    }

    /// The same, without those that are forgotten when this supervisor is restarted.
    pub(super) fn conversations(&self, above: Restart) -> Snapshot<K> {
        self.shared.conversations(above)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.shared.finished.borrow().is_some()
    }

    /// Stops all children in [reverse order](super::SupervisorBuilder::child), and returns why the
    /// supervisor ended.
    ///
    /// # Cancel safety
    /// If the future is dropped, the children are stopped all the same.
    pub async fn stop(&self) -> ExitReason<K> {
        let _ = self.shared.commands.send(Command::Stop);
        self.finished().await
    }

    /// Waits until the supervisor has ended, and returns why.
    pub async fn finished(&self) -> ExitReason<K> {
        let mut finished = self.shared.finished.subscribe();
        let reason = finished.wait_for(Option::is_some).await;
        reason.ok().and_then(|reason| reason.clone()).unwrap_or(ExitReason::Stopped)
    }

    async fn ask<T>(
        &self,
        key: &K,
        command: impl FnOnce(oneshot::Sender<Result<T, SupervisorError>>) -> Command<K>,
    ) -> Result<T, SupervisorError> {
        let (reply, answer) = oneshot::channel();
        let stopped = || SupervisorError::new(Kind::Stopped, key);
        self.shared.commands.send(command(reply)).map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    pub(super) fn not_found(&self, key: &K) -> SupervisorError {
        self.shared.not_found(key)
    }

    pub(super) fn state_of(&self, key: &K) -> Option<(ChildKind, ChildState)> {
        self.shared.state_of(key)
    }
}

impl<K: Key> fmt::Debug for Supervisor<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("name", &self.shared.name)
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
