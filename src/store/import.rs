//! Copies a session on disk into a store.

use std::collections::HashMap;
use std::path::Path;

use tokio::sync::mpsc;

use super::calls::{APPEND, Calls, LOAD_TIMEOUT, MAX_BYTES, MAX_ENTRIES};
use super::key::SessionKey;
use super::local::metadata;
use super::session_store::{SessionStore, SessionStoreEntry, entry_uuid};
use crate::history::{
    Error, History, Result, SkipReason, SkippedLine, TranscriptLine, for_each_line, skip_reason,
};
use crate::wire::RawJson;

/// How many batches are read ahead of a store that is slow.
const AHEAD: usize = 2;

/// How to copy a session into a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportSessionToStoreOptions {
    /// Whether sub-agents are copied too (default: true).
    pub include_subagents: bool,
    /// How many entries one append has at most (default, and for 0: 500). It never has more than
    /// 1 MiB and the entry that reaches it.
    pub batch_size: usize,
}

impl Default for ImportSessionToStoreOptions {
    fn default() -> Self {
        Self { include_subagents: true, batch_size: MAX_ENTRIES }
    }
}

impl ImportSessionToStoreOptions {
    /// Sets whether sub-agents are copied too.
    #[must_use]
    pub fn include_subagents(self, include_subagents: bool) -> Self {
        Self { include_subagents, ..self }
    }

    /// Sets how many entries one append has at most.
    #[must_use]
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }
}

/// What was copied into a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportedSession {
    /// The transcripts, each with the number of its entries: that of the session first.
    pub transcripts: Vec<(SessionKey, u64)>,
    /// Lines that were left out, since they are not JSON objects.
    pub skipped: Vec<(SessionKey, SkippedLine)>,
}

/// What the thread that reads sends to the one that appends.
enum Read {
    Entries(SessionKey, Vec<SessionStoreEntry>),
    Skipped(SessionKey, SkippedLine),
}

/// Copies a session from the CLI's configuration folder into a store, under the key that a session
/// with this store would have used: so it can be resumed from there, in the same directory. The
/// files stay.
///
/// It may be repeated, for example after a store had failed: entries that the store has are left
/// out. A title or a tag that was changed in the store since the last import stays, unless it was
/// changed on disk too. For that each transcript is first loaded from the store.
///
/// A call to the store is not tried again, and may take a minute.
///
/// ```no_run
/// use claude_wire::history::History;
/// use claude_wire::store::{FolderSessionStore, import_session_to_store};
///
/// # async fn example() -> claude_wire::history::Result<()> {
/// let store = FolderSessionStore::new("/shared/sessions");
/// let id = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
/// let imported =
///     import_session_to_store(&History::new()?, id, &store, &Default::default()).await?;
/// println!("{:?}", imported.transcripts);
/// # Ok(()) }
/// ```
///
/// # Errors
/// If the id is not a uuid, no such session exists, a file cannot be read, or the store failed. What
/// was appended before stays.
///
/// # Cancel safety
/// If the future is dropped, a part may be in the store. Repeat the call.
pub async fn import_session_to_store(
    history: &History,
    session_id: &str,
    store: &dyn SessionStore,
    options: &ImportSessionToStoreOptions,
) -> Result<ImportedSession> {
    let (batches, mut inbox) = mpsc::channel(AHEAD);
    let reader = Reader {
        batch_size: if options.batch_size == 0 { MAX_ENTRIES } else { options.batch_size },
        batches,
    };
    let (history, id, agents) = (history.clone(), session_id.to_owned(), options.include_subagents);
    let reading = tokio::task::spawn_blocking(move || reader.read_all(&history, &id, agents));
    let calls = Calls { store, limit: APPEND };
    let mut imported = ImportedSession::default();
    let mut known = Known::default();
    while let Some(read) = inbox.recv().await {
        match read {
            Read::Skipped(key, line) => imported.skipped.push((key, line)),
            Read::Entries(key, mut entries) => {
                match imported.transcripts.last_mut() {
                    Some((last, count)) if *last == key => *count += entries.len() as u64,
                    _ => {
                        known = Known::load(store, &key).await.map_err(Error::store)?;
                        imported.transcripts.push((key.clone(), entries.len() as u64));
                    }
                }
                entries.retain(|entry| !known.takes(entry));
                if entries.is_empty() {
                    continue;
                }
                let doing = format!("append to {key}");
                let append = || store.append(&key, &entries);
                calls.within(doing, append).await.map_err(Error::store)?;
            }
        }
    }
    match reading.await {
        Ok(read) => read.map(|()| imported),
        Err(error) => Err(Error::store(error)),
    }
}

