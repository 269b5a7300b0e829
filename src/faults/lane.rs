//! What is done on the streams, one thing after the other.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep_until};

use super::item::{Ended, Item};
use crate::common::later;

/// A stream to write to. Once it has failed or was closed, it discards everything.
struct Writer<W>(Option<W>);

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// Writes a piece, and flushes it. Cancel safe: the piece is what is left of it.
    async fn write(&mut self, piece: &mut Bytes) -> bool {
        let Some(stream) = &mut self.0 else { return false };
        while !piece.is_empty() {
            match stream.write(piece).await {
                Ok(written) if written > 0 => piece.advance(written),
                _ => return self.fail(),
            }
        }
        match stream.flush().await {
            Ok(()) => true,
            Err(_) => self.fail(),
        }
    }

    fn fail(&mut self) -> bool {
        self.0 = None;
        false
    }

    async fn close(&mut self) -> io::Result<()> {
        if let Some(stream) = &mut self.0 {
            stream.shutdown().await?;
        }
        self.0 = None;
        Ok(())
    }
}

/// What a step of a lane came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Done {
    Step,
    /// The reader of what was written is gone.
    NoReader,
    Read,
    Break,
    End(Ended),
}

/// The queue of one direction: to the host on two streams, or to the CLI on one.
pub(super) struct Lane<W, E> {
    queue: VecDeque<Item>,
    main: Writer<W>,
    err: Writer<E>,
    /// The end of the pause that is first in the queue.
    until: Option<Instant>,
    hurries: bool,
}

impl<W: AsyncWrite + Unpin, E: AsyncWrite + Unpin> Lane<W, E> {
    pub(super) fn new(main: W, err: Option<E>) -> Self {
        let queue = VecDeque::new();
        Self { queue, main: Writer(Some(main)), err: Writer(err), until: None, hurries: false }
    }

    pub(super) fn push(&mut self, items: impl IntoIterator<Item = Item>) {
        let hurries = self.hurries;
        let is_done = |item: &Item| !hurries || !matches!(item, Item::Pause(_));
        self.queue.extend(items.into_iter().filter(is_done));
    }

    /// Nothing waits any more, now and later.
    pub(super) fn hurry(&mut self) {
        self.hurries = true;
        self.queue.retain(|item| !matches!(item, Item::Pause(_)));
        self.until = None;
    }

    /// Drops what was to be done.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.until = None;
    }

    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// The stream, for what keeps it open.
    pub(super) fn into_main(self) -> Option<W> {
        self.main.0
    }

    /// Does the first thing of the queue. Cancel safe: it remembers what was done of it.
    pub(super) async fn step(&mut self) -> Done {
        let Some(first) = self.queue.front_mut() else { return Done::Step };
        let done = match first {
            Item::Out(piece) | Item::In(piece) => written(self.main.write(piece).await),
            // A CLI whose stderr is closed goes on.
            Item::Err(piece) => {
                self.err.write(piece).await;
                Done::Step
            }
            Item::Pause(time) => {
                let until = *self.until.get_or_insert_with(|| later(Instant::now(), *time));
                if *time == Duration::ZERO {
                    // The reader can take the piece before this.
                    tokio::task::yield_now().await;
                } else {
                    sleep_until(until).await;
                }
                self.until = None;
                Done::Step
            }
            Item::CloseOut | Item::EndInput => {
                let _ = self.main.close().await;
                Done::Step
            }
            Item::CloseErr => {
                let _ = self.err.close().await;
                Done::Step
            }
            Item::Read => Done::Read,
            Item::Break => Done::Break,
            Item::End(ended) => Done::End(*ended),
        };
        self.queue.pop_front();
        done
    }
}

fn written(is_read: bool) -> Done {
    if is_read { Done::Step } else { Done::NoReader }
}
