//! The events of one connection, in order.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::disk::Disk;
use super::lines::Lines;
use crate::common::lock;
use crate::recording::{Event, EventKind, MAX_RECORDED_LINE, Payload, Stream};
use crate::transport::{Exit, Notes};

/// How long the last dropped part of a connection waits for the disk, without and with progress, so
/// that a program that exits now has its recording.
const LAST_WAIT: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// The log of one connection, shared by the wrappers of its parts.
#[derive(Clone, Debug)]
pub(super) struct Log(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    disk: Disk,
    start: Instant,
    /// The time of the last event, in microseconds from the start.
    last: u64,
    stdin: Half,
    stdout: Half,
    stderr: Half,
    /// Ends of output that are only recorded if something other than the exit follows.
    held: Vec<(u64, Stream)>,
    exit: Option<Exit>,
    control_gone: bool,
    stdin_failed: bool,
    notes: Option<Notes>,
    /// How many bytes of stdout are in the lines so far.
    read: u64,
}

/// One stream.
#[derive(Debug, Default)]
struct Half {
    lines: Lines,
    ended: bool,
}

impl Log {
    /// `notes` are what a wrapper of the transport changes.
    pub(super) fn new(disk: Disk, start: Instant, notes: Option<Notes>) -> Self {
        let half = Half::default;
        let (stdin, stdout, stderr) = (half(), half(), half());
        Self(Arc::new(Mutex::new(Inner {
            disk,
            start,
            last: 0,
            stdin,
            stdout,
            stderr,
            held: Vec::new(),
            exit: None,
            control_gone: false,
            stdin_failed: false,
            notes,
            read: 0,
        })))
    }

    /// Performs an action on the connection and records it, with no other event in between: the
    /// other side's reaction is recorded after it, whichever thread sees it.
    pub(super) fn lock(&self) -> Guard<'_> {
        // A panic elsewhere does not make the log wrong.
        Guard(lock(&self.0))
    }
}

impl Log {
    /// The file, if a connection should wait for it before it goes on.
    pub(super) fn full(&self) -> Option<Disk> {
        let disk = &self.lock().0.disk;
        disk.is_full().then(|| disk.clone())
    }
}

/// The locked log.
pub(super) struct Guard<'a>(MutexGuard<'a, Inner>);

impl Guard<'_> {
    /// Bytes crossed.
    pub(super) fn bytes(&mut self, stream: Stream, bytes: &[u8]) {
        let inner = &mut *self.0;
        if bytes.is_empty() || !inner.disk.is_open() {
            return;
        }
        let mut lines = Vec::new();
        let half = inner.half(stream);
        half.lines.push(bytes, |line| lines.push(line));
        if half.lines.pending() > MAX_RECORDED_LINE {
            return inner.disk.endless();
        }
        for line in lines {
            inner.line(stream, line);
        }
    }

    /// The stream has ended, or the host dropped it. Recorded once.
    pub(super) fn end(&mut self, stream: Stream) {
        let inner = &mut *self.0;
        let half = inner.half(stream);
        if std::mem::replace(&mut half.ended, true) {
            return;
        }
        if let Some(line) = half.lines.finish() {
            inner.line(stream, line);
        }
        match stream {
            Stream::In if inner.stdin_failed => {}
            Stream::In => inner.event(EventKind::Eof(stream)),
            _ => {
                let now = inner.now();
                inner.held.push((now, stream));
            }
        }
        inner.finish_if_over();
    }

    /// Output is not read any more: both streams end.
    pub(super) fn end_output(&mut self) {
        self.end(Stream::Out);
        self.end(Stream::Err);
    }

    /// A write to the CLI failed. What the host does with the pipe from now on is not an end of
    /// input: the CLI closed it, and a replay must not wait for the host to do so.
    pub(super) fn write_failed(&mut self, error: &io::Error) {
        if !self.0.stdin.ended && !self.0.stdin_failed {
            self.0.event(EventKind::Mark(format!("a write to stdin failed: {error}")));
            self.0.stdin_failed = true;
        }
    }

    /// The CLI reads no more. What comes of its input from now on is not an end of input.
    pub(super) fn input_over(&mut self) {
        self.0.stdin_failed |= !self.0.stdin.ended;
    }

    /// A signal was sent.
    pub(super) fn signal(&mut self, name: &str) {
        if self.0.exit.is_none() {
            self.0.event(EventKind::Signal(name.to_owned()));
        }
    }

    /// The CLI has exited. Its streams may still have data, so this event is written last.
    pub(super) fn exit(&mut self, exit: Exit) {
        self.0.exit.get_or_insert(exit);
        self.0.finish_if_over();
    }

    /// The host dropped the control handle.
    pub(super) fn control_gone(&mut self) {
        self.0.control_gone = true;
        self.0.finish_if_over();
    }
}

impl Inner {
    fn line(&mut self, stream: Stream, line: Payload) {
        if stream == Stream::Out {
            self.faults(self.read);
            self.read += (line.bytes().len() + line.eol().as_str().len()) as u64;
        }
        self.event(match stream {
            Stream::In => EventKind::In(line),
            Stream::Out => EventKind::Out(line),
            Stream::Err => EventKind::Err(line),
        });
    }

    /// Records the notes that come before what follows this many bytes of stdout.
    fn faults(&mut self, read: u64) {
        for note in self.notes.iter().flat_map(|notes| notes.take(read)).collect::<Vec<_>>() {
            self.event(EventKind::Fault(note));
        }
    }

    fn event(&mut self, kind: EventKind) {
        for (at, stream) in std::mem::take(&mut self.held) {
            self.push(at, EventKind::Eof(stream));
        }
        self.push(self.now(), kind);
    }

    fn push(&mut self, at: u64, kind: EventKind) {
        let us = at.saturating_sub(self.last);
        self.last = self.last.max(at);
        self.disk.push(Event::new(us, kind));
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn half(&mut self, stream: Stream) -> &mut Half {
        match stream {
            Stream::In => &mut self.stdin,
            Stream::Out => &mut self.stdout,
            Stream::Err => &mut self.stderr,
        }
    }

    /// The recording is complete when the CLI has exited and all its output was read, or when the
    /// host has dropped everything.
    fn finish_if_over(&mut self) {
        let silent = self.stdout.ended && self.stderr.ended;
        let abandoned = self.stdin.ended && self.control_gone;
        if !silent || !self.disk.is_open() || (self.exit.is_none() && !abandoned) {
            return;
        }
        if self.notes.is_some() {
            self.faults(u64::MAX);
        }
        match self.exit {
            Some(exit) => {
                self.held.clear();
                self.push(self.now(), EventKind::Exit(exit.into()));
            }
            None => self.event(EventKind::Mark(
                "the host let go of the CLI before it had exited".to_owned(),
            )),
        }
        self.disk.finish();
    }
}

/// The last wrapper was dropped.
impl Drop for Inner {
    fn drop(&mut self) {
        let [still, moving] = LAST_WAIT;
        self.disk.wait_while_moving(still, moving);
    }
}
