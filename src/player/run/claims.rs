//! Which recordings are used.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::common::lock;

use super::folder::RunFolder;

/// Which recordings are used, and who knows about it.
#[derive(Clone, Debug, Default)]
pub(in crate::player) enum Claims {
    /// Nothing is shared: every launch may use every recording.
    #[default]
    Free,
    /// The launches of one handle in this process.
    Memory(Arc<Mutex<BTreeSet<String>>>),
    /// The launches of several processes.
    Folder(RunFolder),
}

impl Claims {
    pub(in crate::player) fn in_memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// Whether each recording is for one launch.
    pub(in crate::player) fn is_shared(&self) -> bool {
        !matches!(self, Self::Free)
    }

    /// Whether a launch uses the recording of this name.
    pub(in crate::player) fn is_used(&self, recording: &str) -> bool {
        match self {
            Self::Free => false,
            Self::Memory(used) => lock(used).contains(recording),
            Self::Folder(folder) => folder.is_used(recording),
        }
    }

    /// Uses a recording; false if another launch was first.
    pub(in crate::player) fn claim(&self, recording: &str) -> Result<bool, String> {
        match self {
            Self::Free => Ok(true),
            Self::Memory(used) => Ok(lock(used).insert(recording.to_owned())),
            Self::Folder(folder) => folder.claim(recording).map_err(|error| error.to_string()),
        }
    }
}
