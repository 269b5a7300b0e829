//! A second, plain form of what a tree decides about single children, to compare it with: back-off,
//! windows, classes of ends, order.

use proptest::prelude::{BoxedStrategy, ProptestConfig, Strategy as _, any, prop_oneof};
use proptest::sample::select;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::*;

/// What happens to a child, or to all of them.
#[derive(Clone, Debug)]
enum Step {
    Add(RestartType),
    Up(u64),
    Down(u64, Class),
    Stopped(u64),
    Busy(u64),
    Restart(u64),
    Remove(u64),
    Rest(u64),
    Wake(u64),
    Pass(Duration),
}

#[derive(Clone, Debug)]
struct Kid {
    id: u64,
    restart: RestartType,
    state: State,
    /// Whether it stops only if it has no work.
    may_be_busy: bool,
    failures: u32,
    crashes: Vec<Instant>,
}

#[derive(Clone, Debug)]
struct Model {
    rules: Rules,
    now: Instant,
    kids: Vec<Kid>,
    added: u64,
    crashes: Vec<Instant>,
    has_ended: bool,
}

impl Model {
    fn kid(&mut self, id: u64) -> Option<&mut Kid> {
        self.kids.iter_mut().find(|kid| kid.id == id)
    }

    fn state(&self, id: u64) -> Option<State> {
        self.kids.iter().find(|kid| kid.id == id).map(|kid| kid.state)
    }

