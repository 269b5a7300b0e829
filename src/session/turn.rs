//! A turn: a lazy stream of messages.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::oneshot;

use super::Options;
use super::driver::{Held, Order, Origin};
use super::error::{Error, Result};
use super::handle::{Inner, Session};
use super::mailbox::Mailbox;
use super::options::option_setters;
use super::prompt::Prompt;
use super::query_options::Plan;
use super::result_context::ResultContext;
use super::spending::Spending;
use super::weak::WeakSession;
use crate::protocol::{self, TurnId};
use crate::wire::message::ApiErrorKind;
use crate::wire::{Frame, FrameKind, Message, ResultMessage};

/// One prompt and everything that the CLI answers to it: a stream of messages, the last of which is
/// the result.
///
/// While it runs, [`steer`](Self::steer) sends further messages into it. Those that the CLI answers
/// separately add results to the same turn; the last one is the turn's.
///
/// Lazy: nothing is sent before the first poll. If a turn that was polled is dropped, it is
/// interrupted, and its remaining lines are discarded before the next turn begins; dropping a turn
/// that was not polled does nothing.
///
/// Messages wait for the reader up to a limit
/// ([`buffer_limit`](super::SessionBuilder::buffer_limit)); then the session stops reading, which
/// blocks the CLI. Nothing is lost.
///
/// # Turns that fail
///
/// Most failures come as a result: an error of the API, a limit, an interrupt. Such a result is a
/// message like any other, and [`outcome`](ResultMessage::outcome) classifies it. A turn may also
/// end without one: the CLI exits, a time limit expires.
///
/// | how it is read | a result that failed | no result |
/// |---|---|---|
/// | [`next`](Self::next), the stream, [`tap`](Self::tap), [`on_tool_use`](Self::on_tool_use), [`filter_type`](Self::filter_type), [`filter_event_type`](Self::filter_event_type) | `Ok`, the last message | `Err`, last |
/// | [`collect_summary`](Self::collect_summary), [`final_result`](Self::final_result) | `Ok` | `Err` |
/// | awaiting it, [`text`](Self::text), [`final_text`](Self::final_text), [`drain`](Self::drain), [`json`](Self::json) | `Err` | `Err` |
/// | [`text_deltas`](Self::text_deltas) and other streams of less than whole messages | `Err`, last | `Err`, last |
///
/// # Options of one turn
///
/// All options can be set for one turn, on top of those of the session, and of those made
/// [at each launch](super::SessionBuilder::options_at_launch). The timers apply at once.
/// `model` and `permission_mode` are switched by control requests before the prompt is written, and
/// switched back after the turn. For options that only a launch can set, the CLI is shut down and
/// relaunched with the conversation resumed, and again for the next turn without them; each costs a
/// start: half a second.
///
/// Cancel safe: a message is removed only when it is returned, so `next` may be used in `select!`
/// and under a timeout.
///
/// ```
/// use claude_wire::{Scenario, Session, reply};
/// use claude_wire::wire::Body;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let session = Session::builder().transport(Scenario::new().on_prompt("Hello", reply().text("Hi!"))).start()?;
/// let mut turn = session.query("Hello");
/// while let Some(message) = turn.next().await {
///     match message?.body() {
///         Body::Assistant(assistant) => println!("{assistant:?}"),
///         Body::Result(result) => println!("{:?} after {} ms", result.outcome(), result.duration_ms),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a turn does nothing until it is polled"]
pub struct Turn {
    session: Arc<Inner>,
    id: TurnId,
    state: State,
    uuid: Option<String>,
    options: Box<Options>,
    spent: Option<Box<Spending>>,
    /// The last assistant message: it may say more about a failed API call than the result.
    said: Option<Frame>,
    context: Box<ResultContext>,
    /// How the turn ended, for later queries: its result, or the error in place of one.
    end: Option<Result<Frame>>,
}

option_setters!(Turn, options);

impl Session {
    /// Creates a turn with this prompt. Nothing is sent before the turn is first polled.
    ///
    /// Turns run in the order in which they are first polled, one at a time.
    pub fn query(&self, prompt: impl Into<Prompt>) -> Turn {
        Turn::new(self.inner.clone(), prompt.into())
    }

