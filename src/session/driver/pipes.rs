//! The three pipes of a connection: buffered here, and never blocking each other.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::{Decoder, Encoder};
use tokio_util::io::poll_read_buf;

use super::super::stderr::Stderr;
use crate::common::os_error;
use crate::transport::{BoxedRead, BoxedWrite};
use crate::wire::{LineCodec, Outcome, classify};

/// The capacity of a Linux pipe.
const CHUNK: usize = 64 * 1024;
/// The size of a read while little is written: a few messages.
const SMALL: usize = 8 * 1024;
/// The maximum capacity of a Linux pipe, unless root has raised it.
const LARGEST_PIPE: usize = 1024 * 1024;

pub(super) struct Pipes {
    stdin: Option<BoxedWrite>,
    outbox: BytesMut,
    /// Bytes that did not reach the CLI.
    unwritten: BytesMut,
    flushed: bool,
    closing: bool,
    stdout: Option<BoxedRead>,
    buffer: BytesMut,
    /// Whether much is written: then it is read into the buffer directly, a whole pipe at a time.
    bulk: bool,
    codec: LineCodec,
    stderr: Option<BoxedRead>,
    errors: Vec<u8>,
}

impl Pipes {
    pub(super) fn new(
        stdin: BoxedWrite,
        stdout: BoxedRead,
        stderr: BoxedRead,
        max_line: usize,
    ) -> Self {
        Self {
            stdin: Some(stdin),
            outbox: BytesMut::new(),
            unwritten: BytesMut::new(),
            flushed: true,
            closing: false,
            stdout: Some(stdout),
            buffer: BytesMut::new(),
            bulk: false,
            codec: LineCodec::with_max_line(max_line),
            stderr: Some(stderr),
            errors: Vec::new(),
        }
    }

    /// Adds a line to the queue.
    pub(super) fn write(&mut self, line: &[u8]) {
        let queue = match self.stdin {
            Some(_) if self.closing => return,
            Some(_) => &mut self.outbox,
            None => &mut self.unwritten,
        };
        // Encoding a line cannot fail.
        let _ = self.codec.encode(line, queue);
    }

    /// Returns the bytes that did not reach the CLI, which has ended.
    pub(super) fn take_unwritten(&mut self) -> Bytes {
        let mut unwritten = std::mem::take(&mut self.unwritten);
        unwritten.unsplit(std::mem::take(&mut self.outbox));
        unwritten.freeze()
    }

    pub(super) fn close_stdin_when_flushed(&mut self) {
        self.closing = true;
        if !self.is_writing() {
            self.stdin = None;
        }
    }

