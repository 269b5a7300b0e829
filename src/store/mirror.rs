//! Sends the entries of transcripts to a store, in the background.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::error::{Error, Result};
use super::key::SessionKey;
use super::session_store::{SessionStore, SessionStoreEntry};
use crate::wire::control::TranscriptMirror;

/// How many entries, and how many bytes of them, may wait for the end of a turn.
pub(super) const MAX_ENTRIES: usize = 500;
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// How many bytes may wait for a store that is slow.
const MAX_WAITING: usize = 64 * 1024 * 1024;
/// How long one append may take.
pub(super) const APPEND: Duration = Duration::from_secs(60);
/// How long one call may take when a conversation is loaded.
pub(crate) const LOAD_TIMEOUT: Duration = Duration::from_secs(60);
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
pub(crate) type Warn = Box<dyn Fn(String) + Send + Sync>;

/// The way from a session to its store. The store is called in one task, so that entries keep their
/// order.
pub(crate) struct Mirror {
    jobs: mpsc::UnboundedSender<Job>,
    task: JoinHandle<()>,
    /// How many bytes of entries wait.
    waiting: Arc<AtomicUsize>,
    /// How many entries did not fit since the last report.
    left_out: Arc<AtomicUsize>,
    /// Whether the store did not get all.
    failed: Arc<AtomicBool>,
}

enum Job {
    Entries(Frame),
    Flush(Option<oneshot::Sender<()>>),
}

struct Frame {
    path: String,
    entries: Vec<SessionStoreEntry>,
    bytes: usize,
}

impl Mirror {
    /// Starts the task; needs a runtime.
    pub(crate) fn start(options: StoreOptions, warn: Warn) -> Self {
        let (jobs, inbox) = mpsc::unbounded_channel();
        let (waiting, left_out) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let failed = Arc::<AtomicBool>::default();
        let sender = Sender {
            options,
            warn,
            failed: failed.clone(),
            pending: Vec::new(),
            waiting: waiting.clone(),
            left_out: left_out.clone(),
        };
        Self { jobs, task: tokio::spawn(sender.run(inbox)), waiting, left_out, failed }
    }

    /// Takes the entries of one frame. Never waits.
    pub(crate) fn add(&self, mirror: TranscriptMirror) {
        let TranscriptMirror { file_path, entries, .. } = mirror;
        let bytes = entries.iter().map(|entry| entry.as_bytes().len()).sum();
        if self.waiting.load(Ordering::Relaxed) + bytes > MAX_WAITING {
            self.left_out.fetch_add(entries.len(), Ordering::Relaxed);
            return;
        }
        self.waiting.fetch_add(bytes, Ordering::Relaxed);
        let _ = self.jobs.send(Job::Entries(Frame { path: file_path, entries, bytes }));
    }

    /// Sends what waits. `done` is called when it was stored or given up.
    pub(crate) fn flush(&self, done: Option<oneshot::Sender<()>>) {
        let _ = self.jobs.send(Job::Flush(done));
    }

    /// Sends what waits, and ends. Returns whether the store has all.
    pub(crate) async fn close(self) -> bool {
        drop(self.jobs);
        let ended = self.task.await;
        ended.is_ok() && !self.failed.load(Ordering::Relaxed)
    }
}

struct Sender {
    options: StoreOptions,
    warn: Warn,
    failed: Arc<AtomicBool>,
    pending: Vec<Frame>,
    waiting: Arc<AtomicUsize>,
    left_out: Arc<AtomicUsize>,
}

impl Sender {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Job>) {
        let mut done: Vec<oneshot::Sender<()>> = Vec::new();
        while let Some(job) = inbox.recv().await {
            let mut flush = self.take(job, &mut done);
            // What came while the store was busy goes to it together.
            while let Ok(job) = inbox.try_recv() {
                flush |= self.take(job, &mut done);
            }
            if flush || self.is_due() {
                self.flush().await;
            }
            for done in done.drain(..) {
                // Who no longer waits needs no answer.
                let _: Result<(), ()> = done.send(());
            }
        }
        self.flush().await;
    }

    /// Returns whether all that waits must be sent now.
    fn take(&mut self, job: Job, done: &mut Vec<oneshot::Sender<()>>) -> bool {
        match job {
            Job::Entries(frame) => {
                self.pending.push(frame);
                false
            }
            Job::Flush(waiter) => {
                done.extend(waiter);
                true
            }
        }
    }

    fn is_due(&self) -> bool {
        let entries: usize = self.pending.iter().map(|frame| frame.entries.len()).sum();
        let bytes: usize = self.pending.iter().map(|frame| frame.bytes).sum();
        match self.options.flush {
            SessionStoreFlush::Eager => true,
            SessionStoreFlush::Batched => entries > MAX_ENTRIES || bytes > MAX_BYTES,
        }
    }

    /// One append for each transcript, in the order in which they first appear.
    async fn flush(&mut self) {
        let mut transcripts: Vec<Frame> = Vec::new();
        for frame in self.pending.drain(..) {
            match transcripts.iter_mut().find(|known| known.path == frame.path) {
                Some(known) => {
                    known.entries.extend(frame.entries);
                    known.bytes += frame.bytes;
                }
                None => transcripts.push(frame),
            }
        }
        for frame in transcripts {
            if !frame.entries.is_empty() {
                self.send(&frame).await;
            }
            self.waiting.fetch_sub(frame.bytes, Ordering::Relaxed);
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            self.failed(format!(
                "the session store is too slow: {left_out} entries were left out, since more than \
                 64 MiB waited for it; the CLI has them on its own disk"
            ));
        }
    }

    async fn send(&self, frame: &Frame) {
        let count = frame.entries.len();
        let Some(key) = SessionKey::of_transcript(&frame.path) else {
            return self.failed(format!(
                "{count} entries did not reach the session store: {:?} is not the path of a \
                 transcript (projects/<project>/<session id>.jsonl)",
                frame.path
            ));
        };
        if let Err(error) = self.append(&key, &frame.entries).await {
            self.failed(format!(
                "{count} entries of {key} did not reach the session store: {error}; the CLI has \
                 them on its own disk"
            ));
        }
    }

    fn failed(&self, warning: String) {
        self.failed.store(true, Ordering::Relaxed);
        (self.warn)(warning);
    }

    /// Tries again after a failure. Not after a timeout: the call may still succeed.
    async fn append(&self, key: &SessionKey, entries: &[SessionStoreEntry]) -> Result<()> {
        let mut pauses = PAUSES.iter();
        loop {
            let append = guarded(|| self.options.store.append(key, entries));
            let error = match tokio::time::timeout(APPEND, append).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => return Err(Error::timeout("append", APPEND)),
            };
            match pauses.next() {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => return Err(error),
            }
        }
    }
}

/// Calls a store. One that panics has failed: the session goes on.
pub(super) async fn guarded<T, F>(call: impl FnOnce() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    use std::panic::{AssertUnwindSafe, catch_unwind};
    // The call itself may panic as well, before there is a future.
    let mut call = std::pin::pin!(async { call().await });
    std::future::poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)))
            .unwrap_or_else(|_| std::task::Poll::Ready(Err(Error::new("the store panicked"))))
    })
    .await
}
