//! Invariants: an observer around a machine that checks the outputs of every input.
//!
//! The unit tests, the model and the fuzz target all drive the machine through [`Observed`], which
//! panics at the first violation. It sees the machine only from outside: its inputs, outputs,
//! counters and deadline.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Instant;

use bytes::Bytes;

use super::{
    Answer, CallbackId, Command, Config, ConnectionEvent, Counters, Input, Machine, Output,
    Profile, RequestId, SteerId, Steered, TurnEnd, TurnId, Waiter,
};
use crate::wire::control::{Request, RequestName};
use crate::wire::{Frame, FrameKind, Outcome, RawJson};

/// A machine under observation.
#[derive(Debug)]
pub(crate) struct Observed {
    machine: Machine,
    link: Link,
    max_queue: usize,
    /// Uuids of the prompts that were not written and have not ended.
    waiting: BTreeMap<TurnId, String>,
    /// The prompt that the CLI has received and not finished.
    open: Option<OpenPrompt>,
    /// Messages for turns whose fate is unknown: their turn, their uuid, and whether they were
    /// written.
    messages: BTreeMap<SteerId, (TurnId, String, bool)>,
    /// The caller's requests without a reply.
    requests: BTreeSet<RequestId>,
    /// Those of them that interrupt and were not written yet.
    interrupts: BTreeSet<RequestId>,
    /// Every id that a request of the host has had on the wire.
    used_ids: HashSet<String>,
    /// Ids of this connection that were neither answered nor cancelled.
    on_wire: HashSet<String>,
    /// Ids of the requests that withdraw a prompt.
    withdrawals: HashSet<String>,
    /// Messages that the machine holds until it knows which turn they belong to.
    kept: Vec<Bytes>,
    /// Whether the process was reported to have left input unread or not to have found its
    /// conversation.
    unread: bool,
    /// The CLI's unanswered requests, by their id on the wire.
    callbacks: HashMap<CallbackId, RawJson>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Closed,
    Opening,
    /// Lines can be written.
    Open,
    /// Standard input is closed, or the process is being ended.
    Closing,
}

#[derive(Debug)]
struct OpenPrompt {
    turn: TurnId,
    uuid: String,
    abandoned: bool,
    /// True once a line has come that may have ended it: the end of an abandoned turn is not
    /// reported.
    may_be_over: bool,
}

/// What the observer remembers of an input.
enum Seen {
    Line(Outcome),
    Answered { open: Option<RawJson>, silent: bool },
    Other,
}

