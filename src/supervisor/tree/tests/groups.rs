//! Children that are restarted together.

use super::*;

#[test]
fn a_group_is_stopped_in_reverse_and_started_in_order() {
    for (strategy, stopped, started) in [
        (Strategy::OneForAll, vec![4, 3, 1], vec![1, 2, 3, 4]),
        (Strategy::RestForOne, vec![4, 3], vec![2, 3, 4]),
    ] {
        let mut rig = Rig::up(Rules { strategy, ..rules() }, 4);
        let out = rig.crash(2);
        let stops: Vec<_> = stopped.iter().map(|id| stop(*id)).collect();
        assert_eq!(out[1..], stops[..], "{strategy:?}");
        // The delay is over, but the group is not stopped yet.
        assert_eq!(rig.pass(SECOND), []);
        for id in &stopped {
            rig.handle(Input::Stopped(ChildId(*id)));
        }
        let mut order = Vec::new();
        for _ in &started {
            let next = rig.out.iter().rev().find_map(|output| match output {
                Output::Start(id, _) => Some(id.0),
                _ => None,
            });
            order.push(next.unwrap());
            rig.handle(Input::Up(ChildId(next.unwrap())));
        }
        assert_eq!(order, started, "{strategy:?}");
    }
}

/// A start that its group interrupts has not succeeded: what it was for still holds.
#[test]
fn a_start_interrupted_by_its_group_is_made_again_for_the_same_reason() {
    let group = Rules { strategy: Strategy::OneForAll, ..rules() };
    for why in [Why::First, Why::Woken, Why::ByHand, Why::Again] {
        let mut rig = Rig::up(group, 2);
        let id = match why {
            Why::First => {
                rig.handle(Input::Add(ChildId(3), RestartType::Permanent));
                3
            }
            Why::Woken => {
                rig.rest(2);
                rig.handle(Input::Wake(ChildId(2)));
                2
            }
            Why::ByHand => {
                rig.handle(Input::Restart(ChildId(2)));
                2
            }
            Why::Again => 2,
        };
        rig.crash(1);
        for other in 2..=id {
            rig.handle(Input::Stopped(ChildId(other)));
        }
        rig.pass(SECOND);
        for up in 1..id {
            rig.handle(Input::Up(ChildId(up)));
        }
        assert_eq!(rig.state(id), Some(State::Starting(why)));
    }
}

/// A child that is stopped to rest is one of its group: it goes down with it, and comes back with it,
/// even if it has work.
#[test]
fn a_child_that_is_about_to_rest_is_stopped_with_its_group() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let mut rig = Rig::up(Rules { strategy, ..rules() }, 3);
        rig.handle(Input::Rest(ChildId(3)));
        let out = rig.crash(2);
        assert!(out.contains(&stop(3)), "{strategy:?}: {out:?}");
        assert_eq!(rig.state(3), Some(State::Stopping(Then::Start(Why::Again))));
        // None starts before it is down.
        if strategy == Strategy::OneForAll {
            rig.handle(Input::Stopped(ChildId(1)));
        }
        assert_eq!(rig.pass(SECOND), []);
        let first = if strategy == Strategy::OneForAll { 1 } else { 2 };
        assert_eq!(rig.handle(Input::Stopped(ChildId(3))), [start(first, Why::Again)]);
        for id in first..=3 {
            rig.handle(Input::Up(ChildId(id)));
        }
        assert_eq!([1, 2, 3].map(|id| rig.state(id)), [Some(State::Up); 3]);
    }
}

/// It is never started again: not with its group either, whatever it does when that crashes. The
/// others wait until it is down, as for each of their group.
#[test]
fn a_temporary_child_of_a_group_is_forgotten_with_its_stop() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        for does in ["up", "starting", "about to rest"] {
            let mut rig = Rig::up(Rules { strategy, ..rules() }, 2);
            rig.handle(Input::Add(ChildId(3), RestartType::Temporary));
            if does != "starting" {
                rig.handle(Input::Up(ChildId(3)));
            }
            if does == "about to rest" {
                rig.handle(Input::Rest(ChildId(3)));
            }
            rig.handle(Input::Add(ChildId(4), RestartType::Permanent));
            rig.handle(Input::Up(ChildId(4)));
            let what = format!("{strategy:?} {does}");
            assert_eq!(rig.crash(2)[1..3], [stop(4), stop(3)], "{what}");
            for id in [1, 4] {
                assert_eq!(rig.handle(Input::Stopped(ChildId(id))), [], "{what}");
            }
            assert_eq!(rig.pass(SECOND), [], "{what}: the third one runs");
            let first = if strategy == Strategy::OneForAll { 1 } else { 2 };
            let expected = [Output::Forget(ChildId(3)), start(first, Why::Again)];
            assert_eq!(rig.handle(Input::Stopped(ChildId(3))), expected, "{what}");
            for id in [1, 2, 4].into_iter().filter(|id| *id >= first) {
                rig.handle(Input::Up(ChildId(id)));
            }
            assert_eq!([1, 2, 4].map(|id| rig.state(id)), [Some(State::Up); 3], "{what}");
        }
    }
}
