//! Events that belong to no turn.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use super::state::ConnectionEnd;
use crate::common::lock;
use crate::protocol;
use crate::store::MirrorFailure;
use crate::wire::{Frame, Line, Malformed, Message};

/// How many events may wait for one reader.
const CAPACITY: usize = 1024;

/// How many bytes may wait for one reader; a single larger event also fits.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// An event that belongs to no turn.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A CLI was started or reached; its process id, if it has one.
    Connected(Option<u32>),
    /// A launch has ended or failed: why, and how. Sent once for each launch, even without a
    /// [`Connected`](Self::Connected), and after [`Session::state`](super::Session::state) shows
    /// it.
    Disconnected(ConnectionEnd),
    /// The CLI uses a new session id.
    SessionId(String),
    /// A message: a line after a result, a turn that the CLI started itself, a notification.
    Message(Message),
    /// A frame that only concerns hosts: `transcript_mirror`, or a `keep_alive` with content.
    Control(Frame),
    /// Text on standard output that is not a frame.
    Noise(Line),
    /// A line that looks like a frame but is not one.
    Malformed(Malformed),
    /// The output ended inside a frame.
    TruncatedTail(Line),
    /// A reply without a pending request.
    StrayReply(Frame),
    /// A sentence about something that does not work as requested: hooks that the CLI ignores, a
    /// setting that could not be repeated. It may have contents, such as an error of a store:
    /// `tracing` has only its kind, at level warn.
    Warning(String),
    /// The [session store](crate::store) did not get entries of a transcript: which, why, and
    /// whether they are sent again. Also logged with `tracing` at level warn.
    MirrorError(MirrorFailure),
    /// This reader was too slow: this many events were lost before the next one.
    Lost(u64),
}

impl From<protocol::ConnectionEvent> for SessionEvent {
    fn from(event: protocol::ConnectionEvent) -> Self {
        match event {
            protocol::ConnectionEvent::Message(frame) => Self::Message(frame.into()),
            protocol::ConnectionEvent::Control(frame) => Self::Control(frame),
            protocol::ConnectionEvent::Noise(line) => Self::Noise(line),
            protocol::ConnectionEvent::Malformed(malformed) => Self::Malformed(malformed),
            protocol::ConnectionEvent::TruncatedTail(line) => Self::TruncatedTail(line),
            protocol::ConnectionEvent::StrayReply(frame) => Self::StrayReply(frame),
            protocol::ConnectionEvent::Warning { text, .. } => Self::Warning(text),
        }
    }
}

impl SessionEvent {
    /// Returns how many bytes of the CLI's output it keeps alive.
    fn size(&self) -> usize {
        match self {
            Self::Message(message) => message.frame().bytes().len(),
            Self::Control(frame) | Self::StrayReply(frame) => frame.bytes().len(),
            Self::Noise(line) | Self::TruncatedTail(line) => line.bytes().len(),
            Self::Malformed(malformed) => malformed.line().map_or(0, |line| line.bytes().len()),
            Self::SessionId(text) | Self::Warning(text) => text.len(),
            Self::MirrorError(failure) => failure.to_string().len(),
            Self::Connected(_) | Self::Disconnected(_) | Self::Lost(_) => 0,
        }
    }
}

/// The events of a session from [`events()`](super::Session::events) on.
///
/// Bounded, and never blocks the session: a reader that falls more than 1024 events or 16 MiB
/// behind loses the oldest ones and gets a [`SessionEvent::Lost`] in their place. A single event
/// always fits. Ends with the session, and does not keep it alive.
///
/// Cancel safe: an event is removed only when it is returned.
pub struct Events {
    inbox: Arc<Inbox>,
    /// The list of readers that contains it.
    readers: Weak<Mutex<Readers>>,
}

impl Events {
    /// Returns the next event; `None` once the session has ended.
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

/// Removes itself from the list, which would otherwise keep its memory until the next event. A list
/// with few remaining entries is compacted, so that each drop is cheap for any number of readers.
impl Drop for Events {
    fn drop(&mut self) {
        let Some(readers) = self.readers.upgrade() else { return };
        let mut readers = lock(&readers);
        readers.dropped += 1;
        if 2 * readers.dropped >= readers.inboxes.len() {
            readers.dropped = 0;
            // This one is still counted.
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

/// Sends events to all readers.
#[derive(Default)]
pub(super) struct Hub(Arc<Mutex<Readers>>);

#[derive(Default)]
struct Readers {
    inboxes: Vec<Weak<Inbox>>,
    /// How many were dropped since the list was last compacted.
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

    /// Sends one event. Returns whether there was a reader.
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
        // A woken reader may drop itself, which needs the list.
        drop(readers);
        listening.iter().for_each(|inbox| inbox.push(event.clone()));
        !listening.is_empty()
    }

    /// The session has ended: no more events for current or future readers.
    pub(super) fn close(&self) {
        let mut readers = lock(&self.0);
        readers.closed = true;
        let listening = std::mem::take(&mut readers.inboxes);
        drop(readers);
        listening.iter().filter_map(Weak::upgrade).for_each(|inbox| inbox.end());
    }
}

/// A session that was never started ends with its handles.
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

    /// The sizes of waiting events; lost ones as a negative number.
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
        assert!(hub.send(noise(7)), "the remaining reader still gets events");
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
            "the oldest event is dropped"
        );
        for len in [1, 20 * MIB] {
            hub.send(noise(len));
        }
        assert_eq!(waiting(&mut events), [-1, 20 * MIB as i64], "a single event always fits");
        hub.send(noise(5));
        assert_eq!(waiting(&mut events), [5], "events that were read no longer count");
    }
}