impl Observed {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            max_queue: config.max_queue,
            machine: Machine::new(config),
            link: Link::Closed,
            waiting: BTreeMap::new(),
            open: None,
            messages: BTreeMap::new(),
            requests: BTreeSet::new(),
            interrupts: BTreeSet::new(),
            used_ids: HashSet::new(),
            on_wire: HashSet::new(),
            withdrawals: HashSet::new(),
            kept: Vec::new(),
            unread: false,
            callbacks: HashMap::new(),
        }
    }

    #[cfg(test)]
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    #[cfg(test)]
    pub(crate) fn machine_mut(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// Passes one input to the machine and checks the outputs.
    pub(crate) fn handle(&mut self, now: Instant, input: Input) -> Vec<Output> {
        let was_stopped = self.machine.is_stopped();
        let before = self.machine.counters();
        let tick = matches!(input, Input::Tick);
        let closed = matches!(input, Input::Closed);
        let may_end = tick
            || closed
            || matches!(&input, Input::Received(outcome) if !self.kept.is_empty() || self.can_end_a_turn(outcome));
        let seen = self.note(&input);
        let unread = self.unread;
        let mut out = Vec::new();
        self.machine.handle(now, input, &mut out);
        for output in &out {
            assert!(
                !was_stopped || is_failure(output),
                "{output:?} came out of a machine that had stopped"
            );
            self.check(output, closed, may_end, tick);
        }
        let message = match &seen {
            Seen::Line(Outcome::Message(frame)) => Some(frame),
            _ => None,
        };
        self.check_messages(message, &out, before);
        match &seen {
            Seen::Line(outcome) => self.check_line(outcome, &out, before),
            Seen::Answered { open, silent } => {
                check_answer(open.as_ref(), *silent, self.link, &out)
            }
            Seen::Other => {}
        }
        if tick {
            assert!(
                self.machine.deadline().is_none_or(|at| at > now),
                "a tick left an expired deadline"
            );
        }
        if closed {
            // A prompt that the CLI did not read is queued again.
            let waits = self.machine.queue_len() > self.waiting.len();
            if let Some(open) = self.open.take_if(|_| waits && unread) {
                let messages = self.messages.values_mut().filter(|(turn, ..)| *turn == open.turn);
                messages.for_each(|(.., written)| *written = false);
                self.waiting.insert(open.turn, open.uuid);
            }
            assert!(self.open.is_none(), "the connection ended but {:?} did not", self.open);
            assert!(self.callbacks.is_empty(), "the connection ended but callbacks are still open");
        }
        self.check_rest();
        out
    }

    /// Stops the machine and lets the process end; everything must have ended after that.
    pub(crate) fn finish(mut self, now: Instant) {
        self.handle(now, Input::Command(Command::Stop));
        self.handle(now, Input::Closed);
        assert!(self.machine.is_stopped(), "stopped and closed, but `is_stopped` is false");
        assert!(
            self.machine.is_idle() && self.machine.deadline().is_none(),
            "the machine is not idle after the end"
        );
        assert!(self.requests.is_empty(), "requests without a reply: {:?}", self.requests);
        assert!(self.waiting.is_empty(), "prompts without an end: {:?}", self.waiting);
        assert!(self.messages.is_empty(), "messages without an end: {:?}", self.messages);
    }

    fn note(&mut self, input: &Input) -> Seen {
        match input {
            Input::Received(outcome) => {
                let may_be_over = self.can_end_a_turn(outcome);
                self.open
                    .iter_mut()
                    .filter(|open| open.abandoned)
                    .for_each(|open| open.may_be_over |= may_be_over);
                return Seen::Line(outcome.clone());
            }
            Input::Answered(callback, answer) => {
                return Seen::Answered {
                    open: self.callbacks.remove(callback),
                    silent: matches!(answer, Answer::Silence),
                };
            }
            Input::Opened if self.link == Link::Opening => self.link = Link::Open,
            Input::Leaving if self.machine.is_ready() => self.link = Link::Closing,
            Input::Opened | Input::Tick | Input::Reading(_) | Input::Leaving | Input::HungUp(_) => {
            }
            Input::Unwritten(_) | Input::NotFound => self.unread = true,
            Input::Closed => {
                self.link = Link::Closed;
                self.on_wire.clear();
                self.withdrawals.clear();
                self.open = self.open.take().filter(|open| !open.abandoned);
            }
            Input::Command(
                Command::Connect(request)
                | Command::Restart(request, _)
                | Command::Probe(request, ..),
            ) => self.note_request(*request),
            Input::Command(Command::Control(id, request, _)) => {
                self.note_request(*id);
                if *request.name() == RequestName::Interrupt {
                    self.interrupts.insert(*id);
                }
            }
            Input::Command(Command::Cancel(request)) => {
                self.requests.remove(request);
                self.interrupts.remove(request);
            }
            Input::Command(Command::Prompt(prompt)) => {
                drop(self.waiting.insert(prompt.turn, prompt.uuid.clone()))
            }
            Input::Command(Command::Steer(steer)) => {
                let message = (steer.turn, steer.uuid.clone(), false);
                assert!(
                    self.messages.insert(steer.id, message).is_none(),
                    "the test used {:?} twice",
                    steer.id
                );
            }
            Input::Command(Command::Abandon(turn)) => {
                self.waiting.remove(turn);
                let may_be_over = !self.kept.is_empty();
                for open in self.open.iter_mut().filter(|open| open.turn == *turn) {
                    open.may_be_over |= may_be_over;
                    open.abandoned = true;
                }
            }
            Input::Command(
                Command::Forget | Command::Stop | Command::TakeUp(..) | Command::RanBefore,
            ) => {}
        }
        Seen::Other
    }

    fn note_request(&mut self, request: RequestId) {
        assert!(self.requests.insert(request), "the test used {request:?} twice");
    }

    /// True for a result, a message that the prompt was dropped, and the reply to a withdrawal.
    /// False for the reply to an interrupt.
    fn can_end_a_turn(&self, outcome: &Outcome) -> bool {
        let (Outcome::Message(frame) | Outcome::Control(frame)) = outcome else { return false };
        match frame.kind() {
            FrameKind::Result | FrameKind::CommandLifecycle => true,
            FrameKind::ControlResponse => self.withdrawals.contains(&id_of(frame)),
            _ => false,
        }
    }

    /// `may_end`: whether the input can have ended the current turn. `ticked`: whether it was a
    /// tick.
    fn check(&mut self, output: &Output, closed: bool, may_end: bool, ticked: bool) {
        match output {
            Output::Open { resume, profile, wanted_by } => {
                self.unread = false;
                match wanted_by {
                    Waiter::Turn(turn) => {
                        let repeats = self.open.as_ref().is_some_and(|open| open.turn == *turn);
                        assert!(
                            repeats || self.waiting.contains_key(turn),
                            "opened for {turn:?}, which does not wait"
                        );
                    }
                    Waiter::Request(request) => assert_eq!(
                        *profile,
                        Profile::default(),
                        "{request:?} has the launch of a prompt"
                    ),
                }
                assert_eq!(self.link, Link::Closed, "opened twice");
                assert_eq!(resume.as_deref(), self.machine.session_id(), "resumes another session");
                self.link = Link::Opening;
            }
            Output::Write(line) => self.check_write(line),
            Output::Message(turn, frame) => {
                let running =
                    self.open.as_ref().is_some_and(|open| open.turn == *turn && !open.abandoned);
                let startup = self.waiting.contains_key(turn) && frame.kind() == FrameKind::Result;
                assert!(
                    running || startup,
                    "a message for {turn:?}, which is not running: {frame:?}"
                );
            }
            Output::Ended(turn, end) => {
                let was_waiting = self.waiting.remove(turn).is_some();
                let was_open =
                    self.open.as_ref().is_some_and(|open| open.turn == *turn && !open.abandoned);
                match &mut self.open {
                    // A time limit ends the turn for its reader; the CLI still has to end it.
                    Some(open) if was_open && ticked && matches!(end, TurnEnd::Failed(_)) => {
                        open.may_be_over |= !self.kept.is_empty();
                        open.abandoned = true;
                    }
                    open => drop(open.take_if(|_| was_open)),
                }
                assert!(
                    was_waiting || was_open,
                    "{turn:?} ended but was neither queued nor running"
                );
                assert!(!was_open || may_end, "nothing in the input ends {turn:?}");
            }
            Output::Steered(message, Steered::Written) => {
                let is_written = self.messages.get(message).is_some_and(|(.., written)| *written);
                assert!(is_written, "{message:?} was not written");
            }
            Output::Steered(message, steered) => {
                let known = self.messages.remove(message);
                let Some((turn, _, written)) = known else {
                    panic!("{message:?} has two ends: {steered:?}")
                };
                if ticked && matches!(steered, Steered::Added) {
                    // No turn has opened for it, so that its turn is over.
                    let open = self.open.iter_mut().filter(|open| open.turn == turn);
                    open.for_each(|open| open.may_be_over |= open.abandoned);
                }
                assert!(
                    written || matches!(steered, Steered::Lost(_)),
                    "{message:?} was taken before it was written"
                );
            }
            Output::Reply(request, _) => {
                assert!(
                    self.requests.remove(request),
                    "a reply to {request:?}, which is not pending"
                );
                self.interrupts.remove(request);
            }
            Output::Callback(callback, frame) => {
                let id = frame.request_id().unwrap_or_default();
                assert!(
                    self.link == Link::Open,
                    "a callback that could not be answered: {frame:?}"
                );
                assert!(
                    !self.callbacks.values().any(|open| *open == id),
                    "a callback twice: {frame:?}"
                );
                assert!(
                    self.callbacks.insert(*callback, id).is_none(),
                    "the number of {callback:?} was used twice"
                );
            }
            Output::CallbackCancelled(callback) => {
                assert!(
                    self.callbacks.remove(callback).is_some(),
                    "{callback:?} was not there to cancel"
                );
            }
            Output::CloseStdin | Output::Terminate => {
                assert!(self.link != Link::Closed && !closed, "{output:?} without a process");
                self.link = Link::Closing;
            }
            Output::Event(_) | Output::SessionId(_) => {}
        }
    }

    fn check_write(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        assert_eq!(self.link, Link::Open, "wrote to a closed connection: {text}");
        assert!(memchr::memchr(b'\n', line).is_none(), "not one line: {text}");
        let Ok(frame) = Frame::parse(line.to_vec()) else { panic!("not a frame: {text}") };
        let id = id_of(&frame);
        match frame.kind() {
            FrameKind::User => self.prompt_written(&frame),
            FrameKind::ControlRequest => {
                assert!(self.used_ids.insert(id.clone()), "an id was used twice: {text}");
                self.check_request(&frame, &id);
                self.on_wire.insert(id);
            }
            FrameKind::ControlCancelRequest => {
                assert!(self.on_wire.remove(&id), "cancels a request that is not pending: {text}")
            }
            FrameKind::ControlResponse => {}
            _ => panic!("not a line that a host writes: {text}"),
        }
    }

    fn check_request(&mut self, frame: &Frame, id: &str) {
        let body = frame.payload().map(|body| body.raw()).unwrap_or_default();
        match Request::parse(&body).as_ref().map(Request::name) {
            Some(RequestName::Interrupt) => {
                let asked = self.interrupts.pop_first().is_some();
                assert!(
                    asked || self.open.is_some(),
                    "an unrequested interrupt while no turn runs: {frame:?}"
                );
            }
            Some(RequestName::CancelAsyncMessage) => drop(self.withdrawals.insert(id.to_owned())),
            _ => {}
        }
    }

    fn prompt_written(&mut self, frame: &Frame) {
        let named = frame.uuid().unwrap_or_default();
        if let Some((turn, _, written)) =
            self.messages.values_mut().find(|(_, uuid, written)| *uuid == named && !written)
        {
            let runs = self.open.as_ref().is_some_and(|open| open.turn == *turn && !open.abandoned);
            assert!(runs, "a message was written for {turn:?}, which does not run");
            *written = true;
            return;
        }
        if let Some(open) = self.open.take() {
            assert!(open.may_be_over, "a prompt was written while {open:?} was open");
        }
        let uuid = frame.uuid().unwrap_or_default().into_owned();
        let Some(turn) =
            self.waiting.iter().find(|(_, waiting)| **waiting == uuid).map(|(turn, _)| *turn)
        else {
            panic!("the prompt {uuid} was not requested");
        };
        self.waiting.remove(&turn);
        self.open = Some(OpenPrompt { turn, uuid, abandoned: false, may_be_over: false });
    }

    /// Each message is delivered, reported as an event, or counted, exactly once; it may be held
    /// before.
    fn check_messages(&mut self, message: Option<&Frame>, out: &[Output], before: Counters) {
        let mut open = std::mem::take(&mut self.kept);
        open.extend(message.map(|frame| frame.bytes().clone()));
        let handed = out.iter().filter_map(|output| match output {
            Output::Message(_, frame) | Output::Event(ConnectionEvent::Message(frame)) => {
                Some(frame.bytes())
            }
            _ => None,
        });
        for handed in handed {
            let Some(at) = open.iter().position(|open| open == handed) else {
                panic!("{handed:?} was not there to hand on, or was handed on twice");
            };
            open.remove(at);
        }
        let drained = (self.machine.counters().drained - before.drained) as usize;
        let kept: Vec<_> = self.machine.undecided().map(|frame| frame.bytes().clone()).collect();
        assert_eq!(open.len(), drained + kept.len(), "messages were lost: {open:?}");
        self.kept = kept;
    }

    /// Each line is delivered, reported as an event, or counted, exactly once.
    fn check_line(&mut self, outcome: &Outcome, out: &[Output], before: Counters) {
        let after = self.machine.counters();
        let delivered = |bytes: &[u8]| {
            out.iter()
                .filter(|output| carried(output).is_some_and(|carried| carried == bytes))
                .count() as u64
        };
        let one = |what: &str, count: u64| {
            assert_eq!(count, 1, "{what} went {count} ways: {outcome:?} gave {out:?}")
        };
        match outcome {
            Outcome::Message(_) => {}
            Outcome::Noise(line) if line.text().trim_ascii().is_empty() => {
                assert!(out.is_empty() && after == before)
            }
            Outcome::Noise(line) => {
                one("noise", delivered(line.bytes()));
                one("the count of noise", after.noise - before.noise);
            }
            Outcome::Malformed(_) | Outcome::TruncatedTail(_) => {
                one(
                    "a bad line",
                    out.iter()
                        .filter(|output| {
                            matches!(
                                output,
                                Output::Event(
                                    ConnectionEvent::Malformed(_)
                                        | ConnectionEvent::TruncatedTail(_)
                                )
                            )
                        })
                        .count() as u64,
                );
                one("the count of bad lines", after.malformed - before.malformed);
            }
            Outcome::Control(frame) => {
                self.check_control(frame, out, before, delivered(frame.bytes()))
            }
        }
    }

    fn check_control(&mut self, frame: &Frame, out: &[Output], before: Counters, delivered: u64) {
        let after = self.machine.counters();
        let count =
            |which: fn(&Output) -> bool| out.iter().filter(|output| which(output)).count() as u64;
        let ways = match frame.kind() {
            FrameKind::ControlRequest => {
                delivered
                    + count(|output| matches!(output, Output::Write(_)))
                    + after.repeated_requests
                    - before.repeated_requests
            }
            FrameKind::ControlResponse => {
                let id = id_of(frame);
                let stray = after.stray_replies - before.stray_replies;
                assert_eq!(delivered, stray, "a stray reply is an event and is counted");
                let known = self.on_wire.remove(&id);
                assert!(known || stray == 1, "a reply to an unknown id was taken: {frame:?}");
                assert!(
                    known || count(|output| matches!(output, Output::Reply(..))) == 0,
                    "a stray reply was delivered: {frame:?}"
                );
                // A reply to a request of the machine itself goes no further.
                1
            }
            FrameKind::ControlCancelRequest => {
                count(|output| matches!(output, Output::CallbackCancelled(_))) + after.stray_cancels
                    - before.stray_cancels
            }
            FrameKind::KeepAlive => after.keep_alives - before.keep_alives,
            _ => delivered,
        };
        assert_eq!(ways, 1, "went {ways} ways: {frame:?} gave {out:?}");
    }

    fn check_rest(&self) {
        let machine = &self.machine;
        assert!(
            machine.queue_len() <= self.max_queue + 1,
            "{} prompts are queued",
            machine.queue_len()
        );
        assert_eq!(
            machine.queue_len(),
            self.waiting.len(),
            "prompts were lost or are kept without need"
        );
        if machine.is_idle() {
            assert!(
                self.requests.is_empty() && self.waiting.is_empty(),
                "idle, but callers are waiting"
            );
            assert!(self.open.as_ref().is_none_or(|open| open.abandoned), "idle, but a turn runs");
        }
    }
}