/// The entries without a uuid that a store has of a transcript, which it would add again: the text of
/// each, and how many are not found on disk yet.
#[derive(Default)]
struct Known(HashMap<String, u64>);

impl Known {
    async fn load(store: &dyn SessionStore, key: &SessionKey) -> super::Result<Self> {
        let calls = Calls { store, limit: LOAD_TIMEOUT };
        let loaded = calls.within(format!("load {key}"), || store.load(key)).await?;
        let mut known = Self::default();
        for text in loaded.iter().flatten().filter_map(without_uuid) {
            *known.0.entry(text).or_default() += 1;
        }
        Ok(known)
    }

    /// Whether the store has this entry. Each of its entries counts once, so that a title which is
    /// given again later is added.
    fn takes(&mut self, entry: &SessionStoreEntry) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let left = without_uuid(entry).and_then(|text| self.0.get_mut(&text));
        left.filter(|left| **left > 0).map(|left| *left -= 1).is_some()
    }
}

/// The text of an entry without a uuid, whatever the order of its fields: a store may change that.
fn without_uuid(entry: &SessionStoreEntry) -> Option<String> {
    if entry_uuid(entry).is_some() {
        return None;
    }
    let mut value = entry.to_value().ok()?;
    value.sort_all_objects();
    Some(value.to_string())
}

struct Reader {
    batch_size: usize,
    batches: mpsc::Sender<Read>,
}

impl Reader {
    fn read_all(&self, history: &History, session_id: &str, agents: bool) -> Result<()> {
        let (main, others) = history.with_agents(session_id)?;
        self.read(&main)?;
        for path in others.into_iter().filter(|_| agents) {
            let key = self.read(&path)?;
            if let Some(metadata) = metadata(&path)? {
                self.send(Read::Entries(key, vec![metadata]));
            }
        }
        Ok(())
    }

    /// Sends the entries of a transcript, in batches.
    fn read(&self, path: &Path) -> Result<SessionKey> {
        let key = path.to_str().and_then(SessionKey::of_transcript).ok_or_else(|| {
            Error::invalid_value(format!("{} is not the path of a transcript", path.display()))
        })?;
        let (mut batch, mut bytes, mut number) = (Vec::new(), 0, 0);
        for_each_line(path, |line| {
            number += 1;
            let skip = |reason| {
                self.send(Read::Skipped(key.clone(), SkippedLine { line: number, reason }));
            };
            match line {
                TranscriptLine::TooLong(length) => skip(SkipReason::TooLong(length)),
                TranscriptLine::Line { bytes, .. } if bytes.trim_ascii().is_empty() => {}
                TranscriptLine::Line { bytes: line, terminated } => match RawJson::parse(line) {
                    Ok(entry) if entry.as_bytes().starts_with(b"{") => {
                        bytes += entry.as_bytes().len();
                        batch.push(entry);
                    }
                    _ => skip(skip_reason(terminated)),
                },
            }
            if batch.len() >= self.batch_size || bytes >= MAX_BYTES {
                bytes = 0;
                self.send(Read::Entries(key.clone(), std::mem::take(&mut batch)));
            }
        })
        .map_err(|error| Error::io(error, path))?;
        if !batch.is_empty() {
            self.send(Read::Entries(key.clone(), batch));
        }
        Ok(key)
    }

    /// An import that was dropped or has failed needs nothing more.
    fn send(&self, read: Read) {
        let _ = self.batches.blocking_send(read);
    }
}
