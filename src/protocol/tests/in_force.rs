//! After a turn with its own settings, the previous settings apply again, whether the caller or the
//! CLI set them; they are also repeated in a new process.

use super::*;

const HAIKU: &str = r#"{"subtype":"set_model","model":"haiku"}"#;
const SONNET: &str = r#"{"subtype":"set_model","model":"sonnet"}"#;
const OPTION: &str = r#"{"subtype":"set_model","model":"opus"}"#;
const PLAN: &str = r#"{"subtype":"set_permission_mode","mode":"plan"}"#;
const DEFAULT: &str = r#"{"subtype":"set_permission_mode","mode":"default"}"#;
const EDITS: &str = r#"{"subtype":"set_permission_mode","mode":"acceptEdits"}"#;

/// A prompt with its own settings; the second of each pair is the session's option.
fn switched(turn: u64, switches: &[(&str, &str)]) -> Command {
    let switches = switches
        .iter()
        .map(|(apply, restore)| Switch { apply: parsed(apply), restore: parsed(restore) })
        .collect();
    Command::Prompt(QueuedPrompt { switches, ..prompt(turn) })
}

fn refused(wire: u64) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"error","request_id":"cw-{wire}","error":"no"}}}}"#
    )
}

fn status(mode: &str) -> String {
    format!(r#"{{"type":"system","subtype":"status","status":null,"permissionMode":"{mode}"}}"#)
}

#[test]
fn the_caller_s_setting_is_restored_and_not_the_option() {
    let mut rig = Rig::ready();
    rig.control(1, SONNET);
    rig.line(&success(2, "{}"));
    assert_eq!(rig.command(switched(1, &[(HAIKU, OPTION)])), [request(3, HAIKU)]);
    assert_eq!(rig.line(&success(3, "{}")), [written(1)]);
    rig.line(&init(1));
    assert_eq!(rig.line(&result(1)).last().unwrap(), &request(4, SONNET));
    rig.line(&success(4, "{}"));
}

#[test]
fn refused_setting_is_not_in_force() {
    let mut rig = Rig::ready();
    rig.control(1, SONNET);
    rig.line(&refused(2));
    rig.command(switched(1, &[(HAIKU, OPTION)]));
    rig.line(&success(3, "{}"));
    rig.line(&init(1));
    assert_eq!(rig.line(&result(1)).last().unwrap(), &request(4, OPTION));
    rig.line(&success(4, "{}"));
}

#[test]
fn setting_made_within_the_turn_is_restored() {
    let mut rig = Rig::ready();
    rig.command(switched(1, &[(HAIKU, OPTION)]));
    rig.line(&success(2, "{}"));
    rig.line(&init(1));
    rig.control(1, SONNET);
    rig.line(&success(3, "{}"));
    assert_eq!(rig.line(&result(1)).last().unwrap(), &request(4, SONNET));
    rig.line(&success(4, "{}"));
}

#[test]
fn setting_in_force_is_not_applied_again() {
    let mut rig = Rig::ready();
    assert_eq!(rig.command(switched(1, &[(OPTION, OPTION)])), [written(1)]);
    run(&mut rig, 1);
    rig.control(1, HAIKU);
    rig.line(&success(2, "{}"));
    assert_eq!(rig.command(switched(2, &[(HAIKU, OPTION)])), [written(2)]);
    run(&mut rig, 2);
    assert_eq!(
        rig.command(switched(3, &[(OPTION, OPTION)])),
        [request(3, OPTION)],
        "the option has been replaced"
    );
    rig.line(&success(3, "{}"));
    rig.line(&init(3));
    assert_eq!(rig.line(&result(3)).last().unwrap(), &request(4, HAIKU));
    rig.line(&success(4, "{}"));
}

#[test]
fn pending_setting_is_not_assumed_to_be_in_force() {
    let mut rig = Rig::ready();
    rig.control(1, HAIKU);
    assert_eq!(rig.command(switched(1, &[(OPTION, OPTION)])), [request(3, OPTION)]);
    rig.line(&success(2, "{}"));
    assert_eq!(rig.line(&success(3, "{}")), [written(1)]);
    rig.line(&init(1));
    assert_eq!(rig.line(&result(1)).last().unwrap(), &request(4, HAIKU));
    rig.line(&success(4, "{}"));
}

#[test]
fn mode_changed_by_the_cli_is_restored() {
    for report in [
        status("acceptEdits"),
        r#"{"type":"system","subtype":"init","permissionMode":"acceptEdits"}"#.to_owned(),
    ] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.line(&init(1));
        rig.line(&report);
        rig.line(&result(1));
        assert_eq!(rig.command(switched(2, &[(PLAN, DEFAULT)])), [request(2, PLAN)]);
        rig.line(&success(2, "{}"));
        rig.line(&init(2));
        rig.line(&status("plan"));
        assert_eq!(
            rig.line(&result(2)).last().unwrap(),
            &request(3, EDITS),
            "the turn's mode is not the one to restore"
        );
        rig.line(&success(3, "{}"));
    }
}

