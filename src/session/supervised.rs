//! What only a supervisor does with a session.

use std::time::Duration;

use tokio::sync::oneshot;

use super::driver::Order;
use super::error::Error;
use super::handle::Session;
use crate::protocol::{NOT_FOUND, Phase};

impl Session {
    /// Stops the session if nothing runs or waits in it, and no turn was made that is still to be
    /// asked. Returns whether it is stopped.
    pub(crate) async fn stop_if_idle(&self) -> bool {
        let (reply, answer) = oneshot::channel();
        match self.inner.order(Order::StopIfIdle(reply)) {
            Ok(()) => answer.await.is_ok() || self.state().phase == Phase::Stopped,
            Err(_) => true,
        }
    }

    /// Begins to stop the session, and waits for nothing. What waits in it fails.
    pub(crate) fn begin_stop(&self) {
        let (reply, _) = oneshot::channel();
        self.inner.order_if_running(Order::Stop(reply));
    }

    /// Ends the CLI that runs, or its start, as if it had ended by itself: what waits in the session
    /// goes on waiting.
    pub(crate) fn begin_kill(&self) {
        self.inner.order_if_running(Order::Kill);
    }

    /// Whether the last CLI has said that it does not find the conversation to resume.
    pub(crate) fn has_said_not_found(&self) -> bool {
        self.stderr_tail().contains(NOT_FOUND)
    }

    /// Whether another program starts the CLI, so that an exit may be that program's.
    pub(crate) fn has_launcher(&self) -> bool {
        self.inner.shared.setup.transport.path_map().is_some()
    }

    /// How long a stop may take: the end of the running turn, then the grace periods.
    pub(crate) fn stop_takes(&self) -> Duration {
        let setup = &self.inner.shared.setup;
        let drain = self.inner.shared.options().timeouts().drain.unwrap_or(Duration::MAX);
        drain
            .saturating_add(setup.shutdown.grace_after_eof)
            .saturating_add(setup.shutdown.grace_after_sigterm)
    }
}

impl Error {
    /// Whether the CLI did not find the conversation that it was to resume.
    pub(crate) fn is_conversation_not_found(&self) -> bool {
        self.stderr_tail().contains(NOT_FOUND) || self.to_string().contains(NOT_FOUND)
    }
}
