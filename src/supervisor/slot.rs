//! What the references of a child see of it.

use std::time::Duration;

use super::info::ChildState;
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
    pub(super) spent: Spent,
}

/// What was used up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spent {
    pub(super) usd: f64,
    pub(super) turns: u64,
}

impl Spent {
    pub(super) fn of(spending: &Spending) -> Self {
        Self { usd: spending.cost_usd, turns: spending.results }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { usd: self.usd + other.usd, turns: self.turns + other.turns }
    }
}

impl Slot {
    /// With what its session has spent so far.
    pub(super) fn total(&self) -> Spent {
        let now = self.session.as_ref().map(|session| Spent::of(&session.spending()));
        self.spent.plus(now.unwrap_or_default())
    }
}

/// The limits of a child, and of its supervisor.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    pub(super) wait: Duration,
    pub(super) max_usd: Option<f64>,
    pub(super) max_turns: Option<u64>,
}

/// Whether the session has no CLI, and does not start one by itself.
pub(super) fn ended(state: &SessionState) -> Option<(Class, String)> {
    if state.phase == Phase::Stopped {
        return Some((Class::Clean, EndCause::Stopped.to_string()));
    }
    let end = state.last_end.filter(|end| {
        state.phase == Phase::Down && end.launch == state.launches && !end.cause.is_wanted()
    })?;
    let class = if end.cause == EndCause::Exited { Class::Clean } else { Class::Crash };
    let exit = end.exit.map(|exit| format!(" ({exit})")).unwrap_or_default();
    Some((class, format!("{}{exit}", end.cause)))
}
