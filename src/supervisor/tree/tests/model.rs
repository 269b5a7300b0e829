//! A second, plain form of what a tree decides, to compare it with: back-off, windows, classes of
//! ends, groups, order.

use proptest::prelude::{BoxedStrategy, Strategy as _, prop_oneof};
use proptest::sample::select;

use super::*;

/// What happens to a child, or to all of them.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Add(RestartType),
    Up(u64),
    Down(u64, Class),
    Stopped(u64),
    Busy(u64),
    Restart(u64),
    Renew(u64),
    Remove(u64),
    Rest(u64),
    Wake(u64),
    Shutdown,
    Pass(Duration),
}

#[derive(Clone, Debug)]
pub(super) struct Kid {
    id: u64,
    restart: RestartType,
    state: State,
    was_up: bool,
    /// Whether it stops only if it has no work.
    may_be_busy: bool,
    /// Whether it is stopped with its group, which starts when all of it are down.
    is_of_group: bool,
    failures: u32,
    crashes: Vec<Instant>,
    owned_since: Option<Instant>,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) rules: Rules,
    pub(super) now: Instant,
    kids: Vec<Kid>,
    pub(super) added: u64,
    /// Those of all children that were added.
    types: Vec<RestartType>,
    crashes: Vec<Instant>,
    /// Whether the first children are being started.
    is_first: bool,
    /// Whether a group is being restarted.
    in_order: bool,
    pub(super) end: Option<End>,
}

impl Model {
    /// Children 1 to `count`, the first of which is being started.
    pub(super) fn starting(rules: Rules, now: Instant, count: u64) -> Self {
        let (kids, crashes, types) = (Vec::new(), Vec::new(), Vec::new());
        let (is_first, in_order, end) = (true, false, None);
        let added = 0;
        let mut model = Self { rules, now, kids, added, types, crashes, is_first, in_order, end };
        for _ in 0..count {
            model.take_step(&Step::Add(RestartType::Permanent));
        }
        model
    }

    pub(super) fn up(rules: Rules, now: Instant, count: u64) -> Self {
        let mut model = Self::starting(rules, now, count);
        for id in 1..=count {
            model.take_step(&Step::Up(id));
        }
        model
    }

    fn kid(&mut self, id: u64) -> Option<&mut Kid> {
        self.kids.iter_mut().find(|kid| kid.id == id)
    }

    pub(super) fn state(&self, id: u64) -> Option<State> {
        self.kids.iter().find(|kid| kid.id == id).map(|kid| kid.state)
    }

    pub(super) fn has_started(&self) -> bool {
        !self.is_first
    }

    pub(super) fn is_over(&self) -> bool {
        self.end.is_some() && self.kids.is_empty()
    }

    pub(super) fn take_step(&mut self, step: &Step) {
        match step {
            Step::Add(restart) => {
                self.added += 1;
                self.types.push(*restart);
                if self.end.is_none() {
                    let (id, state) = (self.added, State::Pending(Why::First));
                    let (may_be_busy, failures, crashes) = (false, 0, Vec::new());
                    let is_of_group = false;
                    let (was_up, restart) = (false, *restart);
                    let owned_since = None;
                    let kid = Kid {
                        id,
                        restart,
                        state,
                        was_up,
                        may_be_busy,
                        is_of_group,
                        failures,
                        crashes,
                        owned_since,
                    };
                    self.kids.push(kid);
                }
            }
            Step::Pass(time) => self.now += *time,
            Step::Up(id) => self.change(*id, |kid| {
                kid.failures = 0;
                kid.was_up = true;
                kid.owned_since = None;
                Some(State::Up)
            }),
            Step::Down(id, class) => self.down(*id, *class),
            Step::Stopped(id) => {
                let now = self.now;
                self.change(*id, |kid| match kid.state {
                    State::Stopping(Then::Start(why)) => Some(State::Waiting(now, why)),
                    State::Stopping(Then::Rest) => Some(State::Resting),
                    _ => None,
                });
            }
            Step::Busy(id) => self.change(*id, |kid| {
                kid.may_be_busy = false;
                Some(match kid.state {
                    State::Stopping(Then::Rest) => State::Up,
                    State::Stopping(Then::Start(why)) => State::Starting(why),
                    other => other,
                })
            }),
            Step::Restart(id) => {
                let now = self.now;
                self.change(*id, |kid| {
                    Some(match kid.state {
                        State::Up | State::Starting(_) => State::Starting(Why::ByHand),
                        State::Stopping(Then::Forget) => kid.state,
                        State::Stopping(_) => State::Stopping(Then::Start(Why::ByHand)),
                        State::Waiting(..) => State::Waiting(now, Why::ByHand),
                        _ => State::Pending(Why::ByHand),
                    })
                });
            }
            Step::Renew(id) => self.change(*id, |kid| match kid.state {
                State::Stopping(Then::Forget) => Some(kid.state),
                State::Up | State::Starting(_) | State::Stopping(_) => {
                    Some(State::Stopping(Then::Start(Why::ByHand)))
                }
                other => Some(other),
            }),
            Step::Remove(id) => self.change(*id, Kid::removed),
            Step::Rest(id) => self.change(*id, |kid| {
                if kid.state != State::Up {
                    return Some(kid.state);
                }
                kid.may_be_busy = true;
                Some(State::Stopping(Then::Rest))
            }),
            Step::Wake(id) => self.change(*id, |kid| match kid.state {
                State::Resting => Some(State::Pending(Why::Woken)),
                other => Some(other),
            }),
            Step::Shutdown => self.finish(End::Shutdown),
        }
        self.settle();
    }