    fn take_step(&mut self, step: &Step) {
        match step {
            Step::Add(restart) => {
                self.added += 1;
                if !self.has_ended {
                    let (id, state) = (self.added, State::Pending(Why::First));
                    let (may_be_busy, failures, crashes) = (false, 0, Vec::new());
                    let restart = *restart;
                    self.kids.push(Kid { id, restart, state, may_be_busy, failures, crashes });
                }
            }
            Step::Pass(time) => self.now += *time,
            Step::Up(id) => self.change(*id, |kid| {
                kid.failures = 0;
                Some(State::Up)
            }),
            Step::Down(id, class) => self.down(*id, *class),
            Step::Stopped(id) => self.change(*id, |kid| match kid.state {
                State::Stopping(Then::Start(why)) => Some(State::Pending(why)),
                State::Stopping(Then::Rest) => Some(State::Resting),
                _ => None,
            }),
            Step::Busy(id) => self.change(*id, |kid| {
                kid.may_be_busy = false;
                Some(match kid.state {
                    State::Stopping(Then::Rest) => State::Up,
                    State::Stopping(Then::Start(why)) => State::Starting(why),
                    other => other,
                })
            }),
            Step::Restart(id) => self.change(*id, |kid| {
                Some(match kid.state {
                    State::Up | State::Starting(_) => State::Starting(Why::ByHand),
                    State::Stopping(Then::Forget) => kid.state,
                    State::Stopping(_) => State::Stopping(Then::Start(Why::ByHand)),
                    _ => State::Pending(Why::ByHand),
                })
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

    fn down(&mut self, id: u64, class: Class) {
        let (now, Rules { intensity, on_limit, backoff, .. }) = (self.now, self.rules);
        let Some(kid) = self.kid(id) else { return };
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
            Class::Configuration => {
                kid.failures += 1;
                kid.state = State::Failed;
            }
            Class::Crash | Class::Clean => {
                kid.failures += 1;
                let why = if let State::Starting(why) = kid.state { why } else { Why::Again };
                let delay = backoff.first * 2_u32.pow((kid.failures - 1).min(20));
                kid.state = State::Waiting(now + delay.min(backoff.max), why);
                let recent = |crashes: &mut Vec<Instant>| {
                    crashes.push(now);
                    crashes.iter().filter(|at| now - **at < intensity.window).count()
                };
                match on_limit {
                    OnLimit::Quarantine(time) => {
                        if recent(&mut kid.crashes) > intensity.restarts {
                            kid.state = State::Quarantined(now + time);
                        }
                    }
                    OnLimit::Escalate => {
                        if recent(&mut self.crashes) > intensity.restarts {
                            self.has_ended = true;
                            for kid in std::mem::take(&mut self.kids) {
                                let mut kid = kid;
                                if let Some(state) = kid.removed() {
                                    self.kids.push(Kid { state, ..kid });
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// What is due is to start, and as many start as may, in order.
    fn settle(&mut self) {
        let now = self.now;
        for kid in &mut self.kids {
            match kid.state {
                State::Waiting(until, why) if until <= now => kid.state = State::Pending(why),
                State::Quarantined(until) if until <= now => {
                    kid.crashes.clear();
                    kid.state = State::Pending(Why::Again);
                }
                _ => {}
            }
        }
        let is_starting = |kid: &&Kid| matches!(kid.state, State::Starting(_));
        while !self.has_ended
            && self.kids.iter().filter(is_starting).count() < self.rules.max_starting
            && let Some(kid) =
                self.kids.iter_mut().find(|kid| matches!(kid.state, State::Pending(_)))
            && let State::Pending(why) = kid.state
        {
            kid.state = State::Starting(why);
        }
    }
}

impl Kid {
    fn removed(&mut self) -> Option<State> {
        match self.state {
            State::Up | State::Starting(_) | State::Stopping(_) => {
                Some(State::Stopping(Then::Forget))
            }
            _ => None,
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let limits = (0_usize..4, any::<bool>(), 0_u64..3, 1_usize..3);
        let state = limits.prop_map(|(restarts, escalates, delay, max_starting)| {
            let rules = Rules {
                strategy: Strategy::OneForOne,
                intensity: Intensity::new(restarts, 5 * SECOND),
                on_limit: match escalates {
                    true => OnLimit::Escalate,
                    false => OnLimit::Quarantine(9 * SECOND),
                },
                backoff: Backoff::new(Duration::from_secs(delay), 4 * SECOND).jitter(0.0),
                max_starting,
            };
            let kid = |id| {
                let (restart, state) = (RestartType::Permanent, State::Up);
                Kid { id, restart, state, may_be_busy: false, failures: 0, crashes: Vec::new() }
            };
            let (now, kids, crashes) = (Instant::now(), vec![kid(1), kid(2)], Vec::new());
            Self { rules, now, kids, added: 2, crashes, has_ended: false }
        });
        state.boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        use RestartType::{Permanent, Temporary, Transient};
        let always = prop_oneof![
            select(vec![Permanent, Transient, Temporary]).prop_map(Step::Add),
            (0_u64..60).prop_map(|tenths| Step::Pass(Duration::from_millis(tenths * 100))),
        ];
        if state.kids.is_empty() {
            return always.boxed();
        }
        let ids: Vec<_> = state.kids.iter().map(|kid| kid.id).collect();
        let id = || select(ids.clone());
        let classes = vec![Class::Crash, Class::Clean, Class::Configuration, Class::Denied];
        prop_oneof![
            2 => always,
            4 => id().prop_map(Step::Up),
            4 => (id(), select(classes)).prop_map(|(id, class)| Step::Down(id, class)),
            2 => id().prop_map(Step::Stopped),
            1 => id().prop_map(Step::Busy),
            1 => id().prop_map(Step::Restart),
            1 => id().prop_map(Step::Remove),
            2 => id().prop_map(Step::Rest),
            2 => id().prop_map(Step::Wake),
        ]
        .boxed()
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        let kid = |id: u64| state.kids.iter().find(|kid| kid.id == id);
        match step {
            Step::Up(id) => matches!(state.state(*id), Some(State::Starting(_))),
            Step::Down(id, _) => matches!(state.state(*id), Some(State::Starting(_) | State::Up)),
            Step::Stopped(id) => matches!(state.state(*id), Some(State::Stopping(_))),
            Step::Busy(id) => kid(*id)
                .is_some_and(|kid| kid.may_be_busy && matches!(kid.state, State::Stopping(_))),
            _ => true,
        }
    }

    fn apply(mut state: Self, step: &Step) -> Self {
        state.take_step(step);
        state
    }
}

/// The tree, next to the model.
struct Compared;

impl StateMachineTest for Compared {
    type SystemUnderTest = Rig;
    type Reference = Model;

    fn init_test(model: &Model) -> Rig {
        let mut rig = Rig::up(model.rules, 2);
        rig.now = model.now;
        rig
    }

    fn apply(mut rig: Rig, model: &Model, step: Step) -> Rig {
        let id = ChildId;
        rig.now = model.now;
        rig.handle(match step {
            Step::Add(restart) => Input::Add(id(model.added), restart),
            Step::Up(kid) => Input::Up(id(kid)),
            Step::Down(kid, class) => Input::Down(id(kid), class),
            Step::Stopped(kid) => Input::Stopped(id(kid)),
            Step::Busy(kid) => Input::Busy(id(kid)),
            Step::Restart(kid) => Input::Restart(id(kid)),
            Step::Remove(kid) => Input::Remove(id(kid)),
            Step::Rest(kid) => Input::Rest(id(kid)),
            Step::Wake(kid) => Input::Wake(id(kid)),
            Step::Pass(_) => Input::Tick,
        });
        for kid in 1..=model.added {
            assert_eq!(rig.state(kid), model.state(kid), "{kid}");
        }
        let due = model.kids.iter().filter_map(|kid| match kid.state {
            State::Waiting(until, _) | State::Quarantined(until) => Some(until),
            _ => None,
        });
        assert_eq!(rig.tree.deadline(), due.min());
        let is_over = model.has_ended && model.kids.is_empty();
        let finished = rig.out.iter().any(|output| matches!(output, Output::Finished(_)));
        assert_eq!(finished, is_over);
        rig
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn the_tree_decides_as_the_plain_model_does(sequential 1..60 => Compared);
}
