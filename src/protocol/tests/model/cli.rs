//! Lines of the CLI, and where they belong.

use super::reference::{Busy, CONTROL, Link, Model, Purpose, Stage};
use super::vocabulary::{End, Fact, Says};

impl Model {
    pub(super) fn hear(&mut self, says: &Says) {
        if says.is_frame() {
            self.heard();
        }
        if self.weigh(says) {
            return;
        }
        match *says {
            Says::Noise | Says::Malformed | Says::StrayReply => self.facts.push(Fact::Event),
            Says::Late(id) => self.belongs(self.owner(id)),
            Says::KeepAlive => {}
            Says::Text => self.passes(),
            Says::Ask(id) if self.can_write() => {
                self.last_callback += 1;
                self.callbacks.insert(id, self.last_callback);
                self.facts.push(Fact::Asked(self.last_callback));
            }
            Says::Ask(_) => self.facts.push(Fact::Event),
            Says::TakeBack(id) => {
                self.facts.extend(self.callbacks.remove(&id).map(Fact::TakenBack))
            }
            Says::Initialized(wire) => {
                self.requests.remove(&wire);
                if self.link == Link::Handshake {
                    self.ready();
                }
            }
            Says::StartupFailure => self.startup_failure(),
            Says::Queued(id) => {
                self.cli.said_queued |= self.active() == Some(id);
                self.written_mut(id).for_each(|written| written.said_queued = true);
                self.cli.has_echoed = true;
                self.belongs(self.owner(id));
            }
            Says::TakeUp(id) => {
                self.cli.busy = Busy::TakenUp;
                self.begin(id);
            }
            Says::Add(id) => {
                self.belongs(self.owner(id));
                self.enter(Stage::Added, |written| written.id == id);
            }
            Says::Done(id) => {
                self.belongs(self.owner(id));
                self.written_mut(id).for_each(|written| written.stage = Stage::Over);
            }
            Says::Begin(id, session) => {
                self.cli.busy = Busy::Ours;
                self.confirm(session);
                let doubtful = !self.echoes && self.cli.has_reported;
                self.opened(self.echoes);
                if doubtful { self.keep(says) } else { self.begin(id) }
            }
            Says::End(id, session) => {
                self.cli.busy = Busy::No;
                self.cli.ended = Some(id);
                self.confirm(session);
                self.belongs(self.owner(id));
                self.answered();
            }
            Says::Cancelled(id) => {
                self.cli.has_echoed = true;
                self.belongs(self.owner(id));
                self.withdrawn(id);
            }
            Says::ForeignBegin(session) => {
                let doubtful = !self.cli.has_echoed && self.cli.holds && self.run.is_some();
                self.cli.busy = Busy::Foreign;
                self.confirm(session);
                self.opened(false);
                if doubtful { self.keep(says) } else { self.belongs(None) }
            }
            Says::ForeignEnd(session) => {
                self.cli.busy = Busy::No;
                self.confirm(session);
                self.belongs(None);
            }
            Says::Stray => match (&self.run, self.cli.holds, self.echoes) {
                (None, ..) => self.facts.push(Fact::Event),
                (Some(_), true, true) => self.facts.extend([Fact::Event, Fact::Event]),
                _ => self.keep(says),
            },
            Says::Other => {
                self.cli.has_echoed = true;
                if self.cli.busy == Busy::Foreign {
                    self.cli.busy = Busy::No;
                }
                self.facts.extend(self.run.as_ref().map(|_| Fact::Event));
                self.facts.push(Fact::Event);
            }
            Says::Report => {
                self.cli.has_reported = true;
                self.passes();
            }
            Says::Reply { wire, cancelled } => self.replied(wire, Ok(cancelled)),
            Says::Refused(wire) => self.replied(wire, Err(End::Refused)),
        }
    }

    fn replied(&mut self, wire: u64, reply: Result<bool, End>) {
        self.cli.settings.entry(wire).and_modify(|(.., accepted)| *accepted = reply.is_ok());
        match self.requests.remove(&wire).map(|(purpose, _)| purpose) {
            Some(Purpose::Caller(n)) => {
                self.settled(n, reply.is_ok());
                self.facts.push(Fact::Replied(n, reply.is_ok()));
            }
            Some(Purpose::Initialize) => self.give_up(End::Refused),
            Some(purpose @ (Purpose::Apply | Purpose::Restore | Purpose::MakeAgain(_))) => {
                self.switched(purpose, reply.err())
            }
            Some(Purpose::Withdraw(turn, id))
                if reply == Ok(true) && self.cli.holds && self.active() == Some(turn) =>
            {
                self.settle(false);
                self.withdrawn(id);
            }
            _ => {}
        }
    }

    fn ready(&mut self) {
        self.link = Link::Ready;
        self.was_ready = true;
        let connecting = std::mem::take(&mut self.connecting);
        self.facts.extend(connecting.into_iter().map(|n| Fact::Replied(n, true)));
        self.make_again();
        for (n, request) in std::mem::take(&mut self.held) {
            self.ask(n, request);
        }
    }

    /// A step of the beginning of a turn, for the prompt or for a message. An earlier interrupt is
    /// repeated.
    pub(super) fn begin(&mut self, id: u64) {
        self.cli.holds = false;
        self.belongs(self.owner(id));
        self.take(id);
        let is_drained = |at: u64| at <= self.clock;
        let Some(run) = self
            .run
            .as_ref()
            .filter(|run| self.link == Link::Ready && !run.drain_at.is_some_and(is_drained))
        else {
            return;
        };
        if run.drain_at.is_some() {
            self.drain();
        } else if run.interrupted_early {
            let wire = self.send(Purpose::Interrupt, CONTROL);
            self.facts.push(Fact::Interrupt(wire));
        }
    }

    fn startup_failure(&mut self) {
        let waits = !(self.connecting.is_empty() && self.held.is_empty() && self.queue.is_empty());
        match self.take_prompt_of_start() {
            Some(ask) => {
                self.facts.extend([Fact::Delivered(ask.turn), Fact::Ended(ask.turn, End::Result)])
            }
            None => self.facts.push(Fact::Event),
        }
        if waits {
            self.fail_requests_of_start();
            self.is_wanted.get_or_insert(false);
            self.link = Link::Closing { for_good: false };
            self.facts.push(Fact::CloseStdin);
        }
    }

    fn opened(&mut self, named: bool) {
        self.cli.has_opened = true;
        self.cli.has_named |= named;
        self.cli.has_reported = false;
    }

    /// A line that names no prompt and neither begins nor ends a turn.
    pub(super) fn passes(&mut self) {
        self.belongs(match self.cli.busy {
            Busy::TakenUp | Busy::Ours => self.active(),
            Busy::Foreign => None,
            // A CLI that names a prompt when it begins it has not begun yet.
            Busy::No => self.active().filter(|_| self.cli.holds && !self.cli.has_echoed),
        });
    }

    /// The line names a session.
    pub(super) fn confirm(&mut self, session: u64) {
        self.cli.session = session;
        if !self.forgotten && self.session != Some(session) {
            self.session = Some(session);
            self.facts.push(Fact::Session(session));
        }
    }

    /// A line that belongs to this turn; it is not delivered if the turn has no reader.
    pub(super) fn belongs(&mut self, turn: Option<u64>) {
        match (&self.run, turn) {
            (Some(run), Some(turn)) if run.turn == turn => {
                self.report_if(run.read, Fact::Delivered(turn))
            }
            _ => self.facts.push(Fact::Event),
        }
    }
}