    /// Gives a child another state, or none.
    fn change(&mut self, id: u64, next: impl FnOnce(&mut Kid) -> Option<State>) {
        let Some(kid) = self.kid(id) else { return };
        match next(kid) {
            Some(state) => kid.state = state,
            None => self.kids.retain(|kid| kid.id != id),
        }
    }

    fn finish(&mut self, end: End) {
        if self.end.is_none() {
            self.end = Some(end);
            for mut kid in std::mem::take(&mut self.kids) {
                if let Some(state) = kid.removed() {
                    self.kids.push(Kid { state, ..kid });
                }
            }
        }
    }

    fn down(&mut self, id: u64, class: Class) {
        let (now, Rules { intensity, on_limit, backoff, .. }) = (self.now, self.rules);
        let is_first = self.is_first;
        let Some(kid) = self.kid(id) else { return };
        let why = if let State::Starting(why) = kid.state { why } else { Why::Again };
        if class == Class::Owned && kid.restart != RestartType::Temporary {
            let since = *kid.owned_since.get_or_insert(now);
            if now - since < 90 * SECOND {
                kid.failures += 1;
                let delay = backoff.first * 2_u32.pow((kid.failures - 1).min(20));
                kid.state = State::Waiting(now + delay.min(backoff.max), why);
                return;
            }
        }
        if is_first && !kid.was_up {
            kid.state = State::Failed;
            return self.finish(End::StartFailed(ChildId(id)));
        }
        let is_kept = match kid.restart {
            RestartType::Permanent => true,
            RestartType::Transient => class != Class::Clean,
            RestartType::Temporary => false,
        };
        if !is_kept {
            return self.change(id, |_| None);
        }
        match class {
            Class::Denied => kid.state = State::Resting,
            Class::Configuration | Class::Owned => {
                kid.failures += 1;
                kid.state = State::Failed;
            }
            Class::Crash | Class::Clean => {
                kid.failures += 1;
                let delay = backoff.first * 2_u32.pow((kid.failures - 1).min(20));
                kid.state = State::Waiting(now + delay.min(backoff.max), why);
                let recent = |crashes: &mut Vec<Instant>| {
                    crashes.push(now);
                    crashes.iter().filter(|at| now - **at < intensity.window).count()
                };
                match on_limit {
                    OnLimit::Quarantine(time) if recent(&mut kid.crashes) > intensity.restarts => {
                        kid.state = State::Quarantined(now + time, why);
                    }
                    OnLimit::Escalate if recent(&mut self.crashes) > intensity.restarts => {
                        self.change(id, |_| Some(State::Failed));
                        self.finish(End::MaxIntensity(ChildId(id)));
                    }
                    _ => self.stop_group_of(id),
                }
            }
        }
    }

    /// Those that go down with this one, to be started again after it or before it.
    fn stop_group_of(&mut self, id: u64) {
        let strategy = self.rules.strategy;
        let goes_down = |kid: &&mut Kid| match strategy {
            Strategy::OneForOne => false,
            Strategy::OneForAll => kid.id != id,
            Strategy::RestForOne => kid.id > id,
        };
        self.in_order |= strategy != Strategy::OneForOne;
        for kid in self.kids.iter_mut().filter(goes_down) {
            let why = match kid.state {
                State::Starting(why) => why,
                State::Up | State::Stopping(Then::Rest) => Why::Again,
                _ => continue,
            };
            // Such a child is never started again.
            let is_last = kid.restart == RestartType::Temporary;
            kid.state = State::Stopping(if is_last { Then::Forget } else { Then::Start(why) });
            kid.is_of_group = is_last;
            kid.may_be_busy = false;
        }
    }

    /// Those of a group that are still being stopped, for which the others wait.
    fn is_blocked(&self) -> bool {
        self.in_order && self.kids.iter().any(Kid::holds_up_its_group)
    }

