//! What the next process repeats: a prompt that was not read, a conversation that was not found.

use super::*;

const SENT_AGAIN: &str = "warning: the CLI ended before it read a prompt: the next CLI gets it";

fn is_written(outputs: &[String], turn: u64) -> bool {
    outputs.contains(&written(turn))
}

/// The handshake of the new process.
fn handshake(rig: &mut Rig, id: u64) -> Vec<String> {
    rig.opened();
    rig.line(&success(id, "{}"))
}

#[test]
fn unread_prompt_is_written_to_the_next_process() {
    for unwritten in
        [&written(1)[2..], &written(1)[40..], "x\"p-1\"}\n{\"type\":\"control_request\"}\n"]
    {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.prompt(2);
        assert_eq!(rig.closed_without(unwritten), [SENT_AGAIN, "open"]);
        assert!(is_written(&handshake(&mut rig, 2), 1));
        run(&mut rig, 1);
        run(&mut rig, 2);
    }
}

#[test]
fn fully_delivered_prompt_is_not_written_again() {
    for unwritten in ["", "{\"type\":\"control_request\"}\n", "}\n", "\"uuid\":\"p-2\""] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        assert_eq!(rig.closed_without(unwritten), ["turn 1 failed: Closed"], "{unwritten}");
    }
}

#[test]
fn named_or_begun_prompt_is_not_written_again() {
    for line in [&lifecycle(1, "queued"), &lifecycle(1, "started"), &init(1), PLAIN_INIT] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.line(line);
        assert_eq!(rig.closed_without(&written(1)), ["turn 1 failed: Closed"], "{line}");
    }
}

#[test]
fn a_prompt_is_repeated_only_once() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.closed_without(&written(1));
    handshake(&mut rig, 2);
    assert_eq!(rig.closed_without(&written(1)), ["turn 1 failed: Closed"]);
    rig.prompt(2);
    handshake(&mut rig, 3);
    assert_eq!(rig.closed_without(&written(2)), [SENT_AGAIN, "open"], "another has its own");
    handshake(&mut rig, 4);
    run(&mut rig, 2);
}

#[test]
fn abandoned_prompt_is_not_written_again() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.abandon(1);
    assert_eq!(rig.closed_without(&written(1)), [""; 0]);

    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.control(7, r#"{"subtype":"interrupt"}"#);
    let ended = rig.closed_without(&written(1));
    assert_eq!(ended, ["reply 7 failed: Closed", "turn 1 failed: Closed"]);

    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.stop();
    assert_eq!(rig.closed_without(&written(1)), ["turn 1 failed: Stopped"]);

    let mut rig = Rig::ready();
    rig.prompt_within(1, Some(5), None);
    rig.tick_after(5);
    assert_eq!(rig.closed_without(&written(1)), [""; 0]);
}

