//! The settings of a supervisor, and its start.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::error::SupervisorError;
use super::handle::Supervisor;
use super::info::ExitReason;
use super::policy::{Backoff, Intensity, OnLimit, Strategy};
use super::registry::{LocalRegistry, SessionRegistry};
use super::service;
use super::snapshot::Snapshot;
use super::spec::{ChildSpec, Key};
use super::tree::Rules;

/// Builds a supervisor: [`Supervisor::builder`].
#[derive(Clone)]
pub struct SupervisorBuilder<K: Key = String> {
    pub(super) name: String,
    pub(super) children: Vec<ChildSpec<K>>,
    pub(super) rules: Rules,
    pub(super) registry: Arc<dyn SessionRegistry<K>>,
    pub(super) max_sessions: usize,
    pub(super) restart_wait: Duration,
    pub(super) max_usd: Option<f64>,
    pub(super) max_turns: Option<u64>,
    pub(super) resumed: HashMap<K, String>,
    pub(super) seed: Option<u64>,
}

impl<K: Key> SupervisorBuilder<K> {
    pub(super) fn new() -> Self {
        Self {
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
            restart_wait: Duration::from_secs(60),
            max_usd: None,
            max_turns: None,
            resumed: HashMap::new(),
            seed: None,
        }
    }

    /// Its name, in the fields of spans and events. Default: `supervisor`.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Adds a child. Children are started in the order in which they are added, and stopped in
    /// reverse.
    #[must_use]
    pub fn child(mut self, spec: ChildSpec<K>) -> Self {
        self.children.push(spec);
        self
    }

    /// Adds children.
    #[must_use]
    pub fn children(mut self, specs: impl IntoIterator<Item = ChildSpec<K>>) -> Self {
        self.children.extend(specs);
        self
    }

    /// Which children are restarted when one has crashed. Default: [`Strategy::OneForOne`].
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.rules.strategy = strategy;
        self
    }

    /// How many restarts are allowed within a time. Default: 3 within 5 s.
    #[must_use]
    pub fn intensity(mut self, restarts: usize, window: Duration) -> Self {
        self.rules.intensity = Intensity::new(restarts, window);
        self
    }

    /// What happens when there were more. Default: [`OnLimit::Escalate`].
    #[must_use]
    pub fn on_limit(mut self, on_limit: OnLimit) -> Self {
        self.rules.on_limit = on_limit;
        self
    }

    /// The delay before a restart.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.rules.backoff = backoff;
        self
    }

    /// How many children may be started at a time, after the first ones, which are started one after
    /// the other. At least 1. Default: 8.
    #[must_use]
    pub fn max_starting(mut self, children: usize) -> Self {
        self.rules.max_starting = children;
        self
    }

    /// How many children there may be. Default: no limit.
    #[must_use]
    pub fn max_sessions(self, sessions: usize) -> Self {
        Self { max_sessions: sessions, ..self }
    }

    /// How long a query by key waits for a session that is being started or restarted. Default: 60 s.
    #[must_use]
    pub fn restart_wait(self, time: Duration) -> Self {
        Self { restart_wait: time, ..self }
    }

    /// Where the keys are kept. Default: a registry of its own.
    #[must_use]
    pub fn registry(self, registry: Arc<dyn SessionRegistry<K>>) -> Self {
        Self { registry, ..self }
    }

    /// The limit of costs of each session that has none itself. Default: none.
    #[must_use]
    pub fn max_usd(self, usd: f64) -> Self {
        Self { max_usd: Some(usd), ..self }
    }

    /// The limit of turns of each session that has none itself. Default: none.
    #[must_use]
    pub fn max_turns(self, turns: u64) -> Self {
        Self { max_turns: Some(turns), ..self }
    }

    /// The conversations of an earlier run of the program: the first start of each child whose key is
    /// in the snapshot resumes its conversation, also of children that are added later.
    #[must_use]
    pub fn restore(mut self, snapshot: Snapshot<K>) -> Self {
        self.resumed.extend(snapshot.into_conversations());
        self
    }

    /// The seed of the jitter of delays, for tests. Default: from the time.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
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
        service::start(self).await
    }

    /// The same, boxed: a supervisor may have supervisors.
    pub(super) fn start_boxed(
        self,
    ) -> Pin<Box<dyn Future<Output = Result<Supervisor<K>, SupervisorError>> + Send>> {
        Box::pin(self.start())
    }

    /// Runs the supervisor as a part of your own tasks: starts it, and returns why it ended. It is
    /// stopped when `until` is ready. Use it in a `JoinSet` or with `select!`.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub async fn run(
        self,
        until: impl Future<Output = ()>,
    ) -> Result<ExitReason<K>, SupervisorError> {
        let supervisor = self.start().await?;
        tokio::select! {
            reason = supervisor.finished() => Ok(reason),
            () = until => Ok(supervisor.stop().await),
        }
    }
}

impl<K: Key> fmt::Debug for SupervisorBuilder<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupervisorBuilder")
            .field("name", &self.name)
            .field("children", &self.children)
            .finish_non_exhaustive()
    }
}
