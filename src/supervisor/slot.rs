//! What the references of a child see of it.

use std::sync::Arc;
use std::time::Duration;

use super::budget::Budget;
use super::info::ChildState;
use super::memory::MemoryLimit;
use super::tree::Class;
use crate::session::{self, EndCause, Phase, Session, SessionState, Spending};

/// A child as its references see it.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) state: ChildState,
    /// The session, while it is not stopped.
    pub(super) session: Option<Session>,
    /// Why it is not up.
    pub(super) error: Option<session::Error>,
    /// What earlier sessions of this child have spent.
    pub(super) spent: Spending,
}

impl Slot {
    /// What the child has spent, over all its sessions.
    pub(super) fn total(&self) -> Spending {
        let mut total = self.spent.clone();
        if let Some(session) = &self.session {
            total.add(&session.spending());
        }
        total
    }

    /// Whether there is no CLI until a query starts it: the child rests, or it has ended and is not
    /// restarted, because the API refuses its key.
    pub(super) fn waits_for_a_query(&self) -> bool {
        match self.state {
            ChildState::Resting => true,
            ChildState::Degraded => self.session.is_none(),
            _ => false,
        }
    }
}

/// The limits of a child, and of its supervisor.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Whether it is a session.
    pub(super) is_session: bool,
    pub(super) wait: Duration,
    pub(super) max_usd: Option<f64>,
    pub(super) max_turns: Option<u64>,
    /// What it may use together with others.
    pub(super) budgets: Arc<[Budget]>,
    pub(super) memory: Option<MemoryLimit>,
}

/// Whether the session has no CLI, and does not start one by itself.
pub(super) fn ended(state: &SessionState) -> Option<(Class, String)> {
    if state.phase == Phase::Stopped {
        return Some((Class::Clean, EndCause::Stopped.to_string()));
    }
    let end = state.last_end.filter(|end| {
        let is_wanted = end.cause.is_wanted() && end.cause != EndCause::Left;
        state.phase == Phase::Down && end.launch == state.launches && !is_wanted
    })?;
    let class = match end.cause {
        // Another start would end in the same way.
        EndCause::Owned | EndCause::Left => Class::Configuration,
        _ if state.auth_failed => Class::Denied,
        EndCause::Exited => Class::Clean,
        _ => Class::Crash,
    };
    let exit = end.exit.map(|exit| format!(" ({exit})")).unwrap_or_default();
    Some((class, format!("{}{exit}", end.cause)))
}
