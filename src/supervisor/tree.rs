//! What a supervisor decides, without I/O: which children are started, stopped and given up, and
//! when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::policy::{Backoff, Intensity, OnLimit, RestartType, Strategy};
use crate::common::later;

mod index;
mod io;

use self::index::Index;
pub(super) use self::index::{State, Then};
pub(super) use self::io::{ChildId, Class, End, Event, Input, Output, Why};

#[derive(Debug)]
struct Child {
    restart: RestartType,
    state: State,
    /// Whether a start has ever succeeded.
    was_up: bool,
    /// Starts in a row that failed, and ends since the last one that did not.
    failures: u32,
    restarts: u64,
    /// When it was restarted, if each child counts by itself.
    recent: VecDeque<Instant>,
    /// Since when someone else has what it needs.
    owned_since: Option<Instant>,
}

/// For how long a child whose conversation or CLI someone else has is tried again: an owner that cannot
/// be looked at counts as gone after 60 s.
const OWNED_FOR: Duration = Duration::from_secs(90);

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

#[derive(Debug)]
pub(super) struct Tree {
    rules: Rules,
    children: BTreeMap<ChildId, Child>,
    index: Index,
    /// Whose state has changed since that was asked.
    changed: Vec<ChildId>,
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
            changed: Vec::new(),
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
                let (was_up, failures, restarts, recent) = (false, 0, 0, VecDeque::new());
                let owned_since = None;
                let child =
                    Child { restart, state, was_up, failures, restarts, recent, owned_since };
                self.index.enter(id, state);
                self.children.insert(id, child);
            }
            Input::Add(id, _) => out.push(Output::Forget(id)),
            Input::Up(id) => self.up(id),
            Input::Down(id, class) => self.down(now, id, class, out),
            Input::Stopped(id) => self.stopped(now, id, out),
            Input::Busy(id) => self.busy(now, id, out),
            Input::Restart(id) => self.restart(now, id, out),
            Input::Renew(id) => self.stop(id, Then::Start(Why::ByHand), out),
            Input::Remove(id) => self.stop(id, Then::Forget, out),
            Input::Rest(id) if self.state(id) == Some(State::Up) => {
                self.stop(id, Then::Rest, out);
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
        if self.ending.is_none() && self.index.is_settled() {
            self.is_first_start = false;
            self.in_order = false;
        }
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

    /// The children whose state has changed since the last call, some more than once.
    pub(super) fn take_changed(&mut self) -> Vec<ChildId> {
        std::mem::take(&mut self.changed)
    }

    pub(super) fn restarts(&self, id: ChildId) -> u64 {
        self.children.get(&id).map_or(0, |child| child.restarts)
    }

    /// Whether the first children are all up.
    pub(super) fn has_started(&self) -> bool {
        !self.is_first_start
    }

    /// Whether all children are stopped, to stay so.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_some()
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
            self.changed.push(id);
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
        if let Some(State::Starting(_)) = self.state(id) {
            self.set(id, State::Up);
            if let Some(child) = self.children.get_mut(&id) {
                child.failures = 0;
                child.was_up = true;
                child.owned_since = None;
            }
        }
    }

    fn down(&mut self, now: Instant, id: ChildId, class: Class, out: &mut Vec<Output>) {
        let Some(child) = self.children.get_mut(&id) else { return };
        let why = match child.state {
            // What the failed start was for still holds for the next one.
            State::Starting(why) => why,
            State::Up => Why::Again,
            // It is being stopped.
            _ => return,
        };
        let waits = class == Class::Owned
            && now.duration_since(*child.owned_since.get_or_insert(now)) < OWNED_FOR;
        if waits && child.restart != RestartType::Temporary && self.ending.is_none() {
            child.failures += 1;
            let failures = child.failures;
            self.wait(now, id, failures, why, out);
            return self.pass_time(now);
        }
        if self.is_first_start && !child.was_up && self.ending.is_none() {
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
            self.set(id, State::Resting);
            return out.push(Output::Release(id));
        }
        child.failures += 1;
        let failures = child.failures;
        if matches!(class, Class::Configuration | Class::Owned) {
            self.set(id, State::Failed);
            return out.extend([Output::Release(id), Output::Event(id, Event::Failed)]);
        }
        child.restarts += 1;
        if self.is_too_often(now, id) {
            match self.rules.on_limit {
                OnLimit::Escalate => {
                    self.set(id, State::Failed);
                    return self.end(End::MaxIntensity(id), out);
                }
                OnLimit::Quarantine(time) => {
                    self.set(id, State::Quarantined(later(now, time), why));
                    return out.push(Output::Event(id, Event::Quarantined(time)));
                }
            }
        }
        self.wait(now, id, failures, why, out);
        self.stop_group(id, out);
        self.pass_time(now);
    }

    /// Has a child wait until it is started again.
    fn wait(&mut self, now: Instant, id: ChildId, failures: u32, why: Why, out: &mut Vec<Output>) {
        let random = self.random();
        let delay = self.rules.backoff.delay(failures, random);
        self.set(id, State::Waiting(later(now, delay), why));
        out.push(Output::Event(id, Event::Restarting(delay)));
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
            .map(|(other, child)| (*other, child.state, child.restart))
            .filter(|(other, ..)| *other != id)
            .collect();
        for (other, state, restart) in others.into_iter().rev() {
            let why = match state {
                State::Up => Why::Again,
                // What a start was for that has not succeeded still holds for the next one.
                State::Starting(why) => why,
                // It may still have work, and would go on.
                State::Stopping(Then::Rest) => Why::Again,
                _ => continue,
            };
            if restart == RestartType::Temporary {
                // Never started again. The others wait for its end all the same.
                self.set(other, State::Stopping(Then::Forget));
                self.index.group.insert(other);
            } else {
                self.set(other, State::Stopping(Then::Start(why)));
            }
            out.push(Output::Stop(other));
        }
    }

    fn stop(&mut self, id: ChildId, then: Then, out: &mut Vec<Output>) {
        let Some(child) = self.children.get(&id) else { return };
        match child.state {
            State::Up | State::Starting(_) => {
                self.set(id, State::Stopping(then));
                out.push(if then == Then::Rest { Output::Rest(id) } else { Output::Stop(id) });
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
            Then::Start(why) => self.set(id, State::Waiting(now, why)),
            Then::Rest => {
                self.set(id, State::Resting);
                out.push(Output::Event(id, Event::Resting));
            }
            Then::Forget => self.forget(id, out),
        }
        self.pass_time(now);
    }

    /// It does not rest, because it has work.
    fn busy(&mut self, now: Instant, id: ChildId, out: &mut Vec<Output>) {
        match self.state(id) {
            Some(State::Stopping(Then::Rest)) => self.set(id, State::Up),
            // The user has wanted something else meanwhile. A restart keeps its work.
            Some(State::Stopping(Then::Start(why))) => {
                self.set(id, State::Starting(why));
                out.push(Output::Start(id, why));
                self.pass_time(now);
            }
            Some(State::Stopping(Then::Forget)) => out.push(Output::Stop(id)),
            _ => {}
        }
    }

    fn restart(&mut self, now: Instant, id: ChildId, out: &mut Vec<Output>) {
        match self.state(id) {
            // Its session restarts itself, and keeps the prompts that wait. A start that is under
            // way is replaced.
            Some(State::Up | State::Starting(_)) => {
                self.set(id, State::Starting(Why::ByHand));
                out.push(Output::Start(id, Why::ByHand));
            }
            Some(State::Stopping(Then::Forget)) | None => {}
            Some(State::Stopping(_)) => self.set(id, State::Stopping(Then::Start(Why::ByHand))),
            Some(State::Waiting(..)) => {
                self.set(id, State::Waiting(now, Why::ByHand));
                self.pass_time(now);
            }
            Some(_) => self.set(id, State::Pending(Why::ByHand)),
        }
    }

    /// What has waited long enough is to start, unless others of its group are still being stopped.
    fn pass_time(&mut self, now: Instant) {
        while let Some((_, id)) =
            self.index.quarantined.first().filter(|(at, _)| *at <= now).copied()
            && let Some(State::Quarantined(_, why)) = self.state(id)
        {
            if let Some(child) = self.children.get_mut(&id) {
                child.recent.clear();
            }
            self.set(id, State::Pending(why));
        }
        while !self.is_blocked()
            && let Some((_, id)) = self.index.due.first().filter(|(at, _)| *at <= now).copied()
            && let Some(State::Waiting(_, why)) = self.state(id)
        {
            self.set(id, State::Pending(why));
        }
    }

    /// Starts as many as may start now, in order.
    fn start_next(&mut self, out: &mut Vec<Output>) {
        if self.ending.is_some() || self.is_blocked() {
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
            self.set(id, State::Starting(why));
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
