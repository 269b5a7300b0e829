//! How far the launches of a run are in their scenario.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use crate::common::lock;
use crate::player::run::RunFolder;
use crate::player::turns::{SharedTurns, fresh};

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
    turns: Vec<usize>,
    launches: usize,
    sessions: Vec<String>,
    ids: Ids,
}

/// Where the ids of new sessions come from.
#[derive(Debug)]
enum Ids {
    /// One after the other; those that are taken.
    InOrder(BTreeSet<String>),
    /// Nothing is known of other launches.
    Random,
}

impl Default for Ids {
    fn default() -> Self {
        Self::InOrder(BTreeSet::new())
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::Memory(Arc::default())
    }
}

impl Progress {
    /// That of a process that shares nothing with others.
    pub(super) fn of_process() -> Self {
        Self::Memory(Arc::new(Mutex::new(Shared { ids: Ids::Random, ..Shared::default() })))
    }

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

    /// The number of launches that started.
    pub(super) fn launches(&self) -> usize {
        match self {
            Self::Memory(shared) => lock(shared).launches,
            Self::Folder(run) => run.taken("starts").len(),
        }
    }
}

impl SharedTurns for Progress {
    fn take_turn(&self, turn: usize) -> Result<usize, String> {
        match self {
            Self::Memory(shared) => {
                let mut shared = lock(shared);
                shared.turns.push(turn);
                Ok(shared.turns.len() - 1)
            }
            Self::Folder(run) => run.take("turns", turn.to_string().as_bytes()),
        }
    }

    fn taken_turns(&self) -> Vec<usize> {
        match self {
            Self::Memory(shared) => lock(shared).turns.clone(),
            // A note that is being written is not a number yet.
            Self::Folder(run) => {
                let notes = run.taken("turns").into_iter();
                notes.map(|note| note.parse().unwrap_or(usize::MAX)).collect()
            }
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

    fn fresh_session(&self, known: &[String]) -> String {
        match self {
            Self::Memory(shared) => match &mut lock(shared).ids {
                Ids::InOrder(taken) => fresh(known, |id| taken.insert(id.to_owned())),
                Ids::Random => Uuid::new_v4().to_string(),
            },
            // Listing and noting is not one step, and two launches may begin at once. A folder that
            // cannot be written fails elsewhere.
            Self::Folder(run) => fresh(known, |id| run.take_name("ids", id).unwrap_or(true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn each_turn_is_taken_once_and_each_session_has_its_own_id() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::open(folder.path()).unwrap();
        for progress in [Progress::default(), Progress::Folder(run)] {
            let again = progress.clone();
            assert_eq!((progress.take_turn(3), again.take_turn(7)), (Ok(0), Ok(1)));
            assert_eq!(again.taken_turns(), [3, 7]);
            assert_eq!((progress.start_launch(), again.start_launch()), (Ok(0), Ok(1)));
            assert_eq!(again.launches(), 2);
            for _ in 0..12 {
                progress.note_session(&progress.fresh_session(&again.sessions()));
            }
            let sessions = again.sessions();
            assert_eq!(sessions[0], "11111111-2222-4333-8444-555555555555");
            assert_eq!(sessions[11], "11111111-2222-4333-8444-555555555566");
        }
    }

    /// Whether they note it or not, and although all of them saw the same list.
    #[test]
    fn launches_at_once_have_different_ids() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::open(folder.path()).unwrap();
        for progress in [Progress::default(), Progress::Folder(run), Progress::of_process()] {
            let begun: Vec<_> = (0..32)
                .map(|_| {
                    let progress = progress.clone();
                    thread::spawn(move || progress.fresh_session(&[]))
                })
                .collect();
            let ids: BTreeSet<_> = begun.into_iter().map(|launch| launch.join().unwrap()).collect();
            assert_eq!(ids.len(), 32, "{progress:?}");
        }
        // Without a run, another process gets another id.
        let new = || Progress::of_process().fresh_session(&[]);
        assert_ne!(new(), new());
    }
}
