//! What is in force is what a turn that had its own settings finds again, whoever has made it; and a new process is told of it.

use super::*;

const HAIKU: &str = r#"{"subtype":"set_model","model":"haiku"}"#;
const SONNET: &str = r#"{"subtype":"set_model","model":"sonnet"}"#;
const OPTION: &str = r#"{"subtype":"set_model","model":"opus"}"#;
const PLAN: &str = r#"{"subtype":"set_permission_mode","mode":"plan"}"#;
const DEFAULT: &str = r#"{"subtype":"set_permission_mode","mode":"default"}"#;
const EDITS: &str = r#"{"subtype":"set_permission_mode","mode":"acceptEdits"}"#;

/// A prompt with settings of its own; the second of each is the session's option.
fn switched(turn: u64, switches: &[(&str, &str)]) -> Command {
    let switches = switches
        .iter()
        .map(|(apply, restore)| Switch { apply: parsed(apply), restore: parsed(restore) })
        .collect();
    Command::Prompt(Prompt { switches, ..prompt(turn) })
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
fn what_the_caller_has_set_comes_back_and_not_the_option() {
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
fn what_the_cli_has_refused_is_not_in_force() {
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
fn what_the_caller_sets_within_the_turn_is_what_comes_back() {
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
fn what_is_in_force_already_is_not_made() {
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
        "the option is in force no more"
    );
    rig.line(&success(3, "{}"));
    rig.line(&init(3));
    assert_eq!(rig.line(&result(3)).last().unwrap(), &request(4, HAIKU));
    rig.line(&success(4, "{}"));
}

#[test]
fn while_a_setting_is_under_way_nothing_is_taken_for_granted() {
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
fn a_mode_that_the_cli_has_changed_by_itself_comes_back() {
    for told in [
        status("acceptEdits"),
        r#"{"type":"system","subtype":"init","permissionMode":"acceptEdits"}"#.to_owned(),
    ] {
        let mut rig = Rig::ready();
        rig.prompt(1);
        rig.line(&init(1));
        rig.line(&told);
        rig.line(&result(1));
        assert_eq!(rig.command(switched(2, &[(PLAN, DEFAULT)])), [request(2, PLAN)]);
        rig.line(&success(2, "{}"));
        rig.line(&init(2));
        rig.line(&status("plan"));
        assert_eq!(
            rig.line(&result(2)).last().unwrap(),
            &request(3, EDITS),
            "the turn's own mode is not the one to come back to"
        );
        rig.line(&success(3, "{}"));
    }
}

#[test]
fn the_handshake_names_the_mode_that_the_settings_have() {
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
fn a_new_process_first_gets_what_the_caller_has_set() {
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
fn what_a_new_process_refuses_is_in_force_no_more() {
    let mut rig = Rig::ready();
    rig.control(1, SONNET);
    rig.line(&success(2, "{}"));
    rig.closed();
    rig.prompt(1);
    rig.opened();
    assert_eq!(rig.line(&success(3, "{}")), [request(4, SONNET)]);
    let warning = "warning: a setting of the session could not be made again after a restart of the CLI: the CLI refused: no";
    assert_eq!(rig.line(&refused(4)), [warning.to_owned(), written(1)]);
    run(&mut rig, 1);
    rig.closed();
    rig.prompt(2);
    rig.opened();
    assert_eq!(rig.line(&success(5, "{}")), [written(2)]);
    run(&mut rig, 2);
}

#[test]
fn a_process_that_keeps_the_settings_of_a_turn_is_replaced() {
    let mut rig = Rig::ready();
    rig.command(switched(1, &[(EDITS, DEFAULT)]));
    rig.line(&success(2, "{}"));
    rig.line(&init(1));
    assert_eq!(rig.line(&result(1)).last().unwrap(), &request(3, DEFAULT));
    rig.prompt(2);
    let warning = "warning: a setting of one query could not be taken back, and the CLI is started again: the CLI refused: no";
    assert_eq!(rig.line(&refused(3)), [warning, "close stdin"]);
    assert_eq!(rig.closed(), ["open"]);
    rig.opened();
    assert_eq!(rig.line(&success(4, "{}")), [written(2)]);
    run(&mut rig, 2);
}

/// The CLI takes one after the other: what it is told to take back must not be told behind what the caller has just set.
#[test]
fn a_setting_under_way_at_the_end_of_a_turn_is_waited_for() {
    for (answer, back) in [(success(3, "{}"), SONNET), (refused(3), OPTION)] {
        let mut rig = Rig::ready();
        rig.command(switched(1, &[(HAIKU, OPTION)]));
        rig.line(&success(2, "{}"));
        rig.line(&init(1));
        rig.control(1, SONNET);
        assert_eq!(rig.line(&result(1)), [turn(1, &result(1)), "turn 1 ended".into()]);
        assert!(
            rig.prompt(2).is_empty(),
            "nor does the next turn begin with the settings of this one"
        );
        assert_eq!(rig.line(&answer)[1..], [request(4, back)]);
        assert_eq!(rig.line(&success(4, "{}")), [written(2)]);
        run(&mut rig, 2);
    }
}

#[test]
fn of_two_settings_the_later_is_in_force_whichever_is_answered_first() {
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
fn what_a_new_process_refuses_does_not_matter_once_the_caller_has_set_it_again() {
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

/// CLI 2.1.329 acknowledges an interrupt that comes before the prompt, and does nothing.
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
    assert_eq!(rig.line(&init(2)), [turn(2, &init(2))], "the next turn is another");
}
