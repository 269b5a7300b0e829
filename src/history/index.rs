//! The entries of a transcript by uuid, and the way from each back to the first.

use std::collections::{HashMap, HashSet};

use super::transcript::Entry;

/// The entries by uuid. Of entries with the same uuid, the last counts.
pub(super) struct Index<'a> {
    pub(super) entries: &'a [Entry],
    by_uuid: HashMap<&'a str, usize>,
    /// The uuids in the order in which they first appeared, as positions of entries.
    pub(super) order: Vec<usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(entries: &'a [Entry]) -> Self {
        let mut by_uuid: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
        let mut firsts = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            if by_uuid.insert(&entry.uuid, at).is_none() {
                firsts.push(at);
            }
        }
        let order = firsts.iter().map(|at| by_uuid[&*entries[*at].uuid]).collect();
        Self { entries, by_uuid, order }
    }

    pub(super) fn get(&self, uuid: &str) -> Option<usize> {
        self.by_uuid.get(uuid).copied()
    }

    pub(super) fn parent(&self, at: usize) -> Option<usize> {
        self.get(self.entries[at].parent.as_deref()?)
    }

    /// From an entry back to the first one, in order of the conversation. A circle ends where it
    /// closes.
    pub(super) fn back_from(&self, leaf: usize) -> Vec<usize> {
        let (mut chain, mut seen) = (Vec::new(), HashSet::new());
        let mut current = Some(leaf);
        while let Some(at) = current.filter(|at| seen.insert(*at)) {
            chain.push(at);
            current = self.parent(at);
        }
        chain.reverse();
        chain
    }
}
