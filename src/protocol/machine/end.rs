//! The end of a connection, wanted or not: all its waiters fail at once.

use std::time::Instant;

use super::doubt::Whose;
use super::{Link, Machine};
use crate::protocol::failure::Failure;
use crate::protocol::io::{Output, Profile, QueuedPrompt, Reconnect, TurnEnd, Waiter};
use crate::protocol::requests::Purpose;
use crate::protocol::route::Habits;
use crate::protocol::state::EndCause;

impl Machine {
    /// The handshake has failed: what needs it gets the failure, and the process is ended.
    pub(super) fn give_up(&mut self, failure: Failure, out: &mut Vec<Output>) {
        if self.link == Link::Handshake {
            self.fail_start(&failure, out);
        }
        self.ends_for(match failure {
            Failure::HandshakeTimeout(_) => EndCause::HandshakeTimeout,
            Failure::HungUp(_) => EndCause::HungUp,
            _ => EndCause::Refused,
        });
        self.terminate(out);
    }

    /// Sets the cause of the end. The first cause counts, except that a stop is always final.
    pub(super) fn ends_for(&mut self, cause: EndCause) {
        if self.end_cause.is_none() || cause == EndCause::Stopped {
            self.end_cause = Some(cause);
        }
    }

    /// The start has failed, and so does what it was for. The other prompts wait for the next one.
    fn fail_start(&mut self, failure: &Failure, out: &mut Vec<Output>) {
        self.fail_requests_of_start(failure, out);
        if let Some(prompt) = self.take_prompt_of_start() {
            out.push(Output::Ended(prompt.turn, TurnEnd::Failed(failure.clone())));
        }
    }

    /// Fails what waits for the handshake, except prompts. What one prompt needs says nothing about
    /// requests: they wait for the next start.
    pub(super) fn fail_requests_of_start(&mut self, failure: &Failure, out: &mut Vec<Output>) {
        if !self.has_launch_of_prompt() {
            self.fail_requests(failure, out);
        }
    }

    /// True if the CLI of this connection was launched for one prompt, in another way than for the
    /// session.
    pub fn has_launch_of_prompt(&self) -> bool {
        let usual = Profile::default();
        self.profile != usual && !self.alike.contains(&usual)
    }

    /// The prompt that this connection was opened for, if it still waits.
    pub(super) fn prompt_of_start(&self) -> Option<&QueuedPrompt> {
        self.queue.front().filter(|prompt| self.opened_for == Some(Waiter::Turn(prompt.turn)))
    }

    /// Takes it.
    pub(super) fn take_prompt_of_start(&mut self) -> Option<QueuedPrompt> {
        self.prompt_of_start()?;
        self.queue.pop_front()
    }

    /// Fails what waits for the handshake, except prompts.
    pub(super) fn fail_requests(&mut self, failure: &Failure, out: &mut Vec<Output>) {
        for request in std::mem::take(&mut self.connecting) {
            out.push(Output::Reply(request, Err(failure.clone())));
        }
        for (request, ..) in std::mem::take(&mut self.held) {
            out.push(Output::Reply(request, Err(failure.clone())));
        }
    }

    pub(super) fn terminate(&mut self, out: &mut Vec<Output>) {
        if !matches!(self.link, Link::Closing { .. } | Link::Stopped) {
            self.link = Link::Closing { for_good: false };
        }
        out.push(Output::Terminate);
    }

    pub(super) fn stop(&mut self, now: Instant, out: &mut Vec<Output>) {
        for prompt in self.switches.take_prompt().into_iter().chain(std::mem::take(&mut self.queue))
        {
            out.push(Output::Ended(prompt.turn, TurnEnd::Failed(Failure::Stopped)));
        }
        self.fail_requests(&Failure::Stopped, out);
        self.ends_for(EndCause::Stopped);
        match self.link {
            Link::Idle => self.link = Link::Stopped,
            Link::Stopped | Link::Closing { for_good: true } => {}
            Link::Ready => {
                // At the end of its input the CLI would finish the turn, which costs money.
                if self.current.as_ref().is_some_and(|current| !current.is_draining()) {
                    self.drain(now, out);
                }
                self.link = Link::Closing { for_good: true };
                out.push(Output::CloseStdin);
            }
            Link::Opening | Link::Handshake | Link::Closing { for_good: false } => {
                self.link = Link::Closing { for_good: true };
                out.push(Output::CloseStdin);
            }
        }
    }

    /// The connection has ended: all its waiters fail at once.
    pub(super) fn closed(&mut self, now: Instant, out: &mut Vec<Output>) {
        let link = self.link;
        if matches!(link, Link::Idle | Link::Stopped) {
            return;
        }
        let for_good = link == Link::Closing { for_good: true };
        self.link = if for_good { Link::Stopped } else { Link::Idle };
        let restart = self.restart.take().filter(|_| !for_good);
        let cause = self.end_cause.take();
        let wanted = cause.is_some_and(EndCause::is_wanted) || restart.is_some();
        // A start for one prompt says nothing about the next one.
        let is_of_prompt = !self.was_ready && self.has_launch_of_prompt();
        self.parted = !(wanted || is_of_prompt) && self.config.reconnect != Reconnect::OnDemand;
        // A prompt that was not written yet is kept.
        if let Some(prompt) = self.switches.clear() {
            self.queue.push_front(prompt);
        }
        self.in_force.closed();
        for callback in self.incoming.clear() {
            out.push(Output::CallbackCancelled(callback));
        }
        for purpose in self.outgoing.clear() {
            if let Purpose::Caller(request) = purpose {
                out.push(Output::Reply(request, Err(Failure::Closed)));
            }
        }
        // No more lines can come, so that the held lines belong to the turn.
        self.settle(now, Whose::Ours, out);
        self.habits = Habits::default();
        let lost = !for_good && self.fall_back(out);
        // A conversation that cannot be found is begun again at once.
        self.parted &= !lost;
        if !for_good {
            self.take_unread(lost, out);
        }
        self.finish_turn(
            TurnEnd::Failed(if for_good { Failure::Stopped } else { Failure::Closed }),
            out,
        );
        if matches!(link, Link::Opening | Link::Handshake) && !lost {
            self.fail_start(&Failure::Closed, out);
        }
        // One that goes back to another conversation is for the same.
        let again = match self.opened_for {
            Some(Waiter::Request(request)) if lost && !self.was_ready => Some(request),
            _ => None,
        };
        let waiter = match restart.or(again) {
            Some(request) => Some(Waiter::Request(request)),
            None => self.first_waiter(),
        };
        if let Some(waiter) = waiter {
            self.open(waiter, out);
        }
    }

    /// The process is being killed, as if it ended by itself: a restart that no one waits for is not
    /// made.
    #[cfg(feature = "session")]
    pub(crate) fn withdraw_restart(&mut self) {
        if self.restart.take_if(|restart| !self.connecting.contains(restart)).is_some() {
            self.end_cause.take_if(|cause| *cause == EndCause::Restarted);
        }
    }

    /// Whether anything waits for a connection.
    pub(super) fn is_awaited(&self) -> bool {
        self.first_waiter().is_some()
    }

    /// What the next connection is for: the first prompt, whose launch it has, or else a request.
    fn first_waiter(&self) -> Option<Waiter> {
        let prompt = self.queue.front().map(|prompt| Waiter::Turn(prompt.turn));
        let held = self.held.first().map(|(request, ..)| request);
        let request = self.connecting.first().or(held);
        prompt.or(request.map(|request| Waiter::Request(*request)))
    }
}
