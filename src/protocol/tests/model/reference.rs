//! The reference: a CLI that behaves, a caller, and what must become of each turn and request. It knows whose line a line is, because it
//! is the one who says it; the machine has to find out.

use std::collections::{BTreeMap, VecDeque};

pub(super) const MAX_QUEUE: usize = 2;
pub(super) const DRAIN: u64 = 30;
pub(super) const CONTROL: u64 = 45;
pub(super) const HANDSHAKE: u64 = 60;

/// What comes out, as far as the model foretells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Open,
    /// A prompt was written.
    Prompt(u64),
    /// A request was written, under this number on the wire.
    Request(u64),
    Interrupt(u64),
    Withdraw(u64),
    TookBack,
    Answered,
    Delivered(u64),
    Ended(u64, End),
    Replied(u64, bool),
    Asked(u64),
    TakenBack(u64),
    /// An event.
    Told,
    CloseStdin,
    Terminate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Result,
    Closed,
    Timeout,
    Withdrawn,
    Stopped,
    QueueFull,
    Handshake,
}

/// One step of the caller, the CLI, the clock or the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Query { turn: u64, timeout: Option<u64> },
    Drop(u64),
    Connect(u64),
    Control(u64),
    Cancel(u64),
    Answer(u64),
    Forget,
    Stop,
    Opened,
    Tick(u64),
    Exit,
    Says(Says),
}

