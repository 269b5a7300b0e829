//! A supervisor as a child of another one: two trees, next to two plain models.

use proptest::prelude::{BoxedStrategy, ProptestConfig, Strategy as _, prop_oneof};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::compared::some_rules;
use super::model::{Model, Step};
use super::*;

/// The child of the outer supervisor that is a supervisor.
const INNER: u64 = 2;
/// How many children the inner one has at first.
const CHILDREN: u64 = 2;

#[derive(Clone, Debug)]
enum Move {
    Outer(Step),
    Inner(Step),
    Pass(Duration),
}

/// Two levels of models. What ends below is a crash above; what is stopped above ends below.
#[derive(Clone, Debug)]
struct Family {
    rules: (Rules, Rules),
    now: Instant,
    outer: Model,
    inner: Option<Model>,
    /// Whether the inner one is stopped for another one in its place.
    is_replaced: bool,
}

impl Family {
    fn take_move(&mut self, what: &Move) {
        match what {
            Move::Pass(time) => {
                self.now += *time;
                self.outer.take_step(&Step::Pass(*time));
                self.inner.iter_mut().for_each(|inner| inner.take_step(&Step::Pass(*time)));
            }
            Move::Outer(step) => {
                self.outer.take_step(step);
                self.is_replaced |= matches!(step, Step::Restart(INNER))
                    && self.is_starting()
                    && self.inner.is_some();
            }
            Move::Inner(step) => self.inner.iter_mut().for_each(|inner| inner.take_step(step)),
        }
        while self.link() {}
    }

    fn is_starting(&self) -> bool {
        matches!(self.outer.state(INNER), Some(State::Starting(_)))
    }

    /// Passes on what has happened on one level to the other. Whether there may be more.
    fn link(&mut self) -> bool {
        let over = self.inner.as_ref().and_then(|inner| inner.end.filter(|_| inner.is_over()));
        let below = match (self.outer.state(INNER), &mut self.inner) {
            (Some(State::Starting(_)), None) => {
                self.inner = Some(Model::starting(self.rules.1, self.now, CHILDREN));
                return true;
            }
            (Some(State::Starting(_)), Some(inner)) if self.is_replaced => {
                if over.is_none() && inner.end != Some(End::Shutdown) {
                    inner.take_step(&Step::Shutdown);
                }
                None
            }
            (Some(State::Starting(_)), Some(inner)) if inner.has_started() && over.is_none() => {
                Some(Step::Up(INNER))
            }
            (Some(State::Starting(_) | State::Up), _) => {
                over.map(|_| Step::Down(INNER, Class::Crash))
            }
            (Some(State::Stopping(_)), None) => Some(Step::Stopped(INNER)),
            (Some(State::Stopping(_)), Some(inner)) => {
                inner.take_step(&Step::Shutdown);
                inner.is_over().then_some(Step::Stopped(INNER))
            }
            (_, inner) => {
                assert!(inner.is_none(), "it runs, and should not");
                None
            }
        };
        let is_gone = self.inner.as_ref().is_some_and(Model::is_over);
        if is_gone {
            (self.inner, self.is_replaced) = (None, false);
        }
        below.iter().for_each(|step| self.outer.take_step(step));
        is_gone || below.is_some()
    }
}

/// The child that is a supervisor ends and starts by what happens below it.
fn is_by_hand(step: &Step) -> bool {
    !matches!(
        step,
        Step::Up(INNER)
            | Step::Down(INNER, _)
            | Step::Stopped(INNER)
            | Step::Busy(INNER)
            | Step::Rest(INNER)
            | Step::Wake(INNER)
            | Step::Pass(_)
    )
}

impl ReferenceStateMachine for Family {
    type State = Self;
    type Transition = Move;

    fn init_state() -> BoxedStrategy<Self> {
        let family = (some_rules(), some_rules()).prop_map(|rules| {
            let now = Instant::now();
            let outer = Model::starting(rules.0, now, 3);
            let mut family = Self { rules, now, outer, inner: None, is_replaced: false };
            family.take_move(&Move::Outer(Step::Up(1)));
            family
        });
        family.boxed()
    }

    fn transitions(state: &Self) -> BoxedStrategy<Move> {
        let pass = (0_u64..60).prop_map(|tenths| Move::Pass(Duration::from_millis(tenths * 100)));
        let outer = state.outer.transitions().prop_map(Move::Outer);
        match &state.inner {
            Some(inner) => {
                let inner = inner.transitions().prop_map(Move::Inner);
                prop_oneof![1 => pass, 3 => outer, 5 => inner].boxed()
            }
            None => prop_oneof![1 => pass, 3 => outer].boxed(),
        }
    }

    fn preconditions(state: &Self, what: &Move) -> bool {
        match what {
            Move::Outer(step) => is_by_hand(step) && state.outer.allows(step),
            Move::Inner(step) => {
                let allows = |inner: &Model| inner.allows(step);
                !matches!(step, Step::Pass(_)) && state.inner.as_ref().is_some_and(allows)
            }
            Move::Pass(_) => true,
        }
    }