    /// What is due is to start, and as many start as may, in order.
    fn settle(&mut self) {
        let (now, is_blocked) = (self.now, self.is_blocked());
        for kid in &mut self.kids {
            match kid.state {
                State::Waiting(until, why) if until <= now && !is_blocked => {
                    kid.state = State::Pending(why);
                }
                State::Quarantined(until, why) if until <= now => {
                    kid.crashes.clear();
                    kid.state = State::Pending(why);
                }
                _ => {}
            }
        }
        let one_by_one = self.is_first || self.in_order;
        let limit = if one_by_one { 1 } else { self.rules.max_starting };
        let is_starting = |kid: &&Kid| matches!(kid.state, State::Starting(_));
        while self.end.is_none()
            && !is_blocked
            && self.kids.iter().filter(is_starting).count() < limit
            && let Some(kid) = self.kids.iter_mut().find(|kid| match kid.state {
                State::Pending(_) => true,
                // None overtakes it.
                State::Waiting(..) => one_by_one,
                _ => false,
            })
            && let State::Pending(why) = kid.state
        {
            kid.state = State::Starting(why);
        }
        let is_settled = |kid: &Kid| match kid.state {
            State::Pending(_) | State::Starting(_) | State::Waiting(..) => false,
            State::Stopping(_) => !kid.holds_up_its_group(),
            State::Up | State::Resting | State::Quarantined(..) | State::Failed => true,
        };
        if self.end.is_none() && self.kids.iter().all(is_settled) {
            (self.is_first, self.in_order) = (false, false);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let is_blocked = self.is_blocked();
        let due = self.kids.iter().filter_map(|kid| match kid.state {
            State::Waiting(until, _) if !is_blocked => Some(until),
            State::Quarantined(until, _) => Some(until),
            _ => None,
        });
        due.min()
    }

    /// The tree does the same, and what it says is to be done is possible, in order.
    pub(super) fn compare(&self, rig: &Rig, out: &[Output]) {
        for kid in 1..=self.added {
            assert_eq!(rig.state(kid), self.state(kid), "{kid}");
        }
        assert_eq!(rig.tree.deadline(), self.deadline());
        assert_eq!(rig.tree.has_started(), self.has_started());
        let ends = rig.out.iter().filter_map(|output| match output {
            Output::Finished(end) => Some(*end),
            _ => None,
        });
        assert_eq!(Vec::from_iter(ends), Vec::from_iter(self.end.filter(|_| self.is_over())));
        let stops = out.iter().filter_map(|output| match output {
            Output::Stop(id) => Some(*id),
            _ => None,
        });
        let stops: Vec<_> = stops.collect();
        self.compare_starts(rig);
        assert!(stops.is_sorted_by(|one, next| one > next), "in reverse order: {stops:?}");
    }

    /// What the words of [`RestartType`] mean for each child, whatever happened, and however the
    /// model puts it: a start that is not the user's wish follows an end of the same kind.
    fn compare_starts(&self, rig: &Rig) {
        for (id, restart) in self.types.iter().zip(1..).map(|(restart, id)| (ChildId(id), restart))
        {
            let by_itself = rig.out.iter().filter(|output| match output {
                Output::Start(child, why) => *child == id && matches!(why, Why::First | Why::Again),
                _ => false,
            });
            let most = if *restart == RestartType::Temporary { 1 } else { usize::MAX };
            assert!(by_itself.count() <= most, "{id:?} is {restart:?}, and was started again");
        }
    }

    pub(super) fn transitions(&self) -> BoxedStrategy<Step> {
        use RestartType::{Permanent, Temporary, Transient};
        let always = prop_oneof![
            8 => select(vec![Permanent, Transient, Temporary]).prop_map(Step::Add),
            8 => (0_u64..60).prop_map(|tenths| Step::Pass(Duration::from_millis(tenths * 100))),
            1 => proptest::prelude::Just(Step::Shutdown),
        ];
        if self.kids.is_empty() {
            return always.boxed();
        }
        let ids: Vec<_> = self.kids.iter().map(|kid| kid.id).collect();
        let id = || select(ids.clone());
        let classes = vec![
            Class::Crash,
            Class::Crash,
            Class::Crash,
            Class::Clean,
            Class::Configuration,
            Class::Owned,
            Class::Denied,
        ];
        prop_oneof![
            2 => always,
            4 => id().prop_map(Step::Up),
            4 => (id(), select(classes)).prop_map(|(id, class)| Step::Down(id, class)),
            3 => id().prop_map(Step::Stopped),
            1 => id().prop_map(Step::Busy),
            1 => id().prop_map(Step::Restart),
            1 => id().prop_map(Step::Renew),
            1 => id().prop_map(Step::Remove),
            2 => id().prop_map(Step::Rest),
            2 => id().prop_map(Step::Wake),
        ]
        .boxed()
    }

    pub(super) fn allows(&self, step: &Step) -> bool {
        let kid = |id: u64| self.kids.iter().find(|kid| kid.id == id);
        match step {
            Step::Up(id) => matches!(self.state(*id), Some(State::Starting(_))),
            Step::Down(id, _) => matches!(self.state(*id), Some(State::Starting(_) | State::Up)),
            Step::Stopped(id) => matches!(self.state(*id), Some(State::Stopping(_))),
            Step::Busy(id) => kid(*id)
                .is_some_and(|kid| kid.may_be_busy && matches!(kid.state, State::Stopping(_))),
            _ => true,
        }
    }
}

impl Kid {
    /// Whether the others of its group wait until it is down.
    fn holds_up_its_group(&self) -> bool {
        self.is_of_group || matches!(self.state, State::Stopping(Then::Start(_)))
    }

    fn removed(&mut self) -> Option<State> {
        match self.state {
            State::Up | State::Starting(_) | State::Stopping(_) => {
                Some(State::Stopping(Then::Forget))
            }
            _ => None,
        }
    }
}