/// What the CLI writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// The reply to `initialize`, under its number on the wire.
    Initialized(u64),
    Refused(u64),
    StartupFailure,
    Queued(u64),
    Begin(u64),
    Text,
    End(u64),
    Cancelled(u64),
    Late(u64),
    ForeignBegin,
    ForeignEnd,
    Reply {
        wire: u64,
        cancelled: bool,
    },
    StrayReply,
    Ask(u64),
    TakeBack(u64),
    Noise,
    Malformed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Idle,
    Opening,
    Handshake,
    Ready,
    Closing { for_good: bool },
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Initialize,
    Caller(u64),
    Interrupt,
    Withdraw(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Busy {
    No,
    Ours,
    Foreign,
}

/// The turn whose prompt the CLI has.
#[derive(Clone, Debug)]
struct Run {
    turn: u64,
    read: bool,
    limit_at: Option<u64>,
    over: bool,
    drain_at: Option<u64>,
}

/// The process at the other end.
#[derive(Clone, Debug)]
struct Cli {
    busy: Busy,
    /// Does it have a prompt that it has not begun with? And has it said so?
    holds: bool,
    said_queued: bool,
    has_echoed: bool,
    /// The last turn that it ended.
    ended: Option<u64>,
}

const NEW_CLI: Cli = Cli { busy: Busy::No, holds: false, said_queued: false, has_echoed: false, ended: None };

#[derive(Clone, Debug)]
pub(super) struct Model {
    /// Does the CLI echo uuids?
    pub(super) echoes: bool,
    /// What the last step gave.
    pub(super) facts: Vec<Fact>,
    link: Link,
    clock: u64,
    queue: VecDeque<(u64, Option<u64>)>,
    run: Option<Run>,
    cli: Cli,
    connecting: Vec<u64>,
    held: Vec<u64>,
    /// By number on the wire; with the time of its end.
    requests: BTreeMap<u64, (Purpose, u64)>,
    /// By the CLI's id; with the machine's number.
    callbacks: BTreeMap<u64, u64>,
    last_wire: u64,
    last_callback: u64,
    /// Turns, requests and ids of the CLI's are numbered in one row.
    next: u64,
}

impl Model {
    pub(super) fn new(echoes: bool) -> Self {
        Self {
            echoes,
            facts: Vec::new(),
            link: Link::Idle,
            clock: 0,
            queue: VecDeque::new(),
            run: None,
            cli: NEW_CLI,
            connecting: Vec::new(),
            held: Vec::new(),
            requests: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            last_wire: 0,
            last_callback: 0,
            next: 1,
        }
    }

    pub(super) fn active(&self) -> Option<u64> {
        self.run.as_ref().map(|run| run.turn)
    }

    pub(super) fn queue_len(&self) -> usize {
        self.queue.len()
    }

    /// Every step that a caller, a CLI that behaves, or the world can take now, with its weight.
    pub(super) fn possible(&self) -> Vec<(u32, Step)> {
        let n = self.next;
        let mut steps = vec![
            (6, Step::Query { turn: n, timeout: None }),
            (2, Step::Query { turn: n, timeout: Some(20) }),
            (1, Step::Connect(n)),
            (2, Step::Control(n)),
            (2, Step::Tick(1)),
            (1, Step::Tick(DRAIN)),
            (1, Step::Tick(HANDSHAKE)),
        ];
        let turns = self.queue.iter().map(|(turn, _)| *turn).chain(self.active()).chain(self.cli.ended);
        steps.extend(turns.map(|turn| (2, Step::Drop(turn))));
        let waiting = self.requests.values().filter_map(|(purpose, _)| if let Purpose::Caller(n) = purpose { Some(*n) } else { None });
        steps.extend(waiting.chain(self.held.iter().copied()).chain(self.connecting.iter().copied()).map(|n| (1, Step::Cancel(n))));
        steps.extend(self.callbacks.values().map(|n| (3, Step::Answer(*n))));
        steps.push((1, Step::Forget));
        match self.link {
            Link::Opening => steps.extend([(20, Step::Opened), (1, Step::Exit), (1, Step::Stop)]),
            Link::Idle | Link::Stopped => {}
            Link::Handshake | Link::Ready => steps.extend([(1, Step::Exit), (1, Step::Stop)]),
            Link::Closing { .. } => steps.extend([(10, Step::Exit), (1, Step::Stop)]),
        }
        steps.extend(self.cli_can_say().into_iter().map(|(weight, says)| (weight, Step::Says(says))));
        steps
    }

    fn cli_can_say(&self) -> Vec<(u32, Says)> {
        if matches!(self.link, Link::Idle | Link::Opening | Link::Stopped) {
            return Vec::new();
        }
        let mut says = vec![(3, Says::Text), (1, Says::Noise), (1, Says::Malformed), (1, Says::StrayReply), (2, Says::Ask(self.next))];
        says.extend(self.callbacks.keys().map(|id| (1, Says::TakeBack(*id))));
        for (wire, (purpose, _)) in &self.requests {
            match purpose {
                Purpose::Initialize => says.extend([(20, Says::Initialized(*wire)), (1, Says::Refused(*wire))]),
                _ => says.extend([(4, Says::Reply { wire: *wire, cancelled: false }), (4, Says::Reply { wire: *wire, cancelled: true })]),
            }
        }
        if self.link == Link::Handshake {
            says.push((1, Says::StartupFailure));
            return says;
        }
        let held = self.active().filter(|_| self.cli.holds);
        if let (Some(turn), true) = (held, self.echoes) {
            says.extend((!self.cli.said_queued).then_some((20, Says::Queued(turn))));
            says.push((1, Says::Cancelled(turn)));
        }
        match (self.cli.busy, held, self.active()) {
            (Busy::No, Some(turn), _) if self.cli.said_queued || !self.echoes => says.push((20, Says::Begin(turn))),
            (Busy::Ours, _, Some(turn)) => says.push((8, Says::End(turn))),
            (Busy::Foreign, ..) => says.push((8, Says::ForeignEnd)),
            _ => {}
        }
        // Where nothing is echoed, nobody could tell a turn of the CLI's own from ours.
        if self.cli.busy == Busy::No && (held.is_none() || self.cli.has_echoed) {
            says.push((3, Says::ForeignBegin));
        }
        says.extend(self.cli.ended.filter(|_| self.echoes).map(|turn| (1, Says::Late(turn))));
        says
    }

    pub(super) fn step(mut self, step: &Step) -> Self {
        self.facts.clear();
        match *step {
            Step::Query { turn, timeout } => self.query(turn, timeout),
            Step::Drop(turn) => self.abandon(turn),
            Step::Connect(n) => self.connect(n),
            Step::Control(n) => self.control(n),
            Step::Cancel(n) => self.cancel(n),
            Step::Answer(n) => {
                self.callbacks.retain(|_, callback| *callback != n);
                self.tell_if(self.can_write(), Fact::Answered);
            }
            Step::Forget => {
                if matches!(self.link, Link::Opening | Link::Handshake | Link::Ready) {
                    self.terminate();
                }
            }
            Step::Stop => self.stop(),
            Step::Opened => {
                self.link = Link::Handshake;
                let wire = self.send(Purpose::Initialize, HANDSHAKE);
                self.facts.push(Fact::Request(wire));
            }
            Step::Tick(seconds) => self.tick(seconds),
            Step::Exit => self.exit(),
            Step::Says(ref says) => self.hear(says),
        }
        self.next += 1;
        self
    }

    fn stopped(&self) -> bool {
        matches!(self.link, Link::Stopped | Link::Closing { for_good: true })
    }

    fn can_write(&self) -> bool {
        matches!(self.link, Link::Handshake | Link::Ready)
    }

    fn tell_if(&mut self, condition: bool, fact: Fact) {
        self.facts.extend(condition.then_some(fact));
    }

    fn send(&mut self, purpose: Purpose, limit: u64) -> u64 {
        self.last_wire += 1;
        self.requests.insert(self.last_wire, (purpose, self.clock + limit));
        self.last_wire
    }

    fn query(&mut self, turn: u64, timeout: Option<u64>) {
        if self.stopped() {
            self.facts.push(Fact::Ended(turn, End::Stopped));
        } else if self.queue.len() >= MAX_QUEUE + usize::from(self.run.is_none()) {
            self.facts.push(Fact::Ended(turn, End::QueueFull));
        } else {
            self.queue.push_back((turn, timeout));
            self.open();
            self.advance();
        }
    }

    fn connect(&mut self, n: u64) {
        match self.link {
            _ if self.stopped() => self.facts.push(Fact::Replied(n, false)),
            Link::Ready => self.facts.push(Fact::Replied(n, true)),
            _ => {
                self.connecting.push(n);
                self.open();
            }
        }
    }

    fn control(&mut self, n: u64) {
        match self.link {
            _ if self.stopped() => self.facts.push(Fact::Replied(n, false)),
            Link::Ready => {
                let wire = self.send(Purpose::Caller(n), CONTROL);
                self.facts.push(Fact::Request(wire));
            }
            _ => {
                self.held.push(n);
                self.open();
            }
        }
    }

    fn cancel(&mut self, n: u64) {
        self.held.retain(|held| *held != n);
        self.connecting.retain(|waiting| *waiting != n);
        let before = self.requests.len();
        self.requests.retain(|_, (purpose, _)| *purpose != Purpose::Caller(n));
        self.tell_if(self.requests.len() < before && self.can_write(), Fact::TookBack);
    }

    fn open(&mut self) {
        if self.link == Link::Idle {
            self.link = Link::Opening;
            self.cli = NEW_CLI;
            self.facts.push(Fact::Open);
        }
    }

    fn advance(&mut self) {
        if self.link == Link::Ready
            && self.run.is_none()
            && let Some((turn, timeout)) = self.queue.pop_front()
        {
            self.facts.push(Fact::Prompt(turn));
            self.run = Some(Run { turn, read: true, limit_at: timeout.map(|limit| self.clock + limit), over: false, drain_at: None });
            self.cli.holds = true;
            self.cli.said_queued = false;
        }
    }

    fn abandon(&mut self, turn: u64) {
        self.queue.retain(|(queued, _)| *queued != turn);
        if let Some(run) = self.run.as_mut().filter(|run| run.turn == turn) {
            run.read = false;
            if run.drain_at.is_none() {
                self.drain();
            }
        }
    }

    fn drain(&mut self) {
        let Some(run) = &mut self.run else { return };
        run.drain_at = Some(self.clock + DRAIN);
        if self.link != Link::Ready {
            return;
        }
        let turn = run.turn;
        let fact = if self.cli.busy == Busy::Foreign {
            Fact::Withdraw(self.send(Purpose::Withdraw(turn), CONTROL))
        } else {
            Fact::Interrupt(self.send(Purpose::Interrupt, CONTROL))
        };
        self.facts.push(fact);
    }

    /// The turn that runs ends.
    fn end(&mut self, end: End) {
        if let Some(run) = self.run.take() {
            self.tell_if(run.read, Fact::Ended(run.turn, if run.over { End::Timeout } else { end }));
        }
    }

    fn fail_waiting(&mut self, end: End) {
        self.fail_requests();
        if let Some((turn, _)) = self.queue.pop_front() {
            self.facts.push(Fact::Ended(turn, end));
        }
    }

    fn fail_requests(&mut self) {
        let waiting = std::mem::take(&mut self.connecting).into_iter().chain(std::mem::take(&mut self.held));
        self.facts.extend(waiting.map(|n| Fact::Replied(n, false)));
    }

    fn terminate(&mut self) {
        if !self.stopped() {
            self.link = Link::Closing { for_good: false };
        }
        self.facts.push(Fact::Terminate);
    }

    fn stop(&mut self) {
        let queue = std::mem::take(&mut self.queue);
        self.facts.extend(queue.into_iter().map(|(turn, _)| Fact::Ended(turn, End::Stopped)));
        self.fail_requests();
        if self.stopped() {
            return;
        }
        if self.link == Link::Ready && self.run.as_ref().is_some_and(|run| run.drain_at.is_none()) {
            self.drain();
        }
        self.link = Link::Closing { for_good: true };
        self.facts.push(Fact::CloseStdin);
    }

    fn tick(&mut self, seconds: u64) {
        self.clock += seconds;
        let due: Vec<_> =
            self.requests.iter().filter(|(_, (_, at))| *at <= self.clock).map(|(wire, (purpose, _))| (*wire, *purpose)).collect();
        for (wire, purpose) in due {
            self.requests.remove(&wire);
            match purpose {
                Purpose::Caller(n) => {
                    self.tell_if(self.can_write(), Fact::TookBack);
                    self.facts.push(Fact::Replied(n, false));
                }
                Purpose::Initialize => {
                    if self.link == Link::Handshake {
                        self.fail_waiting(End::Handshake);
                    }
                    self.terminate();
                }
                Purpose::Interrupt | Purpose::Withdraw(_) => {}
            }
        }
        let Some(run) = &mut self.run else { return };
        match (run.drain_at, run.limit_at) {
            (Some(at), _) if at <= self.clock => {
                self.end(End::Closed);
                self.terminate();
            }
            (None, Some(at)) if at <= self.clock => {
                run.over = true;
                self.drain();
            }
            _ => {}
        }
    }

    fn exit(&mut self) {
        let link = self.link;
        let for_good = self.stopped();
        self.link = if for_good { Link::Stopped } else { Link::Idle };
        self.facts.extend(std::mem::take(&mut self.callbacks).into_values().map(Fact::TakenBack));
        for (purpose, _) in std::mem::take(&mut self.requests).into_values() {
            if let Purpose::Caller(n) = purpose {
                self.facts.push(Fact::Replied(n, false));
            }
        }
        self.end(if for_good { End::Stopped } else { End::Closed });
        if matches!(link, Link::Opening | Link::Handshake) {
            self.fail_waiting(End::Closed);
        }
        if !(self.queue.is_empty() && self.held.is_empty() && self.connecting.is_empty()) {
            self.open();
        }
    }

    fn hear(&mut self, says: &Says) {
        match *says {
            Says::Noise | Says::Malformed | Says::StrayReply | Says::Late(_) => self.facts.push(Fact::Told),
            Says::Text => self.belongs(match self.cli.busy {
                Busy::Ours => self.active(),
                Busy::Foreign => None,
                // A CLI that would name a prompt when it begins with it has not begun.
                Busy::No => self.active().filter(|_| self.cli.holds && !self.cli.has_echoed),
            }),
            Says::Ask(id) if self.can_write() => {
                self.last_callback += 1;
                self.callbacks.insert(id, self.last_callback);
                self.facts.push(Fact::Asked(self.last_callback));
            }
            Says::Ask(_) => self.facts.push(Fact::Told),
            Says::TakeBack(id) => self.facts.extend(self.callbacks.remove(&id).map(Fact::TakenBack)),
            Says::Initialized(wire) => {
                self.requests.remove(&wire);
                if self.link == Link::Handshake {
                    self.ready();
                }
            }
            Says::Refused(wire) => {
                self.requests.remove(&wire);
                if self.link == Link::Handshake {
                    self.fail_waiting(End::Handshake);
                }
                self.terminate();
            }
            Says::StartupFailure => match self.queue.pop_front() {
                Some((turn, _)) => {
                    self.facts.extend([Fact::Delivered(turn), Fact::Ended(turn, End::Result)]);
                    self.fail_requests();
                    self.link = Link::Closing { for_good: false };
                    self.facts.push(Fact::CloseStdin);
                }
                None => {
                    self.facts.push(Fact::Told);
                    if !(self.connecting.is_empty() && self.held.is_empty()) {
                        self.fail_requests();
                        self.link = Link::Closing { for_good: false };
                        self.facts.push(Fact::CloseStdin);
                    }
                }
            },
            Says::Queued(turn) => {
                self.cli.said_queued = true;
                self.cli.has_echoed = true;
                self.belongs(Some(turn));
            }
            Says::Begin(turn) => self.begin(turn),
            Says::End(turn) => {
                self.cli.busy = Busy::No;
                self.cli.ended = Some(turn);
                self.belongs(Some(turn));
                self.end(End::Result);
                self.advance();
            }
            Says::Cancelled(turn) => {
                self.cli.holds = false;
                self.cli.has_echoed = true;
                self.belongs(Some(turn));
                self.end(End::Withdrawn);
                self.advance();
            }
            Says::ForeignBegin => {
                self.cli.busy = Busy::Foreign;
                self.belongs(None);
            }
            Says::ForeignEnd => {
                self.cli.busy = Busy::No;
                self.belongs(None);
            }
            Says::Reply { wire, cancelled } => match self.requests.remove(&wire) {
                Some((Purpose::Caller(n), _)) => self.facts.push(Fact::Replied(n, true)),
                Some((Purpose::Withdraw(turn), _)) if cancelled && self.cli.holds && self.active() == Some(turn) => {
                    self.cli.holds = false;
                    self.end(End::Withdrawn);
                    self.advance();
                }
                _ => {}
            },
        }
    }

    fn ready(&mut self) {
        self.link = Link::Ready;
        let connecting = std::mem::take(&mut self.connecting);
        self.facts.extend(connecting.into_iter().map(|n| Fact::Replied(n, true)));
        for n in std::mem::take(&mut self.held) {
            let wire = self.send(Purpose::Caller(n), CONTROL);
            self.facts.push(Fact::Request(wire));
        }
        self.advance();
    }

    /// One line where nothing is echoed, else two.
    fn begin(&mut self, turn: u64) {
        self.cli.busy = Busy::Ours;
        self.cli.holds = false;
        for _ in 0..=usize::from(self.echoes) {
            self.belongs(Some(turn));
            if self.link == Link::Ready && self.run.as_ref().is_some_and(|run| run.drain_at.is_some()) {
                self.drain();
            }
        }
    }

    /// A line that belongs to this turn; nobody hears it if nobody reads the turn.
    fn belongs(&mut self, turn: Option<u64>) {
        match (&self.run, turn) {
            (Some(run), Some(turn)) if run.turn == turn => self.tell_if(run.read, Fact::Delivered(turn)),
            _ => self.facts.push(Fact::Told),
        }
    }
}
