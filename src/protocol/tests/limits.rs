//! Time limits of turns.

use super::*;

const ASKED: &str =
    r#"{"type":"control_request","request_id":"a","request":{"subtype":"can_use_tool"}}"#;

#[test]
fn a_turn_ends_at_its_time_limit_and_is_drained() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(10), None);
    rig.prompt(2);
    rig.line(&init(1));
    assert_eq!(rig.due(), Some(10));
    assert!(rig.tick_after(9).is_empty());
    assert_eq!(rig.tick_after(1), ["turn 1 failed: Timeout(10s)".into(), interrupt(2)]);
    rig.line(&success(2, "{}"));
    assert!(rig.line(TEXT).is_empty());
    assert_eq!(rig.line(&result(1)), [written(2)]);
    assert_eq!(rig.machine().counters().drained, 2);
    assert_eq!(rig.line(&init(2)), [turn(2, &init(2))], "the session continues");
}

#[test]
fn the_time_limit_starts_when_the_prompt_is_written() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.prompt_within(2, Some(10), None);
    assert!(rig.tick_after(100).is_empty());
    rig.line(&result(1));
    assert_eq!(rig.due(), Some(10));
}

#[test]
fn the_process_is_terminated_if_it_does_not_end_an_overdue_turn() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(10), None);
    rig.line(&init(1));
    rig.tick_after(10);
    assert_eq!(rig.due(), Some(10), "the time that the CLI has to end it");
    assert_eq!(rig.tick_after(30), ["terminate"]);
    assert!(rig.closed().is_empty(), "the turn has already ended");
}

#[test]
fn an_overdue_turn_that_is_dropped_is_not_reported_again() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(10), None);
    rig.line(&init(1));
    rig.tick_after(10);
    assert!(rig.abandon(1).is_empty());
    assert!(rig.lines(&[TEXT, &result(1)]).is_empty());
}

#[test]
fn each_line_of_a_turn_resets_the_idle_timeout() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, None, Some(10));
    for _ in 0..3 {
        assert!(rig.tick_after(9).is_empty());
        rig.line(&init(1));
        assert_eq!(rig.due(), Some(10));
    }
    assert_eq!(rig.tick_after(10), ["turn 1 failed: IdleTimeout(10s)".into(), interrupt(2)]);
    assert!(rig.line(&result(1)).is_empty());
}

#[test]
fn the_idle_timeout_is_paused_while_the_cli_waits_for_the_host() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, None, Some(10));
    rig.line(&init(1));
    rig.line(ASKED);
    assert_eq!(rig.due(), None);
    assert!(rig.tick_after(1000).is_empty());
    rig.answer(1, "{}");
    assert_eq!(rig.due(), Some(10));
    rig.line(&result(1));
}

#[test]
fn a_zero_idle_timeout_does_not_outlive_the_turn() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(0), Some(0));
    assert_eq!(rig.tick_after(0), ["turn 1 failed: Timeout(0ns)".into(), interrupt(2)]);
    assert!(rig.line(&result(1)).is_empty());
}

#[test]
fn every_line_of_the_cli_ends_its_silence() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, None, Some(10));
    rig.line(&init(1));
    rig.line(ASKED);
    rig.tick_after(1000);
    assert_eq!(
        rig.line(r#"{"type":"control_cancel_request","request_id":"a"}"#),
        ["callback 1 cancelled"]
    );
    assert_eq!(rig.due(), Some(10));
    rig.tick_after(9);
    rig.line(&result(7));
    assert_eq!(rig.due(), Some(10), "a line of another turn");
    rig.line(&result(1));
}

#[test]
fn a_keep_alive_does_not_reset_the_idle_timeout() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, None, Some(10));
    rig.tick_after(9);
    rig.line(r#"{"type":"keep_alive"}"#);
    assert_eq!(rig.due(), Some(1));
    rig.line(&result(1));
}
