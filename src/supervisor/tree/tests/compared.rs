//! A tree next to the plain model, over any steps.

use proptest::prelude::{BoxedStrategy, ProptestConfig, Strategy as _, any};
use proptest::sample::select;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::model::{Model, Step};
use super::*;

/// Any rules.
pub(super) fn some_rules() -> BoxedStrategy<Rules> {
    use Strategy::{OneForAll, OneForOne, RestForOne};
    let strategy = select(vec![OneForOne, OneForAll, RestForOne]);
    let limits = (strategy, 0_usize..4, any::<bool>(), 0_u64..3, 1_usize..3);
    let rules = limits.prop_map(|(strategy, restarts, escalates, delay, max_starting)| Rules {
        strategy,
        intensity: Intensity::new(restarts, 5 * SECOND),
        on_limit: match escalates {
            true => OnLimit::Escalate,
            false => OnLimit::Quarantine(9 * SECOND),
        },
        backoff: Backoff::new(Duration::from_secs(delay), 4 * SECOND).jitter(0.0),
        max_starting,
    });
    rules.boxed()
}

impl Rig {
    /// What a service does with this step, and with what is due after it.
    pub(super) fn take_step(&mut self, now: Instant, added: u64, step: &Step) -> Vec<Output> {
        let id = |id: &u64| ChildId(*id);
        self.now = now;
        self.handle_and_tick(match step {
            Step::Add(restart) => Input::Add(ChildId(added), *restart),
            Step::Up(kid) => Input::Up(id(kid)),
            Step::Down(kid, class) => Input::Down(id(kid), *class),
            Step::Stopped(kid) => Input::Stopped(id(kid)),
            Step::Busy(kid) => Input::Busy(id(kid)),
            Step::Restart(kid) => Input::Restart(id(kid)),
            Step::Renew(kid) => Input::Renew(id(kid)),
            Step::Remove(kid) => Input::Remove(id(kid)),
            Step::Rest(kid) => Input::Rest(id(kid)),
            Step::Wake(kid) => Input::Wake(id(kid)),
            Step::Shutdown => Input::Shutdown,
            Step::Pass(_) => Input::Tick,
        })
    }

    /// Hands an input over, and the time if something is due then.
    pub(super) fn handle_and_tick(&mut self, input: Input) -> Vec<Output> {
        let mut out = self.handle(input);
        if self.tree.deadline().is_some_and(|due| due <= self.now) {
            out.extend(self.handle(Input::Tick));
        }
        out
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let state = (some_rules(), any::<bool>()).prop_map(|(rules, is_up)| match is_up {
            true => Self::up(rules, Instant::now(), 3),
            false => Self::starting(rules, Instant::now(), 3),
        });
        state.boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Step> {
        state.transitions()
    }

    fn preconditions(state: &Self, step: &Step) -> bool {
        state.allows(step)
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
        let (rules, now) = (model.rules, model.now);
        match model.has_started() {
            true => Rig { now, ..Rig::up(rules, 3) },
            false => Rig::starting(rules, now, 3),
        }
    }

    fn apply(mut rig: Rig, model: &Model, step: Step) -> Rig {
        let out = rig.take_step(model.now, model.added, &step);
        model.compare(&rig, &out);
        rig
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]
    #[test]
    fn the_tree_decides_as_the_plain_model_does(sequential 1..80 => Compared);
}
