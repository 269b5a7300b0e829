//! What a tree decides, with a clock that the test moves.

mod compared;
mod groups;
mod model;
mod nested;

use super::*;

use std::time::Duration;

use proptest::prelude::{Strategy as Strategy_, any, prop_assert, proptest};

const SECOND: Duration = Duration::from_secs(1);

/// A tree with a clock, and children that do what the test says.
struct Rig {
    tree: Tree,
    now: Instant,
    out: Vec<Output>,
}

fn rules() -> Rules {
    Rules {
        strategy: Strategy::OneForOne,
        intensity: Intensity::default(),
        on_limit: OnLimit::Escalate,
        backoff: Backoff::new(SECOND, 4 * SECOND).jitter(0.0),
        max_starting: 8,
    }
}

impl Rig {
    /// Children 1 to `count`, all up.
    fn up(rules: Rules, count: u64) -> Self {
        let mut rig = Self::starting(rules, Instant::now(), count);
        for id in 1..=count {
            rig.handle(Input::Up(ChildId(id)));
        }
        rig.out.clear();
        rig
    }

    /// Children 1 to `count`, the first of which is being started.
    fn starting(rules: Rules, now: Instant, count: u64) -> Self {
        let mut rig = Self { tree: Tree::new(rules, 7), now, out: Vec::new() };
        for id in 1..=count {
            rig.handle(Input::Add(ChildId(id), RestartType::Permanent));
        }
        rig
    }

    fn is_ending(&self) -> bool {
        self.tree.ending.is_some()
    }

    fn is_finished(&self) -> bool {
        self.out.iter().any(|output| matches!(output, Output::Finished(_)))
    }

    fn handle(&mut self, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        self.tree.handle(self.now, input, &mut out);
        self.out.extend(&out);
        out
    }

    fn pass(&mut self, time: Duration) -> Vec<Output> {
        self.now += time;
        self.handle(Input::Tick)
    }

    fn crash(&mut self, id: u64) -> Vec<Output> {
        self.handle(Input::Down(ChildId(id), Class::Crash))
    }

    /// It is idle for long, and rests.
    fn rest(&mut self, id: u64) {
        assert_eq!(self.handle(Input::Rest(ChildId(id))), [Output::Rest(ChildId(id))]);
        let event = Output::Event(ChildId(id), Event::Resting);
        assert_eq!(self.handle(Input::Stopped(ChildId(id))), [event]);
        assert_eq!(self.state(id), Some(State::Resting));
    }

    fn state(&self, id: u64) -> Option<State> {
        self.tree.state(ChildId(id))
    }
}

fn start(id: u64, why: Why) -> Output {
    Output::Start(ChildId(id), why)
}

fn stop(id: u64) -> Output {
    Output::Stop(ChildId(id))
}

#[test]
fn the_first_children_start_one_after_the_other() {
    let mut rig = Rig { tree: Tree::new(rules(), 7), now: Instant::now(), out: Vec::new() };
    assert_eq!(rig.handle(Input::Add(ChildId(1), RestartType::Permanent)), [start(1, Why::First)]);
    assert_eq!(rig.handle(Input::Add(ChildId(2), RestartType::Permanent)), []);
    assert_eq!(rig.handle(Input::Up(ChildId(1))), [start(2, Why::First)]);
    assert!(!rig.tree.has_started());
    rig.handle(Input::Up(ChildId(2)));
    assert!(rig.tree.has_started());
}

/// An owner that cannot be looked at counts as gone only after some time: a program that was killed
/// and started again must not fail for that.
#[test]
fn a_child_whose_conversation_someone_else_has_is_tried_again_for_some_time_and_does_not_count() {
    let owned = Input::Down(ChildId(1), Class::Owned);
    for is_first in [true, false] {
        let mut rig = match is_first {
            true => Rig::starting(rules(), Instant::now(), 2),
            false => Rig::up(rules(), 2),
        };
        let mut waited = Duration::ZERO;
        while rig.state(1) != Some(State::Failed) && !rig.is_ending() {
            rig.handle(owned);
            assert!(waited <= 100 * SECOND, "for ever");
            waited += 4 * SECOND;
            rig.pass(4 * SECOND);
        }
        assert!(waited >= 90 * SECOND, "{waited:?}");
        assert_eq!(rig.is_ending(), is_first);
    }
}

