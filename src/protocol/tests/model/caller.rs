//! Actions of the caller.

use super::reference::{Busy, CONTROL, DRAIN, Link, MAX_QUEUE, Model, PROBE, Purpose};
use super::vocabulary::{Ask, End, Fact, Request};

impl Model {
    pub(super) fn query(&mut self, ask: Ask) {
        let has_turn = self.run.is_some() || self.preparing.prompt.is_some();
        if self.stopped() {
            self.facts.push(Fact::Ended(ask.turn, End::Stopped));
        } else if self.queue.len() >= MAX_QUEUE + usize::from(!has_turn) {
            self.facts.push(Fact::Ended(ask.turn, End::QueueFull));
        } else {
            self.queue.push_back(ask);
            self.open(ask.turn);
        }
    }

    pub(super) fn connect(&mut self, n: u64) {
        match self.link {
            _ if self.stopped() => self.facts.push(Fact::Replied(n, false)),
            Link::Ready => self.facts.push(Fact::Replied(n, true)),
            _ => {
                self.connecting.push(n);
                self.open(n);
            }
        }
    }

    pub(super) fn control(&mut self, n: u64, request: Request) {
        match self.link {
            _ if self.stopped() => self.facts.push(Fact::Replied(n, false)),
            Link::Ready => {
                let is_open = self.cli.busy == Busy::No || !self.kept.lines.is_empty();
                if request == Request::Interrupt && is_open {
                    self.run
                        .iter_mut()
                        .filter(|_| self.cli.holds)
                        .for_each(|run| run.interrupted_early = true);
                    self.preparing.interrupted |= self.preparing.prompt.is_some();
                }
                self.ask(n, request);
            }
            _ => {
                self.held.push((n, request));
                self.open(n);
            }
        }
    }

    pub(super) fn ask(&mut self, n: u64, request: Request) {
        match request {
            Request::Set(setting, value) => {
                self.settings.asked.push((n, setting, value));
                self.set(Purpose::Caller(n), setting, value);
            }
            Request::Interrupt => {
                let wire = self.send(Purpose::Caller(n), CONTROL);
                self.facts.push(Fact::Interrupt(wire));
            }
            Request::Usage => {
                let wire = self.send(Purpose::Caller(n), CONTROL);
                self.facts.push(Fact::Request(wire));
            }
        }
    }

    pub(super) fn cancel(&mut self, n: u64) {
        self.held.retain(|(held, _)| *held != n);
        self.connecting.retain(|waiting| *waiting != n);
        let before = self.requests.len();
        self.requests.retain(|_, (purpose, _)| *purpose != Purpose::Caller(n));
        self.report_if(self.requests.len() < before && self.can_write(), Fact::TookBack);
        self.settled(n, false);
    }

    pub(super) fn answer(&mut self, n: u64) {
        self.callbacks.retain(|_, callback| *callback != n);
        self.heard();
        self.report_if(self.can_write(), Fact::Answered);
    }

    pub(super) fn abandon(&mut self, turn: u64) {
        self.queue.retain(|ask| ask.turn != turn);
        self.preparing.prompt.take_if(|ask| ask.turn == turn);
        if let Some(run) = self.run.as_mut().filter(|run| run.turn == turn) {
            run.read = false;
            if run.drain_at.is_none() {
                self.drain();
            }
        }
    }

    pub(super) fn forget(&mut self) {
        self.session = None;
        self.forgotten = true;
        if matches!(self.link, Link::Opening | Link::Handshake | Link::Ready) {
            self.is_wanted.get_or_insert(true);
            self.terminate();
        }
    }

    pub(super) fn restart(&mut self, n: u64, fresh: bool) {
        if self.stopped() {
            self.facts.push(Fact::Replied(n, false));
            return;
        }
        self.parted = false;
        if fresh {
            self.session = None;
        }
        self.connecting.push(n);
        if self.link == Link::Idle {
            return self.open(n);
        }
        self.forgotten |= fresh;
        self.restart = Some(n);
        if !matches!(self.link, Link::Closing { .. }) {
            self.is_wanted.get_or_insert(true);
            self.terminate();
        }
    }

    /// It never opens a connection.
    pub(super) fn probe(&mut self, n: u64) {
        if self.link == Link::Ready {
            let wire = self.send(Purpose::Caller(n), PROBE);
            self.facts.push(Fact::Request(wire));
        } else {
            self.facts.push(Fact::Replied(n, false));
        }
    }

    pub(super) fn stop(&mut self) {
        let asks = self.preparing.prompt.take().into_iter().chain(std::mem::take(&mut self.queue));
        self.facts.extend(asks.map(|ask| Fact::Ended(ask.turn, End::Stopped)));
        self.fail_requests();
        if self.stopped() {
            return;
        }
        if self.link == Link::Idle {
            self.link = Link::Stopped;
            return;
        }
        if self.link == Link::Ready && self.run.as_ref().is_some_and(|run| run.drain_at.is_none()) {
            self.drain();
        }
        self.link = Link::Closing { for_good: true };
        self.facts.push(Fact::CloseStdin);
    }

    /// Asks the CLI to end the running turn.
    pub(super) fn drain(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.drain_at = Some(self.clock + DRAIN);
        if self.link != Link::Ready {
            return;
        }
        let turn = run.turn;
        let waiting = self.waiting();
        if self.cli.busy == Busy::Foreign && self.kept.lines.is_empty() {
            for id in waiting {
                let wire = self.send(Purpose::Withdraw(turn, id), CONTROL);
                self.facts.push(Fact::Withdraw(wire));
            }
            return;
        }
        let wire = self.send(Purpose::Interrupt, CONTROL);
        let messages_wait = waiting.iter().any(|id| *id != turn);
        self.facts.push(match messages_wait {
            true => Fact::InterruptAll(wire),
            false => Fact::Interrupt(wire),
        });
    }
}
