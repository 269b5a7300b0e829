//! Lines of any stream, one at a time.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_core::Stream;
use tokio::io::{AsyncRead, Interest};
use tokio::net::unix::OwnedReadHalf;
use tokio::time::sleep;
use tokio_util::codec::FramedRead;

use crate::wire::{DEFAULT_MAX_LINE, Item, LineCodec};

/// How often a connection that is not read is asked whether it is closed.
const LOOK: Duration = Duration::from_millis(50);

/// The lines of a stream, if there is one.
pub(super) struct Lines<R>(Option<FramedRead<R, LineCodec>>);

/// A line, with what is known of its end.
pub(super) enum Read {
    Line(Bytes),
    /// The stream ended inside of it.
    Tail(Bytes),
    /// It was longer than a line may be, and has gone.
    TooLong(u64),
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(stream: R) -> Self {
        Self(Some(FramedRead::new(stream, LineCodec::new())))
    }

    /// The lines of the socket, which have a letter more.
    pub(super) fn of_socket(stream: R) -> Self {
        Self(Some(FramedRead::new(stream, LineCodec::with_max_line(DEFAULT_MAX_LINE + 1))))
    }

    pub(super) fn closed() -> Self {
        Self(None)
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// The next line; `None` once, at the end or after an error; then it waits for ever. Cancel
    /// safe.
    pub(super) async fn next(&mut self) -> Option<Read> {
        let Some(lines) = &mut self.0 else { return pending().await };
        match poll_fn(|cx| Pin::new(&mut *lines).poll_next(cx)).await {
            Some(Ok(Item::Line(line))) if line.is_terminated() => {
                Some(Read::Line(line.bytes().clone()))
            }
            Some(Ok(Item::Line(line))) => Some(Read::Tail(line.bytes().clone())),
            Some(Ok(Item::TooLong(long))) => Some(Read::TooLong(long.len())),
            Some(Err(_)) | None => {
                self.0 = None;
                None
            }
        }
    }
}

impl Lines<OwnedReadHalf> {
    /// Waits until the other side has closed the connection, while nothing of it is read. Cancel
    /// safe.
    pub(super) async fn hung_up(&self) {
        let Some(lines) = &self.0 else { return pending().await };
        // What waits to be read makes the socket ready at any time, so it is asked again.
        while let Ok(ready) = lines.get_ref().ready(Interest::READABLE).await
            && !ready.is_read_closed()
        {
            sleep(LOOK).await;
        }
    }
}

/// Adds a line of the socket.
pub(super) fn put(out: &mut BytesMut, tag: u8, content: &[u8]) {
    out.reserve(content.len() + 2);
    out.put_u8(tag);
    out.put_slice(content);
    out.put_u8(b'\n');
}
