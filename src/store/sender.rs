//! The task that sends entries to a store: none is overtaken by a later one of its transcript.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::calls::{APPEND, Calls, MAX_BYTES, MAX_ENTRIES, guarded};
use super::error::{Error, MirrorFailure, Result};
use super::key::SessionKey;
use super::local::{self, Rest};
use super::session_store::{SessionStore, SessionStoreEntry};
use crate::transport::PathMap;

/// The pauses between the attempts of an append.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// When a session sends entries to its store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SessionStoreFlush {
    /// At each result, at the end of the CLI, and when more than 500 entries or 1 MiB wait.
    #[default]
    Batched,
    /// As soon as the CLI reports them.
    Eager,
}

/// The store of a session, and how it is used.
#[derive(Clone)]
pub(crate) struct StoreOptions {
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) flush: SessionStoreFlush,
    /// The time limit of each call when a conversation is loaded.
    pub(crate) load_timeout: Duration,
}

/// Reports what did not reach the store.
pub(crate) type Report = Arc<dyn Fn(MirrorFailure) + Send + Sync>;

/// What the task is to do.
pub(super) enum Job {
    Entries(Frame),
    /// These entries are only in the CLI's own transcript. `overflows`: they did not fit.
    LeftOut {
        path: String,
        entries: u64,
        overflows: bool,
    },
    /// Sends all that waits. `done` is dropped after it; for a result also after a failed attempt.
    Flush {
        done: Option<oneshot::Sender<()>>,
        is_result: bool,
    },
}

/// The entries of one frame.
pub(super) struct Frame {
    pub(super) path: String,
    pub(super) entries: Vec<SessionStoreEntry>,
    pub(super) bytes: usize,
}

/// What a store does not have of a transcript.
struct Transcript {
    key: SessionKey,
    /// Where the CLI has it, as the CLI calls it.
    path: String,
    /// The next entries for the store.
    waiting: VecDeque<SessionStoreEntry>,
    /// How many follow those, that are only in the CLI's own transcript.
    left_out: u64,
    /// Whether those that did not fit are to be reported.
    overflows: bool,
    /// Whether a failure with all of these was reported.
    reported: bool,
}

impl Transcript {
    fn is_stored(&self) -> bool {
        self.waiting.is_empty() && self.left_out == 0
    }
}

pub(super) struct Sender {
    calls: Appends,
    flush: SessionStoreFlush,
    /// What the CLI's files are called on this machine; `None` if they are not here.
    files: Option<PathMap>,
    report: Report,
    /// In the order in which they first appeared.
    transcripts: Vec<Transcript>,
    /// How many entries, and how many bytes, came since the last flush.
    news: (usize, usize),
    /// How many bytes wait.
    bytes: Arc<AtomicUsize>,
    /// Who waits for the end of the flush.
    waiters: Vec<oneshot::Sender<()>>,
    /// Whether the store will never have all.
    has_lost: bool,
}

impl Sender {
    pub(super) fn new(
        options: StoreOptions,
        files: Option<PathMap>,
        report: Report,
        bytes: Arc<AtomicUsize>,
        is_behind: Arc<AtomicBool>,
    ) -> Self {
        Self {
            flush: options.flush,
            calls: Appends { options, results: Vec::new(), is_behind },
            files,
            report,
            transcripts: Vec::new(),
            news: (0, 0),
            bytes,
            waiters: Vec::new(),
            has_lost: false,
        }
    }

