//! Which turns have messages that may wait for their readers.

use crate::protocol::TurnId;

/// The turns that have had messages. Queued prompts are not among them, so that what is done for
/// each line does not take longer when many wait.
#[derive(Default)]
pub(super) struct Running {
    last: Option<TurnId>,
    before: Vec<TurnId>,
}

impl Running {
    /// The turn that had the last message.
    pub(super) fn turn(&self) -> Option<TurnId> {
        self.last
    }

    /// A turn has had a message. Forgets those that are over.
    pub(super) fn enter(&mut self, turn: TurnId, is_open: impl Fn(&TurnId) -> bool) {
        let before = self.last.replace(turn).filter(|before| *before != turn);
        if before.is_some() {
            self.before.extend(before);
            self.before.retain(|before| *before != turn && is_open(before));
        }
    }

    /// All that may have messages which wait; some may be over.
    pub(super) fn all(&self) -> impl Iterator<Item = &TurnId> {
        self.last.iter().chain(&self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_counts_once_until_it_is_over() {
        let mut running = Running::default();
        let all = |running: &Running| running.all().map(|turn| turn.0).collect::<Vec<_>>();
        for (turn, over, expected) in [
            (1, 0, vec![1]),
            (1, 0, vec![1]),
            (2, 0, vec![2, 1]),
            (1, 0, vec![1, 2]),
            (3, 2, vec![3, 1]),
            (4, 3, vec![4, 1]),
        ] {
            running.enter(TurnId(turn), |open| open.0 != over);
            assert_eq!(all(&running), expected, "{turn}");
        }
    }
}
