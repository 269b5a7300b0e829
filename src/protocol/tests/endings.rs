//! The end of the connection, and what follows.

use super::*;

#[test]
fn an_exit_fails_the_turn_and_its_requests_at_once() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    rig.control(5, r#"{"subtype":"get_usage"}"#);
    rig.line(
        r#"{"type":"control_request","request_id":"a","request":{"subtype":"hook_callback"}}"#,
    );
    assert_eq!(
        rig.closed(),
        ["callback 1 cancelled", "reply 5 failed: Closed", "turn 1 failed: Closed"]
    );
    assert!(rig.machine().is_idle() && rig.machine().deadline().is_none());
}

#[test]
fn prompts_that_were_not_written_survive_in_order() {
    let mut rig = Rig::ready();
    (1..=3).for_each(|n| drop(rig.prompt(n)));
    rig.line(r#"{"type":"system","subtype":"init","session_id":"s-7"}"#);
    assert_eq!(rig.closed(), ["turn 1 failed: Closed", "open, resume s-7"]);
    rig.opened();
    assert_eq!(rig.line(&success(2, "{}")), [written(2)]);
    assert_eq!(rig.lines(&[PLAIN_INIT, PLAIN_RESULT])[3], written(3));
}

#[test]
fn an_exit_between_turns_fails_nothing_until_the_next_prompt() {
    let mut rig = Rig::ready();
    assert!(rig.closed().is_empty());
    assert!(!rig.machine().is_ready());
    assert_eq!(rig.prompt(1), ["open"]);
}

#[test]
fn a_dropped_turn_ends_with_its_connection() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    rig.prompt(2);
    rig.abandon(1);
    assert_eq!(rig.closed(), ["open"]);
}

#[test]
fn a_new_process_starts_with_fresh_state() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[&init(1), &result(1), PLAIN_INIT]);
    rig.closed();
    rig.prompt(2);
    rig.opened();
    rig.line(&success(2, "{}"));
    // The new one echoes nothing and is not inside a turn that it started itself.
    assert_eq!(
        rig.lines(&[TEXT, PLAIN_RESULT]),
        [turn(2, TEXT), turn(2, PLAIN_RESULT), "turn 2 ended".into()]
    );
}

#[test]
fn commands_that_come_while_a_process_is_ended_wait_for_the_next() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.abandon(1);
    rig.tick_after(30);
    assert!(rig.connect(1).is_empty());
    assert!(rig.prompt(2).is_empty());
    assert!(rig.control(3, r#"{"subtype":"get_usage"}"#).is_empty());
    assert_eq!(rig.closed(), ["open"]);
    rig.opened();
    assert_eq!(
        rig.line(&success(3, "{}")),
        ["reply 1: {}".into(), request(4, r#"{"subtype":"get_usage"}"#), written(2)]
    );
}

#[test]
fn a_second_end_is_ignored() {
    let mut rig = Rig::ready();
    rig.closed();
    assert!(rig.closed().is_empty());
    assert!(rig.opened().is_empty());
}

#[test]
fn a_process_that_is_being_ended_is_not_written_to() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.abandon(1);
    let asked =
        r#"{"type":"control_request","request_id":"a","request":{"subtype":"hook_callback"}}"#;
    rig.line(asked);
    rig.control(2, r#"{"subtype":"get_usage"}"#);
    rig.tick_after(30);
    assert!(rig.answer(1, "{}").is_empty());
    assert!(rig.cancel(2).is_empty());
    assert_eq!(rig.line(asked), [format!("control event < {asked}")]);
    rig.closed();
    assert_eq!(rig.line(asked), [format!("control event < {asked}")]);
}