    /// Runs until the session has ended. Returns whether the store has all.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Job>) -> bool {
        while let Some(job) = inbox.recv().await {
            let mut is_asked = self.take(job);
            // What came while the store was busy goes to it together.
            while let Ok(job) = inbox.try_recv() {
                is_asked |= self.take(job);
            }
            if is_asked || self.is_due() {
                self.flush(false).await;
            }
            self.waiters.clear();
            self.calls.results.clear();
        }
        self.flush(true).await;
        self.transcripts.is_empty() && !self.has_lost
    }

    /// Returns whether all that waits must be sent now.
    fn take(&mut self, job: Job) -> bool {
        match job {
            Job::Entries(Frame { path, entries, bytes }) => {
                let count = entries.len();
                match self.transcript(path, count as u64) {
                    // Those behind a gap are read from the CLI's own transcript with it.
                    Some(transcript) if transcript.left_out > 0 => {
                        transcript.left_out += count as u64;
                        transcript.reported &= count == 0;
                        self.bytes.fetch_sub(bytes, Ordering::Release);
                    }
                    Some(transcript) => {
                        transcript.reported &= count == 0;
                        transcript.waiting.extend(entries);
                        self.news = (self.news.0 + count, self.news.1 + bytes);
                    }
                    None => {
                        self.bytes.fetch_sub(bytes, Ordering::Release);
                    }
                }
                false
            }
            Job::LeftOut { path, entries, overflows } => {
                if let Some(transcript) = self.transcript(path, entries) {
                    transcript.left_out += entries;
                    transcript.overflows |= overflows;
                    transcript.reported = false;
                }
                false
            }
            Job::Flush { done, is_result: false } => {
                self.waiters.extend(done);
                true
            }
            Job::Flush { done, is_result: true } => {
                self.calls.results.extend(done);
                true
            }
        }
    }

    /// The transcript with this path, for this many entries.
    fn transcript(&mut self, path: String, entries: u64) -> Option<&mut Transcript> {
        let Some(key) = SessionKey::of_transcript(&path) else {
            if entries > 0 {
                let error = Error::new(format!(
                    "{path:?} is not the path of a transcript (projects/<project>/<session \
                     id>.jsonl)"
                ));
                self.lose(None, entries, error);
            }
            return None;
        };
        let known = self.transcripts.iter().position(|known| known.key == key);
        let at = known.unwrap_or_else(|| {
            let (path, waiting) = (String::new(), VecDeque::new());
            let (left_out, overflows, reported) = (0, false, false);
            let known = Transcript { key, path, waiting, left_out, overflows, reported };
            self.transcripts.push(known);
            self.transcripts.len() - 1
        });
        let transcript = &mut self.transcripts[at];
        transcript.path = path;
        Some(transcript)
    }

    fn is_due(&self) -> bool {
        let (entries, bytes) = self.news;
        match self.flush {
            SessionStoreFlush::Eager => entries > 0,
            SessionStoreFlush::Batched => entries > MAX_ENTRIES || bytes > MAX_BYTES,
        }
    }

    /// Sends what waits, transcript by transcript. What fails is kept for the next flush; after the
    /// last one it is given up.
    async fn flush(&mut self, is_last: bool) {
        self.news = (0, 0);
        // A store that hangs is not waited for again and again.
        let mut hangs: Option<Error> = None;
        for at in 0..self.transcripts.len() {
            let sent = match &hangs {
                Some(error) if !self.transcripts[at].is_stored() => Err(error.clone()),
                _ => self.send(at).await,
            };
            let Err(error) = sent else { continue };
            if error.is_timeout() {
                hangs.get_or_insert_with(|| error.clone());
            }
            let transcript = &mut self.transcripts[at];
            if !transcript.reported || is_last {
                transcript.reported = true;
                (self.report)(MirrorFailure {
                    key: Some(transcript.key.clone()),
                    entries: transcript.waiting.len() as u64 + transcript.left_out,
                    error,
                    is_sent_again: !is_last,
                });
            }
        }
        self.transcripts.retain(|transcript| !transcript.is_stored());
    }

    async fn send(&mut self, at: usize) -> Result<()> {
        let transcript = &mut self.transcripts[at];
        while !transcript.waiting.is_empty() {
            let chunk = first_chunk(transcript.waiting.as_slices().0);
            self.calls.append(&transcript.key, chunk).await?;
            let count = chunk.len();
            let sent = transcript.waiting.drain(..count);
            let bytes = sent.map(|entry| entry.as_bytes().len()).sum();
            self.bytes.fetch_sub(bytes, Ordering::Release);
        }
        if transcript.left_out > 0 { self.repair(at).await } else { Ok(()) }
    }

    /// Sends what is only in the CLI's own transcript. If that cannot be, it is reported, and the
    /// store gets what follows.
    async fn repair(&mut self, at: usize) -> Result<()> {
        let Transcript { key, path, left_out, overflows, .. } = &mut self.transcripts[at];
        let mut entries = *left_out;
        let (key, path) = (key.clone(), path.clone());
        if std::mem::take(overflows) && self.files.is_some() {
            (self.report)(MirrorFailure {
                key: Some(key.clone()),
                entries,
                error: Error::new("more than 64 MiB waited for the store"),
                is_sent_again: true,
            });
        }
        let local = match &self.files {
            Some(files) => {
                let stored = self.calls.load(&key).await?;
                local::rest(files.here(Path::new(&path)), &key, stored).await
            }
            None => None,
        };
        let given_up = match local {
            None => {
                "they did not fit into memory, and the CLI's own transcript cannot be read here"
            }
            Some(Rest { has_later: true, lacking, .. }) => {
                entries = lacking as u64;
                "the store has later ones, and can only be added to"
            }
            Some(Rest { entries: rest, .. }) => {
                let mut rest = &rest[..];
                while !rest.is_empty() {
                    let chunk = first_chunk(rest);
                    self.calls.append(&key, chunk).await?;
                    rest = &rest[chunk.len()..];
                }
                self.transcripts[at].left_out = 0;
                return Ok(());
            }
        };
        self.transcripts[at].left_out = 0;
        self.lose(Some(key), entries, Error::new(given_up));
        Ok(())
    }

    fn lose(&mut self, key: Option<SessionKey>, entries: u64, error: Error) {
        self.has_lost = true;
        (self.report)(MirrorFailure { key, entries, error, is_sent_again: false });
    }
}