/// The time begins again after a start that has succeeded.
#[test]
fn a_child_that_was_up_in_between_is_tried_again_for_the_whole_time() {
    let mut rig = Rig::up(rules(), 1);
    let owned = Input::Down(ChildId(1), Class::Owned);
    rig.handle(owned);
    rig.pass(4 * SECOND);
    rig.handle(Input::Up(ChildId(1)));
    rig.pass(100 * SECOND);
    rig.handle(owned);
    assert!(matches!(rig.state(1), Some(State::Waiting(..))), "{:?}", rig.state(1));
}

#[test]
fn a_first_child_that_is_tried_again_still_starts_before_the_next_one() {
    let mut rig = Rig::starting(rules(), Instant::now(), 2);
    rig.handle(Input::Down(ChildId(1), Class::Owned));
    assert_eq!(rig.state(2), Some(State::Pending(Why::First)));
    assert!(rig.pass(SECOND).contains(&start(1, Why::First)));
    assert_eq!(rig.handle(Input::Up(ChildId(1))), [start(2, Why::First)]);
}

#[test]
fn a_first_child_that_fails_stops_those_before_it() {
    let mut rig = Rig { tree: Tree::new(rules(), 7), now: Instant::now(), out: Vec::new() };
    for id in 1..=3 {
        rig.handle(Input::Add(ChildId(id), RestartType::Permanent));
    }
    rig.handle(Input::Up(ChildId(1)));
    let out = rig.crash(2);
    assert_eq!(out, [Output::Forget(ChildId(3)), Output::Forget(ChildId(2)), stop(1)]);
    let out = rig.handle(Input::Stopped(ChildId(1)));
    assert_eq!(out, [Output::Forget(ChildId(1)), Output::Finished(End::StartFailed(ChildId(2)))]);
}

#[test]
fn one_for_one_restarts_only_the_one_that_crashed_after_its_delay() {
    let mut rig = Rig::up(rules(), 3);
    assert_eq!(rig.crash(2), [Output::Event(ChildId(2), Event::Restarting(SECOND))]);
    assert_eq!(rig.pass(SECOND / 2), []);
    assert_eq!(rig.pass(SECOND / 2), [start(2, Why::Again)]);
    // A start that fails doubles the delay; a handshake resets it.
    assert_eq!(rig.crash(2), [Output::Event(ChildId(2), Event::Restarting(2 * SECOND))]);
    rig.pass(2 * SECOND);
    rig.handle(Input::Up(ChildId(2)));
    rig.now += 10 * SECOND;
    assert_eq!(rig.crash(2), [Output::Event(ChildId(2), Event::Restarting(SECOND))]);
    assert_eq!(rig.tree.restarts(ChildId(2)), 3);
}

#[test]
fn one_restart_too_many_within_the_window_escalates() {
    for (between, escalates) in [(Duration::from_millis(1000), true), (2 * SECOND, false)] {
        let backoff = Backoff::none();
        let mut rig = Rig::up(Rules { backoff, ..rules() }, 2);
        for _ in 0..4 {
            rig.crash(1);
            rig.handle(Input::Up(ChildId(1)));
            rig.now += between;
        }
        let ended = rig.out.contains(&stop(2));
        assert_eq!(ended, escalates, "{between:?}");
        if escalates {
            let out = rig.handle(Input::Stopped(ChildId(2)));
            assert_eq!(out[1], Output::Finished(End::MaxIntensity(ChildId(1))));
        }
    }
}

#[test]
fn a_quarantine_takes_out_one_child_for_its_time() {
    let on_limit = OnLimit::Quarantine(60 * SECOND);
    let intensity = Intensity::new(0, SECOND);
    let mut rig = Rig::up(Rules { on_limit, intensity, ..rules() }, 2);
    assert_eq!(rig.crash(1), [Output::Event(ChildId(1), Event::Quarantined(60 * SECOND))]);
    assert_eq!(rig.pass(59 * SECOND), []);
    assert_eq!(rig.pass(SECOND), [start(1, Why::Again)]);
    assert_eq!(rig.state(2), Some(State::Up));
}

