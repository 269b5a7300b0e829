//! What a start is for: that has its launch, and fails with it.

use super::*;
use crate::protocol::Reconnect;

const POLICIES: [Reconnect; 3] = [Reconnect::OnDemand, Reconnect::ByHand, Reconnect::Never];
const STARTUP_RESULT: &str =
    r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["no"]}"#;

/// The ways in which a start fails, from the launch to the end of the process.
const FAILURES: [fn(&mut Rig) -> Vec<String>; 6] = [
    |rig| rig.closed(),
    |rig| [rig.opened(), rig.closed()].concat(),
    |rig| [rig.opened(), rig.input(Input::HungUp("standard input")), rig.closed()].concat(),
    |rig| [rig.opened(), rig.tick_after(60), rig.closed()].concat(),
    |rig| [rig.opened(), rig.line(STARTUP_RESULT), rig.closed()].concat(),
    |rig| {
        let opened = rig.opened();
        let id = wire_id(&opened);
        let refused = format!(
            r#"{{"type":"control_response","response":{{"subtype":"error","request_id":"cw-{id}","error":"no"}}}}"#
        );
        [opened, rig.line(&refused), rig.closed()].concat()
    },
];

/// The id of the request that was written.
fn wire_id(outputs: &[String]) -> u64 {
    let (_, rest) = outputs[0].split_once("cw-").unwrap();
    rest.split_once('"').unwrap().0.parse().unwrap()
}

/// The process comes up.
fn succeed(rig: &mut Rig) -> Vec<String> {
    let id = wire_id(&rig.opened());
    rig.line(&success(id, "{}"))
}

/// Which callers have ended, and how a process was opened.
fn ends(outputs: &[String]) -> Vec<&str> {
    let is_end = |output: &&str| {
        let of_turn = output.starts_with("turn") && !output.contains('<');
        of_turn || output.starts_with("reply") || output.starts_with("open")
    };
    let names = outputs.iter().map(|output| output.split(" failed").next().unwrap_or(output));
    names.map(|name| name.split(" ended").next().unwrap_or(name)).filter(is_end).collect()
}

fn launched(turn: u64, profile: u64) -> Command {
    Command::Prompt(QueuedPrompt { profile: Profile(profile), ..prompt(turn) })
}

fn ready(reconnect: Reconnect) -> Rig {
    Rig::ready_with(Config { reconnect, ..Config::default() })
}

#[test]
fn prompts_wait_for_the_restart_that_succeeds() {
    for prompts in 1..=3 {
        for fail in FAILURES {
            let mut rig = ready(Reconnect::ByHand);
            rig.closed();
            (1..=prompts).for_each(|turn| assert!(rig.prompt(turn).is_empty()));
            for attempt in 10..13 {
                let restart = Command::Restart(RequestId(attempt), false);
                assert_eq!(rig.command(restart), ["open"]);
                let failed = fail(&mut rig);
                assert_eq!(ends(&failed), [format!("reply {attempt}")], "{failed:?}");
                assert_eq!(rig.machine().queue_len() as u64, prompts);
            }
            rig.command(Command::Restart(RequestId(20), false));
            let ready = succeed(&mut rig);
            assert_eq!(*ready.last().unwrap(), written(1), "{ready:?}");
        }
    }
}

