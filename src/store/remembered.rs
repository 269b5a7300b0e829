//! Which uuids the transcripts of a folder have, as far as they are remembered.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use uuid::Uuid;

use super::session_store::{SessionStoreEntry, entry_uuid};
use crate::common::lock;

/// How many uuids are remembered, of all transcripts together.
const MAX_UUIDS: usize = 1_000_000;

/// What is remembered of a transcript.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// How long it was; `None` if nothing is remembered.
    pub(super) length: Option<u64>,
    uuids: HashSet<u128>,
    /// Those that are not uuids, or are written in another way.
    others: HashSet<String>,
}

impl Remembered {
    /// All that these entries have.
    pub(super) fn of(entries: &[SessionStoreEntry]) -> Self {
        let mut remembered = Self::default();
        for entry in entries {
            remembered.is_new(entry);
        }
        remembered
    }

    /// Whether the transcript does not have this entry; remembers it.
    pub(super) fn is_new(&mut self, entry: &SessionStoreEntry) -> bool {
        let Some(text) = entry_uuid(entry) else { return true };
        let uuid = Uuid::try_parse(&text).ok();
        let usual = uuid
            .filter(|uuid| *uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == *text);
        match usual {
            Some(uuid) => self.uuids.insert(uuid.as_u128()),
            None => self.others.insert(text),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.uuids.len() + self.others.len()
    }
}

/// The transcripts that were written to last.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Transcripts>);

#[derive(Debug, Default)]
struct Transcripts {
    by_path: HashMap<PathBuf, Transcript>,
    /// How many uuids they have.
    uuids: usize,
    /// Counts uses.
    clock: u64,
}

#[derive(Debug, Default)]
struct Transcript {
    remembered: Arc<Mutex<Remembered>>,
    uuids: usize,
    used: u64,
}

impl Known {
    /// A transcript. Its lock is for who writes to it.
    pub(super) fn transcript(&self, path: &Path) -> Arc<Mutex<Remembered>> {
        let mut known = lock(&self.0);
        known.clock += 1;
        let used = known.clock;
        let transcript = known.by_path.entry(path.to_owned()).or_default();
        transcript.used = used;
        transcript.remembered.clone()
    }

    /// Notes how many uuids a transcript has. Those that were not used for the longest time are
    /// forgotten, one by one, while there are too many.
    pub(super) fn note(&self, path: &Path, uuids: usize) {
        let known = &mut *lock(&self.0);
        if let Some(transcript) = known.by_path.get_mut(path) {
            known.uuids = known.uuids - transcript.uuids + uuids;
            transcript.uuids = uuids;
        }
        // A small transcript takes room as well.
        while known.uuids + 100 * known.by_path.len() > MAX_UUIDS {
            // One that is being written to must keep its lock.
            let unused = known.by_path.iter().filter(|(other, transcript)| {
                *other != path && Arc::strong_count(&transcript.remembered) == 1
            });
            let oldest = unused.min_by_key(|(_, transcript)| transcript.used);
            let Some(oldest) = oldest.map(|(path, _)| path.clone()) else { return };
            let forgotten = known.by_path.remove(&oldest);
            known.uuids -= forgotten.map_or(0, |forgotten| forgotten.uuids);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(known: &Known) -> Vec<String> {
        let known = lock(&known.0);
        let mut paths: Vec<_> =
            known.by_path.keys().map(|path| path.display().to_string()).collect();
        paths.sort();
        paths
    }

    #[test]
    fn those_that_were_not_used_for_the_longest_time_are_forgotten_one_by_one() {
        let all = Known::default();
        let write = |path: &str, uuids| {
            drop(all.transcript(Path::new(path)));
            all.note(Path::new(path), uuids);
        };
        for path in ["a", "b", "c"] {
            write(path, 300_000);
        }
        assert_eq!(known(&all), ["a", "b", "c"]);
        write("a", 300_001);
        write("d", 200_000);
        assert_eq!(known(&all), ["a", "c", "d"], "b was not used for the longest time");
        // Someone writes to c.
        let held = all.transcript(Path::new("c"));
        for path in ["a", "d"] {
            write(path, 300_000);
        }
        write("e", 300_000);
        assert_eq!(known(&all), ["c", "d", "e"]);
        write("f", 2_000_000);
        assert_eq!(known(&all), ["c", "f"], "what is in use keeps its lock");
        drop(held);
        write("g", 1);
        assert_eq!(known(&all), ["g"]);
    }

    #[test]
    fn any_text_is_a_uuid() {
        let entry = |uuid: &str| SessionStoreEntry::from(serde_json::json!({"uuid": uuid}));
        let id = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
        let upper = id.to_uppercase();
        let mut remembered = Remembered::of(&[entry("1"), entry(id)]);
        for (uuid, is_new) in
            [("1", false), ("2", true), (id, false), (&*upper, true), (&*upper, false)]
        {
            assert_eq!(remembered.is_new(&entry(uuid)), is_new, "{uuid}");
        }
        assert!(remembered.is_new(&entry("")), "an entry without one is always new");
        assert_eq!(remembered.len(), 4);
    }
}
