//! The settings of a supervisor, and its start.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use super::budget::Budget;
use super::error::{Kind, SupervisorError};
use super::handle::Supervisor;
use super::info::{ExitReason, SupervisorEvent};
use super::key::Key;
use super::policy::{Backoff, Intensity, OnLimit, Strategy};
use super::reference::SessionRegistry;
use super::registry::LocalRegistry;
use super::service::{self, Launched};
use super::settings::Settings;
use super::snapshot::Snapshot;
use super::spec::{ChildSpec, Make, Nested, Started};
use super::tree::Rules;
use crate::session::Restart;
use crate::transport::BoxFuture;

/// How many events a slow reader of them may be behind.
const EVENTS: usize = 1024;

/// Builds a supervisor: [`Supervisor::builder`].
#[derive(Clone)]
pub struct SupervisorBuilder<K: Key = String>(Settings<K>);

impl<K: Key> Supervisor<K> {
    /// Starts to build a supervisor.
    pub fn builder() -> SupervisorBuilder<K> {
        SupervisorBuilder::new()
    }
}

impl<K: Key> SupervisorBuilder<K> {
    fn new() -> Self {
        Self(Settings {
            name: "supervisor".to_owned(),
            children: Vec::new(),
            rules: Rules {
                strategy: Strategy::default(),
                intensity: Intensity::default(),
                on_limit: OnLimit::default(),
                backoff: Backoff::default(),
                max_starting: 8,
            },
            registry: Arc::new(LocalRegistry::new()),
            max_sessions: usize::MAX,
            max_memory: None,
            restart_wait: Duration::from_secs(60),
            max_usd: None,
            max_turns: None,
            max_usd_each: None,
            max_turns_each: None,
            budgets: Vec::new(),
            events: broadcast::Sender::new(EVENTS),
            resumed: HashMap::new(),
            resumed_below: HashMap::new(),
            seed: None,
        })
    }

