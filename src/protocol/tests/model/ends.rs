//! The start and the end of a process, and the clock.

use super::reference::{Cli, Link, Model, Purpose, Stage};
use super::vocabulary::{Ask, End, Fact};
use crate::protocol::Reconnect;

impl Model {
    /// `wanted_by`: the turn or the request that needs a connection.
    pub(super) fn open(&mut self, wanted_by: u64) {
        if self.parted && self.reconnect == Reconnect::Never {
            self.fail_requests();
            let asks = std::mem::take(&mut self.queue).into_iter();
            self.facts.extend(asks.map(|ask| Fact::Ended(ask.turn, End::Closed)));
        }
        if self.link == Link::Idle && !self.parted {
            self.link = Link::Opening;
            self.forgotten = false;
            self.opened_for = wanted_by;
            self.was_ready = false;
            // A request needs no other launch than the session's.
            let ask = self.queue.front().filter(|ask| ask.turn == wanted_by);
            self.profile = ask.map_or(0, |ask| ask.profile);
            self.cli = Cli::new(self.session.unwrap_or(self.next));
            self.facts.push(Fact::Open { profile: self.profile, resume: self.session });
        }
    }

    /// When the next tick is due.
    pub(super) fn deadline(&self) -> Option<u64> {
        let turn = self.run.as_ref().and_then(|run| match run.drain_at {
            Some(at) => Some(at),
            None => [run.limit_at, self.silence_ends()].into_iter().flatten().min(),
        });
        let opens = self.run.as_ref().and_then(|run| run.opens_until);
        let requests = self.requests.values().map(|(_, at)| *at);
        requests.chain(turn).chain(opens).chain(self.kept.until).min()
    }

