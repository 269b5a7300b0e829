//! Which turn a line belongs to.

use super::*;

#[test]
fn a_cli_that_echoes_uuids_is_routed_by_them() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    for line in [&lifecycle(1, "queued"), &lifecycle(1, "started"), &init(1)] {
        assert_eq!(rig.line(line), [turn(1, line)]);
    }
    rig.prompt(2);
    assert_eq!(rig.line(TEXT), [turn(1, TEXT)], "inside a turn a line need not name it");
    assert_eq!(rig.line(&result(1)), [turn(1, &result(1)), "turn 1 ended".into(), written(2)]);
}

#[test]
fn a_late_line_of_the_previous_turn_belongs_to_no_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    rig.prompt(2);
    rig.line(&result(1));
    let late = lifecycle(1, "completed");
    assert_eq!(rig.line(&late), [event(&late)]);
    let idle = r#"{"type":"system","subtype":"session_state_changed","state":"idle"}"#;
    assert_eq!(
        rig.line(idle),
        [event(idle)],
        "an unnamed line belongs to the previous turn until the next one begins"
    );
    assert_eq!(rig.line(&lifecycle(2, "started")), [turn(2, &lifecycle(2, "started"))]);
    assert_eq!(rig.line(idle), [turn(2, idle)]);
}

#[test]
fn a_late_result_of_another_prompt_ends_nothing() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    let warning = "warning: a result for another prompt (p-9) came while the turn of prompt p-1 waits for its own: it belongs to no turn";
    assert_eq!(rig.line(&result(9)), [warning.into(), event(&result(9))]);
    assert_eq!(rig.line(&result(1))[1], "turn 1 ended");
}

#[test]
fn a_line_after_the_result_belongs_to_no_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[&init(1), &result(1)]);
    let late = r#"{"type":"prompt_suggestion","suggestion":"run the tests"}"#;
    assert_eq!(rig.line(late), [event(late)]);
}

#[test]
fn a_cli_that_echoes_nothing_is_served_first_in_first_out() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.prompt(2);
    assert_eq!(rig.lines(&[PLAIN_INIT, TEXT]), [turn(1, PLAIN_INIT), turn(1, TEXT)]);
    assert_eq!(rig.line(PLAIN_RESULT), [turn(1, PLAIN_RESULT), "turn 1 ended".into(), written(2)]);
    assert_eq!(rig.lines(&[PLAIN_INIT, TEXT]), [turn(2, PLAIN_INIT), turn(2, TEXT)]);
    assert_eq!(rig.line(PLAIN_RESULT), [turn(2, PLAIN_RESULT), "turn 2 ended".into()]);
}

#[test]
fn an_older_cli_that_sends_no_init_is_served_too() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    assert_eq!(
        rig.lines(&[TEXT, PLAIN_RESULT]),
        [turn(1, TEXT), turn(1, PLAIN_RESULT), "turn 1 ended".into()]
    );
}

/// After a background agent has ended, the CLI starts a turn without a prompt.
#[test]
fn lines_of_a_turn_started_by_the_cli_belong_to_no_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.lines(&[&init(1), TEXT, &result(1)]);
    let report =
        r#"{"type":"system","subtype":"task_notification","task_id":"t","status":"completed"}"#;
    for line in [report, PLAIN_INIT, TEXT, FOREIGN_RESULT] {
        assert_eq!(rig.line(line), [event(line)]);
    }
    assert_eq!(rig.prompt(2), [written(2)]);
    assert_eq!(rig.line(&init(2)), [turn(2, &init(2))]);
}

#[test]
fn a_prompt_written_during_a_turn_started_by_the_cli_gets_none_of_its_lines() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    assert_eq!(rig.line(&lifecycle(1, "queued")), [turn(1, &lifecycle(1, "queued"))]);
    assert_eq!(rig.lines(&[TEXT, FOREIGN_RESULT]), [event(TEXT), event(FOREIGN_RESULT)]);
    assert_eq!(
        rig.lines(&[&lifecycle(1, "started"), &init(1), TEXT]),
        [turn(1, &lifecycle(1, "started")), turn(1, &init(1)), turn(1, TEXT)]
    );
    assert_eq!(rig.line(&result(1))[1], "turn 1 ended");
}