#[test]
fn restart_types_decide_about_an_end_and_a_configuration_is_not_tried_again() {
    for (restart, class, state) in [
        (RestartType::Permanent, Class::Clean, "Waiting"),
        (RestartType::Permanent, Class::Crash, "Waiting"),
        (RestartType::Permanent, Class::Configuration, "Failed"),
        (RestartType::Transient, Class::Clean, "None"),
        (RestartType::Transient, Class::Crash, "Waiting"),
        (RestartType::Temporary, Class::Clean, "None"),
        (RestartType::Temporary, Class::Crash, "None"),
    ] {
        let mut rig = Rig::up(rules(), 1);
        rig.handle(Input::Add(ChildId(9), restart));
        rig.handle(Input::Up(ChildId(9)));
        rig.handle(Input::Down(ChildId(9), class));
        let now = format!("{:?}", rig.state(9));
        assert!(now.contains(state), "{restart:?} {class:?}: {now}");
    }
}

#[test]
fn a_restart_by_hand_does_not_count() {
    let mut rig = Rig::up(rules(), 1);
    for _ in 0..10 {
        assert_eq!(rig.handle(Input::Restart(ChildId(1))), [start(1, Why::ByHand)]);
        rig.handle(Input::Up(ChildId(1)));
    }
    assert_eq!(rig.tree.restarts(ChildId(1)), 0);
}

#[test]
fn a_child_that_dies_while_it_is_stopped_is_not_restarted() {
    let mut rig = Rig::up(rules(), 1);
    assert_eq!(rig.handle(Input::Remove(ChildId(1))), [stop(1)]);
    assert_eq!(rig.crash(1), []);
    assert_eq!(rig.handle(Input::Stopped(ChildId(1))), [Output::Forget(ChildId(1))]);
}

#[test]
fn a_child_that_rests_is_started_when_it_is_wanted() {
    let mut rig = Rig::up(rules(), 1);
    rig.rest(1);
    assert_eq!(rig.pass(100 * SECOND), []);
    assert_eq!(rig.handle(Input::Wake(ChildId(1))), [start(1, Why::Woken)]);
}

#[test]
fn a_child_that_has_work_does_not_rest() {
    let one = ChildId(1);
    let mut rig = Rig::up(rules(), 1);
    rig.handle(Input::Rest(one));
    assert_eq!(rig.handle(Input::Busy(one)), []);
    assert_eq!(rig.state(1), Some(State::Up));
    // What the user has wanted meanwhile is done then.
    rig.handle(Input::Rest(one));
    assert_eq!(rig.handle(Input::Restart(one)), []);
    assert_eq!(rig.handle(Input::Busy(one)), [start(1, Why::ByHand)]);
    rig.handle(Input::Up(one));
    rig.handle(Input::Rest(one));
    assert_eq!(rig.handle(Input::Remove(one)), []);
    assert_eq!(rig.handle(Input::Busy(one)), [stop(1)]);
    assert_eq!(rig.handle(Input::Stopped(one)), [Output::Forget(one)]);
}

/// What a start is for is still known after it has failed.
#[test]
fn a_start_that_failed_is_tried_again_for_the_same_reason() {
    for (input, why) in
        [(Input::Wake(ChildId(1)), Why::Woken), (Input::Restart(ChildId(1)), Why::ByHand)]
    {
        let mut rig = Rig::up(rules(), 1);
        rig.rest(1);
        assert_eq!(rig.handle(input), [start(1, why)]);
        for wait in [1, 2] {
            rig.crash(1);
            assert_eq!(rig.pass(wait * SECOND), [start(1, why)]);
        }
        rig.handle(Input::Up(ChildId(1)));
        rig.crash(1);
        assert_eq!(rig.pass(SECOND), [start(1, Why::Again)]);
    }
}

/// After a quarantine, too.
#[test]
fn a_start_after_a_quarantine_is_for_the_reason_of_the_one_that_failed() {
    let on_limit = OnLimit::Quarantine(60 * SECOND);
    let quarantine = Rules { on_limit, intensity: Intensity::new(0, SECOND), ..rules() };
    for (input, why) in
        [(Input::Wake(ChildId(1)), Why::Woken), (Input::Restart(ChildId(1)), Why::ByHand)]
    {
        let mut rig = Rig::up(quarantine, 1);
        rig.rest(1);
        rig.handle(input);
        for _ in 0..2 {
            rig.crash(1);
            assert_eq!(rig.pass(60 * SECOND), [start(1, why)]);
        }
        rig.handle(Input::Up(ChildId(1)));
        rig.crash(1);
        assert_eq!(rig.pass(60 * SECOND), [start(1, Why::Again)]);
    }
}