    /// Its name, in the fields of spans and events. Default: `supervisor`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.0.name = name.into();
        self
    }

    /// Adds a child. These children are started one after the other, in the order in which they are
    /// added, and stopped one after the other in reverse. Those that are
    /// [added while it runs](Supervisor::start_session) are stopped before them, all at the same
    /// time unless the [strategy](Self::strategy) is for groups.
    #[must_use]
    pub fn child(mut self, spec: ChildSpec<K>) -> Self {
        self.0.children.push(spec);
        self
    }

    /// Adds children.
    #[must_use]
    pub fn children(mut self, specs: impl IntoIterator<Item = ChildSpec<K>>) -> Self {
        self.0.children.extend(specs);
        self
    }

    /// Which children are restarted when one has crashed. Default: [`Strategy::OneForOne`].
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.0.rules.strategy = strategy;
        self
    }

    /// How many restarts are allowed within a time. Default: 3 within 5 s.
    #[must_use]
    pub fn intensity(mut self, restarts: usize, window: Duration) -> Self {
        self.0.rules.intensity = Intensity::new(restarts, window);
        self
    }

    /// What happens when there were more. Default: [`OnLimit::Escalate`].
    #[must_use]
    pub fn on_limit(mut self, on_limit: OnLimit) -> Self {
        self.0.rules.on_limit = on_limit;
        self
    }

    /// The delay before a restart.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.0.rules.backoff = backoff;
        self
    }

    /// How many children may be started at a time, after the first ones, which are started one after
    /// the other. At least 1. Default: 8. Restarts by hand
    /// ([`restart_session`](Supervisor::restart_session)) do not wait for others.
    #[must_use]
    pub fn max_starting(mut self, children: usize) -> Self {
        self.0.rules.max_starting = children;
        self
    }

    /// How many children there may be. Default: no limit.
    #[must_use]
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.0.max_sessions = sessions;
        self
    }

    /// How many bytes of memory the CLIs of its sessions may use together, with the processes that they
    /// have started: see [`Supervisor::memory`]. Sessions of nested supervisors are not included. While
    /// they use as much or more, [`start_session`](Supervisor::start_session) and queries of sessions
    /// that rest are refused ([`is_memory`](SupervisorError::is_memory)). Sessions that run are not
    /// touched, and neither are restarts nor the first children. A session takes its memory after it
    /// was admitted, so leave room for those that are being started.
    ///
    /// Where the memory cannot be read, which is the case on other systems than Linux, all of these are
    /// refused ([`is_memory_unknown`](SupervisorError::is_memory_unknown)). Default: no limit.
    #[must_use]
    pub fn max_memory(mut self, bytes: u64) -> Self {
        self.0.max_memory = Some(bytes);
        self
    }

    /// How long a query by key waits for a session that is being started or restarted. Default: 60 s.
    #[must_use]
    pub fn restart_wait(mut self, time: Duration) -> Self {
        self.0.restart_wait = time;
        self
    }

    /// Where the keys are kept. Default: its own registry.
    #[must_use]
    pub fn registry(mut self, registry: Arc<dyn SessionRegistry<K>>) -> Self {
        self.0.registry = registry;
        self
    }

    /// What all its sessions may cost together, those of nested supervisors and those that are gone
    /// included, over all their restarts. Then the queries of each are refused
    /// ([`is_budget`](SupervisorError::is_budget)). Each start of a supervisor begins at zero, also
    /// that of a nested one: a [`budget`](Self::budget) goes on. Default: no limit.
    #[must_use]
    pub fn max_usd(mut self, usd: f64) -> Self {
        self.0.max_usd = Some(usd);
        self
    }

    /// The same for the number of their turns. Default: no limit.
    #[must_use]
    pub fn max_turns(mut self, turns: u64) -> Self {
        self.0.max_turns = Some(turns);
        self
    }

    /// The limit of costs of each session that has none itself. Default: none.
    #[must_use]
    pub fn max_usd_each(mut self, usd: f64) -> Self {
        self.0.max_usd_each = Some(usd);
        self
    }

    /// The limit of turns of each session that has none itself. Default: none.
    #[must_use]
    pub fn max_turns_each(mut self, turns: u64) -> Self {
        self.0.max_turns_each = Some(turns);
        self
    }

    /// What all its sessions use, those of nested supervisors included, counts in this budget, too.
    /// A supervisor may have several, and share them with others.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.0.budgets.push(budget);
        self
    }

    /// What happens from now on, the start of the first children included. After the start,
    /// [`Supervisor::events`] gives the same. A clone of this builder has the same events.
    pub fn events(&self) -> broadcast::Receiver<SupervisorEvent<K>> {
        self.0.events.subscribe()
    }

    /// The conversations of an earlier run of the program: the first start of each child whose key is
    /// in the snapshot resumes its conversation, also of children that are added later, and of those of
    /// supervisors below.
    #[must_use]
    pub fn restore(mut self, snapshot: Snapshot<K>) -> Self {
        let (conversations, below) = snapshot.into_parts();
        self.0.resumed.extend(conversations);
        self.0.resumed_below.extend(below);
        self
    }

    /// The seed of the jitter of delays, for tests. Default: from the time.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = Some(seed);
        self
    }

    /// Starts the children, one after the other, and returns when all are up.
    ///
    /// # Errors
    /// If a child cannot be started: those before it are stopped first. If two have the same key.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # Cancel safety
    /// If the future is dropped, the children are stopped.
    pub async fn start(self) -> Result<Supervisor<K>, SupervisorError> {
        let (supervisor, started) = self.launch()?;
        started.await?;
        Ok(supervisor)
    }

    /// A supervisor whose first children are being started, and the outcome of that.
    fn launch(self) -> Result<(Supervisor<K>, Started), SupervisorError> {
        let Launched { shared, alive, started } = service::launch(self.0)?;
        let supervisor = Supervisor::new(shared, alive);
        let name = supervisor.name().to_owned();
        let started = async move {
            started.await.unwrap_or_else(|_| Err(SupervisorError::new(Kind::Stopped, name)))
        };
        Ok((supervisor, Box::pin(started)))
    }

    /// Runs the supervisor as a part of your own tasks: starts it, and returns why it ended. It is
    /// stopped when `until` is ready, also while its first children are being started. Use it in a
    /// `JoinSet` or with `select!`.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn run(
        self,
        until: impl Future<Output = ()>,
    ) -> Result<ExitReason<K>, SupervisorError> {
        let (supervisor, started) = self.launch()?;
        let run = async {
            started.await?;
            Ok(supervisor.finished().await)
        };
        tokio::select! {
            reason = run => reason,
            () = until => Ok(supervisor.stop().await),
        }
    }
}

impl<K: Key> ChildSpec<K> {
    /// A supervisor with children. When it gives up, that is a crash of this child. What only a
    /// session can have ([`idle_after`](Self::idle_after), [`probe`](Self::probe),
    /// [`max_usd`](Self::max_usd), [`max_turns`](Self::max_turns), [`resume`](Self::resume)) is
    /// refused ([`is_invalid_spec`](SupervisorError::is_invalid_spec)).
    pub fn supervisor(
        key: impl Into<K>,
        make: impl Fn() -> SupervisorBuilder<K> + Send + Sync + 'static,
    ) -> Self {
        let start = move |budgets: Arc<[Budget]>, restored: Option<Snapshot<K>>| {
            let mut builder = restored.into_iter().fold(make(), SupervisorBuilder::restore);
            builder.0.budgets.extend(budgets.iter().cloned());
            let (supervisor, started) = builder.launch()?;
            let supervisor: Arc<dyn Nested<K>> = Arc::new(supervisor);
            Ok((supervisor, started))
        };
        Self::of(key.into(), Make::Supervisor(Arc::new(start)))
    }
}

impl<K: Key> Nested<K> for Supervisor<K> {
    fn finished(&self) -> BoxFuture<'_, ExitReason<K>> {
        Box::pin(Self::finished(self))
    }

    fn stop(&self) -> BoxFuture<'_, ExitReason<K>> {
        Box::pin(Self::stop(self))
    }

    fn has_ended(&self) -> bool {
        Self::has_ended(self)
    }

    fn conversations(&self, above: Restart) -> Snapshot<K> {
        Self::conversations(self, above)
    }
}

impl<K: Key> fmt::Debug for SupervisorBuilder<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupervisorBuilder")
            .field("name", &self.0.name)
            .field("children", &self.0.children)
            .finish_non_exhaustive()
    }
}
