//! The reference: a well-behaved CLI, a caller, and the expected outcome of each turn and request.
//! It knows where a line belongs because it writes it; the machine has to find out.

use std::collections::{BTreeMap, VecDeque};

use super::settings::Settings;
use super::vocabulary::{Ask, Fact, Request, Setting, Step};
use crate::protocol::Reconnect;

pub(super) const MAX_QUEUE: usize = 2;
pub(super) const DRAIN: u64 = 30;
pub(super) const CONTROL: u64 = 45;
pub(super) const HANDSHAKE: u64 = 60;
pub(super) const PROBE: u64 = 15;

#[derive(Clone, Debug)]
pub(super) struct Model {
    /// Whether the CLI echoes uuids.
    pub(super) echoes: bool,
    pub(super) reconnect: Reconnect,
    /// The facts of the last step.
    pub(super) facts: Vec<Fact>,
    pub(super) link: Link,
    pub(super) clock: u64,
    /// Whether reading of the CLI's output is paused.
    pub(super) held_back: bool,
    pub(super) queue: VecDeque<Ask>,
    /// The messages of turns that wait, each with its turn.
    pub(super) notes: Vec<(u64, u64)>,
    pub(super) preparing: Preparing,
    pub(super) settings: Settings,
    pub(super) run: Option<Run>,
    pub(super) kept: Kept,
    /// The turn whose prompt was written twice.
    pub(super) repeated: Option<u64>,
    pub(super) cli: Cli,
    /// The session that the CLI has confirmed.
    pub(super) session: Option<u64>,
    /// Whether the session of this process is to be forgotten.
    pub(super) forgotten: bool,
    /// Whether an end was one that the host did not cause, and nothing is opened until a restart.
    pub(super) parted: bool,
    /// Why this process is being ended, if the host ends it: whether it wants that.
    pub(super) is_wanted: Option<bool>,
    /// The restart that was asked for while there was a process.
    pub(super) restart: Option<u64>,
    /// The profile with which the CLI was launched.
    pub(super) profile: u64,
    /// The turn or the request for which it was launched.
    pub(super) opened_for: u64,
    /// Whether it has answered the handshake.
    pub(super) was_ready: bool,
    pub(super) connecting: Vec<u64>,
    /// Requests that wait for the handshake.
    pub(super) held: Vec<(u64, Request)>,
    /// By number on the wire, with their deadline.
    pub(super) requests: BTreeMap<u64, (Purpose, u64)>,
    /// By the CLI's id, with the machine's number.
    pub(super) callbacks: BTreeMap<u64, u64>,
    pub(super) last_wire: u64,
    pub(super) last_callback: u64,
    /// The counter for turns, requests, sessions and ids of the CLI.
    pub(super) next: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Idle,
    Opening,
    Handshake,
    Ready,
    Closing { for_good: bool },
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Initialize,
    Caller(u64),
    Apply,
    Restore,
    MakeAgain(Setting),
    Interrupt,
    /// A turn, and what is withdrawn.
    Withdraw(u64, u64),
}

/// The settings of a turn, before and after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Preparing {
    /// The prompt that waits for them.
    pub(super) prompt: Option<Ask>,
    /// Whether the caller has interrupted it.
    pub(super) interrupted: bool,
    pub(super) failure: Option<super::vocabulary::End>,
    /// How many replies are pending.
    pub(super) awaited: usize,
    /// The settings to restore.
    pub(super) owed: Vec<(Setting, u64)>,
}

/// The turn whose prompt the CLI has received.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) ask: Ask,
    pub(super) turn: u64,
    /// The prompt, then the messages.
    pub(super) written: Vec<Written>,
    /// Whether a result has come, and messages were left.
    pub(super) goes_on: bool,
    /// When the messages of a CLI that does not echo count as added.
    pub(super) opens_until: Option<u64>,
    pub(super) read: bool,
    pub(super) limit_at: Option<u64>,
    pub(super) idle: Option<u64>,
    /// When the silence began.
    pub(super) heard_at: u64,
    /// Whether the caller interrupted it before the CLI began it. That has no effect and is
    /// repeated.
    pub(super) interrupted_early: bool,
    pub(super) drain_at: Option<u64>,
}

/// A prompt or a message that was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) id: u64,
    pub(super) stage: Stage,
    /// Whether the CLI has said that it waits, of a message.
    pub(super) said_queued: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    Begun,
    Added,
    Over,
}

/// The lines that the host holds until it knows where they belong.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) lines: Vec<super::vocabulary::Says>,
    /// When the lines go to the turn.
    pub(super) until: Option<u64>,
}