/// In every state: the start that follows is by hand, so that the conversation is forgotten.
#[test]
fn a_restart_by_hand_is_remembered_in_every_state() {
    let one = ChildId(1);
    let quarantine = Rules {
        on_limit: OnLimit::Quarantine(60 * SECOND),
        intensity: Intensity::new(0, SECOND),
        ..rules()
    };
    let by_hand = [start(1, Why::ByHand)];
    type Before = fn(&mut Rig);
    let at_once: [(&str, Rules, Before); 7] = [
        ("up", rules(), |_| {}),
        ("waiting", rules(), |rig| drop(rig.crash(1))),
        ("starting", rules(), |rig| {
            rig.crash(1);
            rig.pass(SECOND);
        }),
        ("woken", rules(), |rig| {
            rig.rest(1);
            rig.handle(Input::Wake(ChildId(1)));
        }),
        ("resting", rules(), |rig| rig.rest(1)),
        ("quarantined", quarantine, |rig| drop(rig.crash(1))),
        ("failed", rules(), |rig| {
            rig.handle(Input::Down(ChildId(1), Class::Configuration));
        }),
    ];
    for (name, rules, before) in at_once {
        let mut rig = Rig::up(rules, 1);
        before(&mut rig);
        assert_eq!(rig.handle(Input::Restart(one)), by_hand, "{name}");
        assert_eq!(rig.state(1), Some(State::Starting(Why::ByHand)), "{name}");
    }
    let mut rig = Rig::up(rules(), 1);
    rig.handle(Input::Rest(one));
    assert_eq!(rig.handle(Input::Restart(one)), []);
    assert_eq!(rig.handle(Input::Stopped(one)), by_hand, "while it is stopped to rest");
    // Of a group.
    let mut rig = Rig::up(Rules { strategy: Strategy::OneForAll, ..rules() }, 2);
    rig.crash(2);
    assert_eq!(rig.handle(Input::Restart(one)), []);
    assert_eq!(rig.handle(Input::Stopped(one)), by_hand, "while it is stopped with its group");
}

/// What waits for its start, or for a query, is left alone.
#[test]
fn a_renewal_replaces_a_session_that_is_up_or_being_started() {
    let one = ChildId(1);
    let by_hand = [start(1, Why::ByHand)];
    let woken: fn(&mut Rig) = |rig| {
        rig.rest(1);
        rig.handle(Input::Wake(ChildId(1)));
    };
    for before in [|_: &mut Rig| {}, woken] {
        let mut rig = Rig::up(rules(), 1);
        before(&mut rig);
        assert_eq!(rig.handle(Input::Renew(one)), [stop(1)]);
        assert_eq!(rig.handle(Input::Renew(one)), []);
        assert_eq!(rig.handle(Input::Stopped(one)), by_hand);
        assert_eq!(rig.tree.restarts(one), 0);
    }
    let mut rig = Rig::up(rules(), 1);
    rig.handle(Input::Rest(one));
    assert_eq!(rig.handle(Input::Renew(one)), []);
    assert_eq!(rig.handle(Input::Stopped(one)), by_hand, "while it is stopped to rest");
    let mut rig = Rig::up(rules(), 1);
    rig.handle(Input::Remove(one));
    assert_eq!(rig.handle(Input::Renew(one)), []);
    assert_eq!(rig.handle(Input::Stopped(one)), [Output::Forget(one)]);
    for class in [Class::Crash, Class::Denied, Class::Configuration] {
        let mut rig = Rig::up(rules(), 1);
        rig.handle(Input::Down(one, class));
        let before = rig.state(1);
        assert_eq!((rig.handle(Input::Renew(one)), rig.state(1)), (vec![], before), "{class:?}");
    }
}

