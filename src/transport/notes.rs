//! What a wrapper of a transport did to a connection, for a recorder around it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::common::lock;

/// Notes about a connection, each at its place in stdout. Clones share them.
///
/// A wrapper that changes what crosses adds one for each change. A
/// [`Recorder`](crate::recorder::Recorder) around it takes them, and writes them as events `fault`.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<VecDeque<(u64, Value)>>>);

impl Notes {
    /// Without notes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a note that comes after this many bytes of stdout, and not before an earlier note.
    pub fn add(&self, after: u64, note: Value) {
        lock(&self.0).push_back((after, note));
    }

    /// Takes the notes that come before what follows this many bytes of stdout.
    pub fn take(&self, read: u64) -> Vec<Value> {
        let mut notes = lock(&self.0);
        let due = notes.iter().take_while(|(after, _)| *after <= read).count();
        notes.drain(..due).map(|(_, note)| note).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_in_order_and_at_their_places() {
        let notes = Notes::new();
        for (after, note) in [(0, "a"), (10, "b"), (7, "c"), (12, "d")] {
            notes.add(after, note.into());
        }
        let copy = notes.clone();
        assert_eq!(copy.take(9), ["a"]);
        assert_eq!(copy.take(9), [Value::Null; 0]);
        assert_eq!(copy.take(10), ["b", "c"]);
        assert_eq!(notes.take(u64::MAX), ["d"]);
    }
}
