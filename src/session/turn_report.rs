//! What a supervisor reports of a turn of one of its children.

use std::time::Duration;

use super::error::Error;
use super::spending::Spending;
use crate::wire::TurnOutcome;

/// A turn that has ended:
/// [`SupervisorEvent::TurnEnded`](crate::supervisor::SupervisorEvent::TurnEnded).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TurnReport {
    /// The uuid of its prompt ([`Turn::uuid`](super::Turn::uuid)); `None` for a turn that the CLI
    /// began by itself.
    pub uuid: Option<String>,
    /// How it ended.
    pub end: TurnEnding,
    /// Its cost and its tokens. `None` if it has no result: what it has cost is not known, or counts
    /// in a later one.
    pub spending: Option<Spending>,
    /// From its call to its end: it may have waited for other turns, or for the CLI.
    pub duration: Duration,
}

/// How a turn ended, as its supervisor reports it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TurnEnding {
    /// With its result, which may say that it failed, or was interrupted
    /// ([`TurnOutcome::Aborted`]).
    Result(TurnOutcome),
    /// Without a result, with the error of its reader: its CLI has ended
    /// ([`is_closed`](Error::is_closed)), a time limit was reached ([`is_timeout`](Error::is_timeout)),
    /// the session was stopped ([`is_stopped`](Error::is_stopped)).
    Failed(Error),
    /// Its reader was dropped.
    Dropped,
}

impl TurnEnding {
    /// True if the turn has a result that says that it succeeded.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Result(outcome) if outcome.is_success())
    }

    /// True if the turn was lost with its CLI, which has ended.
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_closed())
    }
}
