//! A store in memory, for tests.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::Result;
use super::key::SessionKey;
use super::session_store::{
    SessionStore, SessionStoreEntry, SessionStoreListEntry, SessionSummaryEntry, entry_uuid,
};
use super::summary::fold_session_summary;
use crate::common::lock;
use crate::transport::BoxFuture;

/// A [`SessionStore`] in memory: for tests, and as an example. What it has is lost with it.
#[derive(Debug, Default)]
pub struct InMemorySessionStore(Mutex<Stored>);

#[derive(Debug, Default)]
struct Stored {
    transcripts: BTreeMap<SessionKey, Transcript>,
    clock: u64,
}

#[derive(Debug, Default)]
struct Transcript {
    entries: Vec<SessionStoreEntry>,
    uuids: HashSet<String>,
    mtime: u64,
    summary: Option<SessionSummaryEntry>,
}

impl InMemorySessionStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The entries of a transcript; none if it does not exist.
    pub fn get_entries(&self, key: &SessionKey) -> Vec<SessionStoreEntry> {
        let stored = self.lock();
        stored.transcripts.get(key).map(|stored| stored.entries.clone()).unwrap_or_default()
    }

    /// The keys of all transcripts, sub-agents included, sorted.
    pub fn keys(&self) -> Vec<SessionKey> {
        self.lock().transcripts.keys().cloned().collect()
    }

    /// Deletes all.
    pub fn clear(&self) {
        *self.lock() = Stored::default();
    }

    fn lock(&self) -> MutexGuard<'_, Stored> {
        lock(&self.0)
    }

    fn of_project<T>(
        &self,
        project_key: &str,
        read: impl Fn(&SessionKey, &Transcript) -> Option<T>,
    ) -> Vec<T> {
        let stored = self.lock();
        let of_project = stored
            .transcripts
            .iter()
            .filter(|(key, _)| key.project_key == project_key && key.subpath.is_none());
        of_project.filter_map(|(key, stored)| read(key, stored)).collect()
    }
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl SessionStore for InMemorySessionStore {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if entries.is_empty() {
                return Ok(());
            }
            let mut stored = self.lock();
            // Later appends have later times, however fast they are.
            stored.clock = now_ms().max(stored.clock + 1);
            let mtime = stored.clock;
            let transcript = stored.transcripts.entry(key.clone()).or_default();
            let mut news = Vec::new();
            for entry in entries {
                if entry_uuid(entry).is_none_or(|uuid| transcript.uuids.insert(uuid)) {
                    news.push(entry.clone());
                }
            }
            if key.subpath.is_none() {
                let folded = fold_session_summary(transcript.summary.as_ref(), key, &news);
                transcript.summary = Some(SessionSummaryEntry { mtime, ..folded });
            }
            transcript.entries.append(&mut news);
            transcript.mtime = mtime;
            Ok(())
        })
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        Box::pin(async move {
            Ok(self.lock().transcripts.get(key).map(|stored| stored.entries.clone()))
        })
    }

    fn list_sessions<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        Box::pin(async move {
            Ok(self.of_project(project_key, |key, stored| {
                let session_id = key.session_id.clone();
                Some(SessionStoreListEntry { session_id, mtime: stored.mtime })
            }))
        })
    }

    fn list_session_summaries<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionSummaryEntry>>> {
        Box::pin(
            async move { Ok(self.of_project(project_key, |_, stored| stored.summary.clone())) },
        )
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut stored = self.lock();
            match &key.subpath {
                Some(_) => drop(stored.transcripts.remove(key)),
                None => stored.transcripts.retain(|other, _| other.session() != *key),
            }
            Ok(())
        })
    }

    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let (stored, session) = (self.lock(), key.session());
            let of_session = stored.transcripts.keys().filter(|other| other.session() == session);
            Ok(of_session.filter_map(|key| key.subpath.clone()).collect())
        })
    }
}
