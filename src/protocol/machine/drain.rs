//! Turns that are to end early: nobody reads them, their time is up, or the caller interrupts.

use std::time::Instant;

use super::{Link, Machine};
use crate::protocol::io::{Output, TurnId};
use crate::protocol::requests::Purpose;
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

    /// Makes the CLI end the turn that runs, and sets a limit to how long that may take.
    pub(super) fn drain(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(current) = &mut self.current else { return };
        current.drain(now, self.config.drain_timeout);
        if self.link != Link::Ready {
            return;
        }
        // A turn of the CLI's own is not ours to interrupt: while it runs, our prompt can only be withdrawn.
        let (purpose, request) = if self.habits.foreign && !current.started {
            let request = Request::new(RequestName::CancelAsyncMessage)
                .with("message_uuid", current.uuid.as_str());
            (Purpose::Withdraw(current.turn), request)
        } else {
            (Purpose::Interrupt, interrupt())
        };
        self.request(now, purpose, &request, None, out);
    }

    /// The caller interrupts a turn that the CLI may not have begun, or whose prompt waits for its settings: that has no effect, and is to be
    /// repeated when it begins.
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
