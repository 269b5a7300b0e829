//! A turn: a lazy stream of messages.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::driver::Order;
use super::error::{Error, Result};
use super::handle::Inner;
use super::mailbox::Mailbox;
use super::prompt::Prompt;
use crate::protocol::{self, TurnId};
use crate::wire::{Frame, Message};

/// One prompt and everything that the CLI answers to it: a stream of messages, the last of which is the result.
///
/// Lazy: nothing is sent before the first poll. A failed turn yields its error last. Dropping a turn that has been polled interrupts it, and
/// its remaining lines are swallowed before the next turn begins; dropping one that has not been polled does nothing.
///
/// Messages wait for the reader up to a bound ([`buffer_limit`](super::SessionBuilder::buffer_limit)); then the CLI is held back. Nothing is
/// lost.
///
/// Cancel safe: a message is taken out only when it is returned, so `next` may be used in `select!` and under a timeout.
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
    state: State,
    timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
}

enum State {
    Unsent(Prompt),
    Running { turn: TurnId, uuid: String, mailbox: Arc<Mailbox>, taken: VecDeque<Frame> },
    Done,
}

impl Turn {
    pub(super) fn new(session: Arc<Inner>, prompt: Prompt) -> Self {
        let timeouts = session.shared.options.timeouts();
        Self { session, state: State::Unsent(prompt), timeout: timeouts.turn, idle_timeout: timeouts.idle }
    }

    /// How long this turn may take, from the writing of its prompt to its result; over the session's `timeout`. When it runs out, the turn
    /// is interrupted, what still comes is delivered, and the error comes last. The session goes on.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = (limit != Duration::MAX).then_some(limit);
        self
    }

    /// Lets this turn take as long as it takes.
    pub fn no_timeout(self) -> Self {
        self.timeout(Duration::MAX)
    }

    /// How long the CLI may be silent within this turn; over the session's `idle_timeout`. Not counted while the CLI waits for an answer of
    /// the host. A tool that runs long is silent as well: choose with care.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = (limit != Duration::MAX).then_some(limit);
        self
    }

    /// The uuid that the prompt carries on the wire, once it has been sent.
    pub fn uuid(&self) -> Option<&str> {
        match &self.state {
            State::Running { uuid, .. } => Some(uuid),
            _ => None,
        }
    }

    /// The next message; `None` after the result, or after an error.
    ///
    /// # Errors
    /// When the turn ends without a result: the CLI exited, a time limit ran out, the session was stopped.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Message>> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    pub(super) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Unsent(_) => {
                    if let Err(error) = self.send() {
                        self.state = State::Done;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Running { mailbox, taken, .. } => {
                    if let Some(frame) = taken.pop_front() {
                        return Poll::Ready(Some(Ok(Message::new(frame))));
                    }
                    match mailbox.poll_take(cx, taken) {
                        Poll::Ready(Some(Ok(()))) => {}
                        Poll::Ready(Some(Err(error))) => {
                            self.state = State::Done;
                            return Poll::Ready(Some(Err(error)));
                        }
                        Poll::Ready(None) => self.state = State::Done,
                        Poll::Pending => return Poll::Pending,
                    }
                }
            }
        }
    }

    fn send(&mut self) -> Result<(), Error> {
        let State::Unsent(prompt) = std::mem::replace(&mut self.state, State::Done) else { return Ok(()) };
        let shared = &self.session.shared;
        let line = self.session.line()?;
        let turn = TurnId(shared.next_turn());
        let uuid = uuid::Uuid::new_v4().to_string();
        let mailbox = Arc::new(Mailbox::new(shared.buffer_limit, line.room.clone()));
        let prompt =
            protocol::Prompt { turn, uuid: uuid.clone(), content: prompt.0, timeout: self.timeout, idle_timeout: self.idle_timeout };
        line.send(Order::Prompt(prompt, mailbox.clone()))?;
        self.state = State::Running { turn, uuid, mailbox, taken: VecDeque::new() };
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
        if let State::Running { turn, .. } = self.state {
            // Of a turn that has ended the driver knows nothing any more.
            self.session.order_if_running(Order::Abandon(turn));
        }
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Unsent(_) => "unsent",
            State::Running { .. } => "running",
            State::Done => "done",
        };
        f.debug_struct("Turn").field("state", &state).field("uuid", &self.uuid()).finish_non_exhaustive()
    }
}