    fn apply(mut state: Self, what: &Move) -> Self {
        state.take_move(what);
        state
    }
}

/// Two trees, of which the outer one says what becomes of the inner one.
struct Trees {
    rules: Rules,
    outer: Rig,
    inner: Option<Rig>,
    /// Whether the outer one knows that the inner one has started.
    is_up: bool,
    /// What the inner one is stopped for.
    then: Option<Wanted>,
}

#[derive(Clone, Copy)]
enum Wanted {
    Stopped,
    Again,
}

impl Trees {
    /// Does what the outer tree says about the inner one, and reports what happens below, as long as
    /// there is something.
    fn carry_out(&mut self, mut out: Vec<Output>) {
        loop {
            let mut inputs = Vec::new();
            for output in out {
                match (output, &mut self.inner) {
                    (Output::Start(ChildId(INNER), _), None) => self.start(),
                    (Output::Start(ChildId(INNER), _), Some(inner)) => {
                        self.then = Some(Wanted::Again);
                        inner.handle(Input::Shutdown);
                    }
                    (Output::Stop(ChildId(INNER)), None) => {
                        inputs.push(Input::Stopped(ChildId(INNER)));
                    }
                    (Output::Stop(ChildId(INNER)), Some(inner)) => {
                        self.then = Some(Wanted::Stopped);
                        inner.handle(Input::Shutdown);
                    }
                    _ => {}
                }
            }
            inputs.extend(self.news());
            if inputs.is_empty() {
                return;
            }
            out = inputs.into_iter().flat_map(|input| self.outer.handle_and_tick(input)).collect();
        }
    }

    fn start(&mut self) {
        self.inner = Some(Rig::starting(self.rules, self.outer.now, CHILDREN));
        (self.is_up, self.then) = (false, None);
    }

    /// What the outer tree must learn of the inner one.
    fn news(&mut self) -> Option<Input> {
        let inner = self.inner.as_ref()?;
        if inner.is_finished() {
            self.inner = None;
            return match self.then.take() {
                Some(Wanted::Stopped) => Some(Input::Stopped(ChildId(INNER))),
                Some(Wanted::Again) => {
                    self.start();
                    None
                }
                None => Some(Input::Down(ChildId(INNER), Class::Crash)),
            };
        }
        let is_up = inner.tree.has_started() && self.then.is_none();
        let is_news = is_up && !std::mem::replace(&mut self.is_up, is_up);
        is_news.then_some(Input::Up(ChildId(INNER)))
    }

    fn take_move(&mut self, family: &Family, what: &Move) {
        match what {
            Move::Pass(_) => {
                if let Some(inner) = &mut self.inner {
                    inner.take_step(family.now, 0, &Step::Pass(Duration::ZERO));
                }
                let out = self.outer.take_step(family.now, 0, &Step::Pass(Duration::ZERO));
                self.carry_out(out);
            }
            Move::Outer(step) => {
                let out = self.outer.take_step(family.now, family.outer.added, step);
                self.carry_out(out);
            }
            Move::Inner(step) => {
                let added = family.inner.as_ref().map_or(0, |inner| inner.added);
                if let Some(inner) = &mut self.inner {
                    inner.take_step(family.now, added, step);
                }
                self.carry_out(Vec::new());
            }
        }
    }
}

/// The trees, next to the models.
struct Compared;

impl StateMachineTest for Compared {
    type SystemUnderTest = Trees;
    type Reference = Family;

    fn init_test(family: &Family) -> Trees {
        let outer = Rig::starting(family.rules.0, family.now, 3);
        let mut trees =
            Trees { rules: family.rules.1, outer, inner: None, is_up: false, then: None };
        trees.take_move(family, &Move::Outer(Step::Up(1)));
        trees
    }

    fn apply(mut trees: Trees, family: &Family, what: Move) -> Trees {
        trees.take_move(family, &what);
        family.outer.compare(&trees.outer, &[]);
        assert_eq!(trees.inner.is_some(), family.inner.is_some(), "it runs on one side only");
        if let (Some(rig), Some(model)) = (&trees.inner, &family.inner) {
            model.compare(rig, &[]);
        }
        trees
    }

    /// A shutdown of the outer one ends both, once all stops are answered.
    fn teardown(mut trees: Trees, family: Family) {
        trees.take_move(&family, &Move::Outer(Step::Shutdown));
        let below = family.inner.as_ref().map_or(0, |inner| inner.added);
        for id in 1..=below {
            trees.take_move(&family, &Move::Inner(Step::Stopped(id)));
        }
        for id in (1..=family.outer.added).filter(|id| *id != INNER) {
            trees.take_move(&family, &Move::Outer(Step::Stopped(id)));
        }
        assert!(trees.inner.is_none() && trees.outer.is_finished());
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn a_supervisor_below_another_decides_as_the_plain_models_do(sequential 1..80 => Compared);
}
