//! From one prompt to the next: what a turn needs before it, and owes after it.

use super::reference::{Busy, CONTROL, Link, Model, Preparing, Purpose, Run};
use super::vocabulary::{Ask, End, Fact};

impl Model {
    /// Goes on to the next prompt, if the CLI is ready for one.
    pub(super) fn advance(&mut self) {
        let idle = self.preparing.awaited == 0 && self.preparing.prompt.is_none();
        if self.link != Link::Ready || self.run.is_some() || !idle {
            return;
        }
        match self.queue.front() {
            Some(next) if next.profile != self.profile => self.relaunch(),
            Some(_) => {
                if let Some(ask) = self.queue.pop_front() {
                    self.prepare(ask);
                }
            }
            None => {}
        }
    }

    /// Ends a process of another launch, once nothing is under way.
    fn relaunch(&mut self) {
        if self.cli.busy != Busy::Foreign && self.requests.is_empty() && self.callbacks.is_empty() {
            self.link = Link::Closing { for_good: false };
            self.facts.push(Fact::CloseStdin);
        }
    }

    fn prepare(&mut self, ask: Ask) {
        if ask.switches == 0 {
            return self.run(ask);
        }
        self.preparing = Preparing { prompt: Some(ask), failure: None, awaited: ask.switches, owed: ask.switches };
        for _ in 0..ask.switches {
            let wire = self.send(Purpose::Apply, CONTROL);
            self.facts.push(Fact::Apply(wire));
        }
    }

    /// A setting was made or taken back, or could not be.
    pub(super) fn switched(&mut self, purpose: Purpose, failure: Option<End>) {
        self.preparing.awaited -= 1;
        if !self.can_write() {
            return;
        }
        if purpose == Purpose::Restore {
            if failure.is_some() {
                // The next turn needs a process that has none of them.
                self.facts.extend([Fact::Told, Fact::CloseStdin]);
                self.link = Link::Closing { for_good: false };
            }
            return;
        }
        self.preparing.failure = self.preparing.failure.or(failure);
        if self.preparing.awaited > 0 {
            return;
        }
        match (self.preparing.prompt.take(), self.preparing.failure.take()) {
            (Some(ask), None) => self.run(ask),
            (ask, failure) => {
                self.facts.extend(ask.zip(failure).map(|(ask, failure)| Fact::Ended(ask.turn, failure)));
                self.restore();
            }
        }
    }

    fn run(&mut self, ask: Ask) {
        self.facts.push(Fact::Prompt(ask.turn));
        let limit_at = ask.timeout.map(|limit| self.clock + limit);
        self.run = Some(Run {
            turn: ask.turn,
            read: true,
            limit_at,
            idle: ask.idle,
            heard_at: self.clock,
            interrupted_early: false,
            over: None,
            drain_at: None,
        });
        self.cli.holds = true;
        self.cli.said_queued = false;
    }

    /// The turn that runs ends, and the CLI lives on.
    pub(super) fn end_turn(&mut self, end: End) {
        self.finish(end);
        self.restore();
    }

    /// The turn that runs ends.
    pub(super) fn finish(&mut self, end: End) {
        if let Some(run) = self.run.take() {
            self.tell_if(run.read, Fact::Ended(run.turn, run.over.unwrap_or(end)));
        }
    }

    fn restore(&mut self) {
        if self.can_write() {
            let owed = std::mem::take(&mut self.preparing.owed);
            self.preparing.awaited += owed;
            for _ in 0..owed {
                let wire = self.send(Purpose::Restore, CONTROL);
                self.facts.push(Fact::Restore(wire));
            }
        }
    }
}
