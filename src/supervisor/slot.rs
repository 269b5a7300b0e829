//! What the references of a child see of it.

use std::sync::Arc;
use std::time::Duration;

use super::budget::{Budget, exhausted};
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

    /// Its session, if that is up. Between a crash and the supervisor's decision it is not.
    pub(super) fn up(&self) -> Option<&Session> {
        let is_up = matches!(self.state, ChildState::Up | ChildState::Degraded);
        self.session.as_ref().filter(|session| is_up && ended(&session.state()).is_none())
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

impl Limits {
    /// What is used up, if something is.
    pub(super) fn used_up(&self, slot: &Slot) -> Option<String> {
        let Self { max_usd, max_turns, .. } = *self;
        let own = (max_usd.is_some() || max_turns.is_some()).then(|| slot.total());
        let own = own.and_then(|own| exhausted(own.cost_usd, own.results, max_usd, max_turns));
        own.or_else(|| self.budgets.iter().find_map(Budget::used_up))
    }
}

/// Whether the session has no CLI, and does not start one by itself.
pub(super) fn ended(state: &SessionState) -> Option<(Class, String)> {
    if state.phase == Phase::Stopped {
        // Its task has ended. A stop says nothing about how the last launch had ended.
        let unwanted = [EndCause::Panicked, EndCause::RuntimeGone];
        let cause = state.last_end.map(|end| end.cause).filter(|cause| unwanted.contains(cause));
        return Some(match cause {
            Some(cause) => (Class::Crash, cause.to_string()),
            None => (Class::Clean, EndCause::Stopped.to_string()),
        });
    }
    let end = state.last_end.filter(|end| {
        let is_wanted = end.cause.is_wanted() && end.cause != EndCause::Left;
        let is_last = state.phase == Phase::Down && end.launch == state.launches;
        // The session goes on without the options of that query.
        let is_of_query = end.of_query && !end.was_ready && end.cause != EndCause::Left;
        is_last && !is_wanted && !is_of_query
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::session::ConnectionEnd;

    #[test]
    fn a_session_whose_task_was_lost_has_crashed_and_a_stopped_one_has_not() {
        let stopped = |cause| {
            let end = |cause| ConnectionEnd {
                cause,
                exit: None,
                pid: None,
                was_ready: true,
                of_query: false,
                launch: 1,
            };
            let (phase, last_end) = (Phase::Stopped, Option::map(cause, end));
            ended(&SessionState { phase, launches: 1, last_end, ..SessionState::default() })
                .unwrap()
        };
        for cause in [EndCause::Panicked, EndCause::RuntimeGone] {
            assert_eq!(stopped(Some(cause)), (Class::Crash, cause.to_string()));
        }
        // It had no CLI when it was stopped, or the stop has ended the CLI.
        for cause in
            [None, Some(EndCause::Crashed), Some(EndCause::Exited), Some(EndCause::Stopped)]
        {
            assert_eq!(stopped(cause), (Class::Clean, EndCause::Stopped.to_string()), "{cause:?}");
        }
    }
}
