//! One task per session, which owns the pipes and the machine and carries out the machine's
//! outputs.

mod callbacks;
mod closing;
mod ending;
mod held;
mod holding;
mod last_call;
mod leases;
mod link;
mod messages;
mod observations;
mod order;
mod others;
mod outputs;
mod pipes;
mod preamble;
mod profiles;
mod requests;
mod running;
mod store;
mod turns;
mod waiting;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{Mutex, Notify, oneshot};
use tokio::time::Instant;

use self::callbacks::Callbacks;
use self::last_call::LastCall;
pub(super) use self::last_call::within;
use self::link::Link;
use self::messages::Messages;
use self::observations::Observations;
use self::order::Orders;
pub(super) use self::order::{Asker, Held, Line, Order, Origin, Reply};
use self::others::{Opened, Others, Woken};
use self::preamble::Preamble;
use self::profiles::Profiles;
use self::requests::Requests;
use self::running::Running;
use super::error::Error;
use super::lease::Lease;
use super::mailbox::{Batch, Mailbox};
use super::observer::Unreported;
use super::shared::Shared;
use super::trace::Caller;
use crate::common::os_error;
use crate::protocol::{Command, Input, Machine, Output, Phase, RequestId, TurnId, Waiter};
use crate::store::{Mirror, Restored};
use crate::transport::{BoxFuture, Exit};
use crate::wire::Outcome;
use crate::wire::control::{Request, RequestName};

pub(super) struct Driver {
    shared: Arc<Shared>,
    orders: Orders,
    /// Whether all handles are gone. Then the session ends.
    orphaned: bool,
    machine: Machine,
    out: Vec<Output>,
    /// Whether the machine had an input since its state was published.
    handled: bool,
    /// Ordered, since that finds one of few faster than a hash.
    turns: BTreeMap<TurnId, Arc<Mailbox>>,
    running: Running,
    control: Requests,
    /// The messages of the running turn that are only passed on, before they are in its mailbox.
    passed: Batch,
    /// The mailbox that was written to in this round.
    written: Option<(TurnId, Arc<Mailbox>)>,
    room: Arc<Notify>,
    /// What is waited for in addition to output.
    others: Others,
    /// Whether the output was being read when the driver last waited.
    reading: bool,
    last_call: LastCall,
    requests: HashMap<RequestId, Asker>,
    next_request: u64,
    messages: Messages,
    stopping: Vec<oneshot::Sender<Option<Exit>>>,
    callbacks: Callbacks,
    profiles: Profiles,
    observations: Observations,
    /// Boxed, as an idle session has none.
    unreported: Option<Box<Unreported>>,
    /// The way to the session's store, once there was something for it.
    mirror: Option<Box<Mirror>>,
    /// The temporary folders of conversations from a store.
    restored: Vec<Arc<Restored>>,
    /// Who has caused the last launch.
    caller: Caller,
    /// The transport, while it is being opened.
    opening: Option<BoxFuture<'static, Result<Opened, Error>>>,
    link: Option<Link>,
    /// The turn with which the CLI was found, until someone asks for it.
    held: Option<Held>,
    /// The output of a CLI that is not ready yet.
    preamble: Option<Preamble>,
    /// Why the last attempt to open the transport failed, or the CLI that was opened is not used.
    refused: Option<Error>,
    /// How the last process ended.
    exit: Option<Exit>,
    /// Whether the next launch must not resume what the options say.
    forgotten: bool,
    /// The conversation that this session holds.
    lease: Option<Lease>,
    /// Locked while a launch takes the conversation.
    taking: Option<Arc<Mutex<()>>>,
    /// The folder of the transcripts of the last launch, or why there is none.
    folder: Result<PathBuf, String>,
    /// Whether the last launch goes on with a conversation that the CLI has not confirmed yet.
    goes_on: bool,
}

impl Driver {
    /// A driver, and the way to it.
    pub(super) fn new(shared: Arc<Shared>) -> (Self, Line) {
        let (line, orders) = Line::new(Arc::default());
        let machine = Machine::new(shared.setup.machine_config());
        let driver = Self {
            shared,
            orders,
            orphaned: false,
            machine,
            out: Vec::new(),
            handled: true,
            turns: BTreeMap::new(),
            running: Running::default(),
            control: Requests::default(),
            passed: Batch::default(),
            written: None,
            room: line.room.clone(),
            others: Others::default(),
            reading: true,
            last_call: LastCall::default(),
            requests: HashMap::new(),
            next_request: 0,
            messages: Messages::default(),
            stopping: Vec::new(),
            callbacks: Callbacks::default(),
            profiles: Profiles::default(),
            observations: Observations::default(),
            unreported: None,
            mirror: None,
            restored: Vec::new(),
            caller: Caller::default(),
            opening: None,
            link: None,
            held: None,
            preamble: None,
            refused: None,
            exit: None,
            forgotten: false,
            lease: None,
            taking: None,
            folder: Err(String::new()),
            goes_on: false,
        };
        (driver, line)
    }

