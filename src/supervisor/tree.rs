//! What a supervisor decides, without I/O: which children are started, stopped and given up, and
//! when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::policy::{Backoff, Intensity, OnLimit, RestartType, Strategy};
use crate::common::later;

/// A child, in the order in which they were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ChildId(pub(super) u64);

/// What a supervisor learns of its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A new child. It is started after those before it, if it is one of the first.
    Add(ChildId, RestartType),
    /// A start has succeeded.
    Up(ChildId),
    /// A start has failed, or a child that was up has ended by itself.
    Down(ChildId, Class),
    /// A stop is done.
    Stopped(ChildId),
    /// The user wants it to be restarted: does not count.
    Restart(ChildId),
    /// The user wants it to be forgotten.
    Remove(ChildId),
    /// It has been idle for long: its process is stopped.
    Rest(ChildId),
    /// One that rests is wanted.
    Wake(ChildId),
    /// The supervisor is to end.
    Shutdown,
    Tick,
}

/// Why a child is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A crash, a signal or a time limit.
    Crash,
    /// An exit that was not asked for, without an error.
    Clean,
    /// It cannot start with its configuration, or is another program's: it is not tried again.
    Configuration,
    /// The API refuses its key or its login: it is started when it is wanted.
    Denied,
}

/// What the supervisor must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Start(ChildId, Why),
    Stop(ChildId),
    /// It is gone: stopped, and not wanted any more.
    Forget(ChildId),
    Event(ChildId, Event),
    /// All children are stopped.
    Finished(End),
}

/// Why a child is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    First,
    /// After an end, with the conversation that its policy wants.
    Again,
    /// By the user: always fresh.
    ByHand,
    /// After a rest: always with its conversation.
    Woken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Restarting(Duration),
    Quarantined(Duration),
    Failed,
    Resting,
}

/// Why the supervisor ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Shutdown,
    MaxIntensity(ChildId),
    /// One of the first children could not be started.
    StartFailed(ChildId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits for its start: for those before it, or because too many start.
    Pending(Why),
    Starting,
    Up,
    /// Until it is started again.
    Waiting(Instant),
    Stopping(Then),
    Resting,
    Quarantined(Instant),
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// It is started again as one of a group.
    Start,
    Rest,
    Forget,
}

#[derive(Debug)]
struct Child {
    restart: RestartType,
    state: State,
    /// Starts in a row that failed, and ends since the last one that did not.
    failures: u32,
    restarts: u64,
    /// When it was restarted, if each child counts by itself.
    recent: VecDeque<Instant>,
}

/// The settings of a supervisor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) strategy: Strategy,
    pub(super) intensity: Intensity,
    pub(super) on_limit: OnLimit,
    pub(super) backoff: Backoff,
    /// How many children may start at a time.
    pub(super) max_starting: usize,
}

/// The children by state, so that no decision looks at all of them.
#[derive(Debug, Default)]
struct Index {
    pending: BTreeSet<ChildId>,
    starting: BTreeSet<ChildId>,
    waiting: BTreeSet<ChildId>,
    /// When those that wait are due.
    due: BTreeSet<(Instant, ChildId)>,
    quarantined: BTreeSet<(Instant, ChildId)>,
    /// Those that are stopped to be started again.
    group: BTreeSet<ChildId>,
}

impl Index {
    fn enter(&mut self, id: ChildId, state: State) {
        match state {
            State::Pending(_) => drop(self.pending.insert(id)),
            State::Starting => drop(self.starting.insert(id)),
            State::Waiting(until) => {
                self.waiting.insert(id);
                self.due.insert((until, id));
            }
            State::Quarantined(until) => drop(self.quarantined.insert((until, id))),
            State::Stopping(Then::Start) => drop(self.group.insert(id)),
            State::Up | State::Stopping(_) | State::Resting | State::Failed => {}
        }
    }

    fn leave(&mut self, id: ChildId, state: State) {
        match state {
            State::Pending(_) => drop(self.pending.remove(&id)),
            State::Starting => drop(self.starting.remove(&id)),
            State::Waiting(until) => {
                self.waiting.remove(&id);
                self.due.remove(&(until, id));
            }
            State::Quarantined(until) => drop(self.quarantined.remove(&(until, id))),
            State::Stopping(Then::Start) => drop(self.group.remove(&id)),
            State::Up | State::Stopping(_) | State::Resting | State::Failed => {}
        }
    }

    /// Whether nothing is being started or will be.
    fn is_settled(&self) -> bool {
        self.pending.is_empty()
            && self.starting.is_empty()
            && self.waiting.is_empty()
            && self.group.is_empty()
    }
}

#[derive(Debug)]
pub(super) struct Tree {
    rules: Rules,
    children: BTreeMap<ChildId, Child>,
    index: Index,
    recent: VecDeque<Instant>,
    /// Whether the first children are still being started: one after the other, and a failure ends
    /// the supervisor.
    is_first_start: bool,
    /// Children of a group that is being restarted start one after the other.
    in_order: bool,
    ending: Option<End>,
    finished: bool,
    /// The state of the generator of jitter.
    random: u64,
}