    /// Returns the pipe that the CLI has closed, if any; the host may have closed the input.
    pub(super) fn closed(&self) -> Option<&'static str> {
        match (&self.stdin, &self.stdout) {
            (Some(_), Some(_)) => None,
            (_, None) => Some("standard output"),
            (None, _) => Some("standard input"),
        }
    }

    /// Checks whether the CLI has closed its input. A transport that can detect this fails its
    /// flush.
    pub(super) fn check_stdin(&mut self) {
        let Some(stdin) = self.stdin.as_mut().filter(|_| self.flushed) else { return };
        match Pin::new(stdin).poll_flush(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => drop(self.broken(Some(error))),
            // With a waker that is polled.
            Poll::Pending => self.flushed = false,
        }
    }

    /// Whether some of what was written waits for the CLI.
    pub(super) fn is_writing(&self) -> bool {
        self.stdin.is_some() && !(self.flushed && self.outbox.is_empty())
    }

    /// Whether the CLI has closed its output.
    pub(super) fn has_ended(&self) -> bool {
        self.stdout.is_none()
    }

    /// Writes what can be written; returns true if the pipe was closed meanwhile.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(stdin) = &mut self.stdin else { return false };
        while !self.outbox.is_empty() {
            match Pin::new(&mut *stdin).poll_write(cx, &self.outbox) {
                Poll::Ready(Ok(written)) if written > 0 => {
                    self.flushed = false;
                    self.outbox.advance(written);
                    if self.outbox.is_empty() {
                        self.outbox = BytesMut::new();
                    }
                }
                Poll::Ready(result) => return self.broken(result.err()),
                Poll::Pending => return false,
            }
        }
        if !self.flushed {
            match Pin::new(stdin).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.flushed = true,
                Poll::Ready(Err(error)) => return self.broken(Some(error)),
                Poll::Pending => return false,
            }
        }
        if self.closing {
            self.stdin = None;
        }
        false
    }

    fn broken(&mut self, error: Option<io::Error>) -> bool {
        tracing::debug!(error = ?error.as_ref().map(os_error), "the CLI no longer reads its input");
        self.stdin = None;
        self.unwritten.unsplit(std::mem::take(&mut self.outbox));
        self.flushed = true;
        true
    }

    /// Reads once. `Ready(Ok(0))` is the end.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(stdout) = &mut self.stdout else { return Poll::Pending };
        let buffer = &mut self.buffer;
        let result = if self.bulk {
            buffer.reserve(CHUNK);
            // Not more, since a long line makes room for its own length again.
            ready!(poll_read_buf(Pin::new(stdout), cx, &mut buffer.limit(CHUNK)))
        } else {
            ready!(read_chunk(stdout, cx, |bytes| buffer.extend_from_slice(bytes)))
        };
        match result {
            Ok(count) if count > 0 => self.bulk |= count == SMALL,
            _ => self.stdout = None,
        }
        Poll::Ready(result)
    }

    /// An idle session keeps no buffer.
    pub(super) fn release_room(&mut self) {
        self.bulk = false;
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
    }

    /// Returns the next item of the bytes read.
    pub(super) fn next_item(&mut self) -> Option<Outcome> {
        let room = self.buffer.capacity();
        let item = if self.stdout.is_some() {
            self.codec.decode(&mut self.buffer)
        } else {
            self.codec.decode_eof(&mut self.buffer)
        };
        match item {
            Ok(Some(item)) => {
                // A long line has its own copy now: the room that it took here is not needed until
                // the next. Of that room, `capacity` no longer counts what the line filled.
                if room > LARGEST_PIPE && self.buffer.len() <= CHUNK {
                    self.buffer = BytesMut::from(&self.buffer[..]);
                }
                Some(classify(item))
            }
            // Content never causes an error.
            Ok(None) | Err(_) => None,
        }
    }

    /// Reads standard error until nothing is available; returns true if it has ended.
    pub(super) fn poll_stderr(&mut self, cx: &mut Context<'_>) -> bool {
        let mut some = false;
        while let Some(stderr) = &mut self.stderr {
            let errors = &mut self.errors;
            match read_chunk(stderr, cx, |bytes| errors.extend_from_slice(bytes)) {
                Poll::Ready(Ok(count)) if count > 0 => some = true,
                Poll::Ready(_) => {
                    self.stderr = None;
                    some = true;
                }
                Poll::Pending => break,
            }
            if self.errors.len() >= CHUNK {
                break;
            }
        }
        some
    }

    /// Whether some of standard error was read that was not passed on.
    pub(super) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    pub(super) fn drain_stderr(&mut self, stderr: &mut Stderr) {
        if self.has_errors() {
            stderr.push(&std::mem::take(&mut self.errors));
        }
    }

    /// The connection is over: returns bytes that do not form a line yet, and reads the rest of
    /// standard error.
    pub(super) fn finish(&mut self, stderr: &mut Stderr) -> Vec<Outcome> {
        self.stdout = None;
        let outcomes = std::iter::from_fn(|| self.next_item()).collect();
        // What the process wrote before it ended is in the pipe, which holds at most 1 MiB. A
        // process that it left behind may keep writing forever.
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..LARGEST_PIPE / CHUNK {
            if !self.poll_stderr(&mut cx) || self.stderr.is_none() {
                break;
            }
            self.drain_stderr(stderr);
        }
        self.drain_stderr(stderr);
        stderr.finish();
        outcomes
    }
}

/// Reads once, through a small buffer on the stack: a waiting connection holds no buffer.
fn read_chunk(
    from: &mut BoxedRead,
    cx: &mut Context<'_>,
    take: impl FnOnce(&[u8]),
) -> Poll<io::Result<usize>> {
    let mut chunk = [const { MaybeUninit::uninit() }; SMALL];
    let mut chunk = ReadBuf::uninit(&mut chunk);
    ready!(Pin::new(from).poll_read(cx, &mut chunk))?;
    let filled = chunk.filled();
    if !filled.is_empty() {
        take(filled);
    }
    Poll::Ready(Ok(filled.len()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Fills every buffer with a line of this length, and notes the largest.
    struct LongLine {
        left: usize,
        largest: Arc<AtomicUsize>,
    }

    impl AsyncRead for LongLine {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            if self.left == 0 {
                return Poll::Pending;
            }
            self.largest.fetch_max(buffer.remaining(), Ordering::Relaxed);
            let count = buffer.remaining().min(self.left);
            self.left -= count;
            buffer.initialize_unfilled_to(count).fill(b'x');
            buffer.advance(count);
            if self.left == 0 {
                let last = buffer.filled().len() - 1;
                buffer.filled_mut()[last] = b'\n';
            }
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_long_line_is_read_in_pieces_and_leaves_no_room() {
        // A little under and over where the buffer has grown to a power of two.
        for len in [1, 2, 4, 7].into_iter().flat_map(|mib| {
            [mib * LARGEST_PIPE - CHUNK / 2, mib * LARGEST_PIPE + CHUNK / 2, mib * LARGEST_PIPE]
        }) {
            let largest = Arc::new(AtomicUsize::new(0));
            let stdout = LongLine { left: len, largest: Arc::clone(&largest) };
            let mut pipes = Pipes::new(
                Box::new(tokio::io::sink()),
                Box::new(stdout),
                Box::new(tokio::io::empty()),
                usize::MAX,
            );
            let mut cx = Context::from_waker(Waker::noop());
            while pipes.poll_read(&mut cx).is_ready() {
                assert!(pipes.has_ended() || pipes.buffer.len() <= len, "{len}");
            }
            assert_eq!(pipes.buffer.len(), len);
            assert!(pipes.next_item().is_some(), "{len}");
            assert!(pipes.next_item().is_none(), "{len}");
            assert!(largest.load(Ordering::Relaxed) <= CHUNK, "{len}: {largest:?}");
            assert!(!pipes.buffer.try_reclaim(LARGEST_PIPE), "{len}");
        }
    }
}