    /// Runs until the session was stopped, or all handles are gone and the process has ended. Who
    /// sees the end, in whatever way, finds the conversation free.
    ///
    /// Boxed, because a future stores an argument twice: as passed and as used.
    pub(super) async fn run(mut self: Box<Self>) {
        while !(self.machine.is_stopped() && self.link.is_none()) {
            let woken = self.wait().await;
            let now = Instant::now();
            let quiet = matches!(woken, Woken::Due);
            // A line that is only passed on changes nothing that the others depend on.
            if !matches!(woken, Woken::Read(Ok(1..))) {
                self.others.set_due();
            }
            match woken {
                Woken::Order(Some(order)) => self.order(*order),
                Woken::Order(None) => {
                    self.orphaned = true;
                    self.stop();
                }
                Woken::Read(result) => self.read(now, result),
                Woken::Exited(result) => self.exited(result),
                Woken::Opened(result) => self.opened(*result),
                Woken::Answered(callback, answer) => {
                    self.control.answered(callback, &answer);
                    self.handle(Input::Answered(callback, answer));
                }
                Woken::Again | Woken::Due => {}
            }
            let due = self.is_due(now, quiet);
            if due {
                self.pass_time();
            }
            self.drop_cancelled_requests();
            self.carry_out();
            self.settle(now, due);
            if self.machine.is_idle() {
                self.release_room();
            }
        }
        self.orders.close();
        while let Ok(order) = self.orders.try_recv() {
            self.order(*order);
        }
        self.carry_out();
        self.leave_store().await;
        if let Some(taking) = &self.taking {
            drop(taking.lock().await);
        }
        self.set_status();
        for stopping in self.stopping.drain(..) {
            let _ = stopping.send(self.exit);
        }
    }

