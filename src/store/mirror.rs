//! The way of entries from a session to its store.

use std::iter::{once, repeat};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::error::{Error, MirrorFailure};
use super::sender::{Frame, Job, Report, Sender, StoreOptions};
use crate::transport::PathMap;
use crate::wire::control::TranscriptMirror;

/// How many bytes may wait for a store that is slow or fails.
const MAX_WAITING: usize = 64 * 1024 * 1024;
/// How long the result of a turn waits for the store.
const BEFORE_RESULT: Duration = Duration::from_secs(1);

/// The way from a session to its store. The store is called in one task, so that entries keep their
/// order.
pub(crate) struct Mirror {
    jobs: Jobs,
    task: JoinHandle<bool>,
    /// How many bytes of entries wait.
    waiting: Arc<AtomicUsize>,
    report: Report,
    /// Whether it was reported that the task has ended.
    is_gone: bool,
}

/// What the task is to do.
#[derive(Clone)]
pub(crate) struct Jobs {
    jobs: mpsc::UnboundedSender<Job>,
    /// Whether the store has failed or was too slow, and nothing was stored since.
    is_behind: Arc<AtomicBool>,
}

impl Mirror {
    /// Starts the task; needs a runtime. `files`: what the CLI's files are called on this machine;
    /// `None` if they are not here.
    pub(crate) fn start(options: StoreOptions, files: Option<PathMap>, report: Report) -> Self {
        let (jobs, inbox) = mpsc::unbounded_channel();
        let waiting = Arc::<AtomicUsize>::default();
        let jobs = Jobs { jobs, is_behind: Arc::default() };
        let behind = jobs.is_behind.clone();
        let sender = Sender::new(options, files, report.clone(), waiting.clone(), behind);
        let task = tokio::spawn(sender.run(inbox));
        Self { jobs, task, waiting, report, is_gone: false }
    }

    /// Takes the entries of one frame. Never waits.
    pub(crate) fn add(&mut self, mirror: TranscriptMirror) {
        let TranscriptMirror { file_path: path, entries, .. } = mirror;
        let count = entries.len() as u64;
        let bytes = entries.iter().map(|entry| entry.as_bytes().len()).sum();
        let fits = self.waiting.load(Ordering::Relaxed) + bytes <= MAX_WAITING;
        let job = if fits {
            self.waiting.fetch_add(bytes, Ordering::Relaxed);
            Job::Entries(Frame { path, entries, bytes })
        } else {
            Job::LeftOut { path, entries: count, overflows: true }
        };
        if self.jobs.jobs.send(job).is_err() && !self.is_gone {
            self.is_gone = true;
            (self.report)(MirrorFailure {
                key: None,
                entries: count,
                error: Error::new("the task that calls the store has ended, by a panic"),
                is_sent_again: false,
            });
        }
    }

    pub(crate) fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// Sends what waits, for a result. Returns what its reader waits for: not long, not for another
    /// attempt, and not if nothing waits, or the store is behind already.
    pub(crate) fn flush_for_result(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let Jobs { jobs, is_behind } = &self.jobs;
        if self.waiting.load(Ordering::Acquire) == 0 || is_behind.load(Ordering::Relaxed) {
            self.jobs.flush(None);
            return None;
        }
        let (done, flushed) = oneshot::channel();
        let _ = jobs.send(Job::Flush { done: Some(done), is_result: true });
        let is_behind = is_behind.clone();
        Some(async move {
            if tokio::time::timeout(BEFORE_RESULT, flushed).await.is_err() {
                is_behind.store(true, Ordering::Relaxed);
            }
        })
    }

    /// Sends what waits, and ends. Returns whether the store has all.
    pub(crate) async fn close(self) -> bool {
        drop(self.jobs);
        self.task.await.unwrap_or(false)
    }
}

impl Jobs {
    /// Sends what waits. `done` is dropped when it was stored or has failed.
    pub(crate) fn flush(&self, done: Option<oneshot::Sender<()>>) {
        let _ = self.jobs.send(Job::Flush { done, is_result: false });
    }

    /// Adds to the store what it lacks of these transcripts, by the CLI's names for them, and waits
    /// for that: so many entries of the first one, and perhaps some of the others. What fails is
    /// tried again before anything later is sent.
    pub(crate) async fn repair(&self, transcripts: Vec<PathBuf>, lacking: u64) {
        for (path, entries) in transcripts.into_iter().zip(once(lacking).chain(repeat(1))) {
            let Ok(path) = path.into_os_string().into_string() else { continue };
            let _ = self.jobs.send(Job::LeftOut { path, entries, overflows: false });
        }
        let (done, repaired) = oneshot::channel();
        self.flush(Some(done));
        let _ = repaired.await;
    }
}
