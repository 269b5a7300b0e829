//! What belongs to no turn, for whoever wants to know.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::state::ConnectionEnd;
use crate::common::lock;
use crate::protocol;
use crate::wire::{Frame, Line, Malformed, Message};

/// How many events wait for one reader.
const CAPACITY: usize = 1024;

/// How many bytes of the CLI's wait for one reader, unless one event alone has more.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Something that belongs to no turn.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A CLI has been started or reached; its process id, where there is one.
    Connected(Option<u32>),
    /// A launch has ended, or has come to nothing: why, and how. Once for each launch, also for one
    /// without a [`Connected`](Self::Connected), and after [`Session::state`](super::Session::state)
    /// shows it.
    Disconnected(ConnectionEnd),
    /// The CLI works under another session id than before.
    SessionId(String),
    /// A message: a line after a result, a turn that the CLI started by itself, a notification.
    Message(Message),
    /// A frame that only concerns hosts: `transcript_mirror`, or a `keep_alive` that says something.
    Control(Frame),
    /// Text on standard output that is not a frame.
    Noise(Line),
    /// A line that looks like a frame but is none.
    Malformed(Malformed),
    /// The output ended inside a frame.
    TruncatedTail(Line),
    /// A reply that nobody waits for.
    StrayReply(Frame),
    /// Something does not work as it was asked for, in a sentence: hooks that the CLI has not taken, a setting that could not be made again.
    /// Logged with `tracing` at level warn as well.
    Warning(String),
    /// This reader was too slow: so many events are gone, just before the next one.
    Lost(u64),
}

impl From<protocol::Event> for SessionEvent {
    fn from(event: protocol::Event) -> Self {
        match event {
            protocol::Event::Message(frame) => Self::Message(frame.into()),
            protocol::Event::Control(frame) => Self::Control(frame),
            protocol::Event::Noise(line) => Self::Noise(line),
            protocol::Event::Malformed(malformed) => Self::Malformed(malformed),
            protocol::Event::TruncatedTail(line) => Self::TruncatedTail(line),
            protocol::Event::StrayReply(frame) => Self::StrayReply(frame),
            protocol::Event::Warning(warning) => {
                tracing::warn!("{warning}");
                Self::Warning(warning)
            }
        }
    }
}

impl SessionEvent {
    /// How many bytes of the CLI's it keeps alive.
    fn size(&self) -> usize {
        match self {
            Self::Message(message) => message.frame().bytes().len(),
            Self::Control(frame) | Self::StrayReply(frame) => frame.bytes().len(),
            Self::Noise(line) | Self::TruncatedTail(line) => line.bytes().len(),
            Self::Malformed(malformed) => malformed.line().map_or(0, |line| line.bytes().len()),
            Self::SessionId(text) | Self::Warning(text) => text.len(),
            Self::Connected(_) | Self::Disconnected(_) | Self::Lost(_) => 0,
        }
    }
}

/// The events of a session from [`events()`](super::Session::events) on.
///
/// Bounded, and never in the way of the session: a reader that falls more than 1024 events or 16 MiB behind loses the oldest ones and gets
/// a [`SessionEvent::Lost`] in their place. One event always fits. Ends when the session has ended. Does not keep the session alive.
///
/// Cancel safe: an event is taken out only when it is returned.
pub struct Events {
    inbox: Arc<Inbox>,
    /// Where it is listed.
    readers: Weak<Mutex<Readers>>,
}

impl Events {
    /// The next event; `None` once the session has ended.
    pub async fn next(&mut self) -> Option<SessionEvent> {
        poll_fn(|cx| self.inbox.poll(cx)).await
    }
}

impl Stream for Events {
    type Item = SessionEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<SessionEvent>> {
        self.inbox.poll(cx)
    }
}