    /// Connects, and returns the last turn of a CLI that ran before: see
    /// [holder](crate::holder). `None` if the CLI was started now or had no turn, and
    /// after the first call.
    ///
    /// The turn is one like any other, from the line after its prompt: its messages come once, then
    /// those that are still to come. Handlers are asked what the former program has not answered. It
    /// may have ended already, even if the former program has read its result: compare its
    /// [`uuid`](Turn::uuid) with what you know. Its time limits do not count, and messages that were
    /// sent into it ([`Turn::steer`]) may be answered after it.
    ///
    /// If you do not call this, the turn goes on, unread, and the next query runs after it.
    ///
    /// # Errors
    /// If the session cannot connect: as for [`connect`](Self::connect).
    ///
    /// # Cancel safety
    /// If the future is dropped, the turn may have gone with it, which interrupts it like any turn
    /// that is dropped.
    pub async fn held_turn(&self) -> Result<Option<Turn>> {
        let connected = self.connect().await;
        let (reply, answer) = oneshot::channel();
        self.inner.order(Order::HeldTurn(reply))?;
        // A CLI that has ended meanwhile may have left a turn.
        match answer.await {
            Ok(Some(held)) => Ok(Some(Turn::held(self.inner.clone(), held))),
            _ => connected.map(|_| None),
        }
    }
}

enum State {
    Unsent(Prompt, Unsent),
    Running { mailbox: Arc<Mailbox>, taken: VecDeque<Frame> },
    Done,
}

/// A turn that is still to be asked: a supervisor does not let its session rest meanwhile.
struct Unsent(Arc<AtomicUsize>);