impl Tree {
    pub(super) fn new(rules: Rules, seed: u64) -> Self {
        Self {
            rules,
            children: BTreeMap::new(),
            index: Index::default(),
            recent: VecDeque::new(),
            is_first_start: true,
            in_order: false,
            ending: None,
            finished: false,
            random: seed | 1,
        }
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Add(id, restart) if self.ending.is_none() => {
                let state = State::Pending(Why::First);
                let (failures, restarts, recent) = (0, 0, VecDeque::new());
                self.index.enter(id, state);
                self.children.insert(id, Child { restart, state, failures, restarts, recent });
            }
            Input::Add(id, _) => out.push(Output::Forget(id)),
            Input::Up(id) => self.up(id),
            Input::Down(id, class) => self.down(now, id, class, out),
            Input::Stopped(id) => self.stopped(now, id, out),
            Input::Restart(id) => self.restart(id, out),
            Input::Remove(id) => self.stop(id, Then::Forget, out),
            Input::Rest(id) if self.state(id) == Some(State::Up) => {
                self.stop(id, Then::Rest, out);
                out.push(Output::Event(id, Event::Resting));
            }
            Input::Rest(_) => {}
            Input::Wake(id) => {
                if self.state(id) == Some(State::Resting) {
                    self.set(id, State::Pending(Why::Woken));
                }
            }
            Input::Shutdown => self.end(End::Shutdown, out),
            Input::Tick => self.pass_time(now),
        }
        self.start_next(out);
        self.finish(out);
    }

    /// When the next [`Input::Tick`] is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let first = |timers: &BTreeSet<(Instant, ChildId)>| timers.first().map(|(at, _)| *at);
        let due = first(&self.index.due).filter(|_| !self.is_blocked());
        [due, first(&self.index.quarantined)].into_iter().flatten().min()
    }

    /// Whether a group is still being stopped, so that none of it may start.
    fn is_blocked(&self) -> bool {
        self.in_order && !self.index.group.is_empty()
    }

    pub(super) fn state(&self, id: ChildId) -> Option<State> {
        self.children.get(&id).map(|child| child.state)
    }

    pub(super) fn restarts(&self, id: ChildId) -> u64 {
        self.children.get(&id).map_or(0, |child| child.restarts)
    }

    /// Whether the first children are all up.
    pub(super) fn has_started(&self) -> bool {
        !self.is_first_start
    }

    /// The first children were all added.
    pub(super) fn all_added(&mut self, out: &mut Vec<Output>) {
        self.start_next(out);
        if self.children.is_empty() {
            self.is_first_start = false;
        }
    }

    fn set(&mut self, id: ChildId, state: State) {
        if let Some(child) = self.children.get_mut(&id) {
            self.index.leave(id, child.state);
            child.state = state;
            self.index.enter(id, state);
        }
    }

    fn forget(&mut self, id: ChildId, out: &mut Vec<Output>) {
        if let Some(child) = self.children.remove(&id) {
            self.index.leave(id, child.state);
            out.push(Output::Forget(id));
        }
    }

    fn up(&mut self, id: ChildId) {
        // A start that succeeds while the child is being stopped changes nothing.
        if self.state(id) == Some(State::Starting) {
            self.set(id, State::Up);
            if let Some(child) = self.children.get_mut(&id) {
                child.failures = 0;
            }
        }
        if self.index.is_settled() {
            self.is_first_start = false;
            self.in_order = false;
        }
    }

    fn down(&mut self, now: Instant, id: ChildId, class: Class, out: &mut Vec<Output>) {
        let Some(child) = self.children.get_mut(&id) else { return };
        if !matches!(child.state, State::Starting | State::Up) {
            // It is being stopped.
            return;
        }
        if self.is_first_start && self.ending.is_none() {
            self.set(id, State::Failed);
            return self.end(End::StartFailed(id), out);
        }
        let is_over = match child.restart {
            RestartType::Permanent => false,
            RestartType::Transient => class == Class::Clean,
            RestartType::Temporary => true,
        };
        if is_over {
            return self.forget(id, out);
        }
        if class == Class::Denied {
            return self.set(id, State::Resting);
        }
        child.failures += 1;
        let failures = child.failures;
        if class == Class::Configuration {
            self.set(id, State::Failed);
            return out.push(Output::Event(id, Event::Failed));
        }
        child.restarts += 1;
        if self.is_too_often(now, id) {
            match self.rules.on_limit {
                OnLimit::Escalate => {
                    self.set(id, State::Failed);
                    return self.end(End::MaxIntensity(id), out);
                }
                OnLimit::Quarantine(time) => {
                    self.set(id, State::Quarantined(later(now, time)));
                    return out.push(Output::Event(id, Event::Quarantined(time)));
                }
            }
        }
        let random = self.random();
        let delay = self.rules.backoff.delay(failures, random);
        self.set(id, State::Waiting(later(now, delay)));
        out.push(Output::Event(id, Event::Restarting(delay)));
        self.stop_group(id, out);
        self.pass_time(now);
    }

    /// Counts a restart.
    fn is_too_often(&mut self, now: Instant, id: ChildId) -> bool {
        let Intensity { restarts, window } = self.rules.intensity;
        let recent = match self.rules.on_limit {
            OnLimit::Escalate => &mut self.recent,
            OnLimit::Quarantine(_) => match self.children.get_mut(&id) {
                Some(child) => &mut child.recent,
                None => return false,
            },
        };
        recent.push_back(now);
        while recent.front().is_some_and(|at| now.duration_since(*at) >= window) {
            recent.pop_front();
        }
        recent.len() > restarts
    }

    /// Stops those that are restarted together with this one, in reverse order.
    fn stop_group(&mut self, id: ChildId, out: &mut Vec<Output>) {
        let first = match self.rules.strategy {
            Strategy::OneForOne => return,
            Strategy::OneForAll => ChildId(0),
            Strategy::RestForOne => id,
        };
        self.in_order = true;
        let others: Vec<_> = self
            .children
            .range(first..)
            .map(|(other, _)| *other)
            .filter(|other| *other != id)
            .collect();
        for other in others.into_iter().rev() {
            if let Some(State::Up | State::Starting) = self.state(other) {
                self.stop(other, Then::Start, out);
            }
        }
    }

    fn stop(&mut self, id: ChildId, then: Then, out: &mut Vec<Output>) {
        let Some(child) = self.children.get(&id) else { return };
        match child.state {
            State::Up | State::Starting => {
                self.set(id, State::Stopping(then));
                out.push(Output::Stop(id));
            }
            // The last word counts, except that what is forgotten stays so.
            State::Stopping(Then::Forget) => {}
            State::Stopping(_) => self.set(id, State::Stopping(then)),
            _ if then == Then::Forget => self.forget(id, out),
            _ => {}
        }
    }

    fn stopped(&mut self, now: Instant, id: ChildId, out: &mut Vec<Output>) {
        let Some(State::Stopping(then)) = self.state(id) else { return };
        match then {
            Then::Start => self.set(id, State::Waiting(now)),
            Then::Rest => self.set(id, State::Resting),
            Then::Forget => self.forget(id, out),
        }
        self.pass_time(now);
    }

    fn restart(&mut self, id: ChildId, out: &mut Vec<Output>) {
        match self.state(id) {
            // Its session restarts itself, and keeps the prompts that wait.
            Some(State::Up) => {
                self.set(id, State::Starting);
                out.push(Output::Start(id, Why::ByHand));
            }
            Some(State::Starting | State::Stopping(Then::Forget)) | None => {}
            Some(State::Stopping(_)) => self.set(id, State::Stopping(Then::Start)),
            Some(_) => self.set(id, State::Pending(Why::ByHand)),
        }
    }

    /// What has waited long enough is to start, unless others of its group are still being stopped.
    fn pass_time(&mut self, now: Instant) {
        while let Some((_, id)) =
            self.index.quarantined.first().filter(|(at, _)| *at <= now).copied()
        {
            if let Some(child) = self.children.get_mut(&id) {
                child.recent.clear();
            }
            self.set(id, State::Pending(Why::Again));
        }
        while !self.is_blocked()
            && let Some((_, id)) = self.index.due.first().filter(|(at, _)| *at <= now).copied()
        {
            self.set(id, State::Pending(Why::Again));
        }
    }

    /// Starts as many as may start now, in order.
    fn start_next(&mut self, out: &mut Vec<Output>) {
        if self.ending.is_some() {
            return;
        }
        let one_by_one = self.is_first_start || self.in_order;
        let limit = if one_by_one { 1 } else { self.rules.max_starting.max(1) };
        while self.index.starting.len() < limit
            && let Some(id) = self.index.pending.first().copied()
        {
            // While a group is restarted, none overtakes one that waits.
            if one_by_one && self.index.waiting.first().is_some_and(|waiting| *waiting < id) {
                return;
            }
            let Some(State::Pending(why)) = self.state(id) else { return };
            self.set(id, State::Starting);
            out.push(Output::Start(id, why));
        }
    }

    /// Stops all children in reverse order.
    fn end(&mut self, end: End, out: &mut Vec<Output>) {
        if self.ending.is_some() {
            return;
        }
        self.ending = Some(end);
        let all: Vec<_> = self.children.keys().copied().collect();
        for id in all.into_iter().rev() {
            self.stop(id, Then::Forget, out);
        }
    }

    fn finish(&mut self, out: &mut Vec<Output>) {
        if let Some(end) = self.ending
            && self.children.is_empty()
            && !self.finished
        {
            self.finished = true;
            out.push(Output::Finished(end));
        }
    }

    /// A number from 0 to 1 (xorshift).
    fn random(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests;