/// Without a restart that is made by hand, each has its own start.
#[test]
fn a_prompt_behind_a_start_for_a_request_has_its_own() {
    for fail in FAILURES {
        let mut rig = Rig::idle();
        rig.connect(5);
        rig.control(6, r#"{"subtype":"get_usage"}"#);
        rig.prompt(1);
        rig.prompt(2);
        let failed = fail(&mut rig);
        assert_eq!(ends(&failed), ["reply 5", "reply 6", "open"], "{failed:?}");
        let failed = fail(&mut rig);
        assert_eq!(ends(&failed), ["turn 1", "open"], "{failed:?}");
        assert_eq!(*succeed(&mut rig).last().unwrap(), written(2));
    }
}

#[test]
fn a_prompt_behind_one_that_was_dropped_has_its_own_start() {
    for fail in FAILURES {
        let mut rig = Rig::idle();
        rig.prompt(1);
        rig.prompt(2);
        rig.abandon(1);
        let failed = fail(&mut rig);
        assert_eq!(ends(&failed), ["open"], "{failed:?}");
        assert_eq!(*succeed(&mut rig).last().unwrap(), written(2));
    }
}

/// What else waits has a start with the session's launch, whatever follows other ends.
#[test]
fn a_start_with_the_options_of_one_query_fails_that_query_alone() {
    for reconnect in POLICIES {
        for fail in FAILURES {
            let mut rig = ready(reconnect);
            assert_eq!(rig.command(launched(1, 1)), ["close stdin"]);
            rig.command(launched(2, 2));
            rig.prompt(3);
            rig.connect(5);
            rig.control(6, r#"{"subtype":"get_usage"}"#);
            assert_eq!(ends(&rig.closed()), ["open 1, resume nothing"]);
            let failed = fail(&mut rig);
            assert_eq!(ends(&failed), ["turn 1", "open 2, resume nothing"], "{failed:?}");
            let failed = fail(&mut rig);
            assert_eq!(ends(&failed), ["turn 2", "open"], "{failed:?}");
            let ready = succeed(&mut rig);
            assert!(ready[0].starts_with("reply 5"), "{ready:?}");
            assert!(ready[1].contains("get_usage"), "{ready:?}");
            assert_eq!(ready[2], written(3), "{ready:?}");
        }
    }
}

/// Nothing else waits, and nothing is opened; what comes later opens the session's launch.
#[test]
fn a_session_goes_on_after_a_start_with_the_options_of_one_query() {
    for reconnect in POLICIES {
        for fail in FAILURES {
            let mut rig = ready(reconnect);
            rig.command(launched(1, 1));
            rig.closed();
            let failed = fail(&mut rig);
            assert_eq!(ends(&failed), ["turn 1"], "{failed:?}");
            assert_eq!(rig.machine().phase(), Phase::Down);
            assert_eq!(rig.prompt(2), ["open"], "{reconnect:?}");
            assert_eq!(*succeed(&mut rig).last().unwrap(), written(2));
        }
    }
}

/// With what the session has, a start is the session's, and so is an end after the handshake.
#[test]
fn an_end_that_is_not_of_the_options_of_one_query_is_one_of_the_session() {
    for alike in [true, false] {
        for fail in FAILURES {
            let mut rig = ready(Reconnect::ByHand);
            rig.command(launched(1, 1));
            rig.closed();
            if alike {
                rig.observed.machine_mut().set_profiles(vec![Profile(0), Profile(1)]);
                fail(&mut rig);
            } else {
                succeed(&mut rig);
                rig.closed();
            }
            assert!(rig.prompt(2).is_empty(), "it waits for a restart");
            assert_eq!(rig.command(Command::Restart(RequestId(9), false)), ["open"]);
        }
    }
}

/// The prompts behind it get what they need after that.
#[test]
fn a_restart_has_the_launch_of_the_session() {
    for reconnect in POLICIES {
        for from in [Phase::Ready, Phase::Ending, Phase::Down] {
            let mut rig = ready(reconnect);
            rig.prompt(1);
            match from {
                Phase::Ready => {}
                Phase::Ending => drop(rig.input(Input::Leaving)),
                _ => drop(rig.closed()),
            }
            // Without reconnection it would fail.
            let waits = from != Phase::Down || reconnect == Reconnect::ByHand;
            if waits {
                rig.command(launched(2, 2));
            }
            let restarted = rig.command(Command::Restart(RequestId(9), false));
            let opened = if from == Phase::Down { restarted } else { rig.closed() };
            assert_eq!(*opened.last().unwrap(), "open", "{reconnect:?} {from:?}");
            let ready = succeed(&mut rig);
            assert!(ready[0].starts_with("reply 9"), "{ready:?}");
            if waits {
                assert_eq!(ready[1..], ["close stdin"], "{reconnect:?} {from:?}");
                assert_eq!(rig.closed(), ["open 2, resume nothing"], "{reconnect:?} {from:?}");
            }
        }
    }
}
