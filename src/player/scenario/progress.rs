//! How far the launches of a run are in their scenario.

use std::sync::{Arc, Mutex};

use crate::common::lock;
use crate::player::run::RunFolder;
use crate::player::turns::SharedTurns;

/// What the launches of a scenario share: which turns are taken, and their sessions.
#[derive(Clone, Debug)]
pub(super) enum Progress {
    /// The launches of one handle in this process.
    Memory(Arc<Mutex<Shared>>),
    /// The launches of several processes.
    Folder(RunFolder),
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    turns: usize,
    launches: usize,
    sessions: Vec<String>,
}

impl Default for Progress {
    fn default() -> Self {
        Self::Memory(Arc::default())
    }
}

impl Progress {
    /// Starts a launch; counted from 0.
    pub(super) fn start_launch(&self) -> Result<usize, String> {
        match self {
            Self::Memory(shared) => {
                let mut shared = lock(shared);
                shared.launches += 1;
                Ok(shared.launches - 1)
            }
            Self::Folder(run) => run.take("starts", b""),
        }
    }

    /// The number of turns that were taken, and of launches that started.
    pub(super) fn counts(&self) -> (usize, usize) {
        match self {
            Self::Memory(shared) => {
                let shared = lock(shared);
                (shared.turns, shared.launches)
            }
            Self::Folder(run) => (run.taken("turns").len(), run.taken("starts").len()),
        }
    }
}

impl SharedTurns for Progress {
    fn take_turn(&self) -> Result<usize, String> {
        match self {
            Self::Memory(shared) => {
                let mut shared = lock(shared);
                shared.turns += 1;
                Ok(shared.turns - 1)
            }
            Self::Folder(run) => run.take("turns", b""),
        }
    }

    fn sessions(&self) -> Vec<String> {
        match self {
            Self::Memory(shared) => lock(shared).sessions.clone(),
            Self::Folder(run) => run.taken("sessions"),
        }
    }

    fn note_session(&self, id: &str) {
        match self {
            Self::Memory(shared) => lock(shared).sessions.push(id.to_owned()),
            // Without it, `--continue` finds an earlier one.
            Self::Folder(run) => drop(run.take("sessions", id.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::player::turns::fresh;

    #[test]
    fn each_turn_is_taken_once_and_each_session_has_its_own_id() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::open(folder.path()).unwrap();
        for progress in [Progress::default(), Progress::Folder(run)] {
            let again = progress.clone();
            assert_eq!((progress.take_turn(), again.take_turn()), (Ok(0), Ok(1)));
            assert_eq!((progress.start_launch(), again.start_launch()), (Ok(0), Ok(1)));
            assert_eq!(again.counts(), (2, 2));
            for _ in 0..12 {
                progress.note_session(&fresh(&again.sessions()));
            }
            let sessions = again.sessions();
            assert_eq!(sessions[0], "11111111-2222-4333-8444-555555555555");
            assert_eq!(sessions[11], "11111111-2222-4333-8444-555555555566");
        }
    }
}
