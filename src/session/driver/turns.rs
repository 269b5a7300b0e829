//! What a supervisor is to learn of turns: when they end, with what they have used.
//!
//! The end of a turn is reported when the CLI is done with it, so that its usage is known: for a
//! turn that was dropped, or whose time limit was reached, that is after the end for its reader.
//! Where a CLI has ended, its turns are reported before the state of the session shows that.

use super::{Driver, Error, Mailbox};
use crate::protocol::{ConnectionEvent, Failure, Output, TurnEnd, TurnId};
use crate::session::observer::Watched;
use crate::wire::{FrameKind, Message};

impl Driver {
    /// A turn has ended, as its mailbox knows: reports that, unless the CLI is still at work on it.
    pub(super) fn report_end(&mut self, turn: TurnId, mailbox: &Mailbox) {
        let Some(watched) = mailbox.take_watched() else { return };
        if self.machine.runs(turn) {
            // Only one turn runs: that of before is over.
            self.report_drained();
            // What turns left that no one watched is not of this one.
            drop(self.observations.take_all());
            self.unreported.get_or_insert_default().drained = Some((turn, watched));
        }
    }

    /// Reports the end of a turn that the CLI was asked to end, once it has.
    pub(super) fn report_drained(&mut self) {
        let Some(unreported) = &mut self.unreported else { return };
        let over = |(turn, _): &mut (TurnId, _)| !self.machine.runs(*turn);
        if let Some((_, mut watched)) = unreported.drained.take_if(over) {
            // No other result is left: those of other turns are taken when they are delivered.
            for spent in self.observations.take_all() {
                watched.spent(&spent);
            }
        }
        if unreported.drained.is_none() && unreported.own.is_none() {
            self.unreported = None;
        }
    }

    /// Something that belongs to no turn of the host; perhaps a turn that the CLI has begun by itself.
    pub(super) fn note_own_turn(&mut self, event: &ConnectionEvent) {
        let ConnectionEvent::Message(frame) = event else { return };
        if frame.opens_turn() && self.unreported.as_ref().is_none_or(|known| known.own.is_none()) {
            let own = Watched::begin(self.shared.setup.observer.as_ref(), None);
            if own.is_some() {
                self.unreported.get_or_insert_default().own = own;
            }
        }
        if frame.kind() != FrameKind::Result {
            return;
        }
        let observed = self.observations.take(frame);
        if let (Some(observed), Some(mut watched)) = (observed, self.take_own()) {
            let message = Message::new(frame.clone());
            if let Some(result) = message.as_result() {
                let context = self.shared.result_context(frame);
                watched.result(context.outcome(result, observed.said.as_ref()));
            }
            watched.spent(&observed.spent);
            watched.end(&Ok(()));
        }
    }

    /// The turn that the CLI has begun by itself.
    fn take_own(&mut self) -> Option<Box<Watched>> {
        self.unreported.as_mut()?.own.take()
    }

    /// The connection has ended, and the state is about to show that: reports what was lost with it.
    pub(super) fn report_lost(&mut self) {
        let out = std::mem::take(&mut self.out);
        for output in &out {
            match output {
                Output::Message(turn, frame) if self.refused.is_none() => {
                    if let Some(mailbox) = self.turns.get(turn) {
                        self.observations.settle(mailbox, frame, &self.shared);
                    }
                }
                Output::Ended(turn, end) => {
                    let mailbox = self.turns.get(turn);
                    let watched = mailbox.and_then(|mailbox| mailbox.take_watched());
                    if let Some(mut watched) = watched {
                        watched.end(&self.reader_end(end.clone()));
                    }
                }
                _ => {}
            }
        }
        self.out = out;
        self.report_drained();
        if let Some(mut watched) = self.take_own() {
            watched.end(&Err(self.error(Failure::Closed)));
        }
    }

    /// This task is gone, and the state is about to show that: reports what was lost with it.
    pub(super) fn report_gone(&mut self, error: Error) {
        let own = self.take_own();
        let turns = self.turns.values().filter_map(|mailbox| mailbox.take_watched());
        let end = Err(error);
        turns.chain(own).for_each(|mut watched| watched.end(&end));
        self.unreported = None;
    }

    /// How a turn ends for its reader.
    pub(super) fn reader_end(&self, end: TurnEnd) -> Result<(), Error> {
        match (end, &self.refused) {
            (TurnEnd::Result | TurnEnd::Interrupted, None) => Ok(()),
            (TurnEnd::Result | TurnEnd::Interrupted, Some(error)) => Err(error.clone()),
            (TurnEnd::Failed(failure), _) => Err(self.error(failure)),
        }
    }
}
