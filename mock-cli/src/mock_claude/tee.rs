//! A stream whose lines go into the journal.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use claude_wire::wire::DEFAULT_MAX_LINE;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::journal::Journal;

/// A stream of this process, and the part of its last line that has crossed it so far.
pub(crate) struct Tee<S> {
    inner: S,
    journal: Journal,
    name: &'static str,
    line: Vec<u8>,
    ended: bool,
    /// Whether this is the writer of an input, whose end is that it is dropped.
    ends_when_dropped: bool,
}

impl<S> Tee<S> {
    /// `name` is `in`, `out` or `err`.
    pub(crate) fn new(inner: S, name: &'static str, journal: &Journal) -> Self {
        Self {
            inner,
            journal: journal.clone(),
            name,
            line: Vec::new(),
            ended: false,
            ends_when_dropped: false,
        }
    }

    /// The writer of an input.
    pub(crate) fn to_input(inner: S, journal: &Journal) -> Self {
        let mut tee = Self::new(inner, "in", journal);
        tee.ends_when_dropped = true;
        tee
    }

    fn hear(&mut self, bytes: &[u8]) {
        if !self.journal.is_open() {
            return;
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() > DEFAULT_MAX_LINE {
                self.journal.line(self.name, &self.line);
                self.line.clear();
            }
        }
    }

    /// The rest is a line without an ending.
    fn end(&mut self) {
        if !self.line.is_empty() {
            self.journal.line(self.name, &std::mem::take(&mut self.line));
        }
    }

    /// The input has ended, for the first time.
    fn end_input(&mut self) {
        self.end();
        if self.name == "in" && !std::mem::replace(&mut self.ended, true) {
            self.journal.eof();
        }
    }
}

impl<S> Drop for Tee<S> {
    fn drop(&mut self) {
        if self.ends_when_dropped { self.end_input() } else { self.end() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tee<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        let new = buffer.filled().get(before..).unwrap_or_default();
        if new.is_empty() {
            self.end_input();
        } else {
            self.hear(new);
        }
        Poll::Ready(result)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tee<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.hear(bytes.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end_input();
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
