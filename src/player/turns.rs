//! What the launches of a scenario share.

use std::fmt;

/// Which turns of a scenario are taken, and its sessions.
pub(super) trait SharedTurns: fmt::Debug + Send + Sync {
    /// Takes a turn, counted from 0. Returns its place among all that were taken.
    fn take_turn(&self, turn: usize) -> Result<usize, String>;

    /// The turns that were taken, in order.
    fn taken_turns(&self) -> Vec<usize>;

    /// The ids of the sessions, in the order in which they began or were resumed.
    fn sessions(&self) -> Vec<String>;

    /// A session begins, or goes on.
    fn note_session(&self, id: &str);
}

/// The id of a session that is new in its run: different for each, and the same in each run.
pub(super) fn fresh(known: &[String]) -> String {
    let mut number = 555_555_555_555_u64;
    loop {
        let id = format!("11111111-2222-4333-8444-{number:012}");
        if !known.contains(&id) {
            return id;
        }
        number += 1;
    }
}