#[test]
fn a_child_that_is_down_for_an_unknown_time_is_released() {
    for (class, event) in [(Class::Denied, None), (Class::Configuration, Some(Event::Failed))] {
        let mut rig = Rig::up(rules(), 1);
        let expected = [
            Some(Output::Release(ChildId(1))),
            event.map(|event| Output::Event(ChildId(1), event)),
        ];
        let expected: Vec<_> = expected.into_iter().flatten().collect();
        assert_eq!(rig.handle(Input::Down(ChildId(1), class)), expected);
        assert_eq!(rig.pass(600 * SECOND), []);
    }
}

#[test]
fn one_that_was_up_is_restarted_during_the_start_and_the_others_wait_for_it() {
    let mut rig = Rig { tree: Tree::new(rules(), 7), now: Instant::now(), out: Vec::new() };
    for id in 1..=3 {
        rig.handle(Input::Add(ChildId(id), RestartType::Permanent));
    }
    rig.handle(Input::Up(ChildId(1)));
    assert_eq!(rig.crash(1), [Output::Event(ChildId(1), Event::Restarting(SECOND))]);
    assert_eq!(rig.handle(Input::Up(ChildId(2))), []);
    assert_eq!(rig.pass(SECOND), [start(1, Why::Again)]);
    // A restart that fails is not a start that has failed.
    assert_eq!(rig.crash(1), [Output::Event(ChildId(1), Event::Restarting(2 * SECOND))]);
    rig.pass(2 * SECOND);
    assert_eq!(rig.handle(Input::Up(ChildId(1))), [start(3, Why::First)]);
    assert!(!rig.tree.has_started());
    // The last one fails for good: the start has failed.
    let out = rig.handle(Input::Down(ChildId(3), Class::Configuration));
    assert_eq!(out, [Output::Forget(ChildId(3)), stop(2), stop(1)]);
}

#[test]
fn the_start_is_over_when_nothing_more_is_to_start() {
    for (class, restart) in
        [(Class::Configuration, RestartType::Permanent), (Class::Crash, RestartType::Temporary)]
    {
        let mut rig = Rig { tree: Tree::new(rules(), 7), now: Instant::now(), out: Vec::new() };
        for id in 1..=2 {
            rig.handle(Input::Add(ChildId(id), restart));
        }
        rig.handle(Input::Up(ChildId(1)));
        rig.handle(Input::Down(ChildId(1), class));
        assert!(!rig.tree.has_started());
        rig.handle(Input::Up(ChildId(2)));
        assert!(rig.tree.has_started(), "{class:?}");
    }
}

#[test]
fn only_so_many_start_at_a_time() {
    let mut rig = Rig::up(Rules { max_starting: 2, ..rules() }, 1);
    for id in 2..=5 {
        rig.handle(Input::Add(ChildId(id), RestartType::Permanent));
    }
    let starts =
        |rig: &Rig| rig.out.iter().filter(|output| matches!(output, Output::Start(..))).count();
    assert_eq!(starts(&rig), 2);
    rig.handle(Input::Up(ChildId(2)));
    assert_eq!(starts(&rig), 3);
}

/// What a test does to a tree.
#[derive(Clone, Debug)]
enum Step {
    Add(u8),
    Up(u8),
    Down(u8, u8),
    Stopped(u8),
    Busy(u8),
    Restart(u8),
    Remove(u8),
    Rest(u8),
    Wake(u8),
    Pass(u8),
}

fn steps() -> impl Strategy_<Value = Vec<Step>> {
    let step = (0_u8..10, 1_u8..6, any::<u8>()).prop_map(|(kind, id, more)| match kind {
        0 => Step::Add(more % 3),
        1 => Step::Up(id),
        2 => Step::Down(id, more % 4),
        3 => Step::Stopped(id),
        4 => Step::Restart(id),
        5 => Step::Remove(id),
        6 => Step::Rest(id),
        7 => Step::Wake(id),
        8 => Step::Busy(id),
        _ => Step::Pass(more),
    });
    proptest::collection::vec(step, 0..80)
}

