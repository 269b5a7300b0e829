//! Counts what crossed the streams.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use claude_wire::transport::{
    BoxFuture, BoxedRead, BoxedWrite, Connection, Error, Launch, Transport,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

use crate::session_host::lock;

/// The bytes of one run.
#[derive(Clone, Debug)]
pub(super) struct Seen(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bytes: Mutex<Bytes>,
    /// Whole lines of stdout; at its end, the largest number there is.
    lines: watch::Sender<usize>,
    /// Prompts that were written; when no more can be, the largest number there is.
    prompts: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Bytes {
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner {
            bytes: Mutex::default(),
            lines: watch::Sender::new(0),
            prompts: watch::Sender::new(0),
        }))
    }

    /// Waits until this many whole lines of stdout have been read, or no more can come.
    pub(super) async fn lines(&self, count: usize) {
        // The sender is here, so this cannot fail.
        let _ = self.0.lines.subscribe().wait_for(|lines| *lines >= count).await;
    }

    /// Waits until this many prompts have been written, or no more can be.
    pub(super) async fn prompts(&self, count: usize) {
        let _ = self.0.prompts.subscribe().wait_for(|prompts| *prompts >= count).await;
    }

    /// Waits for the end of stdout.
    pub(super) async fn end(&self) {
        self.lines(usize::MAX).await;
    }

    pub(super) fn input(&self) -> Vec<u8> {
        self.lock().input.clone()
    }

    pub(super) fn output(&self) -> Vec<u8> {
        self.lock().output.clone()
    }

    /// The bytes after this many.
    pub(super) fn output_from(&self, at: usize) -> Vec<u8> {
        self.lock().output.get(at..).unwrap_or_default().to_vec()
    }

    /// Stdout, observed.
    pub(super) fn reading(&self, inner: BoxedRead) -> BoxedRead {
        Box::new(Reading { inner, seen: self.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, Bytes> {
        lock(&self.0.bytes)
    }
}

struct Reading {
    inner: BoxedRead,
    seen: Seen,
}

impl AsyncRead for Reading {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        let new = buffer.filled().get(before..).unwrap_or_default();
        self.seen.lock().output.extend_from_slice(new);
        let lines = new.iter().filter(|byte| **byte == b'\n').count();
        let ended = new.is_empty();
        self.seen.0.lines.send_modify(|count| {
            *count = if ended { usize::MAX } else { count.saturating_add(lines) }
        });
        Poll::Ready(result)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.seen.0.lines.send_replace(usize::MAX);
    }
}

struct Writing {
    inner: BoxedWrite,
    seen: Seen,
}

impl AsyncWrite for Writing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        let prompts = {
            let mut seen = self.seen.lock();
            seen.input.extend_from_slice(bytes.get(..written).unwrap_or_default());
            prompts(&seen.input)
        };
        self.seen.0.prompts.send_replace(prompts);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.seen.0.prompts.send_replace(usize::MAX);
    }
}

/// The whole lines of a host that are prompts.
fn prompts(input: &[u8]) -> usize {
    let lines = input.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| line.starts_with(br#"{"type":"user""#) && line.ends_with(b"\n")).count()
}

/// A transport whose streams are observed.
pub(super) struct Watched<T> {
    pub(super) inner: T,
    pub(super) seen: Seen,
}

impl<T: Transport> Transport for Watched<T> {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let Connection { stdin, stdout, stderr, control } = self.inner.open(launch).await?;
            let stdin = Box::new(Writing { inner: stdin, seen: self.seen.clone() });
            Ok(Connection { stdin, stdout: self.seen.reading(stdout), stderr, control })
        })
    }
}
