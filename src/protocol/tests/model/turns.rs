//! From one prompt to the next: what a turn needs before it, and what is restored after it.

use super::reference::{Busy, Link, Model, Preparing, Purpose, Run, Stage, Written};
use super::vocabulary::{Ask, End, Fact, Setting};

impl Model {
    /// Starts the next prompt, if the CLI is ready for one.
    pub(super) fn advance(&mut self) {
        if self.link != Link::Ready || self.run.is_some() || self.preparing.is_under_way() {
            return;
        }
        self.restore();
        if self.preparing.is_under_way() || !self.preparing.owed.is_empty() {
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

    /// Ends a process with another launch, once nothing is under way.
    fn relaunch(&mut self) {
        if self.cli.busy != Busy::Foreign && self.requests.is_empty() && self.callbacks.is_empty() {
            self.is_wanted.get_or_insert(true);
            self.link = Link::Closing { for_good: false };
            self.facts.push(Fact::CloseStdin);
        }
    }

    /// Settings that already have the turn's value are left alone, unless they are about to change.
    fn prepare(&mut self, ask: Ask) {
        let now = |setting: &Setting| (*setting, self.settings.now(*setting));
        let needed = ask
            .switches
            .iter()
            .map(now)
            .filter(|(setting, now)| !self.settings.is_settled(*setting) || *now != Ask::VALUE);
        let owed: Vec<_> = needed.collect();
        if owed.is_empty() {
            return self.run(ask);
        }
        let settings: Vec<_> = owed.iter().map(|(setting, _)| *setting).collect();
        self.preparing = Preparing {
            prompt: Some(ask),
            interrupted: false,
            failure: None,
            awaited: owed.len(),
            owed,
        };
        settings.into_iter().for_each(|setting| self.set(Purpose::Apply, setting, Ask::VALUE));
    }

    /// A setting was applied or restored, or failed to be.
    pub(super) fn switched(&mut self, purpose: Purpose, failure: Option<End>) {
        self.preparing.awaited -= 1;
        if !self.can_write() {
            return;
        }
        match purpose {
            Purpose::Restore if failure.is_some() => {
                // The next turn needs a process without these settings.
                self.is_wanted.get_or_insert(true);
                self.facts.extend([Fact::Event, Fact::CloseStdin]);
                self.link = Link::Closing { for_good: false };
            }
            Purpose::MakeAgain(setting)
                if failure.is_some() && self.settings.not_again(setting) =>
            {
                self.facts.push(Fact::Event)
            }
            Purpose::Apply => self.applied(failure),
            _ => {}
        }
    }

    fn applied(&mut self, failure: Option<End>) {
        self.preparing.failure = self.preparing.failure.or(failure);
        if self.preparing.awaited > 0 {
            return;
        }
        match (self.preparing.prompt.take(), self.preparing.failure.take()) {
            (Some(ask), None) => {
                self.run(ask);
                self.run
                    .iter_mut()
                    .for_each(|run| run.interrupted_early = self.preparing.interrupted);
            }
            (ask, failure) => self
                .facts
                .extend(ask.zip(failure).map(|(ask, failure)| Fact::Ended(ask.turn, failure))),
        }
    }

    fn run(&mut self, ask: Ask) {
        self.check_settings(ask.switches);
        self.facts.push(Fact::Prompt(ask.turn));
        let limit_at = ask.timeout.map(|limit| self.clock + limit);
        self.run = Some(Run {
            ask,
            turn: ask.turn,
            written: vec![Written { id: ask.turn, stage: Stage::Waiting, said_queued: false }],
            goes_on: false,
            opens_until: None,
            read: true,
            limit_at,
            idle: ask.idle,
            heard_at: self.clock,
            interrupted_early: false,
            drain_at: None,
        });
        self.cli.holds = true;
        self.cli.said_queued = false;
        self.write_notes(ask.turn);
    }

    /// The running turn ends.
    pub(super) fn finish(&mut self, end: End) {
        if let Some(mut run) = self.run.take() {
            self.facts.extend(run.lose_all(end));
            self.report_if(run.read, Fact::Ended(run.turn, end));
        }
    }

    /// Restores what the last turn changed, except what is about to change.
    fn restore(&mut self) {
        let owed = std::mem::take(&mut self.preparing.owed);
        let (settled, later): (Vec<_>, _) =
            owed.into_iter().partition(|(setting, _)| self.settings.is_settled(*setting));
        self.preparing.owed = later;
        self.preparing.awaited += settled.len();
        settled.into_iter().for_each(|(setting, value)| self.set(Purpose::Restore, setting, value));
    }
}

impl Preparing {
    fn is_under_way(&self) -> bool {
        self.awaited > 0 || self.prompt.is_some()
    }
}
