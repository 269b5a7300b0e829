//! The file of a recording, written by its own thread.
//!
//! Redaction happens here, on the way to the file: it costs the session no time, and nothing
//! unredacted is ever written.
//!
//! A thread and not `spawn_blocking`: what was recorded must reach the file even when the runtime
//! shuts down. The queue is bounded in bytes. When it is full, because a burst comes faster than it
//! can be redacted and written, the connection waits for space. When the file accepts nothing for
//! some time, the recording stops, since the alternative is to block the session.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::error::Error;
use super::filter::Filter;
use super::keep::Keep;
use crate::common::{lock, owned};
use crate::recording::{Event, Header, MAX_RECORDED_LINE, Writer};

/// How many bytes of lines may wait for the disk: 64 MiB.
pub(super) const QUEUE: usize = 64 * 1024 * 1024;

/// How long a connection waits when the queue is full and the file accepts nothing.
pub(super) const STALL: Duration = Duration::from_secs(5);

/// The most events that are written at once.
const BATCH: usize = 1024;

/// How long the end of a text may be held back while nothing arrives.
const PAUSE: Duration = Duration::from_millis(250);

/// What the thread does next.
enum Taken {
    Events(Vec<Event>),
    Pause,
    Finished,
    GivenUp,
}

/// The queue and the thread that write one recording.
#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    limit: usize,
    stall: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Event>,
    bytes: usize,
    /// Counts of events: queued, and written or dropped.
    taken: u64,
    done: u64,
    finished: bool,
    closed: bool,
    error: Option<Error>,
    /// The files that were not kept, and why.
    not_kept: Vec<String>,
}

impl Disk {
    /// Creates the file, in the thread, and writes the header.
    pub(super) fn create(
        path: PathBuf,
        header: Header,
        filter: Filter,
        overwrite: bool,
        keep: Option<Keep>,
        (limit, stall): (usize, Duration),
    ) -> Self {
        let disk = Self(Arc::new(Shared {
            path,
            limit,
            stall,
            state: Mutex::default(),
            changed: Condvar::new(),
        }));
        let shared = Arc::clone(&disk.0);
        let thread = thread::Builder::new().name("claude-wire-record".into());
        if let Err(error) =
            thread.spawn(move || shared.run(&header, filter, overwrite, keep.as_ref()))
        {
            disk.0.fail(Error::io(&disk.0.path, error));
        }
        disk
    }

    /// Queues an event. After an error or the end it is dropped.
    pub(super) fn push(&self, event: Event) {
        let size = size(&event);
        let mut state = self.0.lock();
        if state.closed || state.finished {
            return;
        }
        state.bytes += size;
        state.taken += 1;
        state.queue.push_back(event);
        self.0.changed.notify_all();
    }

    /// Whether a connection should wait for the file before it goes on.
    pub(super) fn is_full(&self) -> bool {
        let state = self.0.lock();
        state.bytes > self.0.limit && !state.closed
    }

    /// Blocks until half of the queue is free. Gives up the recording if the file makes no progress
    /// for too long.
    pub(super) fn wait_for_room(&self) {
        let mut state = self.0.lock();
        while state.bytes > self.0.limit / 2 && !state.closed {
            let before = state.done;
            let waits = |state: &mut State| !state.closed && state.done == before;
            // With a poisoned lock there is nothing to wait for.
            let waited = self.0.changed.wait_timeout_while(state, self.0.stall, waits);
            let Ok((after, timeout)) = waited else { return };
            state = after;
            if timeout.timed_out() {
                drop(state);
                return self.0.fail(Error::overflow(&self.0.path, self.0.limit, self.0.stall));
            }
        }
    }

    /// Gives up: a line is longer than a recording allows.
    pub(super) fn endless(&self) {
        self.0.fail(Error::endless(&self.0.path, MAX_RECORDED_LINE));
    }

    /// Whether an event that is pushed now will be written.
    pub(super) fn is_open(&self) -> bool {
        let state = self.0.lock();
        !state.closed && !state.finished
    }

    /// Ends the events: the footer follows.
    pub(super) fn finish(&self) {
        self.0.lock().finished = true;
        self.0.changed.notify_all();
    }

    /// Whether the footer is in the file.
    pub(super) fn is_sealed(&self) -> bool {
        let state = self.0.lock();
        state.finished && state.closed && state.error.is_none()
    }

    pub(super) fn error(&self) -> Option<Error> {
        self.0.lock().error.clone()
    }

    /// The files that were not kept, and why.
    pub(super) fn not_kept(&self) -> Vec<String> {
        self.0.lock().not_kept.clone()
    }

    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Blocks until all queued events are in the file, the file makes no progress for `stall`, or
    /// `limit` has passed.
    pub(super) fn wait_while_moving(&self, stall: Duration, limit: Duration) {
        let start = Instant::now();
        let mut state = self.0.lock();
        let until = state.taken;
        while !state.closed && (state.done < until || state.finished) {
            let before = state.done;
            let waits = |state: &mut State| !state.closed && state.done == before;
            // With a poisoned lock there is nothing to wait for.
            let Ok((after, timeout)) = self.0.changed.wait_timeout_while(state, stall, waits)
            else {
                return;
            };
            if timeout.timed_out() || start.elapsed() >= limit {
                return;
            }
            state = after;
        }
    }