#[test]
fn a_turn_started_by_the_cli_is_separate_without_echoes_too() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    assert_eq!(rig.lines(&[TEXT, PLAIN_RESULT]), [event(TEXT), event(PLAIN_RESULT)]);
    assert_eq!(rig.lines(&[PLAIN_INIT, TEXT]), [turn(1, PLAIN_INIT), turn(1, TEXT)]);
    assert_eq!(rig.line(PLAIN_RESULT)[1], "turn 1 ended");
}

#[test]
fn a_turn_started_by_the_cli_before_ours_is_separate() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&lifecycle(1, "queued"));
    for line in [PLAIN_INIT, TEXT, FOREIGN_RESULT] {
        assert_eq!(rig.line(line), [event(line)]);
    }
    assert_eq!(rig.line(&init(1)), [turn(1, &init(1))]);
}

#[test]
fn the_result_of_a_turn_started_by_the_cli_never_ends_ours() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(PLAIN_INIT);
    assert_eq!(rig.line(FOREIGN_RESULT), [event(FOREIGN_RESULT)]);
    assert_eq!(rig.line(PLAIN_RESULT)[1], "turn 1 ended");
}

/// During a tool call the CLI folds a waiting prompt into the running turn, and its result names
/// both.
#[test]
fn a_prompt_that_was_folded_into_another_turn_ends_with_that_turn() {
    let mut rig = Rig::ready();
    rig.line(PLAIN_INIT);
    rig.prompt(1);
    rig.lines(&[&lifecycle(1, "queued"), &lifecycle(1, "started")]);
    assert_eq!(rig.line(TEXT), [turn(1, TEXT)]);
    let both = r#"{"type":"result","subtype":"success","user_message_uuid":"p-1","user_message_uuids":["other","p-1"]}"#;
    assert_eq!(rig.line(both), [turn(1, both), "turn 1 ended".into()]);
}

#[test]
fn lines_of_a_sub_agent_go_to_the_running_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    let sub = r#"{"type":"assistant","message":{"content":[]},"parent_tool_use_id":"toolu_1","agent_id":"a"}"#;
    assert_eq!(rig.line(sub), [turn(1, sub)]);
    rig.line(&result(1));
    assert_eq!(rig.line(sub), [event(sub)]);
}

#[test]
fn a_line_of_the_old_dialect_that_only_looks_like_a_result_ends_nothing() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.line(&init(1));
    let legacy = r#"{"type":"result","tool_use_id":"toolu_1","content":"42"}"#;
    assert_eq!(rig.line(legacy), [turn(1, legacy)]);
    assert_eq!(rig.line(&result(1))[1], "turn 1 ended");
}

#[test]
fn a_result_of_an_unknown_subtype_ends_the_turn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    let unknown = r#"{"type":"result","subtype":"error_of_a_future_cli","tool_use_id":"x"}"#;
    assert_eq!(rig.line(unknown), [turn(1, unknown), "turn 1 ended".into()]);
}

#[test]
fn a_prompt_that_the_cli_cancels_ends_as_withdrawn() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    rig.prompt(2);
    let gone = lifecycle(1, "cancelled");
    assert_eq!(rig.line(&gone), [turn(1, &gone), "turn 1 failed: Withdrawn".into(), written(2)]);
}

#[test]
fn a_new_session_id_is_reported_when_the_cli_confirms_it() {
    let mut rig = Rig::ready();
    rig.prompt(1);
    let line = |id: &str, kind: &str| {
        format!(
            r#"{{"type":"{kind}","subtype":"init","session_id":"{id}","user_message_uuids":["p-1"]}}"#
        )
    };
    assert_eq!(rig.line(&line("a", "system")), ["session a".into(), turn(1, &line("a", "system"))]);
    // After `/clear` other lines still carry the old id, or the new one early; only init and result
    // confirm it.
    assert_eq!(
        rig.line(&line("b", "conversation_reset")),
        [turn(1, &line("b", "conversation_reset"))]
    );
    assert_eq!(rig.line(&line("a", "system")), [turn(1, &line("a", "system"))]);
    assert_eq!(rig.line(&line("b", "result"))[0], "session b");
    assert_eq!(rig.machine().session_id(), Some("b"));
}