#[test]
fn repeated_prompt_keeps_its_settings() {
    let set = |model| format!(r#"{{"subtype":"set_model","model":"{model}"}}"#);
    let switch = Switch { apply: parsed(&set("b")), restore: parsed(&set("a")) };
    let mut rig = Rig::ready();
    rig.command(Command::Prompt(QueuedPrompt { switches: vec![switch], ..prompt(1) }));
    rig.line(&success(2, "{}"));
    assert_eq!(rig.closed_without(&written(1)), [SENT_AGAIN, "open"]);
    assert_eq!(handshake(&mut rig, 3), ["reply 0", &request(4, &set("b"))][1..]);
    assert!(is_written(&rig.line(&success(4, "{}")), 1));
    rig.line(&init(1));
    rig.line(&result(1));
    rig.line(&success(5, "{}"));
}

fn in_session(id: &str, line: &str) -> String {
    line.replacen('{', &format!(r#"{{"session_id":"{id}","#), 1)
}

/// A machine whose launch options resume a conversation.
fn resuming() -> Rig {
    Rig::ready_with(Config { resumes: true, ..Config::default() })
}

fn found(rig: &mut Rig, turn: u64, id: &str) {
    rig.prompt(turn);
    rig.lines(&[&in_session(id, &init(turn)), &in_session(id, &result(turn))]);
}

fn instead(lost: &str, before: &str) -> String {
    format!(
        "warning: the CLI cannot find conversation {lost}, although it confirmed that id: {before} instead"
    )
}

const ORIGINAL_OPTIONS: &str = "the CLI is launched with the session's original options";
const NOT_FOUND: &str = r#"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["No conversation found with session ID: x"]}"#;

/// The ways in which a CLI reports that it did not find the conversation.
#[derive(Clone, Copy)]
enum Says {
    /// As a result in place of the handshake reply.
    Result,
    /// On standard error, before or after the handshake.
    Stderr,
    AfterReady(u64),
}

/// The new process does not find its conversation.
fn fails(rig: &mut Rig, says: Says) -> Vec<String> {
    rig.opened();
    match says {
        Says::Result => {
            let said = rig.line(NOT_FOUND);
            assert_eq!(said, [event(NOT_FOUND), "close stdin".into()]);
            rig.closed()
        }
        Says::Stderr => [rig.input(Input::NotFound), rig.closed()].concat(),
        Says::AfterReady(id) => {
            rig.line(&success(id, "{}"));
            [rig.input(Input::NotFound), rig.closed()].concat()
        }
    }
}

#[test]
fn unknown_id_falls_back_to_the_launch_options() {
    for says in [Says::Result, Says::Stderr, Says::AfterReady(2)] {
        let mut rig = resuming();
        found(&mut rig, 1, "new");
        rig.closed();
        assert_eq!(rig.prompt(2), ["open, resume new"]);
        assert_eq!(fails(&mut rig, says), [instead("new", ORIGINAL_OPTIONS), "open".into()]);
        assert!(is_written(&handshake(&mut rig, 3), 2));
        run(&mut rig, 2);
    }
}

#[test]
fn unknown_id_falls_back_to_the_previous_id() {
    let mut rig = Rig::ready();
    found(&mut rig, 1, "old");
    rig.closed();
    rig.prompt(2);
    handshake(&mut rig, 2);
    rig.lines(&[&in_session("new", &init(2)), &in_session("new", &result(2))]);
    rig.closed();
    assert_eq!(rig.connect(9), ["open, resume new"]);
    let again = [instead("new", "conversation old is resumed"), "open, resume old".into()];
    assert_eq!(fails(&mut rig, Says::Stderr), again);
    assert_eq!(handshake(&mut rig, 4), ["reply 9: {}"]);
    assert_eq!(rig.machine().session_id(), Some("old"));
}

#[test]
fn prompt_fails_if_there_is_no_conversation_to_fall_back_to() {
    // The launch resumes nothing: the conversation would be lost without an error.
    let mut rig = Rig::ready();
    found(&mut rig, 1, "only");
    rig.closed();
    rig.prompt(2);
    assert_eq!(fails(&mut rig, Says::Stderr), ["turn 2 failed: Closed"]);
    assert_eq!(rig.prompt(3), ["open, resume only"]);
    rig.opened();
    rig.closed();

    // It was found once and is gone now.
    let mut rig = resuming();
    found(&mut rig, 1, "new");
    rig.closed();
    rig.prompt(2);
    handshake(&mut rig, 2);
    rig.lines(&[&in_session("new", &init(2)), &in_session("new", &result(2))]);
    rig.closed();
    rig.prompt(3);
    assert_eq!(fails(&mut rig, Says::Stderr), ["turn 3 failed: Closed"]);

    // A cleared conversation must not come back.
    let mut rig = resuming();
    rig.prompt(1);
    let reset = r#"{"type":"conversation_reset","new_conversation_id":"new"}"#;
    rig.lines(&[&in_session("old", &init(1)), reset, &in_session("new", &result(1))]);
    rig.closed();
    rig.prompt(2);
    assert_eq!(fails(&mut rig, Says::Stderr), ["turn 2 failed: Closed"]);
}

#[test]
fn fallback_is_tried_once() {
    let mut rig = resuming();
    found(&mut rig, 1, "new");
    rig.closed();
    rig.prompt(2);
    fails(&mut rig, Says::Stderr);
    assert_eq!(fails(&mut rig, Says::Stderr), ["turn 2 failed: Closed"]);
    assert_eq!(rig.prompt(3), ["open"]);
    rig.opened();
    rig.closed();
}
