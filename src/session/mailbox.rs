//! The queue between the driver and the reader of one turn: bounded in memory, lossless.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use super::error::Error;
use super::observer::Watched;
use super::result_context::{Observed, ResultContext};
use super::spending::Spending;
use super::telemetry::TurnTrace;
use super::trace::Caller;
use crate::common::lock;
use crate::wire::{Frame, Message};

/// What a message costs in addition to its line: its place in a queue that doubles when it grows,
/// two minimal allocations, and where its fields are.
const OVERHEAD: usize = 2 * size_of::<Frame>() + 2 * 32 + 128;

/// The memory cost of a message, in bytes.
fn cost(frame: &Frame) -> usize {
    frame.raw_line().len() + OVERHEAD
}

/// Messages for one mailbox.
#[derive(Default)]
pub(super) struct Batch {
    frames: VecDeque<Frame>,
    bytes: usize,
}

impl Batch {
    pub(super) fn push(&mut self, frame: Frame) {
        self.bytes += cost(&frame);
        self.frames.push_back(frame);
    }

    pub(super) fn first(&self) -> Option<&Frame> {
        self.frames.front()
    }

    pub(super) fn release_room(&mut self) {
        self.frames.shrink_to_fit();
    }
}

/// The messages that the driver has for the reader of a turn.
pub(super) struct Mailbox {
    state: Mutex<State>,
    /// Notified when the reader has made room.
    room: Arc<Notify>,
    limit: usize,
    /// Counts messages that are never read.
    unread: Arc<AtomicU64>,
    /// What is reported of the turn.
    pub(super) trace: TurnTrace,
    /// Where the turn was begun.
    pub(super) caller: Caller,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    /// How many results must not be read yet.
    holds: usize,
    /// The first of them, and what follows it.
    held: Batch,
    /// Their cost.
    bytes: usize,
    /// How many messages have arrived.
    seen: u64,
    end: Option<Result<(), Error>>,
    spent: Option<Spending>,
    /// For its supervisor.
    watched: Option<Box<Watched>>,
    context: ResultContext,
    reader: Option<Waker>,
    /// True if the driver paused reading because of this mailbox.
    holding: bool,
}

impl Mailbox {
    /// The mailbox of a turn that is begun here.
    pub(super) fn new(
        limit: usize,
        room: Arc<Notify>,
        unread: Arc<AtomicU64>,
        trace: TurnTrace,
        watched: Option<Box<Watched>>,
    ) -> Self {
        let state = State { watched, ..State::default() }.into();
        Self { state, room, limit, unread, trace, caller: Caller::here() }
    }

    /// Adds a message. The reader is not woken before [`wake`](Self::wake).
    pub(super) fn push(&self, frame: Frame) {
        let mut state = self.lock();
        state.seen += 1;
        if state.holds > 0 {
            return state.held.push(frame);
        }
        state.bytes += cost(&frame);
        state.frames.push_back(frame);
    }

    /// Adds messages; leaves `batch` empty.
    pub(super) fn append(&self, batch: &mut Batch) {
        let mut state = self.lock();
        state.seen += batch.frames.len() as u64;
        if state.holds > 0 {
            state.held.bytes += std::mem::take(&mut batch.bytes);
            state.held.frames.append(&mut batch.frames);
        } else {
            state.append(batch);
        }
    }

    /// The reader does not get what is added from now on before the hold is dropped.
    pub(super) fn hold(mailbox: &Arc<Self>) -> Hold {
        mailbox.lock().holds += 1;
        Hold(mailbox.clone())
    }

    fn release(&self) {
        let mut state = self.lock();
        state.holds -= 1;
        if state.holds == 0 && !state.held.frames.is_empty() {
            let mut held = std::mem::take(&mut state.held);
            state.append(&mut held);
            Self::wake_reader(state);
        }
    }

    /// Sets how the turn ended; earlier messages are read first.
    pub(super) fn end(&self, end: Result<(), Error>) {
        let mut state = self.lock();
        let seen = state.seen;
        if let Some(watched) = &mut state.watched {
            watched.end(&end);
        }
        state.end.get_or_insert_with(|| end.map_err(|error| error.with_messages_seen(seen)));
        Self::wake_reader(state);
    }

