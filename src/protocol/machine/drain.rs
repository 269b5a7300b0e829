//! Ending turns early: the reader is gone, a time limit is exceeded, or the caller interrupts.

use std::time::Instant;

use super::{Link, Machine};
use crate::protocol::io::{Output, TurnId};
use crate::protocol::requests::Purpose;
use crate::protocol::turns::Stage;
use crate::wire::control::{Request, RequestName};

impl Machine {
    pub(super) fn abandon(&mut self, now: Instant, turn: TurnId, out: &mut Vec<Output>) {
        self.queue.retain(|prompt| prompt.turn != turn);
        self.switches.abandon(turn);
        if let Some(current) = self.current.as_mut().filter(|current| current.turn == turn) {
            current.abandoned = true;
            if !current.is_draining() {
                self.drain(now, out);
            }
        }
    }

    /// Asks the CLI to end the running turn, and limits the time for that.
    pub(super) fn drain(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(current) = &mut self.current else { return };
        current.drain(now, self.config.drain_timeout);
        if self.link != Link::Ready {
            return;
        }
        // A turn that the CLI started itself is not ours to interrupt: while it runs, our prompt
        // and messages can only be withdrawn.
        if self.habits.foreign && !current.started {
            let turn = current.turn;
            let waiting: Vec<_> = current
                .written
                .iter()
                .filter(|written| written.stage == Stage::Waiting)
                .map(|written| written.uuid.clone())
                .collect();
            for uuid in waiting {
                let request = Request::new(RequestName::CancelAsyncMessage)
                    .with("message_uuid", uuid.as_str());
                self.request(now, Purpose::Withdraw(turn, uuid), &request, None, out);
            }
        } else {
            let request = match current.has_waiting_messages() {
                // The CLI would answer them after the interrupted turn.
                true => interrupt().with("cancel_queued", true),
                false => interrupt(),
            };
            self.request(now, Purpose::Interrupt, &request, None, out);
        }
    }

    /// Records that the caller interrupts a turn that the CLI may not have begun, or whose prompt
    /// waits for its settings. That interrupt has no effect and is repeated when the turn begins.
    pub(super) fn note_interrupt(&mut self, request: &Request) {
        if self.habits.foreign || *request.name() != RequestName::Interrupt {
            return;
        }
        match &mut self.current {
            Some(current) if current.started => current.asked_to_end = true,
            Some(current) => current.interrupted = true,
            None => self.switches.interrupt(),
        }
    }
}

pub(super) fn interrupt() -> Request {
    Request::new(RequestName::Interrupt)
}
