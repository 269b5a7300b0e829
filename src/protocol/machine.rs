//! The machine: state and transitions.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

mod again;
mod doubt;
mod drain;
mod end;
mod in_force;
mod receive;
mod setting;
mod steer;
mod switch;

use self::again::Again;
#[cfg(feature = "session")]
pub(crate) use self::again::NOT_FOUND;
use self::doubt::{Doubt, Whose};
use self::in_force::InForce;
pub(super) use self::setting::Setting;
use self::switch::Switches;
use super::failure::Failure;
use super::io::{
    Command, Config, Counters, Input, Output, Profile, QueuedPrompt, Reconnect, RequestId, Settled,
    Steer, TurnEnd, Waiter,
};
use super::requests::{Incoming, Outgoing, Purpose};
use super::route::Habits;
use super::state::{EndCause, Phase};
use super::turns::Current;
use crate::wire::RawJson;
use crate::wire::control::{Request, control_cancel_line, control_request_line, prompt_line};

/// Turns, requests and callbacks of one session, over any number of connections. See the
/// [module](super).
///
/// ```
/// use claude_wire::protocol::{Command, Config, Input, Machine, Output, RequestId};
/// use std::time::Instant;
///
/// let mut machine = Machine::new(Config::default());
/// let mut out = Vec::new();
/// machine.handle(Instant::now(), Input::Command(Command::Connect(RequestId(1))), &mut out);
/// assert!(matches!(out[..], [Output::Open { resume: None, .. }]));
/// machine.handle(Instant::now(), Input::Opened, &mut out);
/// assert!(matches!(&out[1], Output::Write(line) if line.ends_with(b"\"request\":{\"subtype\":\"initialize\"}}")));
/// ```
#[derive(Debug)]
pub struct Machine {
    config: Config,
    link: Link,
    queue: VecDeque<QueuedPrompt>,
    /// Boxed, as an idle session has none.
    current: Option<Box<Current>>,
    /// Messages for turns whose prompt is not written yet.
    steers: Vec<Steer>,
    switches: Switches,
    in_force: InForce,
    /// The profile with which the CLI of this connection was launched.
    profile: Profile,
    /// The profiles with which it would have been launched in the same way.
    alike: Vec<Profile>,
    /// What this connection was opened for.
    opened_for: Option<Waiter>,
    /// What that launch determines.
    settled: Vec<Settled>,
    habits: Habits,
    doubt: Doubt,
    /// True while reading of the CLI's output is paused.
    held_back: bool,
    /// Requests that wait for the handshake.
    held: Vec<(RequestId, Box<Request>, Option<Duration>)>,
    /// Callers that wait for the handshake itself.
    connecting: Vec<RequestId>,
    outgoing: Outgoing,
    incoming: Incoming,
    session_id: Option<String>,
    again: Again,
    /// True once the CLI of this connection has answered the handshake.
    was_ready: bool,
    /// Why this connection is being ended, if the machine does that.
    end_cause: Option<EndCause>,
    /// True if the conversation of this process is to be forgotten.
    forgotten: bool,
    /// True after an end that the host did not cause, if the configuration says that the next
    /// connection is not opened by itself.
    parted: bool,
    /// The last restart that was asked for while there was a process. It is made when that has ended,
    /// also if its caller is gone.
    restart: Option<RequestId>,
    /// True if the CLI of this connection ran before: a result does not say why it will not start.
    found: bool,
    /// The reply to the last handshake, until it is taken.
    handshake: Option<RawJson>,
    counters: Counters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Idle,
    Opening,
    Handshake,
    Ready,
    /// The process is being ended. `for_good`: the session was stopped.
    Closing {
        for_good: bool,
    },
    Stopped,
}