    /// An idle session keeps no memory for what may come.
    fn release_room(&mut self) {
        self.link.iter_mut().for_each(|link| link.pipes.release_room());
        if self.out.capacity() == 0 {
            return;
        }
        self.out = Vec::new();
        self.passed.release_room();
        if self.turns.is_empty() {
            self.turns = BTreeMap::new();
        }
        self.requests.shrink_to_fit();
        self.callbacks.release_room();
        self.messages.release_room();
        self.control.release_room();
        self.machine.release_room();
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Prompt(_, _, mailbox, Origin::Handler) if !self.machine.is_between_turns() => {
                mailbox.refuse(Error::within_handler());
            }
            Order::Prompt(mut prompt, launch, mailbox, _) => {
                let is_asked = launch.is_some();
                prompt.profile = self.profiles.assign(prompt.turn, launch);
                if is_asked && self.shared.renew().is_some() {
                    self.machine.set_profiles(self.profiles.alike(self.shared.options()));
                }
                self.turns.insert(prompt.turn, mailbox);
                self.handle(Input::Command(Command::Prompt(*prompt)));
            }
            // The turn starts only when the handler has ended.
            Order::Steer(message, waiter, Origin::Handler) if self.machine.waits(message.turn) => {
                waiter.reject(Error::within_handler());
            }
            Order::Steer(mut message, waiter, _) => {
                message.id = self.messages.register(&message.uuid, waiter);
                self.handle(Input::Command(Command::Steer(*message)));
            }
            Order::Abandon(turn) => self.abandon(turn),
            Order::Connect(reply) => {
                let request = self.register(reply);
                self.handle(Input::Command(Command::Connect(request)));
            }
            Order::Reinitialize(reply) => {
                let id = self.register(reply);
                let limit = self.shared.options().timeouts().initialize;
                let again = Box::new(self.machine.initialize().clone());
                self.handle(Input::Command(match self.machine.is_ready() {
                    true => Command::Control(id, again, limit),
                    // The handshake that is to come is as good.
                    false => Command::Connect(id),
                }));
            }
            Order::Control(request, limit, reply) => {
                let id = self.register(reply);
                self.handle(Input::Command(Command::Control(id, request, limit)));
            }
            Order::Restart { fresh, reply } => {
                if fresh {
                    self.forget();
                }
                let id = self.register(reply);
                self.handle(Input::Command(Command::Restart(id, fresh)));
            }
            Order::Probe(limit, reply) => {
                let id = self.register(reply);
                let request = Box::new(Request::new(RequestName::GetBinaryVersion));
                self.handle(Input::Command(Command::Probe(id, request, limit)));
            }
            // What has changed is found after every order.
            Order::LookAgain => {}
            Order::Forget { only_if_down, reply } => {
                let is_down = self.machine.phase() == Phase::Down && self.machine.is_idle();
                if is_down || !only_if_down {
                    self.forget();
                    self.handle(Input::Command(Command::Forget));
                    self.set_status();
                }
                let _ = reply.send(is_down || !only_if_down);
            }
            Order::HeldTurn(reply) => {
                if let Err(Some(unread)) = reply.send(self.held.take()) {
                    self.order(Order::Abandon(unread.turn));
                }
            }
            Order::FlushStore(done) => self.flush_mirror(Some(done)),
            Order::Stop(reply) => {
                self.stopping.push(reply);
                self.stop();
            }
            Order::Kill => {
                self.drop_cancelled_requests();
                self.machine.withdraw_restart();
                if self.link.is_some() || self.opening.is_some() {
                    self.terminate();
                }
            }
            Order::StopIfIdle(reply) if self.is_unused() => self.order(Order::Stop(reply)),
            Order::StopIfIdle(_) => {}
        }
    }

    /// The next launch resumes nothing.
    fn forget(&mut self) {
        self.forgotten = true;
        if let Some(observer) = &self.shared.setup.observer {
            observer.forgot();
        }
    }

    /// The turn has no reader any more.
    fn abandon(&mut self, turn: TurnId) {
        let mailbox = self.turns.remove(&turn);
        self.profiles.release(turn);
        self.handle(Input::Command(Command::Abandon(turn)));
        if let Some(mailbox) = mailbox {
            self.report_end(turn, &mailbox);
        }
    }

    /// Whether nothing runs or waits, and nothing is about to.
    fn is_unused(&self) -> bool {
        let is_busy = self.machine.is_ready() && !self.machine.is_between_turns();
        self.machine.is_idle() && !is_busy && self.shared.unsent.load(Ordering::Acquire) == 0
    }

    fn register(&mut self, asker: Asker) -> RequestId {
        self.next_request += 1;
        let request = RequestId(self.next_request);
        self.requests.insert(request, asker);
        request
    }

    fn handle(&mut self, input: Input) {
        self.note_input();
        let before = self.out.len();
        self.machine.handle(Instant::now().into_std(), input, &mut self.out);
        self.note_caller(before);
    }

    /// The machine has an input, which may change anything.
    fn note_input(&mut self) {
        self.handled = true;
        self.others.set_due();
    }

    /// Notes who causes a launch, before that call can be given up.
    fn note_caller(&mut self, before: usize) {
        let wanted_by = self.out.iter().skip(before).find_map(|output| match output {
            Output::Open { wanted_by, .. } => Some(wanted_by),
            _ => None,
        });
        let caller = wanted_by.map(|waiter| match waiter {
            Waiter::Turn(turn) => self.turns.get(turn).map(|mailbox| &mailbox.caller),
            Waiter::Request(request) => self.requests.get(request).map(|asker| &asker.caller),
        });
        if let Some(caller) = caller {
            self.caller = caller.cloned().unwrap_or_default();
        }
    }

    fn read(&mut self, now: Instant, result: std::io::Result<usize>) {
        let Some(link) = &mut self.link else { return };
        if let Err(error) = result {
            tracing::debug!(error = %os_error(&error), "reading the CLI's output failed");
        }
        // A result without a text is reported together with the errors written before it.
        if link.pipes.has_errors() {
            link.pipes.drain_stderr(&mut self.shared.stderr());
        }
        link.rest.iter_mut().for_each(|rest| rest.touch(now));
        while let Some(outcome) = self.link.as_mut().and_then(|link| link.pipes.next_item()) {
            if let Some(outcome) = self.pass_on(now, outcome) {
                self.received(now, outcome);
            }
        }
    }

    /// Takes a message that only has to be passed on to its reader; returns any other line.
    ///
    /// None is passed on ahead of an output: later lines wait behind it.
    fn pass_on(&mut self, now: Instant, outcome: Outcome) -> Option<Outcome> {
        let Outcome::Message(frame) = &outcome else { return Some(outcome) };
        if !self.out.is_empty() || self.preamble.is_some() {
            return Some(outcome);
        }
        let Some(turn) = self.machine.passes(now.into_std(), frame) else { return Some(outcome) };
        self.running.enter(turn, |turn| self.turns.contains_key(turn));
        if let Outcome::Message(frame) = outcome {
            self.passed.push(frame);
        }
        None
    }

    fn received(&mut self, now: Instant, outcome: Outcome) {
        if let Some(preamble) = &mut self.preamble {
            preamble.note(&outcome, |text| self.shared.stderr().masked(text));
        }
        self.observations.note(&outcome, &self.shared);
        self.mirror(&outcome);
        if let Outcome::Control(frame) = &outcome {
            self.control.replied(frame);
        }
        self.note_input();
        self.machine.handle(now.into_std(), Input::Received(outcome), &mut self.out);
    }

    /// Fires what is due.
    fn pass_time(&mut self) {
        let now = Instant::now();
        if self.machine.deadline().is_some_and(|deadline| deadline <= now.into_std()) {
            self.handle(Input::Tick);
        }
        if let Some(link) = &mut self.link {
            link.ending.pass_time(now, &mut *link.control);
        }
    }

    /// The caller no longer waits, so its request is cancelled.
    fn drop_cancelled_requests(&mut self) {
        if self.requests.values().all(|asker| !asker.reply.is_closed()) {
            return;
        }
        let gone: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, asker)| asker.reply.is_closed())
            .map(|(request, _)| *request)
            .collect();
        for request in gone {
            self.requests.remove(&request);
            self.handle(Input::Command(Command::Cancel(request)));
        }
    }
}
