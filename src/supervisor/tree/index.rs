//! The state of a child, and the children by state.

use std::collections::BTreeSet;
use std::time::Instant;

use super::io::{ChildId, Why};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum State {
    /// It waits for its start: for those before it, or because too many start.
    Pending(Why),
    Starting(Why),
    Up,
    /// Until it is started again.
    Waiting(Instant, Why),
    Stopping(Then),
    Resting,
    Quarantined(Instant, Why),
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::supervisor) enum Then {
    /// It is started again: as one of a group, or by the user.
    Start(Why),
    Rest,
    Forget,
}

/// The children by state, so that no decision looks at all of them.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) pending: BTreeSet<ChildId>,
    pub(super) starting: BTreeSet<ChildId>,
    pub(super) waiting: BTreeSet<ChildId>,
    /// When those that wait are due.
    pub(super) due: BTreeSet<(Instant, ChildId)>,
    pub(super) quarantined: BTreeSet<(Instant, ChildId)>,
    /// Those that are stopped to be started again, and those that go down with them for good.
    pub(super) group: BTreeSet<ChildId>,
}

impl Index {
    pub(super) fn enter(&mut self, id: ChildId, state: State) {
        match state {
            State::Pending(_) => drop(self.pending.insert(id)),
            State::Starting(_) => drop(self.starting.insert(id)),
            State::Waiting(until, _) => {
                self.waiting.insert(id);
                self.due.insert((until, id));
            }
            State::Quarantined(until, _) => drop(self.quarantined.insert((until, id))),
            State::Stopping(Then::Start(_)) => drop(self.group.insert(id)),
            State::Up | State::Stopping(_) | State::Resting | State::Failed => {}
        }
    }

    pub(super) fn leave(&mut self, id: ChildId, state: State) {
        match state {
            State::Pending(_) => drop(self.pending.remove(&id)),
            State::Starting(_) => drop(self.starting.remove(&id)),
            State::Waiting(until, _) => {
                self.waiting.remove(&id);
                self.due.remove(&(until, id));
            }
            State::Quarantined(until, _) => drop(self.quarantined.remove(&(until, id))),
            State::Stopping(Then::Start(_) | Then::Forget) => drop(self.group.remove(&id)),
            State::Up | State::Stopping(_) | State::Resting | State::Failed => {}
        }
    }

    /// Whether nothing is being started or will be.
    pub(super) fn is_settled(&self) -> bool {
        self.pending.is_empty()
            && self.starting.is_empty()
            && self.waiting.is_empty()
            && self.group.is_empty()
    }
}
