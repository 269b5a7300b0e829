//! What the launches of one run share: which recordings are used.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::common::lock;

/// Which recordings are used, and by whom that is known.
#[derive(Clone, Debug, Default)]
pub(super) enum Run {
    /// Nothing is shared: every launch may use every recording.
    #[default]
    Free,
    /// The launches of one handle in this process.
    Memory(Arc<Mutex<BTreeSet<usize>>>),
}

impl Run {
    pub(super) fn in_memory() -> Self {
        Self::Memory(Arc::default())
    }

    /// Whether each recording is for one launch.
    pub(super) fn is_shared(&self) -> bool {
        !matches!(self, Self::Free)
    }

    pub(super) fn is_used(&self, recording: usize) -> bool {
        match self {
            Self::Free => false,
            Self::Memory(used) => lock(used).contains(&recording),
        }
    }

    /// Uses a recording; false if another launch was first.
    pub(super) fn claim(&self, recording: usize) -> Result<bool, String> {
        match self {
            Self::Free => Ok(true),
            Self::Memory(used) => Ok(lock(used).insert(recording)),
        }
    }
}
