//! How a connection ends, and the driver with it.

use tokio::time::Instant;

use super::Driver;
use super::link::Rest;
use super::order::Order;
use crate::protocol::{Command, EndCause, Failure, Input, NOT_FOUND, Phase};
use crate::session::error::Error;
use crate::session::events::SessionEvent;
use crate::session::lease::Lease;
use crate::transport::Exit;

impl Driver {
    pub(super) fn exited(&mut self, result: std::io::Result<Exit>) {
        let Some(link) = &mut self.link else { return };
        let unknown = Exit { code: None, signal: None };
        link.exit = Some(result.unwrap_or(unknown));
        link.rest = Some(Rest::default());
    }

    /// The session ends, with its CLI.
    pub(super) fn stop(&mut self) {
        self.lease.iter().for_each(Lease::ends);
        self.handle(Input::Command(Command::Stop));
    }

    /// Publishes what the machine and its counters say.
    pub(super) fn set_status(&mut self) {
        let phase = self.phase();
        self.shared.set_status(&self.machine, phase);
    }

    /// The state to publish. A session that has stopped has left its store, and then its
    /// conversation: who sees that may take it.
    fn phase(&mut self) -> Phase {
        match self.machine.phase() {
            Phase::Stopped if self.mirror.is_some() || self.is_taking() => Phase::Ending,
            Phase::Stopped => {
                self.lease = None;
                Phase::Stopped
            }
            phase => phase,
        }
    }

    fn is_taking(&self) -> bool {
        self.taking.as_ref().is_some_and(|taking| taking.try_lock().is_err())
    }

    /// Checks whether the connection has ended. `due`: whether a timer may cause that.
    pub(super) fn settle(&mut self, now: Instant, due: bool) {
        let starting = self.machine.phase() == Phase::Starting;
        let Some(link) = &mut self.link else { return };
        if link.pipes.has_errors() {
            link.pipes.drain_stderr(&mut self.shared.stderr());
        }
        if starting {
            link.look(now);
        } else {
            link.stop_looking();
        }
        if !link.leaving && (link.exit.is_some() || link.pipes.closed().is_some()) {
            // A CLI that has closed one of its pipes cannot be used any more.
            if link.exit.is_none() {
                link.ending.begin(now, self.shared.setup.shutdown);
            }
            if !starting {
                link.leaving = true;
                self.handled = true;
                self.others.set_due();
                self.machine.handle(now.into_std(), Input::Leaving, &mut self.out);
            } else if let Some(pipe) = link.hung_up(now).filter(|_| due) {
                link.leaving = true;
                self.handle(Input::HungUp(pipe));
                return self.carry_out();
            }
        }
        if link.ending.has_begun() {
            link.pipes.close_stdin_when_flushed();
        }
        let rest_is_over = due && link.rest.as_ref().is_some_and(|rest| rest.is_over(now));
        let over = (link.exit.is_some() && (link.pipes.has_ended() || rest_is_over))
            || (due && link.ending.is_over(now));
        if !over {
            return;
        }
        let (exit, was_ended) = (link.exit, link.ending.has_signalled());
        let has_left = link.control.has_left();
        let rest = link.pipes.finish(&mut self.shared.stderr());
        for outcome in rest {
            self.received(now, outcome);
        }
        self.exit = exit;
        self.carry_out();
        self.note_undone();
        self.close(match exit {
            _ if has_left => EndCause::Left,
            _ if was_ended => EndCause::HungUp,
            Some(exit) if exit.success() => EndCause::Exited,
            _ => EndCause::Crashed,
        });
        self.carry_out();
        self.observations.closed();
    }

    /// Records what the CLI cannot have done before it ended.
    fn note_undone(&mut self) {
        let unwritten = self.link.as_mut().map(|link| link.pipes.take_unwritten());
        if let Some(unwritten) = unwritten.filter(|unwritten| !unwritten.is_empty()) {
            self.handle(Input::Unwritten(unwritten));
        }
        if self.exit.is_none_or(|exit| !exit.success())
            && self.shared.stderr().tail().contains(NOT_FOUND)
        {
            self.handle(Input::NotFound);
        }
    }

    /// The launch has ended, for this cause unless the host has one. The state is set first, then
    /// the end is reported; waiters of the CLI get their errors when the outputs are carried out.
    pub(super) fn close(&mut self, by_itself: EndCause) {
        let cause = match self.machine.end_cause() {
            Some(EndCause::Stopped) if self.stopping.is_empty() => EndCause::Dropped,
            Some(EndCause::Cleared) if self.refused.is_some() => EndCause::Owned,
            cause => cause.unwrap_or(by_itself),
        };
        let start = self.start();
        self.link = None;
        self.opening = None;
        self.control.closed();
        self.flush_mirror(None);
        self.handle(Input::Closed);
        self.report_lost();
        let phase = self.phase();
        self.ended(cause, start, (phase, self.machine.queue_len()));
    }

    /// Whether the CLI of this connection was ready, and whether it was launched for one query.
    fn start(&self) -> (bool, bool) {
        (self.machine.was_ready(), self.machine.has_launch_of_prompt())
    }

    fn ended(&self, cause: EndCause, start: (bool, bool), now: (Phase, usize)) {
        let end = self.shared.set_ended(cause, self.exit, start, now);
        self.shared.publish(SessionEvent::Disconnected(end));
    }
}

/// If the runtime shuts down or the driver panics, every reader of a turn gets an error, even if
/// its prompt had not arrived yet.
impl Drop for Driver {
    fn drop(&mut self) {
        let cause =
            if std::thread::panicking() { EndCause::Panicked } else { EndCause::RuntimeGone };
        self.orders.close();
        if cause != EndCause::Panicked
            && let Some(left) = self.shared.unfinished()
        {
            self.shared.warn("transport_unfinished", left);
        }
        self.report_gone(match cause {
            EndCause::Panicked => Error::panicked(),
            _ => Error::stopped(),
        });
        let has_cli = self.link.is_some() || self.opening.is_some();
        // Who sees the end may take the conversation, once the CLI has ended.
        if let Some(lease) = self.lease.take().filter(|_| self.link.is_some()) {
            lease.leave_to_cli();
        }
        (self.link, self.opening) = (None, None);
        if has_cli || cause == EndCause::Panicked {
            self.exit = None;
            self.ended(cause, self.start(), (Phase::Stopped, 0));
        } else {
            self.shared.set_phase(Phase::Stopped, 0);
        }
        while let Ok(order) = self.orders.try_recv() {
            if let Order::Prompt(_, _, mailbox, _) = *order {
                mailbox.refuse(self.shared.gone());
            }
        }
        let spending = self.shared.status().meter.total();
        self.shared.span.end(&self.shared.state.borrow(), &spending);
        for mailbox in self.turns.values() {
            mailbox.trace.ended(Some(&Failure::Closed));
            mailbox.end(Err(self.shared.gone()));
        }
        self.shared.events.close();
    }
}