    pub(super) fn tick(&mut self, seconds: u64) {
        self.clock += seconds;
        let due: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, (_, at))| *at <= self.clock)
            .map(|(wire, (purpose, _))| (*wire, *purpose))
            .collect();
        self.requests.retain(|_, (_, at)| *at > self.clock);
        for (_, purpose) in due {
            match purpose {
                Purpose::Caller(n) => {
                    self.settled(n, false);
                    self.report_if(self.can_write(), Fact::TookBack);
                    self.facts.push(Fact::Replied(n, false));
                }
                Purpose::Initialize => self.give_up(End::Handshake),
                Purpose::Apply | Purpose::Restore | Purpose::MakeAgain(_) => {
                    self.switched(purpose, Some(End::Timeout))
                }
                Purpose::Interrupt | Purpose::Withdraw(..) => {}
            }
        }
        let is_drained =
            self.run.as_ref().and_then(|run| run.drain_at).is_some_and(|at| at <= self.clock);
        if is_drained || self.kept.until.is_some_and(|until| until <= self.clock) {
            self.settle(true);
        }
        self.assume_added();
        let is_silent = self.silence_ends().is_some_and(|at| at <= self.clock);
        let Some(run) = &mut self.run else { return };
        let end = match (run.drain_at, run.limit_at) {
            (Some(at), _) => {
                if at <= self.clock {
                    self.finish(End::Closed);
                    self.is_wanted.get_or_insert(false);
                    self.terminate();
                }
                return;
            }
            (None, Some(at)) if at <= self.clock => End::Timeout,
            _ if is_silent => End::Silence,
            _ => return,
        };
        // It has no reader from here on.
        run.read = false;
        self.facts.push(Fact::Ended(run.turn, end));
        self.drain();
    }

    /// The silence of the CLI is broken.
    pub(super) fn heard(&mut self) {
        self.run.iter_mut().for_each(|run| run.heard_at = self.clock);
    }

    /// When a turn has been silent for too long. A CLI that waits for its host, or whose output is
    /// not read, may be silent.
    fn silence_ends(&self) -> Option<u64> {
        let run = self.run.as_ref().filter(|_| !self.held_back && self.callbacks.is_empty())?;
        run.idle.map(|limit| run.heard_at + limit)
    }

    /// `unread`: whether the CLI did not read the prompt of the running turn.
    pub(super) fn exit(&mut self, unread: bool) {
        let link = self.link;
        let for_good = self.stopped();
        self.link = if for_good { Link::Stopped } else { Link::Idle };
        let restart = self.restart.take().filter(|_| !for_good);
        let is_wanted = self.is_wanted.take().unwrap_or(false) || restart.is_some();
        let is_of_prompt = self.profile != 0 && !self.was_ready;
        self.parted = !(is_wanted || is_of_prompt) && self.reconnect != Reconnect::OnDemand;
        if let Some(ask) = std::mem::take(&mut self.preparing).prompt {
            self.queue.push_front(ask);
        }
        self.settings.exit();
        self.facts.extend(std::mem::take(&mut self.callbacks).into_values().map(Fact::TakenBack));
        for (purpose, _) in std::mem::take(&mut self.requests).into_values() {
            if let Purpose::Caller(n) = purpose {
                self.facts.push(Fact::Replied(n, false));
            }
        }
        let keeps = !self.kept.lines.is_empty();
        self.settle(true);
        if unread && !for_good && !keeps {
            self.repeat();
        }
        self.finish(if for_good { End::Stopped } else { End::Closed });
        if matches!(link, Link::Opening | Link::Handshake) {
            self.fail_start(End::Closed);
        }
        let prompt = self.queue.front().map(|ask| ask.turn);
        let connecting = self.connecting.first().copied();
        let held = self.held.first().map(|(n, _)| *n);
        let first = restart.or(prompt).or(connecting).or(held);
        first.into_iter().for_each(|first| self.open(first));
    }

    /// The prompt of the running turn goes to the next process, once.
    fn repeat(&mut self) {
        let is_new =
            |turn: u64| self.repeated != Some(turn) && self.cli.holds && !self.cli.said_queued;
        let run = self.run.take_if(|run| {
            let waits = run.written[0].stage == Stage::Waiting;
            let wanted = run.read && run.drain_at.is_none() && !run.interrupted_early;
            waits && wanted && is_new(run.turn)
        });
        if let Some(run) = run {
            self.repeated = Some(run.turn);
            self.facts.push(Fact::Event);
            self.queue.push_front(run.ask);
            let messages = run.written.iter().skip(1);
            self.notes.extend(messages.map(|message| (message.id, run.turn)));
        }
    }

    /// The handshake has failed.
    pub(super) fn give_up(&mut self, end: End) {
        if self.link == Link::Handshake {
            self.fail_start(end);
        }
        self.is_wanted.get_or_insert(false);
        self.terminate();
    }

    pub(super) fn terminate(&mut self) {
        if !self.stopped() {
            self.link = Link::Closing { for_good: false };
        }
        self.facts.push(Fact::Terminate);
    }

    pub(super) fn fail_requests(&mut self) {
        let waiting = std::mem::take(&mut self.connecting)
            .into_iter()
            .chain(std::mem::take(&mut self.held).into_iter().map(|(n, _)| n));
        self.facts.extend(waiting.map(|n| Fact::Replied(n, false)));
    }

    fn fail_start(&mut self, end: End) {
        self.fail_requests_of_start();
        if let Some(ask) = self.take_prompt_of_start() {
            self.facts.push(Fact::Ended(ask.turn, end));
        }
    }

    /// Requests do not fail with what one prompt needs.
    pub(super) fn fail_requests_of_start(&mut self) {
        if self.profile == 0 {
            self.fail_requests();
        }
    }

    /// The prompt that the process was launched for. Others wait for the next one.
    pub(super) fn take_prompt_of_start(&mut self) -> Option<Ask> {
        let waits = self.queue.front().is_some_and(|ask| ask.turn == self.opened_for);
        waits.then(|| self.queue.pop_front()).flatten()
    }
}
