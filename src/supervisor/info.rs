//! What a supervisor says about its children.

use std::time::Duration;

/// The state of a child.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChildState {
    /// It waits for its first start, or is being started for the first time.
    #[default]
    Starting,
    /// Its CLI has answered the handshake.
    Up,
    /// It has ended, and is started again, possibly after a delay.
    Restarting,
    /// Its process was stopped because it was idle. The next query starts it.
    Resting,
    /// It has crashed too often, and is out of service for a while.
    Quarantined,
    /// It cannot start with its configuration. [`restart_session`](super::Supervisor::restart_session)
    /// tries again.
    Failed,
    /// It is being stopped, or has ended.
    Stopped,
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
    /// Those that are up.
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
    /// Those that are up or rest.
    pub active: usize,
    /// Those that are being started or restarted.
    pub restarting: usize,
    /// Those that have failed, or are in quarantine.
    pub failed: usize,
}

/// Something that happened in a supervisor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SupervisorEvent<K> {
    /// A child is up.
    Up(K),
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
    /// A child is stopped because it was idle.
    Resting(K),
    /// A child is gone: stopped and forgotten.
    Gone(K),
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
}