/// The process at the other end.
#[derive(Clone, Debug)]
pub(super) struct Cli {
    pub(super) busy: Busy,
    /// Whether it has a prompt or messages that it has not begun.
    pub(super) holds: bool,
    /// Whether it has said that the prompt waits.
    pub(super) said_queued: bool,
    pub(super) has_echoed: bool,
    /// Whether it has opened a turn, and whether it has named a prompt there.
    pub(super) has_opened: bool,
    pub(super) has_named: bool,
    /// Whether a background task has ended since it opened a turn.
    pub(super) has_reported: bool,
    /// The last turn that it ended.
    pub(super) ended: Option<u64>,
    pub(super) session: u64,
    /// The settings requests it received, by number, and whether it accepted each.
    pub(super) settings: BTreeMap<u64, (Setting, u64, bool)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    No,
    /// Has taken up one of our prompts, but not opened its turn.
    TakenUp,
    Ours,
    Foreign,
}

impl Cli {
    pub(super) fn new(session: u64) -> Self {
        Self {
            busy: Busy::No,
            holds: false,
            said_queued: false,
            has_echoed: false,
            has_opened: false,
            has_named: false,
            has_reported: false,
            ended: None,
            session,
            settings: BTreeMap::new(),
        }
    }
}

impl Model {
    pub(super) fn new(echoes: bool, reconnect: Reconnect) -> Self {
        Self {
            echoes,
            reconnect,
            facts: Vec::new(),
            link: Link::Idle,
            clock: 0,
            held_back: false,
            queue: VecDeque::new(),
            notes: Vec::new(),
            preparing: Preparing::default(),
            settings: Settings::default(),
            run: None,
            kept: Kept::default(),
            repeated: None,
            cli: Cli::new(0),
            session: None,
            forgotten: false,
            parted: false,
            is_wanted: None,
            restart: None,
            profile: 0,
            opened_for: 0,
            was_ready: false,
            connecting: Vec::new(),
            held: Vec::new(),
            requests: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            last_wire: 0,
            last_callback: 0,
            next: 1,
        }
    }

    pub(super) fn step(mut self, step: &Step) -> Self {
        self.facts.clear();
        match *step {
            Step::Query(ask) => self.query(ask),
            Step::Steer(message, turn) => self.steer(message, turn),
            Step::Drop(turn) => self.abandon(turn),
            Step::Connect(n) => self.connect(n),
            Step::Control(n, request) => self.control(n, request),
            Step::Cancel(n) => self.cancel(n),
            Step::Answer(n) => self.answer(n),
            Step::Forget => self.forget(),
            Step::Restart(n, fresh) => self.restart(n, fresh),
            Step::Probe(n) => self.probe(n),
            Step::Stop => self.stop(),
            Step::Reading(reading) => {
                self.held_back = !reading;
                self.heard();
            }
            Step::Opened => {
                self.link = Link::Handshake;
                let wire = self.send(Purpose::Initialize, HANDSHAKE);
                self.facts.push(Fact::Request(wire));
            }
            Step::Tick(seconds) => self.tick(seconds),
            Step::Leaving if self.link == Link::Ready => {
                self.link = Link::Closing { for_good: false }
            }
            Step::Leaving => {}
            Step::HungUp if self.link == Link::Handshake => {
                self.give_up(super::vocabulary::End::HungUp)
            }
            Step::HungUp => {}
            Step::Exit => self.exit(false),
            Step::ExitUnread(_) => self.exit(true),
            Step::Says(ref says) => self.hear(says),
        }
        self.advance();
        self.drop_notes();
        self.next += 1;
        self
    }

    pub(super) fn active(&self) -> Option<u64> {
        self.run.as_ref().map(|run| run.turn)
    }

    pub(super) fn queue_len(&self) -> usize {
        self.queue.len() + usize::from(self.preparing.prompt.is_some())
    }

    pub(super) fn stopped(&self) -> bool {
        matches!(self.link, Link::Stopped | Link::Closing { for_good: true })
    }

    pub(super) fn can_write(&self) -> bool {
        matches!(self.link, Link::Handshake | Link::Ready)
    }

    pub(super) fn report_if(&mut self, condition: bool, fact: Fact) {
        self.facts.extend(condition.then_some(fact));
    }

    pub(super) fn send(&mut self, purpose: Purpose, limit: u64) -> u64 {
        self.last_wire += 1;
        self.requests.insert(self.last_wire, (purpose, self.clock + limit));
        self.last_wire
    }
}
