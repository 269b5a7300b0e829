//! Restarts by the caller, ends that are not followed by another connection, and probes.

use super::*;
use crate::protocol::Reconnect;

const NAMED: &str =
    r#"{"type":"system","subtype":"init","session_id":"s-1","user_message_uuids":["p-1"]}"#;
const RESULT: &str =
    r#"{"type":"result","subtype":"success","session_id":"s-1","user_message_uuids":["p-1"]}"#;

fn ready(reconnect: Reconnect) -> Rig {
    Rig::ready_with(Config { reconnect, ..Config::default() })
}

#[test]
fn a_restart_keeps_the_prompts_that_wait_and_ends_the_turn_that_runs() {
    for (fresh, reopened) in [(false, "open, resume s-1"), (true, "open")] {
        let mut rig = ready(Reconnect::OnDemand);
        rig.prompt(1);
        rig.lines(&[NAMED]);
        rig.prompt(2);
        assert_eq!(rig.command(Command::Restart(RequestId(7), fresh)), ["terminate"]);
        // A late line of the old conversation does not bring it back.
        rig.lines(&[NAMED]);
        assert_eq!(rig.closed(), ["turn 1 failed: Closed", reopened]);
        rig.opened();
        let ready = rig.line(&success(2, "{}"));
        assert!(ready.iter().any(|output| output.starts_with("reply 7")), "{ready:?}");
        assert!(ready.iter().any(|output| output.contains("p-2")), "{ready:?}");
    }
}

#[test]
fn a_restart_without_a_connection_opens_one() {
    let mut rig = Rig::with(Config::default());
    assert_eq!(rig.command(Command::Restart(RequestId(7), false)), ["open"]);
}

#[test]
fn what_comes_after_an_end_waits_for_a_restart() {
    let mut rig = ready(Reconnect::ByHand);
    rig.prompt(1);
    rig.lines(&[NAMED, RESULT]);
    assert!(rig.closed().is_empty());
    assert!(rig.prompt(2).is_empty());
    assert!(rig.command(Command::Connect(RequestId(8))).is_empty());
    assert_eq!(rig.command(Command::Restart(RequestId(9), false)), ["open, resume s-1"]);
    rig.opened();
    let ready = rig.line(&success(2, "{}"));
    let replies = ready.iter().filter(|output| output.starts_with("reply")).count();
    assert_eq!(replies, 2, "{ready:?}");
}

#[test]
fn what_waits_for_a_restart_fails_when_the_session_is_stopped() {
    let mut rig = ready(Reconnect::ByHand);
    rig.closed();
    rig.prompt(2);
    rig.command(Command::Connect(RequestId(8)));
    let stopped = rig.command(Command::Stop);
    assert_eq!(stopped.len(), 2, "{stopped:?}");
    assert!(stopped.iter().all(|output| output.contains("Stopped")), "{stopped:?}");
}

#[test]
fn without_reconnection_what_comes_after_an_end_fails_until_a_restart() {
    let mut rig = ready(Reconnect::Never);
    rig.prompt(1);
    rig.prompt(2);
    let closed = rig.closed();
    assert_eq!(closed, ["turn 1 failed: Closed", "turn 2 failed: Closed"]);
    assert_eq!(rig.prompt(3), ["turn 3 failed: Closed"]);
    assert_eq!(rig.command(Command::Restart(RequestId(9), true)), ["open"]);
    rig.opened();
    rig.line(&success(2, "{}"));
    assert!(rig.prompt(4).iter().any(|output| output.contains("p-4")));
}

/// The CLI ends by itself, and a restart is asked for before it has ended.
#[test]
fn a_restart_of_a_cli_that_is_ending_opens_the_next() {
    for reconnect in [Reconnect::OnDemand, Reconnect::ByHand, Reconnect::Never] {
        for drains in [false, true] {
            let mut rig = ready(reconnect);
            rig.prompt(1);
            rig.lines(&[NAMED]);
            if drains {
                rig.abandon(1);
                assert_eq!(rig.tick_after(60).last().unwrap(), "terminate");
            } else {
                rig.input(Input::Leaving);
            }
            assert!(rig.command(Command::Restart(RequestId(9), false)).is_empty());
            let closed = rig.closed();
            assert_eq!(closed.last().unwrap(), "open, resume s-1", "{reconnect:?} {closed:?}");
            rig.opened();
            let ready = rig.lines(&[&success(3, "{}"), &success(2, "{}")]);
            let is_reply = |output: &&String| output.starts_with("reply 9");
            assert_eq!(ready.iter().filter(is_reply).count(), 1, "{reconnect:?} {ready:?}");
        }
    }
}

/// Its caller is gone before the process has ended.
#[test]
fn a_restart_that_no_one_waits_for_is_made() {
    for reconnect in [Reconnect::OnDemand, Reconnect::ByHand, Reconnect::Never] {
        for fresh in [false, true] {
            for leaves in [false, true] {
                for prompts in 0..2 {
                    let mut rig = ready(reconnect);
                    rig.prompt(1);
                    rig.lines(&[NAMED, RESULT]);
                    if leaves {
                        rig.input(Input::Leaving);
                    }
                    rig.command(Command::Restart(RequestId(9), fresh));
                    assert!(rig.cancel(9).is_empty());
                    (2..2 + prompts).for_each(|turn| assert!(rig.prompt(turn).is_empty()));
                    let opened = if fresh { "open" } else { "open, resume s-1" };
                    assert_eq!(rig.closed(), [opened], "{reconnect:?} {leaves}");
                    rig.opened();
                    let ready = rig.line(&success(2, "{}"));
                    assert_eq!(ready.len(), prompts as usize, "{ready:?}");
                }
            }
        }
    }
}

/// Stopped first, it is not made.
#[test]
fn a_restart_is_not_made_after_a_stop() {
    for cancels in [false, true] {
        let mut rig = ready(Reconnect::OnDemand);
        rig.command(Command::Restart(RequestId(9), false));
        if cancels {
            rig.cancel(9);
        }
        rig.stop();
        assert!(rig.closed().is_empty());
        assert_eq!(rig.prompt(2), ["turn 2 failed: Stopped"]);
    }
}

/// The second restart is not for the end after the next.
#[test]
fn a_restart_counts_for_one_end() {
    let mut rig = ready(Reconnect::ByHand);
    rig.command(Command::Restart(RequestId(7), false));
    rig.command(Command::Restart(RequestId(8), false));
    assert_eq!(rig.closed(), ["open"]);
    rig.opened();
    rig.line(&success(2, "{}"));
    assert!(rig.closed().is_empty());
    assert!(rig.prompt(1).is_empty(), "it waits for a restart");
}

#[test]
fn an_end_that_the_host_causes_needs_no_restart() {
    for reconnect in [Reconnect::ByHand, Reconnect::Never] {
        let mut rig = ready(reconnect);
        rig.command(Command::Forget);
        rig.closed();
        assert_eq!(rig.prompt(1), ["open"], "{reconnect:?}");
    }
}

#[test]
fn a_probe_never_opens_a_connection() {
    let probe = |id| {
        let request = Request::new(RequestName::GetBinaryVersion);
        Command::Probe(RequestId(id), Box::new(request), Duration::from_secs(1))
    };
    let mut idle = Rig::with(Config::default());
    assert_eq!(idle.command(probe(1)), ["reply 1 failed: Closed"]);
    let mut rig = ready(Reconnect::OnDemand);
    assert!(rig.command(probe(2))[0].contains("get_binary_version"));
    assert_eq!(rig.tick_after(1).last().unwrap(), "reply 2 failed: Timeout(1s)");
}
