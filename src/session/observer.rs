//! What a supervisor learns of the session of a child while it works.

use std::sync::Arc;

use tokio::time::Instant;

use super::error::Error;
use super::spending::Spending;
use super::turn_report::{TurnEnding, TurnReport};
use crate::protocol::TurnId;
use crate::wire::TurnOutcome;

/// Learns of a session what a supervisor must not miss. It is called on the session's task, so it
/// must be quick.
pub(crate) trait Observer: Send + Sync {
    /// A result has come: what was used since the one before.
    fn spent(&self, spent: &Spending);

    /// The session has a warning. There may be no reader of its events yet.
    fn warned(&self, text: &str);

    /// The session has forgotten its conversation, confirmed or not. Comes before the caller who wanted
    /// that learns that it is done.
    fn forgot(&self);

    /// Whether it wants to know of the turn that begins now.
    fn wants_turns(&self) -> bool;

    /// A turn has begun, with the uuid of its prompt if it has one.
    fn turn_began(&self, uuid: Option<&str>);

    /// A turn has ended. Comes before [`SessionState`](super::SessionState) shows the end of its CLI.
    fn turn_ended(&self, report: TurnReport);
}

/// A turn whose beginning was reported. Its end is, too, when this is dropped: exactly once.
pub(super) struct Watched {
    observer: Arc<dyn Observer>,
    uuid: Option<String>,
    began: Instant,
    outcome: Option<TurnOutcome>,
    spending: Option<Spending>,
    end: Option<TurnEnding>,
}

impl Watched {
    /// Reports the beginning of a turn, if there is someone who wants to know of it.
    pub(super) fn begin(
        observer: Option<&Arc<dyn Observer>>,
        uuid: Option<&str>,
    ) -> Option<Box<Self>> {
        let observer = observer.filter(|observer| observer.wants_turns())?.clone();
        observer.turn_began(uuid);
        Some(Box::new(Self {
            observer,
            uuid: uuid.map(String::from),
            began: Instant::now(),
            outcome: None,
            spending: None,
            end: None,
        }))
    }

    /// Its result has come, or another one.
    pub(super) fn result(&mut self, outcome: TurnOutcome) {
        self.outcome = Some(outcome);
    }

    /// It has used this much.
    pub(super) fn spent(&mut self, more: &Spending) {
        self.spending.get_or_insert_default().add(more);
    }

    /// It has ended, with its last result or with this error. The first call counts.
    pub(super) fn end(&mut self, end: &Result<(), Error>) {
        self.end.get_or_insert_with(|| match end {
            // A prompt that asks for no answer has no result.
            Ok(()) => TurnEnding::Result(self.outcome.take().unwrap_or(TurnOutcome::Success)),
            Err(error) => TurnEnding::Failed(error.clone()),
        });
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.observer.turn_ended(TurnReport {
            uuid: self.uuid.take(),
            end: self.end.take().unwrap_or(TurnEnding::Dropped),
            spending: self.spending.take(),
            duration: self.began.elapsed(),
        });
    }
}

/// The turns whose ends are reported after the end for their reader.
#[derive(Default)]
pub(super) struct Unreported {
    /// The CLI was asked to end it.
    pub(super) drained: Option<(TurnId, Box<Watched>)>,
    /// The CLI has begun it by itself.
    pub(super) own: Option<Box<Watched>>,
}
