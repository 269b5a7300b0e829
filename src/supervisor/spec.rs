//! What a child is, and how it is kept.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::budget::Budget;
use super::error::SupervisorError;
use super::info::ExitReason;
use super::key::Key;
use super::policy::RestartType;
use super::snapshot::Snapshot;
use crate::session::{Restart, SessionBuilder};
use crate::transport::BoxFuture;

/// Makes the builder of a session, at each start.
type MakeSession = Arc<dyn Fn() -> SessionBuilder + Send + Sync>;
/// The outcome of a start.
pub(super) type Started = BoxFuture<'static, Result<(), SupervisorError>>;
/// A supervisor that is a child, and the outcome of its start.
type Starting<K> = (Arc<dyn Nested<K>>, Started);
/// Begins to start a supervisor that is a child. What its sessions use counts in these budgets, too;
/// they go on with the conversations of an earlier run, if there are some.
type StartSupervisor<K> = Arc<
    dyn Fn(Arc<[Budget]>, Option<Snapshot<K>>) -> Result<Starting<K>, SupervisorError>
        + Send
        + Sync,
>;

/// A supervisor that is a child.
pub(super) trait Nested<K>: Send + Sync {
    fn finished(&self) -> BoxFuture<'_, ExitReason<K>>;
    fn stop(&self) -> BoxFuture<'_, ExitReason<K>>;
    fn has_ended(&self) -> bool;
    /// The conversations below, also after the end. `above` is what its own specification says of
    /// them: with `Fresh` only those whose specifications say `Resume`.
    fn conversations(&self, above: Restart) -> Snapshot<K>;
}

#[derive(Clone)]
pub(super) enum Make<K: Key> {
    Session(MakeSession),
    Supervisor(StartSupervisor<K>),
}

/// A child of a supervisor: its key, how it is made, and how it is kept.
///
/// ```
/// use std::time::Duration;
///
/// use claude_wire::Session;
/// use claude_wire::session::Restart;
/// use claude_wire::supervisor::{ChildSpec, RestartType};
///
/// let spec: ChildSpec<(&str, u32)> = ChildSpec::new(("user", 42), || Session::builder().model("sonnet"))
///     .conversation(Restart::Resume)
///     .restart(RestartType::Transient)
///     .idle_after(Duration::from_secs(600))
///     .max_usd(2.0);
/// ```
#[derive(Clone)]
pub struct ChildSpec<K: Key = String> {
    pub(super) key: K,
    pub(super) make: Make<K>,
    pub(super) restart: RestartType,
    pub(super) conversation: Restart,
    pub(super) start_timeout: Duration,
    pub(super) idle_after: Option<Duration>,
    pub(super) probe: Option<(Duration, Duration)>,
    pub(super) max_usd: Option<f64>,
    pub(super) max_turns: Option<u64>,
    pub(super) budgets: Vec<Budget>,
    pub(super) resume: Option<String>,
}

impl<K: Key> ChildSpec<K> {
    /// A session. `make` is called at each start of a process, so that options such as a key that is
    /// rotated are read again; its transport and handlers are those of the first call until the child
    /// rests, is stopped with its group, or has failed. A conversation that it names (`resume`,
    /// `session_id`) counts for the first start; then the supervisor decides which one is resumed.
    /// What its own `options_at_launch` makes counts at each launch. The time limits are those of the
    /// first call. The options of a query count for that query, as without a supervisor.
    pub fn new(
        key: impl Into<K>,
        make: impl Fn() -> SessionBuilder + Send + Sync + 'static,
    ) -> Self {
        Self::of(key.into(), Make::Session(Arc::new(make)))
    }

    pub(super) fn of(key: K, make: Make<K>) -> Self {
        Self {
            key,
            make,
            restart: RestartType::default(),
            conversation: Restart::default(),
            start_timeout: Duration::from_secs(90),
            idle_after: None,
            probe: None,
            max_usd: None,
            max_turns: None,
            budgets: Vec::new(),
            resume: None,
        }
    }

    /// What it has that only a session can have, if it is that of a supervisor.
    pub(super) fn misplaced(&self) -> Option<&'static str> {
        let of_sessions = [
            ("idle_after", self.idle_after.is_some()),
            ("max_turns", self.max_turns.is_some()),
            ("max_usd", self.max_usd.is_some()),
            ("probe", self.probe.is_some()),
            ("resume", self.resume.is_some()),
        ];
        let mut set = of_sessions.into_iter().filter(|(_, is_set)| *is_set);
        let is_session = matches!(self.make, Make::Session(_));
        set.next().filter(|_| !is_session).map(|(name, _)| name)
    }

    /// The key.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// When it is restarted after it has ended by itself. Default: [`RestartType::Permanent`].
    #[must_use]
    pub fn restart(self, restart: RestartType) -> Self {
        Self { restart, ..self }
    }

    /// What becomes of the conversation when it is restarted after a crash. Default:
    /// [`Restart::Fresh`]. For a supervisor: [`Restart::Resume`] is for all sessions below it;
    /// with [`Restart::Fresh`] each of them goes on as its own specification says.
    #[must_use]
    pub fn conversation(self, conversation: Restart) -> Self {
        Self { conversation, ..self }
    }

    /// The conversation that its first start resumes. If the CLI does not find it, a new one begins
    /// ([`HistoryLost`](super::SupervisorEvent::HistoryLost)).
    #[must_use]
    pub fn resume(self, session_id: impl Into<String>) -> Self {
        Self { resume: Some(session_id.into()), ..self }
    }

    /// How long a start may take, from the launch to the answered handshake; for a supervisor, the
    /// starts of its first children together. Default: 90 s.
    #[must_use]
    pub fn start_timeout(self, start_timeout: Duration) -> Self {
        Self { start_timeout, ..self }
    }

    /// After this time without a turn its process is stopped. It stays in the list, and the next
    /// query starts it again, with its conversation. A turn that runs, waits, or was made and is
    /// still to be asked, keeps it up. Default: never.
    #[must_use]
    pub fn idle_after(self, time: Duration) -> Self {
        Self { idle_after: Some(time), ..self }
    }

    /// Asks the CLI every `interval` whether it answers within `limit`, by a control request: no
    /// tokens. Two failures in a row count as a crash. Default: never.
    #[must_use]
    pub fn probe(self, interval: Duration, limit: Duration) -> Self {
        Self { probe: Some((interval, limit)), ..self }
    }

    /// Once its turns have cost this much, over all its restarts, queries are refused. Default: no
    /// limit.
    #[must_use]
    pub fn max_usd(self, usd: f64) -> Self {
        Self { max_usd: Some(usd), ..self }
    }

    /// After this many turns, over all its restarts, queries are refused. Default: no limit.
    #[must_use]
    pub fn max_turns(self, turns: u64) -> Self {
        Self { max_turns: Some(turns), ..self }
    }

    /// What it uses counts in this budget, which it shares with other children: a group. Once that is
    /// used up, queries are refused. A child may have several. For a supervisor: what all its
    /// sessions use.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budgets.push(budget);
        self
    }
}

impl<K: Key> fmt::Debug for ChildSpec<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("key", &self.key)
            .field("restart", &self.restart)
            .field("conversation", &self.conversation)
            .finish_non_exhaustive()
    }
}