    /// The turn does not begin.
    pub(super) fn refuse(&self, error: Error) {
        self.end(Err(error));
        drop(self.take_watched());
    }

    /// Records that this session asked the CLI to end the turn. Comes before the result.
    pub(super) fn interrupted(&self) {
        self.lock().context.interrupted = true;
    }

    /// Adds what a result of the turn has used, and sets what that result does not contain. Comes
    /// before the result.
    pub(super) fn settle(&self, observed: &Observed, context: ResultContext, result: &Frame) {
        let mut state = self.lock();
        state.spent.get_or_insert_default().add(&observed.spent);
        let interrupted = state.context.interrupted;
        state.context = context;
        state.context.interrupted = interrupted;
        let State { watched, context, .. } = &mut *state;
        if let Some(watched) = watched {
            watched.spent(&observed.spent);
            if let Some(result) = Message::new(result.clone()).as_result() {
                watched.result(context.outcome(result, observed.said.as_ref()));
            }
        }
    }

    /// Takes what reports the end of the turn to a supervisor.
    pub(super) fn take_watched(&self) -> Option<Box<Watched>> {
        self.lock().watched.take()
    }

    /// Returns what is known about the result, once it has come.
    pub(super) fn context(&self) -> ResultContext {
        self.lock().context.clone()
    }

    /// Returns what the turn has used, once its result has come.
    pub(super) fn spending(&self) -> Option<Spending> {
        self.lock().spent.clone()
    }

    /// Wakes the reader if there is something for it. Returns how many bytes of memory wait.
    pub(super) fn wake(&self) -> usize {
        let state = self.lock();
        let bytes = state.bytes + state.held.bytes;
        if !state.frames.is_empty() {
            Self::wake_reader(state);
        }
        bytes
    }

    /// Returns how many bytes of memory wait for the reader.
    pub(super) fn cost(&self) -> usize {
        let state = self.lock();
        state.bytes + state.held.bytes
    }

    /// Whether the limit is reached. If so, the driver is notified once the reader has made room.
    pub(super) fn is_full(&self) -> bool {
        let mut state = self.lock();
        state.holding = state.bytes >= self.limit;
        state.holding
    }

    /// Moves all waiting messages into `taken`, which is empty; `None` at the end.
    pub(super) fn poll_take(
        &self,
        cx: &mut Context<'_>,
        taken: &mut VecDeque<Frame>,
    ) -> Poll<Option<Result<(), Error>>> {
        let mut state = self.lock();
        if !state.frames.is_empty() {
            std::mem::swap(&mut state.frames, taken);
            state.bytes = 0;
            if std::mem::take(&mut state.holding) {
                self.room.notify_one();
            }
            return Poll::Ready(Some(Ok(())));
        }
        match &state.end {
            Some(Ok(())) if state.held.frames.is_empty() => Poll::Ready(None),
            Some(Err(error)) if state.held.frames.is_empty() => {
                let error = error.clone();
                state.end = Some(Ok(()));
                Poll::Ready(Some(Err(error)))
            }
            _ => {
                let waker = cx.waker();
                if !state.reader.as_ref().is_some_and(|reader| reader.will_wake(waker)) {
                    state.reader = Some(waker.clone());
                }
                Poll::Pending
            }
        }
    }

    fn wake_reader(mut state: MutexGuard<'_, State>) {
        let reader = state.reader.take();
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Keeps messages from the reader of a turn.
pub(super) struct Hold(Arc<Mailbox>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl State {
    /// Adds messages that may be read; leaves `batch` empty.
    fn append(&mut self, batch: &mut Batch) {
        self.bytes += std::mem::take(&mut batch.bytes);
        match self.frames.is_empty() {
            true => std::mem::swap(&mut self.frames, &mut batch.frames),
            false => self.frames.append(&mut batch.frames),
        }
    }
}

/// Both the reader and the driver have dropped it.
impl Drop for Mailbox {
    fn drop(&mut self) {
        let state = self.lock();
        let unread = (state.frames.len() + state.held.frames.len()) as u64;
        drop(state);
        self.unread.fetch_add(unread, Ordering::Relaxed);
    }
}
