//! The turn that the former program had begun.

use tokio::sync::oneshot;

use super::driver::Order;
use super::error::Result;
use super::handle::Session;
use super::turn::Turn;

impl Session {
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
