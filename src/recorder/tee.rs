//! The parts of a connection, each with a wrapper that records.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::log::Log;
use crate::recording::Stream;
use crate::transport::{BoxedRead, BoxedWrite, Connection, Control, Exit, HeldTurn};

/// Wraps all parts of a connection for recording.
pub(super) fn tee(connection: Connection, log: Log) -> Connection {
    let Connection { stdin, stdout, stderr, control } = connection;
    let read = |inner, stream| {
        Box::new(TeeRead { inner: Some(inner), stream, log: log.clone(), room: Room::default() })
    };
    Connection {
        stdin: Box::new(TeeWrite { inner: Some(stdin), log: log.clone(), room: Room::default() }),
        stdout: read(stdout, Stream::Out),
        stderr: read(stderr, Stream::Err),
        control: Box::new(TeeControl { inner: Some(control), log: log.clone() }),
    }
}

struct TeeWrite {
    /// `None` only while it is dropped.
    inner: Option<BoxedWrite>,
    log: Log,
    room: Room,
}

impl AsyncWrite for TeeWrite {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { inner: Some(inner), log, room } = &mut *self else { return Poll::Ready(Ok(0)) };
        ready!(room.poll(cx, log));
        let mut log = log.lock();
        let result = ready!(Pin::new(inner).poll_write(cx, bytes));
        match &result {
            Ok(written) => log.bytes(Stream::In, bytes.get(..*written).unwrap_or_default()),
            Err(error) => log.write_failed(error),
        }
        Poll::Ready(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { inner: Some(inner), log, .. } = &mut *self else { return Poll::Ready(Ok(())) };
        let result = ready!(Pin::new(inner).poll_flush(cx));
        if let Err(error) = &result {
            log.lock().write_failed(error);
        }
        Poll::Ready(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { inner: Some(inner), log, .. } = &mut *self else { return Poll::Ready(Ok(())) };
        let mut log = log.lock();
        let result = ready!(Pin::new(inner).poll_shutdown(cx));
        log.end(Stream::In);
        Poll::Ready(result)
    }
}

impl Drop for TeeWrite {
    fn drop(&mut self) {
        let mut log = self.log.lock();
        self.inner = None;
        log.end(Stream::In);
    }
}

/// Waits for a slow recorder. In a blocking task, so that a paused clock does not run ahead of the
/// disk.
#[derive(Default)]
struct Room(Option<JoinHandle<()>>);

impl Room {
    fn poll(&mut self, cx: &mut Context<'_>, log: &Log) -> Poll<()> {
        if self.0.is_none()
            && let Some(disk) = log.full()
            && let Ok(runtime) = Handle::try_current()
        {
            self.0 = Some(runtime.spawn_blocking(move || disk.wait_for_room()));
        }
        if let Some(waiting) = &mut self.0 {
            // It only fails when the runtime shuts down.
            let _ = ready!(Pin::new(waiting).poll(cx));
            self.0 = None;
        }
        Poll::Ready(())
    }
}

struct TeeRead {
    inner: Option<BoxedRead>,
    stream: Stream,
    log: Log,
    room: Room,
}

impl AsyncRead for TeeRead {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { inner: Some(inner), stream, log, room } = &mut *self else {
            return Poll::Ready(Ok(()));
        };
        ready!(room.poll(cx, log));
        let (before, left) = (buffer.filled().len(), buffer.remaining());
        // Not under the lock: a reader has no order to keep, and the host acts on a line only after
        // it was recorded here.
        let result = ready!(Pin::new(inner).poll_read(cx, buffer));
        let new = buffer.filled().get(before..).unwrap_or_default();
        match &result {
            Ok(()) if new.is_empty() && left > 0 => log.lock().end(*stream),
            Ok(()) => log.lock().bytes(*stream, new),
            Err(_) => log.lock().end(*stream),
        }
        Poll::Ready(result)
    }
}

impl Drop for TeeRead {
    fn drop(&mut self) {
        let mut log = self.log.lock();
        self.inner = None;
        log.end(self.stream);
    }
}

struct TeeControl {
    inner: Option<Box<dyn Control>>,
    log: Log,
}

impl Control for TeeControl {
    fn pid(&self) -> Option<u32> {
        self.inner.as_ref()?.pid()
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        let Some(inner) = &mut self.inner else { return Poll::Pending };
        let result = ready!(inner.poll_wait(cx));
        if let Ok(exit) = result {
            self.log.lock().exit(exit);
        }
        Poll::Ready(result)
    }

    fn held_turn(&self) -> Option<HeldTurn> {
        self.inner.as_ref()?.held_turn()
    }

    fn ran_before(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.ran_before())
    }

    fn has_left(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.has_left())
    }

    fn terminate(&mut self) {
        let mut log = self.log.lock();
        if let Some(inner) = &mut self.inner {
            inner.terminate();
        }
        log.signal("SIGTERM");
    }

    fn kill(&mut self) {
        let mut log = self.log.lock();
        if let Some(inner) = &mut self.inner {
            inner.kill();
        }
        log.signal("SIGKILL");
    }
}

impl Drop for TeeControl {
    fn drop(&mut self) {
        let mut log = self.log.lock();
        self.inner = None;
        log.control_gone();
    }
}