fn check_answer(open: Option<&RawJson>, silent: bool, link: Link, out: &[Output]) {
    let written: Vec<_> = out
        .iter()
        .filter_map(|output| if let Output::Write(line) = output { Some(line) } else { None })
        .collect();
    match (open, written[..].iter().as_slice()) {
        (Some(id), [line]) if !silent => {
            let frame = Frame::parse(line.to_vec());
            let answers = frame
                .ok()
                .filter(|frame| frame.kind() == FrameKind::ControlResponse)
                .and_then(|frame| frame.request_id());
            assert_eq!(answers.unwrap_or_default(), *id, "answered another request");
        }
        (Some(_), []) if silent || link != Link::Open => {}
        (None, []) => {
            assert!(out.is_empty(), "an answer to an unknown callback had an effect: {out:?}")
        }
        _ => panic!("the answer to {open:?} wrote {written:?}"),
    }
}

/// The id of the host's request, or of the request that a reply answers.
fn id_of(frame: &Frame) -> String {
    frame.request_id().and_then(|id| id.as_str().map(String::from)).unwrap_or_default()
}

fn is_failure(output: &Output) -> bool {
    matches!(
        output,
        Output::Reply(_, Err(_))
            | Output::Steered(_, Steered::Lost(_))
            | Output::Ended(_, TurnEnd::Failed(_))
            | Output::Event(_)
            | Output::SessionId(_)
    )
}

/// The bytes of the line that an output carries.
fn carried(output: &Output) -> Option<&[u8]> {
    match output {
        Output::Message(_, frame) | Output::Callback(_, frame) => Some(frame.bytes()),
        Output::Event(
            ConnectionEvent::Message(frame)
            | ConnectionEvent::Control(frame)
            | ConnectionEvent::StrayReply(frame),
        ) => Some(frame.bytes()),
        Output::Event(ConnectionEvent::Noise(line) | ConnectionEvent::TruncatedTail(line)) => {
            Some(line.bytes())
        }
        _ => None,
    }
}