impl Machine {
    /// Creates an idle machine.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            link: Link::Idle,
            queue: VecDeque::new(),
            current: None,
            steers: Vec::new(),
            switches: Switches::default(),
            in_force: InForce::default(),
            profile: Profile::default(),
            alike: Vec::new(),
            opened_for: None,
            settled: Vec::new(),
            habits: Habits::default(),
            doubt: Doubt::default(),
            held_back: false,
            held: Vec::new(),
            connecting: Vec::new(),
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            session_id: None,
            again: Again::default(),
            was_ready: false,
            end_cause: None,
            forgotten: false,
            parted: false,
            restart: None,
            found: false,
            handshake: None,
            counters: Counters::default(),
        }
    }

    /// Processes one input and appends the resulting outputs. `now` never goes back.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Opened => self.opened(now, out),
            Input::Received(outcome) => self.received(now, outcome, out),
            Input::Reading(reading) => {
                self.held_back = !reading;
                self.current.iter_mut().for_each(|current| current.touch(now));
            }
            Input::Command(command) => self.command(now, command, out),
            Input::Answered(callback, answer) => self.answered(now, callback, answer, out),
            Input::Tick => self.tick(now, out),
            // Nothing was written during the handshake, so that what needs it gets the error.
            Input::Leaving if self.link == Link::Ready => {
                self.link = Link::Closing { for_good: false }
            }
            Input::Leaving => {}
            Input::HungUp(pipe) if self.link == Link::Handshake => {
                self.give_up(Failure::HungUp(pipe), out);
            }
            Input::HungUp(_) => {}
            Input::Unwritten(bytes) => self.unwritten(&bytes),
            Input::NotFound => self.again.not_found(),
            Input::Closed => self.closed(now, out),
        }
        self.advance(now, out);
        self.drop_messages(out);
    }

    /// Sets the `initialize` request of future connections.
    pub fn set_initialize(&mut self, request: Request) {
        self.config.initialize = request;
    }

    /// Sets the requests that would set what the next process is launched with, where that differs
    /// from what a [`Switch`](super::Switch) restores.
    pub fn set_launched(&mut self, settings: Option<[Request; 2]>) {
        self.in_force.set_launched(settings.map(Box::new));
    }

    /// Sets the profiles with which the CLI of the last [`Output::Open`] would have been launched in
    /// the same way: a prompt with one of them needs no other process. After each `Open` there are
    /// none until this is called.
    pub fn set_profiles(&mut self, alike: Vec<Profile>) {
        self.alike = alike;
    }

    /// Returns the `initialize` request of the last connection, or of the next one.
    pub fn initialize(&self) -> &Request {
        &self.config.initialize
    }

    /// Returns the time at which the next [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        let turn = self.current.as_ref().and_then(|current| current.deadline(self.may_be_silent()));
        [turn, self.outgoing.deadline(), self.doubt.deadline()].into_iter().flatten().min()
    }

    /// True while the host waits for a reply of the CLI, or for the end of a turn that it
    /// interrupted. Reading must then continue, whatever else pauses it.
    pub fn awaits_reply(&self) -> bool {
        !self.outgoing.is_empty() || self.current.as_deref().is_some_and(Current::is_draining)
    }

    /// True if and only if nothing is running, pending or queued.
    pub fn is_idle(&self) -> bool {
        self.current.is_none()
            && self.switches.is_idle()
            && self.queue.is_empty()
            && self.held.is_empty()
            && self.connecting.is_empty()
            && self.outgoing.is_empty()
    }

    /// Gives back the memory of what has ended. To be called now and then on an idle machine.
    pub fn release_room(&mut self) {
        self.queue.shrink_to_fit();
        self.steers.shrink_to_fit();
        self.settled.shrink_to_fit();
        self.held.shrink_to_fit();
        self.connecting.shrink_to_fit();
        self.switches.release_room();
        self.in_force.release_room();
        self.doubt.release_room();
        self.outgoing.release_room();
        self.incoming.release_room();
    }

    /// True if the CLI is at work on this turn, or has its prompt: also if its reader is gone.
    #[cfg(feature = "session")]
    pub(crate) fn runs(&self, turn: super::io::TurnId) -> bool {
        self.current.as_ref().is_some_and(|current| current.turn == turn)
    }

    /// Returns the state of the connection.
    pub fn phase(&self) -> Phase {
        match self.link {
            Link::Idle => Phase::Down,
            Link::Opening | Link::Handshake => Phase::Starting,
            Link::Ready if self.current.as_ref().is_some_and(|current| current.abandoned) => {
                Phase::Draining
            }
            Link::Ready if self.has_turn() => Phase::Busy,
            Link::Ready => Phase::Ready,
            Link::Closing { .. } => Phase::Ending,
            Link::Stopped => Phase::Stopped,
        }
    }

    /// Returns why the machine ends the connection; `None` if it does not, and the CLI ends by
    /// itself.
    pub fn end_cause(&self) -> Option<EndCause> {
        self.end_cause
    }

    /// True once the CLI of this connection has answered the handshake, whatever followed.
    pub fn was_ready(&self) -> bool {
        self.was_ready
    }

    /// True if and only if a prompt would be written at once, and the CLI would start it.
    pub fn is_between_turns(&self) -> bool {
        self.link == Link::Ready
            && self.current.is_none()
            && self.switches.is_idle()
            && self.queue.is_empty()
            && !self.habits.foreign
    }

    /// True while the handshake of this connection is done and the CLI takes prompts.
    pub fn is_ready(&self) -> bool {
        self.link == Link::Ready
    }

    /// True once the session was stopped and its process has ended.
    pub fn is_stopped(&self) -> bool {
        self.link == Link::Stopped
    }

    /// Returns the number of prompts queued behind the running turn.
    pub fn queue_len(&self) -> usize {
        self.queue.len() + usize::from(self.switches.holds_prompt())
    }

    /// Returns the last session id that the CLI has confirmed.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// Takes the reply to the last `initialize`: `None` after that, until the next handshake.
    pub fn take_handshake(&mut self) -> Option<RawJson> {
        self.handshake.take()
    }

    /// Returns how many lines were not delivered to a reader.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Returns the lines that are held until it is known which turn they belong to.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn undecided(&self) -> impl Iterator<Item = &crate::wire::Frame> {
        self.doubt.lines()
    }

    /// True if a turn runs or will run as soon as its settings are applied.
    fn has_turn(&self) -> bool {
        self.current.is_some() || self.switches.holds_prompt()
    }

    /// True if the CLI is waiting for the host.
    fn may_be_silent(&self) -> bool {
        self.held_back || !self.incoming.is_empty()
    }

    fn command(&mut self, now: Instant, command: Command, out: &mut Vec<Output>) {
        let stopped = matches!(self.link, Link::Stopped | Link::Closing { for_good: true });
        match command {
            Command::Connect(request) if stopped => {
                out.push(Output::Reply(request, Err(Failure::Stopped)))
            }
            Command::Connect(request) if self.link == Link::Ready => {
                out.push(Output::Reply(request, Ok(None)))
            }
            Command::Connect(request) => {
                self.connecting.push(request);
                self.open(Waiter::Request(request), out);
            }
            Command::Prompt(prompt) if stopped => {
                out.push(Output::Ended(prompt.turn, TurnEnd::Failed(Failure::Stopped)))
            }
            // A prompt that waits while no turn runs waits for the connection, not behind another
            // prompt.
            Command::Prompt(prompt)
                if self.queue.len() >= self.config.max_queue + usize::from(!self.has_turn()) =>
            {
                out.push(Output::Ended(
                    prompt.turn,
                    TurnEnd::Failed(Failure::QueueFull(self.config.max_queue)),
                ));
            }
            Command::Prompt(prompt) => {
                let waiter = Waiter::Turn(prompt.turn);
                self.queue.push_back(prompt);
                self.open(waiter, out);
            }
            Command::Steer(steer) => self.steer(steer, out),
            Command::Abandon(turn) => self.abandon(now, turn, out),
            Command::TakeUp(turn, uuid) => {
                if self.link == Link::Handshake && self.current.is_none() {
                    self.found = true;
                    self.current = Some(Box::new(Current::found(turn, uuid)));
                } else {
                    out.push(Output::Ended(turn, TurnEnd::Failed(Failure::Closed)));
                }
            }
            Command::RanBefore => self.found |= self.link == Link::Handshake,
            Command::Control(request, ..) if stopped => {
                out.push(Output::Reply(request, Err(Failure::Stopped)))
            }
            Command::Control(id, request, limit) => {
                if self.link == Link::Ready {
                    self.note_interrupt(&request);
                    self.ask(now, id, &request, limit, out);
                } else {
                    self.held.push((id, request, limit));
                    self.open(Waiter::Request(id), out);
                }
            }
            Command::Cancel(request) => {
                self.held.retain(|(held, ..)| *held != request);
                self.connecting.retain(|waiting| *waiting != request);
                if let Some(id) = self.outgoing.cancel(request) {
                    self.in_force.not_made(request);
                    self.write(control_cancel_line(&id), out);
                }
            }
            Command::Forget => {
                self.session_id = None;
                self.forgotten = true;
                if matches!(self.link, Link::Opening | Link::Handshake | Link::Ready) {
                    self.ends_for(EndCause::Cleared);
                    self.terminate(out);
                }
            }
            Command::Restart(request, _) | Command::Probe(request, ..) if stopped => {
                out.push(Output::Reply(request, Err(Failure::Stopped)))
            }
            Command::Restart(request, fresh) => self.restart(request, fresh, out),
            Command::Probe(id, request, limit) if self.link == Link::Ready => {
                self.ask(now, id, &request, Some(limit), out);
            }
            Command::Probe(request, ..) => {
                out.push(Output::Reply(request, Err(Failure::Closed)));
            }
            Command::Stop => self.stop(now, out),
        }
    }

    /// Ends the process and opens the connection again.
    fn restart(&mut self, request: RequestId, fresh: bool, out: &mut Vec<Output>) {
        self.parted = false;
        if fresh {
            self.session_id = None;
        }
        self.connecting.push(request);
        if self.link == Link::Idle {
            return self.open(Waiter::Request(request), out);
        }
        self.forgotten |= fresh;
        self.restart = Some(request);
        if !matches!(self.link, Link::Closing { .. }) {
            self.ends_for(EndCause::Restarted);
            self.terminate(out);
        }
    }

    /// Asks for a connection if there is none.
    fn open(&mut self, wanted_by: Waiter, out: &mut Vec<Output>) {
        if self.parted && self.config.reconnect == Reconnect::Never {
            self.fail_requests(&Failure::Closed, out);
            for prompt in std::mem::take(&mut self.queue) {
                out.push(Output::Ended(prompt.turn, TurnEnd::Failed(Failure::Closed)));
            }
        }
        if self.link == Link::Idle && !self.parted {
            self.link = Link::Opening;
            self.was_ready = false;
            self.forgotten = false;
            self.found = false;
            self.opened_for = Some(wanted_by);
            // A request has the session's launch, whatever prompt waits behind it.
            (self.profile, self.settled) = self
                .prompt_of_start()
                .map(|prompt| (prompt.profile, prompt.settled.clone()))
                .unwrap_or_default();
            self.alike.clear();
            self.again.launched(self.session_id.clone());
            let resume = self.session_id.clone();
            out.push(Output::Open { resume, profile: self.profile, wanted_by });
        }
    }

    fn opened(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.link == Link::Opening {
            self.link = Link::Handshake;
            let request = self.config.initialize.clone();
            self.request(
                now,
                Purpose::Initialize,
                &request,
                Some(self.config.initialize_timeout),
                out,
            );
        }
    }

    fn ready(&mut self, now: Instant, response: Option<RawJson>, out: &mut Vec<Output>) {
        self.link = Link::Ready;
        self.was_ready = true;
        self.handshake = response.clone();
        if let Some(mode) =
            response.as_ref().and_then(|reply| reply.pointer("/current_permission_mode"))
        {
            mode.as_str().iter().for_each(|mode| self.in_force.launched(mode));
        }
        for request in std::mem::take(&mut self.connecting) {
            out.push(Output::Reply(request, Ok(response.clone())));
        }
        if self.current.as_ref().is_some_and(|current| current.is_draining()) {
            self.drain(now, out);
        }
        self.make_again(now, out);
        for (id, request, limit) in std::mem::take(&mut self.held) {
            self.ask(now, id, &request, limit, out);
        }
    }

    /// Sends a request of the caller.
    fn ask(
        &mut self,
        now: Instant,
        id: RequestId,
        request: &Request,
        limit: Option<Duration>,
        out: &mut Vec<Output>,
    ) {
        self.in_force.ask(id, request, limit);
        self.request(now, Purpose::Caller(id), request, limit, out);
    }

    fn request(
        &mut self,
        now: Instant,
        purpose: Purpose,
        request: &Request,
        limit: Option<Duration>,
        out: &mut Vec<Output>,
    ) {
        let id = self.outgoing.register(now, purpose, limit.unwrap_or(self.config.control_timeout));
        out.push(Output::Write(control_request_line(&id, &request.body())));
    }

    /// Writes a line, unless the CLI's input is closed or the process is being ended.
    fn write(&self, line: bytes::Bytes, out: &mut Vec<Output>) {
        if self.can_write() {
            out.push(Output::Write(line));
        }
    }

    fn can_write(&self) -> bool {
        matches!(self.link, Link::Handshake | Link::Ready)
    }

    /// Restores the settings that the last turn changed, then starts the next prompt if the CLI is
    /// ready.
    fn advance(&mut self, now: Instant, out: &mut Vec<Output>) {
        if self.link != Link::Ready || self.current.is_some() {
            return;
        }
        self.restore(now, out);
        if !self.switches.is_idle() {
            return;
        }
        match self.queue.front() {
            Some(next)
                if next.profile != self.profile && !self.alike.contains(&next.profile)
                    || self.in_force.distinguishes(&next.settled, &self.settled) =>
            {
                self.relaunch(out)
            }
            Some(_) => {
                if let Some(prompt) = self.queue.pop_front() {
                    self.prepare(now, prompt, out);
                }
            }
            None => {}
        }
    }

    /// Ends a process whose launch differs from what the next prompt needs, once nothing is under
    /// way.
    fn relaunch(&mut self, out: &mut Vec<Output>) {
        if !self.habits.foreign && self.outgoing.is_empty() && self.incoming.is_empty() {
            self.ends_for(EndCause::Relaunched);
            self.link = Link::Closing { for_good: false };
            out.push(Output::CloseStdin);
        }
    }

    fn begin(&mut self, now: Instant, mut prompt: QueuedPrompt, out: &mut Vec<Output>) {
        prompt.fields.client_composed |= prompt.verbatim;
        out.push(Output::Write(prompt_line(&prompt.uuid, &prompt.content, &prompt.fields)));
        let turn = prompt.turn;
        self.current = Some(Box::new(Current::new(prompt, now)));
        self.write_messages(turn, out);
    }

    fn tick(&mut self, now: Instant, out: &mut Vec<Output>) {
        for (purpose, id, limit) in self.outgoing.overdue(now) {
            match purpose {
                Purpose::Caller(request) => {
                    self.in_force.not_made(request);
                    self.write(control_cancel_line(&id), out);
                    out.push(Output::Reply(request, Err(Failure::Timeout(limit))));
                }
                Purpose::Initialize => self.give_up(Failure::HandshakeTimeout(limit), out),
                Purpose::Apply | Purpose::Restore | Purpose::MakeAgain(_) => {
                    self.switched(now, purpose, Some(Failure::Timeout(limit)), out)
                }
                Purpose::Interrupt | Purpose::Withdraw(..) => {}
            }
        }
        if self.doubt.deadline().is_some_and(|until| until <= now)
            || self.current.as_ref().is_some_and(|current| current.is_drained(now))
        {
            self.settle(now, Whose::Ours, out);
        }
        self.assume_added(now, out);
        let may_be_silent = self.may_be_silent();
        let Some(current) = &mut self.current else { return };
        if current.is_draining() {
            if current.is_drained(now) {
                self.finish_turn(TurnEnd::Failed(Failure::Closed), out);
                self.ends_for(EndCause::DrainTimeout);
                self.terminate(out);
            }
        } else if let Some(failure) = current.overdue(now, may_be_silent) {
            // Its reader gets the failure now; later output of the CLI for it is drained.
            current.abandoned = true;
            out.push(Output::Ended(current.turn, TurnEnd::Failed(failure)));
            self.drain(now, out);
        }
    }
}
