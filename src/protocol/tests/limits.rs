//! Time limits of turns.

use super::*;

const ASKED: &str =
    r#"{"type":"control_request","request_id":"a","request":{"subtype":"can_use_tool"}}"#;

#[test]
fn at_its_time_limit_a_turn_is_interrupted_and_what_still_comes_is_delivered() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(10), None);
    rig.prompt(2);
    rig.line(&init(1));
    assert_eq!(rig.due(), Some(10));
    assert!(rig.tick_after(9).is_empty());
    assert_eq!(rig.tick_after(1), [interrupt(2)]);
    rig.line(&success(2, "{}"));
    assert_eq!(rig.line(TEXT), [turn(1, TEXT)]);
    assert_eq!(
        rig.line(&result(1)),
        [turn(1, &result(1)), "turn 1 failed: Timeout(10s)".into(), written(2)]
    );
    assert_eq!(rig.line(&init(2)), [turn(2, &init(2))], "the session goes on");
}

#[test]
fn the_time_of_a_turn_begins_when_its_prompt_is_written() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.prompt_within(2, Some(10), None);
    assert!(rig.tick_after(100).is_empty());
    rig.line(&result(1));
    assert_eq!(rig.due(), Some(10));
}

#[test]
fn a_turn_over_its_limit_ends_with_the_limit_even_if_the_process_must_be_ended() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(10), None);
    rig.line(&init(1));
    rig.tick_after(10);
    assert_eq!(rig.tick_after(30), ["turn 1 failed: Timeout(10s)", "terminate"]);
}

#[test]
fn a_turn_over_its_limit_that_is_then_dropped_ends_in_silence() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(10), None);
    rig.line(&init(1));
    rig.tick_after(10);
    assert!(rig.abandon(1).is_empty());
    assert!(rig.lines(&[TEXT, &result(1)]).is_empty());
}

#[test]
fn each_line_of_a_turn_puts_off_the_idle_limit() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, None, Some(10));
    for _ in 0..3 {
        assert!(rig.tick_after(9).is_empty());
        rig.line(&init(1));
        assert_eq!(rig.due(), Some(10));
    }
    assert_eq!(rig.tick_after(10), [interrupt(2)]);
    assert_eq!(rig.line(&result(1))[1], "turn 1 failed: IdleTimeout(10s)");
}

#[test]
fn the_idle_limit_stands_still_while_the_cli_waits_for_the_host() {
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
fn an_idle_limit_that_is_over_at_once_does_not_outlive_the_turn() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(0), Some(0));
    assert_eq!(rig.tick_after(0), [interrupt(2)]);
    assert_eq!(rig.line(&result(1))[1], "turn 1 failed: Timeout(0ns)");
}

#[test]
fn silence_is_counted_from_the_last_word_of_the_cli_whatever_it_was() {
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
fn a_keep_alive_is_no_sign_of_life() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, None, Some(10));
    rig.tick_after(9);
    rig.line(r#"{"type":"keep_alive"}"#);
    assert_eq!(rig.due(), Some(1));
    rig.line(&result(1));
}
