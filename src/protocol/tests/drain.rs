//! A turn whose reader is gone.

use super::*;

const WITHDRAW: &str = r#"{"subtype":"cancel_async_message","message_uuid":"p-1"}"#;

#[test]
fn a_dropped_turn_is_interrupted_and_its_last_lines_are_discarded() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[&init(1), TEXT]);
    rig.prompt(2);
    assert_eq!(rig.abandon(1), [interrupt(2)]);
    assert!(rig.lines(&[&success(2, r#"{"still_queued":[]}"#), TEXT, TEXT]).is_empty());
    assert_eq!(rig.machine().counters().drained, 2);
    assert_eq!(
        rig.line(&result(1)),
        [written(2)],
        "the next prompt is written only after the result"
    );
    assert_eq!(rig.line(TEXT), [event(TEXT)]);
    assert_eq!(rig.line(&init(2)), [turn(2, &init(2))]);
}

#[test]
fn dropping_twice_interrupts_once() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    assert_eq!(rig.abandon(1), [interrupt(2)]);
    assert!(rig.abandon(1).is_empty());
    rig.line(&result(1));
}

#[test]
fn a_prompt_inside_a_turn_started_by_the_cli_is_withdrawn_and_that_turn_continues() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    rig.prompt(2);
    assert_eq!(rig.abandon(1), [request(2, WITHDRAW)]);
    assert_eq!(rig.line(TEXT), [event(TEXT)]);
    assert_eq!(rig.line(&success(2, r#"{"cancelled":true}"#)), [written(2)]);
}

#[test]
fn a_withdrawal_that_comes_too_late_is_followed_by_an_interrupt() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    rig.abandon(1);
    assert!(rig.line(&success(2, r#"{"cancelled":false}"#)).is_empty());
    rig.line(FOREIGN_RESULT);
    assert_eq!(rig.line(&init(1)), [interrupt(3)]);
    assert!(rig.line(&result(1)).is_empty());
    assert!(!rig.machine().is_idle(), "the reply to the interrupt is still to come");
    rig.line(&success(3, "{}"));
    assert!(rig.machine().is_idle());
}

#[test]
fn a_withdrawn_prompt_also_ends_with_its_cancelled_lifecycle() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    rig.prompt(2);
    rig.abandon(1);
    assert_eq!(rig.line(&lifecycle(1, "cancelled")), [written(2)]);
    assert!(
        rig.line(&success(2, r#"{"cancelled":true}"#)).is_empty(),
        "another turn is running by now"
    );
    assert_eq!(rig.line(&init(2)), [turn(2, &init(2))]);
}

#[test]
fn a_cli_that_does_not_stop_is_terminated_and_the_queue_continues_in_a_new_process() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(
        r#"{"type":"system","subtype":"init","session_id":"s-1","user_message_uuids":["p-1"]}"#,
    );
    rig.prompt(2);
    rig.abandon(1);
    assert_eq!(rig.due(), Some(10));
    assert!(rig.tick_after(9).is_empty());
    assert_eq!(rig.tick_after(1), ["terminate"]);
    assert_eq!(rig.line(TEXT), [event(TEXT)]);
    assert_eq!(rig.closed(), ["open, resume s-1"]);
    assert_eq!(rig.opened(), [request(3, r#"{"subtype":"initialize"}"#)]);
    assert_eq!(rig.line(&success(3, "{}")), [written(2)]);
}

#[test]
fn a_result_that_crosses_the_interrupt_ends_the_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    rig.abandon(1);
    assert!(rig.line(&result(1)).is_empty());
    assert_eq!(rig.prompt(2), [written(2)]);
    assert!(rig.line(&success(2, r#"{"still_queued":[]}"#)).is_empty());
    assert_eq!(rig.line(&init(2)), [turn(2, &init(2))]);
}

#[test]
fn the_reply_to_one_withdrawal_never_ends_another_turn() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    (1..=3).for_each(|n| drop(rig.prompt(n)));
    rig.abandon(1);
    assert_eq!(rig.line(&lifecycle(1, "cancelled")), [written(2)]);
    rig.abandon(2);
    assert!(rig.line(&success(2, r#"{"cancelled":true}"#)).is_empty(), "that was the first turn's");
    assert_eq!(rig.line(&success(3, r#"{"cancelled":true}"#)), [written(3)]);
}

/// The CLI acknowledges an interrupt that comes before a turn begins, but still runs the turn.
#[test]
fn a_turn_dropped_before_it_begins_is_interrupted_again_when_it_does() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    assert_eq!(rig.abandon(1), [interrupt(2)]);
    rig.line(&success(2, "{}"));
    assert_eq!(rig.line(&lifecycle(1, "started")), [interrupt(3)]);
    assert_eq!(rig.line(&init(1)), [interrupt(4)]);
    assert!(rig.lines(&[TEXT, &result(1)]).is_empty());
}

#[test]
fn only_the_reply_to_a_withdrawal_ends_the_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.abandon(1);
    assert!(rig.line(&success(2, r#"{"cancelled":true}"#)).is_empty(), "that was the interrupt");
    assert!(!rig.machine().is_idle());
}
