//! The possible next steps and their weights.

use super::reference::{Busy, DRAIN, HANDSHAKE, Link, Model, Purpose, Stage};
use super::vocabulary::{Ask, Request, Says, Setting, Step};

/// The limits that a prompt may have, in seconds.
const TIMEOUT: u64 = 20;
const IDLE: u64 = 10;

impl Model {
    /// Returns every step that a caller, a well-behaved CLI, the clock or the process can take now,
    /// with its weight.
    pub(super) fn possible(&self) -> Vec<(u32, Step)> {
        let n = self.next;
        let plain = Ask { turn: n, timeout: None, idle: None, profile: 0, switches: &[] };
        let mut steps = vec![
            (6, Step::Query(plain)),
            (2, Step::Query(Ask { timeout: Some(TIMEOUT), ..plain })),
            (4, Step::Query(Ask { idle: Some(IDLE), ..plain })),
            (1, Step::Query(Ask { timeout: Some(TIMEOUT), idle: Some(IDLE), ..plain })),
            (2, Step::Query(Ask { profile: 1, ..plain })),
            (2, Step::Query(Ask { switches: &[Setting::Model], ..plain })),
            (1, Step::Query(Ask { switches: &[Setting::Mode], ..plain })),
            (
                1,
                Step::Query(Ask {
                    profile: 1,
                    switches: &[Setting::Model, Setting::Mode],
                    idle: Some(IDLE),
                    ..plain
                }),
            ),
            (1, Step::Connect(n)),
            (2, Step::Control(n, Request::Usage)),
            (3, Step::Control(n, Request::Interrupt)),
            (2, Step::Tick(1)),
            (2, Step::Tick(IDLE)),
            (1, Step::Tick(DRAIN)),
            (1, Step::Tick(HANDSHAKE)),
            (if self.held_back { 6 } else { 2 }, Step::Reading(self.held_back)),
            (1, Step::Forget),
            (if self.parted { 8 } else { 1 }, Step::Restart(n, false)),
            (1, Step::Restart(n, true)),
            (1, Step::Probe(n)),
        ];
        let turns = self
            .queue
            .iter()
            .chain(&self.preparing.prompt)
            .map(|ask| ask.turn)
            .chain(self.active())
            .chain(self.cli.ended);
        let turns: Vec<_> = turns.collect();
        steps.extend(turns.iter().map(|turn| (2, Step::Drop(*turn))));
        let weight = |turn| if self.active() == Some(turn) { 8 } else { 1 };
        steps.extend(turns.iter().map(|turn| (weight(*turn), Step::Steer(n, *turn))));
        steps.extend(
            (0..=2).map(|value| (1, Step::Control(n, Request::Set(Setting::Model, value)))),
        );
        steps
            .extend((1..=2).map(|value| (1, Step::Control(n, Request::Set(Setting::Mode, value)))));
        let waiting = self.requests.values().filter_map(|(purpose, _)| {
            if let Purpose::Caller(n) = purpose { Some(*n) } else { None }
        });
        steps.extend(
            waiting
                .chain(self.held.iter().map(|(n, _)| *n))
                .chain(self.connecting.iter().copied())
                .map(|n| (1, Step::Cancel(n))),
        );
        steps.extend(self.callbacks.values().map(|n| (3, Step::Answer(*n))));
        match self.link {
            Link::Opening => steps.extend([(20, Step::Opened), (1, Step::Exit), (1, Step::Stop)]),
            Link::Idle if self.parted => steps.push((1, Step::Stop)),
            Link::Idle | Link::Stopped => {}
            Link::Handshake | Link::Ready => steps.extend([
                (1, Step::Leaving),
                (1, Step::HungUp),
                (1, Step::Exit),
                (1, Step::Stop),
            ]),
            Link::Closing { .. } => {
                steps.extend([(10, Step::Exit), (1, Step::Leaving), (1, Step::Stop)])
            }
        }
        let unread = self.unread().filter(|_| !matches!(self.link, Link::Opening | Link::Idle));
        steps.extend(unread.map(|turn| (3, Step::ExitUnread(turn))));
        steps.extend(
            self.cli_can_say().into_iter().map(|(weight, says)| (weight, Step::Says(says))),
        );
        steps
    }

    /// The turn whose prompt the CLI may not have read: it has not mentioned it.
    fn unread(&self) -> Option<u64> {
        let is_silent = self.cli.holds && !self.cli.said_queued && self.cli.busy != Busy::TakenUp;
        self.active().filter(|turn| is_silent && self.waiting().contains(turn))
    }

