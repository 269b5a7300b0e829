//! What became of a message for a running turn.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::oneshot;

use super::error::{Error, Result};

/// What the CLI did with a message for a running turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SteerOutcome {
    /// It was added to the running turn, before its next request to the model; or to the message
    /// before it, if both wait for the result and are answered together. Also assumed of a CLI that
    /// names no prompts (before 2.1.206), if it opens no turn within a second after the result.
    Added,
    /// It is answered after the running turn, in another result of the same [`Turn`](super::Turn).
    Follows,
}

/// The driver's side of a message.
pub(super) struct SteerWaiter {
    /// Whether the message was written, until that is reported.
    pub(super) written: Option<oneshot::Sender<Result<()>>>,
    /// What became of it then.
    pub(super) outcome: oneshot::Sender<Result<SteerOutcome>>,
    /// Whether someone waits for that.
    pub(super) awaited: Arc<AtomicBool>,
}

impl SteerWaiter {
    /// The message is not written.
    pub(super) fn reject(self, error: Error) {
        if let Some(written) = self.written {
            let _ = written.send(Err(error));
        }
    }
}

/// The warning about a lost message that no one waits for.
pub(super) fn lost(uuid: &str, error: &Error) -> String {
    format!("message {uuid}, which steered a turn, was lost: {error}")
}
