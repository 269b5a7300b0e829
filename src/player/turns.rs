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

    /// The id of a new session, which no other launch has or gets, and which is none of these.
    fn fresh_session(&self, known: &[String]) -> String;
}

/// The first id of a session that is not known, and that `claim` takes: the same in each run.
pub(super) fn fresh(known: &[String], mut claim: impl FnMut(&str) -> bool) -> String {
    let mut number = 555_555_555_555_u64;
    loop {
        let id = format!("11111111-2222-4333-8444-{number:012}");
        if !known.contains(&id) && claim(&id) {
            return id;
        }
        number += 1;
    }
}