impl Unsent {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count.clone())
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Turn {
    fn new(session: Arc<Inner>, prompt: Prompt) -> Self {
        Self {
            id: TurnId(session.shared.next_turn()),
            state: State::Unsent(prompt, Unsent::new(&session.shared.unsent)),
            session,
            uuid: None,
            options: Box::default(),
            spent: None,
            said: None,
            context: Box::default(),
            end: None,
        }
    }

    /// A turn that runs already.
    pub(super) fn held(session: Arc<Inner>, held: Held) -> Self {
        let Held { turn: id, uuid, mailbox } = held;
        let mut turn = Self::new(session, "".into());
        turn.id = id;
        turn.uuid = Some(uuid);
        turn.state = State::Running { mailbox, taken: VecDeque::new() };
        turn
    }

    /// Applies these options on top of those set for this turn so far.
    pub fn options(mut self, options: &Options) -> Self {
        *self.options = options.over(&self.options);
        self
    }

    /// Returns the uuid of the prompt on the wire, once it was sent, as needed by
    /// [`Files::rewind`](super::control::Files::rewind).
    pub fn uuid(&self) -> Option<&str> {
        self.uuid.as_deref()
    }

    /// Returns what the turn has used; `None` before its result has come. What the CLI used on its
    /// own since the previous result (a turn that it started itself, a dropped turn) counts in its
    /// own result if it writes one, otherwise in the next.
    pub fn spending(&self) -> Option<Spending> {
        match &self.state {
            State::Running { mailbox, .. } => mailbox.spending(),
            _ => self.spent.as_deref().cloned(),
        }
    }

    /// Returns the next message; `None` after the result, or after an error.
    ///
    /// # Errors
    /// If the turn ends without a result: the CLI exited, a time limit expired, the session was
    /// stopped; or a replay [diverged](Error::is_divergence). A result of a failed turn is a
    /// message, not an error: see [`ResultMessage::outcome`].
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Message>> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    /// Returns what the last assistant message says about a failed API call.
    pub(super) fn api_error(&self) -> Option<ApiErrorKind> {
        Message::new(self.said.clone()?).api_error().cloned()
    }

    pub(super) fn id(&self) -> TurnId {
        self.id
    }

    pub(super) fn weak(&self) -> WeakSession {
        self.session.shared.session.clone()
    }

    pub(super) fn context(&self) -> ResultContext {
        (*self.context).clone()
    }

    /// Returns the error of the turn with this result, if it failed.
    pub(super) fn error_of(&self, result: &ResultMessage) -> Option<Error> {
        self.context.error(result, self.api_error().as_ref())
    }

    /// Returns the error of a turn that was read to its end, if its result says that it failed.
    pub(super) fn failure(&self) -> Option<Error> {
        let result = Message::new(self.end.clone()?.ok()?);
        self.error_of(result.as_result()?)
    }

    /// Returns the result of a turn that was read to its end.
    ///
    /// # Errors
    /// If the turn ended without a result, even if that was already returned.
    pub(super) fn ended(&self) -> Result<ResultMessage> {
        let result = self.end.clone().transpose()?.map(Message::new);
        Ok(result.as_ref().and_then(Message::as_result).cloned().unwrap_or_default())
    }

    pub(super) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Unsent(..) => {
                    if let Err(error) = self.send() {
                        return self.fail(error);
                    }
                }
                State::Running { mailbox, taken, .. } => {
                    if let Some(frame) = taken.pop_front() {
                        match frame.kind() {
                            FrameKind::Assistant => self.said = Some(frame.clone()),
                            FrameKind::Result => {
                                *self.context = mailbox.context();
                                if let Some(error) = self.context.divergence(&frame) {
                                    self.spent = mailbox.spending().map(Box::new);
                                    return self.fail(error);
                                }
                                self.end = Some(Ok(frame.clone()));
                            }
                            _ => {}
                        }
                        return Poll::Ready(Some(Ok(Message::new(frame))));
                    }
                    match mailbox.poll_take(cx, taken) {
                        Poll::Ready(Some(Ok(()))) => {}
                        Poll::Ready(Some(Err(error))) => {
                            self.spent = mailbox.spending().map(Box::new);
                            return self.fail(error);
                        }
                        Poll::Ready(None) => {
                            *self.context = mailbox.context();
                            self.spent = mailbox.spending().map(Box::new);
                            self.state = State::Done;
                        }
                        Poll::Pending => return Poll::Pending,
                    }
                }
            }
        }
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<Message>>> {
        self.state = State::Done;
        self.end = Some(Err(error.clone()));
        Poll::Ready(Some(Err(error)))
    }

    fn send(&mut self) -> Result<(), Error> {
        let State::Unsent(prompt, unsent) = std::mem::replace(&mut self.state, State::Done) else {
            return Ok(());
        };
        let shared = &self.session.shared;
        let Plan { timeouts, verbatim, switches, launch, settled } =
            Plan::of(&self.options, shared.options(), &shared.setup)?;
        let line = self.session.line()?;
        let uuid = uuid::Uuid::new_v4().to_string();
        let mailbox = shared.mailbox(self.id, &uuid, &line.room);
        let prompt = protocol::QueuedPrompt {
            turn: self.id,
            uuid: uuid.clone(),
            content: prompt.content,
            fields: prompt.fields.map(|fields| *fields).unwrap_or_default(),
            verbatim,
            timeout: timeouts.turn,
            idle_timeout: timeouts.idle,
            profile: protocol::Profile::default(),
            switches,
            settled,
        };
        let origin = Origin::of(&shared.session);
        let order = Order::Prompt(Box::new(prompt), launch, mailbox.clone(), origin);
        if line.send(order).is_err() {
            mailbox.end(Err(shared.gone()));
            return Err(shared.gone());
        }
        drop(unsent);
        self.uuid = Some(uuid);
        self.state = State::Running { mailbox, taken: VecDeque::new() };
        Ok(())
    }
}

impl Stream for Turn {
    type Item = Result<Message>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_message(cx)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let State::Running { taken, .. } = &self.state {
            self.session.shared.unread_messages.fetch_add(taken.len() as u64, Ordering::Relaxed);
            // The driver has already forgotten an ended turn.
            self.session.order_if_running(Order::Abandon(self.id));
        }
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Unsent(..) => "unsent",
            State::Running { .. } => "running",
            State::Done => "done",
        };
        f.debug_struct("Turn")
            .field("state", &state)
            .field("uuid", &self.uuid())
            .finish_non_exhaustive()
    }
}