    /// Blocks until all queued events are in the file, at most this long.
    pub(super) fn wait(&self, limit: Duration) {
        let state = self.0.lock();
        let until = state.taken;
        let waits = |state: &mut State| !state.closed && (state.done < until || state.finished);
        // With a poisoned lock there is nothing to wait for.
        let _ = self.0.changed.wait_timeout_while(state, limit, waits);
    }
}

impl Shared {
    fn run(&self, header: &Header, filter: Filter, overwrite: bool, keep: Option<&Keep>) {
        match self.write(header, filter, overwrite, keep) {
            Ok(()) => {
                self.lock().closed = true;
                self.changed.notify_all();
            }
            Err(error) => self.fail(Error::io(&self.path, error)),
        }
    }

    /// Runs until the recording is finished, or given up by the other side.
    fn write(
        &self,
        header: &Header,
        mut filter: Filter,
        overwrite: bool,
        keep: Option<&Keep>,
    ) -> io::Result<()> {
        // A pipe or a device cannot be read back, so it keeps its first header.
        let is_file = std::fs::metadata(&self.path).map_or(true, |there| there.is_file());
        let mut options = OpenOptions::new();
        let options = owned(options.read(is_file).write(true));
        let file =
            if overwrite { options.create(true).truncate(true) } else { options.create_new(true) }
                .open(&self.path)?;
        let mut writer =
            if is_file { Writer::with_room(file, header) } else { Writer::new(file, header) }
                .map_err(io_error)?;
        loop {
            let (mut ready, mut taken) = (Vec::new(), 0);
            match self.take(filter.is_holding()) {
                Taken::Events(events) => {
                    taken = events.iter().map(size).sum();
                    events.into_iter().for_each(|event| filter.push(event));
                    filter.ready(&mut ready);
                }
                Taken::Pause => filter.finish(&mut ready),
                Taken::Finished if !filter.is_holding() => break,
                Taken::Finished => filter.finish(&mut ready),
                Taken::GivenUp => return Ok(()),
            }
            writer.events(&ready).map_err(io_error)?;
            let mut state = self.lock();
            state.done += ready.len() as u64;
            state.bytes -= taken;
            self.changed.notify_all();
        }
        let redactions = filter.redactions();
        if let Some(keep) = keep.filter(|_| is_file) {
            let not_kept = keep.run(&self.path, &mut filter);
            if !not_kept.is_empty() {
                let files = not_kept.len();
                tracing::warn!(path = %self.path.display(), files, "files are not kept");
            }
            self.lock().not_kept = not_kept;
        }
        let finished = if is_file {
            let mut header = header.clone();
            header.redactions = redactions;
            header.cli = header.cli.or_else(|| filter.version().map(str::to_owned));
            writer.finish_with(&header)
        } else {
            writer.finish()
        };
        finished.map_err(io_error).map(drop)
    }

    /// Waits for the next action. While events are held back, a pause is one too.
    fn take(&self, holding: bool) -> Taken {
        let idle = |state: &mut State| state.queue.is_empty() && !state.finished && !state.closed;
        let state = self.lock();
        let mut state = if holding {
            self.changed
                .wait_timeout_while(state, PAUSE, idle)
                .unwrap_or_else(PoisonError::into_inner)
                .0
        } else {
            self.changed.wait_while(state, idle).unwrap_or_else(PoisonError::into_inner)
        };
        if state.closed {
            return Taken::GivenUp;
        }
        let batch = state.queue.len().min(BATCH);
        let events: Vec<Event> = state.queue.drain(..batch).collect();
        match events.is_empty() {
            false => Taken::Events(events),
            true if state.finished => Taken::Finished,
            true => Taken::Pause,
        }
    }

    /// Stops the recording. The first error is the one to report.
    fn fail(&self, error: Error) {
        let mut state = self.lock();
        if !state.closed {
            let path = self.path.display();
            tracing::error!(%path, why = error.kind(), "the recording ends, the session goes on");
            state.closed = true;
            state.error = Some(error);
            state.queue.clear();
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// The cost of an event in the queue: many short lines cost more than their bytes.
fn size(event: &Event) -> usize {
    size_of::<Event>() + event.payload().map_or(0, |payload| payload.bytes().len())
}

/// A [`Writer`] only fails because of its file.
fn io_error(error: crate::recording::Error) -> io::Error {
    let kind = std::error::Error::source(&error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .map(io::Error::kind);
    io::Error::new(kind.unwrap_or(io::ErrorKind::Other), error)
}