    fn cli_can_say(&self) -> Vec<(u32, Says)> {
        if matches!(self.link, Link::Idle | Link::Opening | Link::Stopped) {
            return Vec::new();
        }
        let mut says = vec![
            (3, Says::Text),
            (1, Says::Noise),
            (1, Says::Malformed),
            (1, Says::KeepAlive),
            (1, Says::StrayReply),
        ];
        says.push((2, Says::Ask(self.next)));
        says.extend(self.callbacks.keys().map(|id| (1, Says::TakeBack(*id))));
        for (wire, (purpose, _)) in &self.requests {
            let reply = |cancelled| Says::Reply { wire: *wire, cancelled };
            match purpose {
                Purpose::Initialize => {
                    says.extend([(20, Says::Initialized(*wire)), (1, Says::Refused(*wire))])
                }
                Purpose::Withdraw(turn, id) => {
                    let has_it = self.active() == Some(*turn) && self.waiting().contains(id);
                    says.extend(has_it.then_some((8, reply(true))));
                    says.extend([(4, reply(false)), (1, Says::Refused(*wire))]);
                }
                _ => says.extend([(6, reply(false)), (2, Says::Refused(*wire))]),
            }
        }
        if self.link == Link::Handshake {
            says.push((1, Says::StartupFailure));
            return says;
        }
        says.extend(self.turns_can_go_on());
        says
    }

    fn turns_can_go_on(&self) -> Vec<(u32, Says)> {
        let mut says = Vec::new();
        // A conversation that is cleared or compacted continues under another id.
        let sessions = [(4, self.cli.session), (1, self.next)];
        let prompt = self.active().filter(|turn| self.cli.holds && self.waiting().contains(turn));
        if let (Some(turn), true) = (prompt, self.echoes) {
            says.extend((!self.cli.said_queued).then_some((20, Says::Queued(turn))));
            says.push((1, Says::Cancelled(turn)));
        }
        if self.echoes && (prompt.is_none() || self.cli.said_queued) {
            says.extend(self.of_messages());
        }
        // A turn opened now would be one that the CLI started itself.
        let held = self.held().filter(|_| !self.is_reported());
        match (self.cli.busy, held, self.head()) {
            (Busy::No, Some(turn), _) if self.echoes && prompt.is_some() => {
                says.extend(self.cli.said_queued.then_some((20, Says::TakeUp(turn))))
            }
            (Busy::No, Some(_), _) if self.echoes => {
                says.extend(self.waiting().into_iter().map(|message| (10, Says::TakeUp(message))))
            }
            (Busy::No, Some(id), _) | (Busy::TakenUp, _, Some(id)) => {
                says.extend(
                    sessions.map(|(weight, session)| (4 * weight, Says::Begin(id, session))),
                );
            }
            (Busy::Ours, _, Some(id)) => {
                says.extend(sessions.map(|(weight, session)| (2 * weight, Says::End(id, session))))
            }
            (Busy::Foreign, ..) => says.push((8, Says::ForeignEnd(self.cli.session))),
            _ => {}
        }
        // If nothing is echoed, a turn started by the CLI looks like ours, unless the end of a task
        // was reported before.
        let known = held.is_none() || self.cli.has_echoed || self.cli.has_reported;
        if self.cli.busy == Busy::No && known {
            says.push((3, Says::ForeignBegin(self.cli.session)));
        }
        says.push((2, Says::Report));
        says.extend(self.echoes.then_some((1, Says::Other)));
        says.extend(self.can_stray().then_some((3, Says::Stray)));
        says.extend(self.cli.ended.filter(|_| self.echoes).map(|turn| (1, Says::Late(turn))));
        says
    }

    /// What a CLI that echoes says of the messages that it has.
    fn of_messages(&self) -> Vec<(u32, Says)> {
        let mut says = Vec::new();
        let runs = matches!(self.cli.busy, Busy::TakenUp | Busy::Ours);
        for message in self.run.iter().flat_map(|run| run.written.iter().skip(1)) {
            let id = message.id;
            match message.stage {
                Stage::Waiting => {
                    says.extend((!message.said_queued).then_some((6, Says::Queued(id))));
                    says.extend(runs.then_some((6, Says::Add(id))));
                    says.push((1, Says::Cancelled(id)));
                }
                Stage::Added => says.push((2, Says::Done(id))),
                Stage::Begun | Stage::Over => {}
            }
        }
        says
    }

    /// Whether a CLI that does not echo has messages left after a result. What it opens or ends now
    /// looks like the turn of these messages.
    fn goes_on_unnamed(&self) -> bool {
        !self.echoes && self.run.as_ref().is_some_and(|run| run.goes_on)
    }

    /// Whether a result that is not the turn's can come, and the CLI shows that it is not.
    fn can_stray(&self) -> bool {
        match (self.cli.busy, self.active()) {
            (Busy::Foreign, _) => false,
            (_, None) => true,
            (Busy::No, Some(_)) if self.echoes => self.cli.holds && self.cli.has_echoed,
            (Busy::No, Some(_)) => self.cli.holds && self.cli.has_opened && !self.goes_on_unnamed(),
            (Busy::TakenUp | Busy::Ours, Some(_)) => self.echoes && self.cli.has_named,
        }
    }
}
