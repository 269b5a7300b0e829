//! Restarts by the caller, and probes.

use std::time::Duration;

use super::driver::{Asker, Order, within};
use super::error::{Error, Result};
use super::handle::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::server::ServerInfo;

/// The prompt of a [ping](Session::ping_model).
const PING: &str = "This is a test of the connection. Use no tools. Answer with the word pong.";

/// What becomes of the conversation when a session is restarted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Restart {
    /// It is forgotten.
    #[default]
    Fresh,
    /// It is resumed, if the CLI has confirmed an id.
    Resume,
}

impl Session {
    /// Ends the CLI, if one runs, starts another one, and returns its reply to `initialize`. The
    /// handle stays, and prompts that wait are asked then. The running turn, if there is one, fails
    /// ([`Error::is_closed`](super::Error::is_closed)): stop it first if
    /// its result counts.
    ///
    /// # Errors
    /// If the CLI cannot be started, exits, or does not answer in time; or if the session was
    /// stopped.
    ///
    /// # Cancel safety
    /// If the future is dropped, the session is restarted all the same.
    pub async fn restart(&self, conversation: Restart) -> Result<Reply<ServerInfo>> {
        let (reply, answer) = Asker::channel();
        let fresh = conversation == Restart::Fresh;
        self.inner.order(Order::Restart { fresh, reply })?;
        let first = answer.await.unwrap_or_else(|_| Err(self.inner.shared.gone()))?;
        Ok(Reply::read(first.or_else(|| self.inner.shared.server_info())))
    }

    /// Checks that the CLI runs and answers, by a control request: no tokens, no entry in the
    /// conversation, and a few milliseconds also while a turn runs. Never starts a CLI.
    ///
    /// # Errors
    /// If no CLI is ready ([`Error::is_closed`](super::Error::is_closed)), it does not answer
    /// within `limit` ([`Error::is_timeout`](super::Error::is_timeout)), or the session was stopped.
    /// A CLI that refuses the request is alive.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the request.
    pub async fn probe(&self, limit: Duration) -> Result<()> {
        let (reply, answer) = Asker::channel();
        self.inner.order(Order::Probe(limit, reply))?;
        match answer.await.unwrap_or_else(|_| Err(self.inner.shared.gone())) {
            Err(error) if error.refusal().is_none() => Err(error),
            _ => Ok(()),
        }
    }

    /// Checks that the model answers, by a short prompt. It is a turn like any other: it costs tokens,
    /// stays in the conversation, runs after the turns that were asked before it, and starts a CLI if
    /// none runs. [`probe`](Self::probe) costs nothing, but it asks only the CLI.
    ///
    /// # Errors
    /// If the turn failed, with or without a result, for example because the API refused the key; or
    /// if it is not over within `limit`, waiting and starting included
    /// ([`Error::is_timeout`](super::Error::is_timeout)): then it is dropped.
    ///
    /// # Cancel safety
    /// Dropping the future drops the turn: one that was sent is interrupted.
    pub async fn ping_model(&self, limit: Duration) -> Result<()> {
        let turn = self.query(PING).no_timeout();
        within(limit, turn.drain()).await.unwrap_or_else(|| Err(Error::timeout(limit)))
    }
}