/// Takes itself off the list, which would keep its room until the next event. A list of which few are
/// still there is tidied up: each drop costs a few steps, however many listen.
impl Drop for Events {
    fn drop(&mut self) {
        let Some(readers) = self.readers.upgrade() else { return };
        let mut readers = lock(&readers);
        readers.dropped += 1;
        if 2 * readers.dropped >= readers.inboxes.len() {
            readers.dropped = 0;
            // This one still counts itself.
            let me = Arc::as_ptr(&self.inbox);
            readers.inboxes.retain(|inbox| inbox.strong_count() > 0 && inbox.as_ptr() != me);
        }
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// Hands events to all readers.
#[derive(Default)]
pub(super) struct Hub(Arc<Mutex<Readers>>);

#[derive(Default)]
struct Readers {
    inboxes: Vec<Weak<Inbox>>,
    /// How many of them have been dropped since the list was last tidied up.
    dropped: usize,
    closed: bool,
}

#[derive(Default)]
struct Inbox(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    events: VecDeque<SessionEvent>,
    /// The sizes of the events, added up.
    bytes: usize,
    lost: u64,
    ended: bool,
    waker: Option<Waker>,
}

impl Hub {
    pub(super) fn subscribe(&self) -> Events {
        let inbox = Arc::new(Inbox::default());
        let mut readers = lock(&self.0);
        if readers.closed {
            inbox.end();
        } else {
            readers.inboxes.push(Arc::downgrade(&inbox));
        }
        Events { inbox, readers: Arc::downgrade(&self.0) }
    }

    /// Hands out one event; whether anybody took it.
    pub(super) fn send(&self, event: SessionEvent) -> bool {
        let mut readers = lock(&self.0);
        readers.dropped = 0;
        let mut listening = Vec::new();
        readers.inboxes.retain(|reader| {
            let inbox = reader.upgrade();
            let listens = inbox.is_some();
            listening.extend(inbox);
            listens
        });
        // A reader that is woken may drop itself, and wants the list then.
        drop(readers);
        listening.iter().for_each(|inbox| inbox.push(event.clone()));
        !listening.is_empty()
    }

    /// The session has ended: nothing more will come, also for readers to be.
    pub(super) fn close(&self) {
        let mut readers = lock(&self.0);
        readers.closed = true;
        let listening = std::mem::take(&mut readers.inboxes);
        drop(readers);
        listening.iter().filter_map(Weak::upgrade).for_each(|inbox| inbox.end());
    }
}

/// A session that has never started ends with its handles.
impl Drop for Hub {
    fn drop(&mut self) {
        self.close();
    }
}

impl Waiting {
    fn pop(&mut self) -> Option<SessionEvent> {
        let event = self.events.pop_front()?;
        self.bytes -= event.size();
        Some(event)
    }
}

impl Inbox {
    fn push(&self, event: SessionEvent) {
        let mut waiting = lock(&self.0);
        let size = event.size();
        while waiting.events.len() == CAPACITY || waiting.bytes + size > MAX_BYTES {
            if waiting.pop().is_none() {
                break;
            }
            waiting.lost += 1;
        }
        waiting.bytes += size;
        waiting.events.push_back(event);
        Self::wake(waiting);
    }

    fn end(&self) {
        let mut waiting = lock(&self.0);
        waiting.ended = true;
        Self::wake(waiting);
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<SessionEvent>> {
        let mut waiting = lock(&self.0);
        if waiting.lost > 0 {
            return Poll::Ready(Some(SessionEvent::Lost(std::mem::take(&mut waiting.lost))));
        }
        match waiting.pop() {
            Some(event) => Poll::Ready(Some(event)),
            None if waiting.ended => Poll::Ready(None),
            None => {
                waiting.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn wake(mut waiting: MutexGuard<'_, Waiting>) {
        let waker = waiting.waker.take();
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn noise(len: usize) -> SessionEvent {
        SessionEvent::Noise(Line::new("x".repeat(len)))
    }

    /// The sizes of what waits; what was lost as a negative number.
    fn waiting(events: &mut Events) -> Vec<i64> {
        let next = || events.next().now_or_never().flatten();
        let size = |event| {
            if let SessionEvent::Lost(lost) = event { -(lost as i64) } else { event.size() as i64 }
        };
        std::iter::from_fn(next).map(size).collect()
    }

    fn listed(hub: &Hub) -> usize {
        lock(&hub.0).inboxes.len()
    }

    #[test]
    fn a_dropped_reader_leaves_nothing_behind() {
        let hub = Hub::default();
        for _ in 0..1000 {
            drop(hub.subscribe());
            assert_eq!(listed(&hub), 0);
        }
        let mut kept = hub.subscribe();
        for _ in 0..1000 {
            drop(hub.subscribe());
            assert!(listed(&hub) <= 2, "{}", listed(&hub));
        }
        // Many at once, in any order.
        let mut many: Vec<_> = (0..1000).map(|_| hub.subscribe()).collect();
        while !many.is_empty() {
            many.swap_remove(many.len() / 3);
            assert!(listed(&hub) <= 2 * (many.len() + 1) + 1, "{} of {}", listed(&hub), many.len());
        }
        assert!(hub.send(noise(7)), "the one that was kept listens");
        assert_eq!(waiting(&mut kept), [7]);
        drop(kept);
        assert!(!hub.send(noise(7)));
    }

    #[test]
    fn a_reader_may_outlive_its_session() {
        let hub = Hub::default();
        let mut events = hub.subscribe();
        hub.send(noise(7));
        drop(hub);
        assert_eq!(waiting(&mut events), [7]);
    }

    #[test]
    fn what_waits_is_bounded_in_bytes() {
        const MIB: usize = 1024 * 1024;
        let hub = Hub::default();
        let mut events = hub.subscribe();
        for len in [MIB, 2 * MIB, 13 * MIB] {
            hub.send(noise(len));
        }
        assert_eq!(waiting(&mut events), [1, 2, 13].map(|mib| mib * MIB as i64), "16 MiB fit");
        for len in [MIB, 2 * MIB, 13 * MIB, 1] {
            hub.send(noise(len));
        }
        assert_eq!(
            waiting(&mut events),
            [-1, 2 * MIB as i64, 13 * MIB as i64, 1],
            "the oldest makes room"
        );
        for len in [1, 20 * MIB] {
            hub.send(noise(len));
        }
        assert_eq!(waiting(&mut events), [-1, 20 * MIB as i64], "one always fits");
        hub.send(noise(5));
        assert_eq!(waiting(&mut events), [5], "what was read is no longer counted");
    }
}
