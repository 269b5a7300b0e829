//! Pipes that carry a given number of bytes at a time, and sometimes nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::transport::{BoxFuture, Connection, Error, Launch, Transport};

/// A transport around another one. Each read and write of the host carries at most the next size in
/// bytes; a size of 0 means that it is pending once. Without sizes the pipes are unchanged.
pub(super) struct Choppy<T> {
    inner: T,
    sizes: Arc<[u8]>,
}

impl<T> Choppy<T> {
    pub(super) fn new(inner: T, sizes: &[u8]) -> Self {
        Self { inner, sizes: sizes.into() }
    }
}

impl<T: Transport> Transport for Choppy<T> {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, Error>> {
        Box::pin(async move {
            let Connection { stdin, stdout, stderr, control } = self.inner.open(launch).await?;
            // Each pipe starts at another size.
            Ok(Connection {
                stdin: Box::new(Pipe::new(stdin, &self.sizes, 0)),
                stdout: Box::new(Pipe::new(stdout, &self.sizes, 1)),
                stderr: Box::new(Pipe::new(stderr, &self.sizes, 2)),
                control,
            })
        })
    }
}

struct Pipe<P> {
    inner: P,
    sizes: Arc<[u8]>,
    at: usize,
    /// Whether it has just carried nothing.
    paused: bool,
}

impl<P> Pipe<P> {
    fn new(inner: P, sizes: &Arc<[u8]>, at: usize) -> Self {
        Self { inner, sizes: sizes.clone(), at, paused: false }
    }

    /// How much may pass now. After a pause something passes, whatever the sizes say.
    fn next(&mut self, cx: &Context<'_>) -> Poll<usize> {
        if self.sizes.is_empty() {
            return Poll::Ready(usize::MAX);
        }
        let size = usize::from(self.sizes[self.at % self.sizes.len()]);
        self.at += 1;
        self.paused = size == 0 && !self.paused;
        if self.paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(size.max(1))
    }
}

impl<P: AsyncRead + Unpin> AsyncRead for Pipe<P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let size = ready!(self.next(cx)).min(buf.remaining());
        let mut space = vec![0; size];
        let mut part = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl<P: AsyncWrite + Unpin> AsyncWrite for Pipe<P> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let size = ready!(self.next(cx)).min(bytes.len());
        Pin::new(&mut self.inner).poll_write(cx, &bytes[..size])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