#[test]
fn handshake_reports_the_initial_mode() {
    let mut rig = Rig::idle();
    rig.connect(0);
    rig.opened();
    rig.line(&success(1, r#"{"current_permission_mode":"acceptEdits"}"#));
    assert_eq!(rig.command(switched(1, &[(EDITS, DEFAULT)])), [written(1)]);
    run(&mut rig, 1);
    rig.command(switched(2, &[(PLAN, DEFAULT)]));
    rig.line(&success(2, "{}"));
    rig.line(&init(2));
    assert_eq!(rig.line(&result(2)).last().unwrap(), &request(3, EDITS));
    rig.line(&success(3, "{}"));
}

#[test]
fn a_new_process_first_gets_the_caller_s_settings() {
    let mut rig = Rig::ready();
    rig.control(1, SONNET);
    rig.line(&success(2, "{}"));
    rig.control(2, PLAN);
    rig.line(&success(3, "{}"));
    rig.line(&status("plan"));
    rig.closed();
    assert_eq!(rig.prompt(1), ["open"]);
    rig.opened();
    assert_eq!(
        rig.line(&success(4, r#"{"current_permission_mode":"default"}"#)),
        [request(5, SONNET), request(6, PLAN)]
    );
    assert!(rig.line(&success(5, "{}")).is_empty(), "the prompt waits for both");
    assert_eq!(rig.line(&success(6, "{}")), [written(1)]);
    run(&mut rig, 1);
}

#[test]
fn setting_refused_by_a_new_process_is_no_longer_in_force() {
    let mut rig = Rig::ready();
    rig.control(1, SONNET);
    rig.line(&success(2, "{}"));
    rig.closed();
    rig.prompt(1);
    rig.opened();
    assert_eq!(rig.line(&success(3, "{}")), [request(4, SONNET)]);
    let warning = "warning: a setting of the session could not be repeated after a restart of the CLI: the CLI refused: no";
    assert_eq!(rig.line(&refused(4)), [warning.to_owned(), written(1)]);
    run(&mut rig, 1);
    rig.closed();
    rig.prompt(2);
    rig.opened();
    assert_eq!(rig.line(&success(5, "{}")), [written(2)]);
    run(&mut rig, 2);
}

#[test]
fn a_process_that_does_not_restore_settings_is_replaced() {
    let mut rig = Rig::ready();
    rig.command(switched(1, &[(EDITS, DEFAULT)]));
    rig.line(&success(2, "{}"));
    rig.line(&init(1));
    assert_eq!(rig.line(&result(1)).last().unwrap(), &request(3, DEFAULT));
    rig.prompt(2);
    let warning = "warning: a setting of one query could not be restored, so the CLI is restarted: the CLI refused: no";
    assert_eq!(rig.line(&refused(3)), [warning, "close stdin"]);
    assert_eq!(rig.closed(), ["open"]);
    rig.opened();
    assert_eq!(rig.line(&success(4, "{}")), [written(2)]);
    run(&mut rig, 2);
}

/// The CLI processes one request at a time, so that the restore must not be sent behind the
/// caller's latest setting.
#[test]
fn restore_waits_for_a_pending_setting() {
    for (answer, back) in [(success(3, "{}"), SONNET), (refused(3), OPTION)] {
        let mut rig = Rig::ready();
        rig.command(switched(1, &[(HAIKU, OPTION)]));
        rig.line(&success(2, "{}"));
        rig.line(&init(1));
        rig.control(1, SONNET);
        assert_eq!(rig.line(&result(1)), [turn(1, &result(1)), "turn 1 ended".into()]);
        assert!(
            rig.prompt(2).is_empty(),
            "the next turn does not begin with the settings of this one"
        );
        assert_eq!(rig.line(&answer)[1..], [request(4, back)]);
        assert_eq!(rig.line(&success(4, "{}")), [written(2)]);
        run(&mut rig, 2);
    }
}

#[test]
fn the_later_of_two_settings_is_in_force_whichever_is_answered_first() {
    let mut rig = Rig::ready();
    rig.control(1, HAIKU);
    rig.control(2, SONNET);
    rig.line(&success(3, "{}"));
    rig.line(&success(2, "{}"));
    rig.closed();
    rig.connect(3);
    rig.opened();
    assert_eq!(rig.line(&success(4, "{}"))[1..], [request(5, SONNET)]);
    rig.line(&success(5, "{}"));
}

#[test]
fn refusal_by_a_new_process_is_ignored_once_the_caller_has_set_it_again() {
    let mut rig = Rig::ready();
    rig.control(1, HAIKU);
    rig.line(&success(2, "{}"));
    rig.closed();
    rig.control(2, SONNET);
    rig.opened();
    assert_eq!(rig.line(&success(3, "{}")), [request(4, HAIKU), request(5, SONNET)]);
    rig.line(&success(5, "{}"));
    assert!(rig.line(&refused(4)).is_empty());
    rig.closed();
    rig.connect(3);
    rig.opened();
    assert_eq!(rig.line(&success(6, "{}"))[1..], [request(7, SONNET)]);
    rig.line(&success(7, "{}"));
}

/// CLI 2.1.329 acknowledges an interrupt that comes before the prompt, without effect.
#[test]
fn an_interrupt_while_the_settings_of_a_turn_are_made_is_repeated_when_it_begins() {
    let mut rig = Rig::ready();
    rig.command(switched(1, &[(HAIKU, OPTION)]));
    assert_eq!(rig.control(1, r#"{"subtype":"interrupt"}"#), [interrupt(3)]);
    rig.line(&success(3, "{}"));
    assert_eq!(rig.line(&success(2, "{}")), [written(1)]);
    assert_eq!(rig.line(&init(1)), [turn(1, &init(1)), interrupt(4)]);
    assert_eq!(rig.line(&result(1)).last().unwrap(), &request(5, OPTION));
    rig.line(&success(5, "{}"));
    rig.prompt(2);
    assert_eq!(rig.line(&init(2)), [turn(2, &init(2))], "the next turn is not interrupted");
}
