//! The conversation is forgotten, and the session continues.

use super::*;

const NAMED: &str =
    r#"{"type":"system","subtype":"init","session_id":"s-1","user_message_uuids":["p-1"]}"#;
const NAMED_RESULT: &str =
    r#"{"type":"result","subtype":"success","session_id":"s-1","user_message_uuids":["p-1"]}"#;

/// A session that has run a turn and knows its id.
fn with_session_id() -> Rig {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[NAMED, NAMED_RESULT]);
    rig
}

fn forget(rig: &mut Rig) -> Vec<String> {
    rig.command(Command::Forget)
}

#[test]
fn the_next_process_resumes_nothing() {
    let mut rig = with_session_id();
    assert_eq!(forget(&mut rig), ["terminate"]);
    assert!(rig.closed().is_empty());
    assert_eq!(rig.prompt(2), ["open"]);
}

#[test]
fn a_process_that_is_about_to_resume_is_ended() {
    let mut rig = with_session_id();
    rig.closed();
    assert_eq!(rig.prompt(2), ["open, resume s-1"]);
    assert_eq!(forget(&mut rig), ["terminate"]);
    assert!(rig.opened().is_empty());
    assert_eq!(rig.closed(), ["open"]);
}

#[test]
fn late_lines_of_the_old_conversation_do_not_restore_it() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(NAMED);
    forget(&mut rig);
    assert_eq!(rig.line(NAMED_RESULT), [turn(1, NAMED_RESULT), "turn 1 ended".into()]);
    rig.closed();
    assert_eq!(rig.prompt(2), ["open"]);
}

#[test]
fn running_turn_ends_with_the_process_and_nothing_more_is_written() {
    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(10), None);
    rig.prompt(2);
    forget(&mut rig);
    assert_eq!(rig.tick_after(10), ["turn 1 failed: Timeout(10s)"]);
    assert_eq!(rig.closed(), ["open"]);
}

#[test]
fn turn_dropped_while_its_process_is_ended_is_not_reported() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    forget(&mut rig);
    assert!(rig.abandon(1).is_empty());
    assert!(rig.closed().is_empty());
}

#[test]
fn an_idle_machine_has_nothing_to_end() {
    let mut rig = Rig::idle();
    assert!(forget(&mut rig).is_empty());
}

/// The exit may be noticed before the last lines are read.
#[test]
fn last_lines_before_an_exit_still_set_the_session_to_resume() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.input(Input::Leaving);
    assert_eq!(rig.line(NAMED), ["session s-1".into(), turn(1, NAMED)]);
    rig.closed();
    assert_eq!(rig.prompt(2), ["open, resume s-1"]);
}

#[test]
fn late_lines_of_an_exited_cli_do_not_restore_a_forgotten_conversation() {
    let mut rig = with_session_id();
    rig.input(Input::Leaving);
    assert!(forget(&mut rig).is_empty());
    assert_eq!(rig.line(NAMED_RESULT), [event(NAMED_RESULT)]);
    rig.closed();
    assert_eq!(rig.prompt(2), ["open"]);
}
