//! The ids that the launches of a run share: which live one is which recorded one.
//!
//! A program may make up the id of a session (`--session-id`), or learn it from the CLI, and later
//! resume it. Then the launch that resumes it must name the live one in the place of the recorded.
//! So it is with the uuids that the tools of an earlier launch made. Ids of another form are those
//! of one launch: each may have its own number 1.

use std::sync::{Arc, Mutex};

use crate::common::lock;

use super::renumber::Renumbered;
use super::run::RunFolder;

/// What the launches of a run know of its ids.
#[derive(Clone, Debug, Default)]
pub(super) enum Sessions {
    /// Nothing is shared.
    #[default]
    None,
    /// The launches of one handle in this process.
    Memory(Arc<Mutex<Renumbered>>),
    /// The launches of several processes.
    Folder(RunFolder),
}

/// The notes of a run folder: the recorded id and the live one, with a blank between them.
const NOTES: &str = "resumable";

impl Sessions {
    pub(super) fn in_memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// The recorded ids and the live ones so far.
    pub(super) fn known(&self) -> Renumbered {
        match self {
            Self::None => Renumbered::default(),
            Self::Memory(known) => lock(known).clone(),
            Self::Folder(run) => {
                let mut known = Renumbered::default();
                for note in run.taken(NOTES) {
                    if let Some((recorded, live)) = note.split_once(' ') {
                        known.add(recorded, live);
                    }
                }
                known
            }
        }
    }

    /// A launch has this session, or its tools made this uuid.
    pub(super) fn note(&self, recorded: &str, live: &str) -> Result<(), String> {
        match self {
            Self::None => Ok(()),
            Self::Memory(known) => {
                lock(known).add(recorded, live);
                Ok(())
            }
            Self::Folder(_) if self.known().live_of(recorded).is_some() => Ok(()),
            Self::Folder(run) => run.take(NOTES, format!("{recorded} {live}").as_bytes()).map(drop),
        }
    }
}
