//! What a supervisor says about its children.

use std::time::Duration;

use crate::session::TurnReport;

/// The state of a child.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChildState {
    /// It waits for its first start, or is being started for the first time.
    #[default]
    Starting,
    /// Its CLI has answered the handshake.
    Up,
    /// The API refuses its key or its login. A restart does not help, so there is none; a CLI that
    /// ends is started by the next query. Queries are asked all the same, and one that succeeds makes
    /// the child [`Up`](Self::Up). [`restart_session`](super::Supervisor::restart_session) makes its
    /// options again, with another key, and forgets the conversation.
    Degraded,
    /// It has ended, and is started again, possibly after a delay.
    Restarting,
    /// Its process was stopped because it was idle. The next query starts it.
    Resting,
    /// It has crashed too often, and is out of service for a while.
    Quarantined,
    /// It cannot start with its configuration, or another program has its conversation.
    /// [`restart_session`](super::Supervisor::restart_session) tries again, with a new conversation.
    Failed,
    /// It is being stopped, or has ended.
    Stopped,
}

impl ChildState {
    /// The word for it, as in the labels of metrics: `up`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Restarting => "restarting",
            Self::Resting => "resting",
            Self::Quarantined => "quarantined",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// What kind of child it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChildKind {
    /// A session.
    Session,
    /// A supervisor.
    Supervisor,
}

/// How many children there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// All children.
    pub specs: usize,
    /// Those that are up, degraded ones included; those that rest are not.
    pub active: usize,
    /// Sessions.
    pub sessions: usize,
    /// Supervisors.
    pub supervisors: usize,
}

/// The health of a supervisor: read without waiting for a child.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SupervisorHealth {
    /// All children.
    pub total: usize,
    /// Those that answer a query: up or resting. Degraded ones are not among them.
    pub active: usize,
    /// Those that are being started or restarted.
    pub restarting: usize,
    /// Those that run, but whose key or login the API refuses.
    pub degraded: usize,
    /// Those that have failed, or are in quarantine.
    pub failed: usize,
}

/// Why a child is [`Degraded`](ChildState::Degraded).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Degradation {
    /// The API refused the key, the login or their permissions:
    /// [`Error::is_auth`](crate::session::Error::is_auth).
    Authentication,
}

/// Something that happened in a supervisor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SupervisorEvent<K> {
    /// A child is up, or no longer degraded.
    Up(K),
    /// A child runs, but cannot do its work.
    Degraded(K, Degradation),
    /// A child ended by itself, or could not be started; the text says why.
    Down(K, String),
    /// A child is started again after this delay.
    Restarting(K, Duration),
    /// A child is out of service for this time.
    Quarantined(K, Duration),
    /// A child has failed for good.
    Failed(K),
    /// The conversation of a child could not be found, and it started a new one.
    HistoryLost(K),
    /// A child was stopped because it was idle.
    Resting(K),
    /// The session of a child has a warning
    /// ([`SessionEvent::Warning`](crate::session::SessionEvent::Warning)), such as a missing orphan
    /// guard.
    Warning(K, String),
    /// A turn of a child has begun; the uuid of its prompt ([`Turn::uuid`](crate::Turn::uuid)). It
    /// runs, or waits behind other turns, or for the CLI. `None`: the CLI has begun it by itself, such
    /// as when a command in the background has ended.
    ///
    /// Turns are reported if the supervisor had a reader of events when they began. Each of them is
    /// reported once, and ends once.
    TurnStarted(K, Option<String>),
    /// A turn has ended, and the CLI is done with it: how, and what it has used. Comes before
    /// [`Down`](Self::Down) for a turn that is lost with its CLI.
    TurnEnded(K, Box<TurnReport>),
    /// A child is gone: stopped and forgotten.
    Gone(K),
}

impl<K> SupervisorEvent<K> {
    /// The key, the word for the event, and whether a person should look at it; `None` for turns.
    pub(super) fn described(&self) -> Option<(&K, &'static str, bool)> {
        Some(match self {
            Self::Up(key) => (key, "up", false),
            Self::Degraded(key, _) => (key, "degraded", true),
            Self::Down(key, _) => (key, "down", true),
            Self::Restarting(key, _) => (key, "restarting", false),
            Self::Quarantined(key, _) => (key, "quarantined", true),
            Self::Failed(key) => (key, "failed", true),
            Self::HistoryLost(key) => (key, "history_lost", true),
            Self::Resting(key) => (key, "resting", false),
            Self::Warning(key, _) => (key, "warning", true),
            Self::Gone(key) => (key, "gone", false),
            Self::TurnStarted(..) | Self::TurnEnded(..) => return None,
        })
    }
}

/// Why a supervisor ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitReason<K> {
    /// It was stopped.
    Stopped,
    /// There were more restarts than its [`Intensity`](super::Intensity) allows.
    MaxIntensity {
        /// The child that crashed last.
        child: K,
        /// Why it did.
        last_error: String,
    },
    /// One of the first children could not be started.
    StartFailed {
        /// The child.
        child: K,
        /// Why not.
        error: String,
    },
    /// Its task panicked: a [`SessionRegistry`](super::SessionRegistry) or a trait of the key did.
    /// The sessions were dropped.
    Panicked,
}
