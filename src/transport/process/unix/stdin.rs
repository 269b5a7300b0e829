//! The pipe to the child.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncWrite, Interest};
use tokio::net::unix::pipe::Sender;

/// The child's standard input. Its flush fails where the child has closed that, which a pipe reports
/// without a write.
pub(super) struct Stdin(Sender);

impl Stdin {
    pub(super) fn new(stdin: std::process::ChildStdin) -> io::Result<Self> {
        Sender::from_owned_fd(OwnedFd::from(stdin)).map(Self)
    }

    fn is_closed(&self) -> bool {
        let ready = pin!(self.0.ready(Interest::ERROR));
        let now = ready.poll(&mut Context::from_waker(Waker::noop()));
        matches!(now, Poll::Ready(Ok(ready)) if ready.is_error())
    }
}

impl AsyncWrite for Stdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(if self.is_closed() { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) })
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
