//! Messages for a running turn.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio::sync::oneshot;

use super::driver::{Order, Origin};
use super::error::{Error, Result};
use super::handle::Inner;
use super::handlers::is_within;
use super::prompt::Prompt;
use super::steered::{SteerOutcome, SteerWaiter, lost};
use super::turn::Turn;
use super::weak::WeakSession;
use crate::protocol::{Failure, Steer, SteerId, TurnId};
use crate::wire::control::PromptFields;
use crate::wire::message::Priority;

impl Turn {
    /// Sends a message into this turn while it runs, as a user does who types while the model works.
    /// Returns when the message is written.
    ///
    /// What the CLI does with it depends on what it is doing (seen, CLI 2.1.332):
    ///
    /// | [`priority`](Prompt::priority) | before the end of a tool call | after the last tool call |
    /// |---|---|---|
    /// | `next`, the default | added when the tool call has ended: the model reads it with the tool's result | answered after the result, in a second one |
    /// | `later` | answered after the result | the same |
    /// | `now` | aborts the turn: its result says so ([`terminal_reason`](crate::wire::ResultMessage::terminal_reason) `aborted_tools` or `aborted_streaming`), then the message is answered | the same |
    ///
    /// Before the end of a tool call is: while the model writes that it calls a tool, before the
    /// first call or between two; while the host is asked for a permission; and while the tool runs.
    ///
    /// For `now` a permission question is withdrawn, and a call of an MCP server is cancelled, but a
    /// command that runs ends first. A message that begins with a slash is never added, but answered
    /// after the result. Messages that wait with the same priority are answered together, those with
    /// `next` before those with `later`.
    ///
    /// The answers belong to this turn: it then has several results and ends with the last one,
    /// which is what `text`, `final_result` and a summary return. The time limits of the turn count
    /// for all of it. [`SteerReceipt::outcome`] says what became of the message, and the messages
    /// of the turn say the same: `command_lifecycle` lines and `user_message_uuids` with its
    /// [`uuid`](SteerReceipt::uuid).
    ///
    /// A turn that waits for its start gets the message right after its prompt. If the turn is
    /// dropped or a time limit ends it, messages that the CLI has not taken are cancelled; after
    /// [`Session::interrupt`](super::Session::interrupt) the CLI still answers them, in this turn,
    /// unless `cancel_queued` is set. A single one is withdrawn by
    /// [`cancel_message`](super::control::Conversation::cancel_message).
    ///
    /// ```
    /// use claude_wire::{Scenario, Session, reply};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> claude_wire::Result<()> {
    /// # let cli = Scenario::new()
    /// #     .on_prompt("Fix the tests", reply().text("I begin.").delay(std::time::Duration::from_millis(200)).text("Done."))
    /// #     .on_prompt("Skip the slow ones", reply().text("Skipped."));
    /// let session = Session::builder().transport(cli).start()?;
    /// let mut turn = session.query("Fix the tests");
    /// let mut steered = false;
    /// while let Some(message) = turn.next().await {
    ///     if message?.as_assistant().is_some() && !steered {
    ///         turn.steer("Skip the slow ones").await?;
    ///         steered = true;
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the turn does not run: it was not polled yet, has ended, or is being interrupted
    /// ([`Error::is_turn_over`]); or if the CLI has ended. Also if a handler of the session calls
    /// this while the turn waits for its start ([`Error::is_within_handler`]): it would wait for the
    /// handler.
    ///
    /// # Cancel safety
    /// Not cancel safe: if the future is dropped after its first poll, the message may have been
    /// written.
    pub fn steer<P: Into<Prompt>>(
        &self,
        prompt: P,
    ) -> impl Future<Output = Result<SteerReceipt>> + Send + use<P> {
        let (handle, prompt) = (self.steer_handle(), prompt.into());
        async move { handle.steer(prompt).await }
    }

    /// Returns a handle that steers this turn from elsewhere: another task, or next to a stream of
    /// its parts.
    pub fn steer_handle(&self) -> SteerHandle {
        SteerHandle { session: self.weak(), turn: self.id() }
    }
}

/// Steers a turn: see [`Turn::steer`]. Cheap to clone; keeps neither the turn nor the session alive.
///
/// ```
/// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
/// let turn = session.query("Fix the tests");
/// let handle = turn.steer_handle();
/// let text = tokio::spawn(turn.text());
/// // Meanwhile, whatever the user types:
/// handle.steer("Skip the slow ones").await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SteerHandle {
    session: WeakSession,
    turn: TurnId,
}