/// What goes to the store in one append: at most 1 MiB and the entry that reaches it.
fn first_chunk(entries: &[SessionStoreEntry]) -> &[SessionStoreEntry] {
    let mut bytes = 0;
    let fits = |entry: &&SessionStoreEntry| {
        let has_room = bytes < MAX_BYTES;
        bytes += entry.as_bytes().len();
        has_room
    };
    &entries[..entries.iter().take(MAX_ENTRIES).take_while(fits).count()]
}

/// The calls to the store.
struct Appends {
    options: StoreOptions,
    /// The results that wait for the store, until an attempt fails.
    results: Vec<oneshot::Sender<()>>,
    /// Whether the last attempt has failed. Set too when a result waited for too long.
    is_behind: Arc<AtomicBool>,
}

impl Appends {
    /// Tries again after a failure. Not after a timeout, as the call may still succeed: then the
    /// next flush tries again.
    async fn append(&mut self, key: &SessionKey, entries: &[SessionStoreEntry]) -> Result<()> {
        let mut pauses = PAUSES.iter();
        loop {
            let append = guarded(|| self.options.store.append(key, entries));
            let result = tokio::time::timeout(APPEND, append).await;
            self.is_behind.store(!matches!(result, Ok(Ok(()))), Ordering::Relaxed);
            let error = match result {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => return Err(Error::timeout("append", APPEND)),
            };
            self.results.clear();
            match pauses.next() {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => return Err(error),
            }
        }
    }

    async fn load(&self, key: &SessionKey) -> Result<Vec<SessionStoreEntry>> {
        let StoreOptions { store, load_timeout: limit, .. } = &self.options;
        let calls = Calls { store: &**store, limit: *limit };
        let loaded = calls.within(format!("load {key}"), || store.load(key)).await;
        Ok(loaded?.unwrap_or_default())
    }
}