proptest! {
    /// Whatever happens: a child that starts or runs is not started, one that is not is not
    /// stopped, a group waits for its stops, and a shutdown ends with nothing left.
    #[test]
    fn starts_and_stops_alternate_and_a_shutdown_ends(
        steps in steps(), strategy in 0_u8..3, quarantine: bool, restarts in 0_usize..4,
    ) {
        let strategy = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne][usize::from(strategy)];
        let on_limit = if quarantine { OnLimit::Quarantine(9 * SECOND) } else { OnLimit::Escalate };
        let intensity = Intensity::new(restarts, 5 * SECOND);
        let mut rig = Rig::up(Rules { strategy, on_limit, intensity, ..rules() }, 2);
        // Children with a process, and those that are being stopped.
        let (mut live, mut stopping) = (BTreeSet::from([1_u64, 2]), BTreeSet::new());
        // Those that stop unless they have work.
        let mut resting = BTreeSet::new();
        let mut next = 3;
        let mut finished = false;
        let mut inputs: Vec<Step> = steps;
        let mut shut = false;
        while let Some(step) = (!inputs.is_empty()).then(|| inputs.remove(0)) {
            let input = match step {
                Step::Add(kind) => {
                    let id = ChildId(next);
                    next += 1;
                    Input::Add(id, [RestartType::Permanent, RestartType::Transient, RestartType::Temporary][usize::from(kind)])
                }
                Step::Up(id) if live.contains(&u64::from(id)) => Input::Up(ChildId(id.into())),
                Step::Down(id, class) if live.contains(&u64::from(id)) && !stopping.contains(&u64::from(id)) => {
                    live.remove(&u64::from(id));
                    Input::Down(ChildId(id.into()), [Class::Crash, Class::Clean, Class::Configuration, Class::Denied][usize::from(class)])
                }
                Step::Stopped(id) if stopping.remove(&u64::from(id)) => {
                    live.remove(&u64::from(id));
                    resting.remove(&u64::from(id));
                    Input::Stopped(ChildId(id.into()))
                }
                Step::Busy(id) if resting.remove(&u64::from(id)) => {
                    stopping.remove(&u64::from(id));
                    Input::Busy(ChildId(id.into()))
                }
                Step::Restart(id) => Input::Restart(ChildId(id.into())),
                Step::Remove(id) => Input::Remove(ChildId(id.into())),
                Step::Rest(id) => Input::Rest(ChildId(id.into())),
                Step::Wake(id) => Input::Wake(ChildId(id.into())),
                Step::Pass(tenths) => {
                    rig.now += Duration::from_millis(u64::from(tenths) * 100);
                    Input::Tick
                }
                Step::Up(_) | Step::Down(..) | Step::Stopped(_) | Step::Busy(_) => continue,
            };
            for output in rig.handle(input) {
                match output {
                    Output::Start(ChildId(id), why) => {
                        let is_new = live.insert(id);
                        prop_assert!(is_new || why == Why::ByHand, "started twice: {}", id);
                        prop_assert!(!stopping.contains(&id), "started while it stops: {}", id);
                    }
                    // One that is stopped to rest may be stopped with its group.
                    Output::Stop(ChildId(id)) => {
                        let is_new = stopping.insert(id) || resting.remove(&id);
                        prop_assert!(live.contains(&id) && is_new, "nothing to stop: {}", id);
                    }
                    Output::Rest(ChildId(id)) => {
                        prop_assert!(live.contains(&id) && stopping.insert(id), "nothing to rest: {}", id);
                        resting.insert(id);
                    }
                    Output::Release(ChildId(id)) => {
                        prop_assert!(!live.contains(&id), "released while it runs: {}", id);
                    }
                    Output::Forget(ChildId(id)) => {
                        prop_assert!(!live.contains(&id), "forgotten while it runs: {}", id);
                    }
                    Output::Finished(_) => {
                        prop_assert!(!finished && live.is_empty());
                        finished = true;
                    }
                    Output::Event(..) => {}
                }
            }
            if inputs.is_empty() && !shut {
                shut = true;
                let out = rig.handle(Input::Shutdown);
                for output in out {
                    match output {
                        Output::Stop(ChildId(id)) => prop_assert!(stopping.insert(id)),
                        Output::Finished(_) => finished = true,
                        Output::Start(..) => prop_assert!(false, "a start in a shutdown"),
                        _ => {}
                    }
                }
                inputs.extend(stopping.iter().map(|id| Step::Stopped(u8::try_from(*id).unwrap_or(0))));
            }
        }
        prop_assert!(finished || !shut);
    }
}