impl SteerHandle {
    /// Sends a message into the turn: see [`Turn::steer`].
    ///
    /// # Errors
    /// As for [`Turn::steer`]; also if the session is gone.
    ///
    /// # Cancel safety
    /// Not cancel safe: if the future is dropped after its first poll, the message may have been
    /// written.
    pub async fn steer(&self, prompt: impl Into<Prompt>) -> Result<SteerReceipt> {
        let (written, is_written) = oneshot::channel();
        let (outcome, result) = oneshot::channel();
        let receipt = SteerReceipt {
            session: self.session.clone(),
            uuid: uuid::Uuid::new_v4().to_string(),
            outcome: result,
            awaited: Arc::default(),
        };
        let Prompt { content, fields } = prompt.into();
        let fields = fields.map(|fields| *fields).unwrap_or_default();
        // What the CLI assumes anyway: a replay knows by it that the message is for the running turn.
        let priority = fields.priority.clone().unwrap_or(Priority::Next);
        let message = Steer {
            // Numbered by the driver.
            id: SteerId(0),
            turn: self.turn,
            uuid: receipt.uuid.clone(),
            content,
            fields: PromptFields { priority: Some(priority), ..fields },
        };
        {
            let over = || Error::protocol(Failure::TurnOver, None, String::new());
            let inner = self.session.inner().ok_or_else(over)?;
            let line = inner.running_line().ok_or_else(over)?;
            let awaited = receipt.awaited.clone();
            let waiter = SteerWaiter { written: Some(written), outcome, awaited };
            let origin = Origin::of(&self.session);
            let order = Order::Steer(Box::new(message), waiter, origin);
            line.send(order).map_err(|_| inner.shared.gone())?;
        }
        is_written.await.unwrap_or_else(|_| Err(gone(&self.session)))?;
        Ok(receipt)
    }
}

impl fmt::Debug for SteerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SteerHandle").finish_non_exhaustive()
    }
}

/// A message that was written into a running turn.
///
/// May be dropped: if the message is lost then, [`Session::events`](super::Session::events) has a
/// warning.
pub struct SteerReceipt {
    session: WeakSession,
    uuid: String,
    outcome: oneshot::Receiver<Result<SteerOutcome>>,
    awaited: Arc<AtomicBool>,
}

impl SteerReceipt {
    /// Returns the uuid of the message on the wire.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// Waits until the CLI has taken the message, which may be at the end of a tool call or of the
    /// turn. The session keeps reading meanwhile, even if the turn is not read.
    ///
    /// # Errors
    /// If the message was lost: the CLI dropped it, or ended first, or the turn was dropped. Also if
    /// a handler of the session calls this before the outcome is known
    /// ([`Error::is_within_handler`]): the CLI would wait for the handler.
    ///
    /// # Cancel safety
    /// Dropping the future loses only the outcome.
    pub async fn outcome(mut self) -> Result<SteerOutcome> {
        if let Ok(known) = self.outcome.try_recv() {
            return known;
        }
        if is_within(&self.session) {
            return Err(Error::within_handler());
        }
        self.awaited.store(true, Ordering::Relaxed);
        if let Some(inner) = self.session.inner() {
            inner.order_if_running(Order::LookAgain);
        }
        poll_fn(|cx| match Pin::new(&mut self.outcome).poll(cx) {
            Poll::Ready(Ok(outcome)) => Poll::Ready(outcome),
            Poll::Ready(Err(_)) => Poll::Ready(Err(gone(&self.session))),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// A loss that arrived before the receipt was dropped is reported too.
impl Drop for SteerReceipt {
    fn drop(&mut self) {
        if let Ok(Err(error)) = self.outcome.try_recv()
            && let Some(inner) = self.session.inner()
        {
            inner.shared.warn("message_lost", lost(&self.uuid, &error));
        }
    }
}

impl fmt::Debug for SteerReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SteerReceipt").field("uuid", &self.uuid).finish_non_exhaustive()
    }
}

fn gone(session: &WeakSession) -> Error {
    session.inner().map_or_else(Error::stopped, |inner: Arc<Inner>| inner.shared.gone())
}
