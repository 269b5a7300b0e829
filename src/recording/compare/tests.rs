//! Differences between recordings, and their severity.

use super::*;
use crate::recording::{Event, Header, RecordedExit};

fn recording(lines: &[&str]) -> Recording {
    let mut recording = Recording::new(Header::new());
    let event = |line: &str| match line.split_once(' ') {
        Some((">", line)) => EventKind::In(line.into()),
        Some(("!", line)) => EventKind::Err(line.into()),
        Some(("exit", code)) => EventKind::Exit(RecordedExit::code(code.parse().unwrap())),
        _ => EventKind::Out(line.into()),
    };
    recording.events = lines.iter().map(|line| Event::new(0, event(line))).collect();
    recording
}

fn differences(before: &[&str], after: &[&str]) -> Vec<String> {
    compare(&recording(before), &recording(after)).iter().map(ToString::to_string).collect()
}

/// The differences reported when one line becomes another.
fn change(before: &str, after: &str) -> Vec<String> {
    differences(&[before], &[after])
}

const NONE: [&str; 0] = [];

#[test]
fn two_runs_of_one_cli_do_not_differ() {
    let run = |id: &str, ms: u64| {
        [
            format!(
                r#"{{"type":"system","subtype":"init","session_id":"{id}-0000-4000-8000-000000000001","cwd":"/tmp/{id}/work","pid":{ms}}}"#
            ),
            format!(
                r#"{{"type":"result","subtype":"success","session_id":"{id}-0000-4000-8000-000000000001","duration_ms":{ms}}}"#
            ),
        ]
    };
    let (one, other) = (run("aaaaaaaa", 1), run("bbbbbbbb", 2));
    assert_eq!(
        differences(&one.each_ref().map(|line| &**line), &other.each_ref().map(|line| &**line)),
        NONE
    );
}

#[test]
fn kinds_come_and_go_in_each_direction() {
    let before = [
        r#"{"type":"a"}"#,
        r#"> {"type":"control_request","request_id":"1","request":{"subtype":"s"}}"#,
    ];
    let after = [r#"{"type":"b"}"#, "no JSON"];
    let expected = [
        "breaking: in control_request/s: no such line any more",
        "breaking: out a: no such line any more",
        "additive: out b: a new kind of line",
        "additive: out not JSON: a new kind of line",
    ];
    assert_eq!(differences(&before, &after), expected);
}

#[test]
fn removed_fields_break_and_new_fields_add() {
    let before = r#"{"type":"a","usage":{"in":1,"old":2},"list":[{"x":1,"y":1}]}"#;
    let after = r#"{"type":"a","usage":{"in":1,"new":[{"deep":2}]},"list":[{"x":1},{"x":1}]}"#;
    let expected = [
        "breaking: out a: field list[].y is gone",
        "breaking: out a: field usage.old is gone",
        "additive: out a: field usage.new is new (array)",
    ];
    assert_eq!(change(before, after), expected);
}

#[test]
fn a_field_that_becomes_optional_breaks() {
    let (both, one) = (r#"{"type":"a","x":1}"#, r#"{"type":"a"}"#);
    assert_eq!(
        differences(&[both, both], &[both, one]),
        ["breaking: out a: field x is missing in some"]
    );
    assert_eq!(differences(&[both, one], &[both, both]), NONE);
    assert_eq!(differences(&[both, one], &[one, both]), NONE);
}

#[test]
fn fields_below_a_lost_parent_are_not_reported() {
    assert_eq!(
        change(r#"{"type":"a","l":[{"x":1}]}"#, r#"{"type":"a","l":[]}"#),
        ["breaking: out a: field l[] is gone"]
    );
    assert_eq!(
        change(r#"{"type":"a","o":{"x":{"y":1}}}"#, r#"{"type":"a"}"#),
        ["breaking: out a: field o is gone"]
    );
    assert_eq!(
        change(r#"{"type":"a","o":{"x":1}}"#, r#"{"type":"a","o":null}"#),
        ["breaking: out a: field o is null, was object"]
    );
}

#[test]
fn a_new_type_breaks_but_null_does_not() {
    let (text, number, null) =
        (r#"{"type":"a","x":"t"}"#, r#"{"type":"a","x":1}"#, r#"{"type":"a","x":null}"#);
    assert_eq!(change(text, number), ["breaking: out a: field x is number, was string"]);
    assert_eq!(change(null, number), ["breaking: out a: field x is number, was null"]);
    assert_eq!(
        differences(&[text, text], &[text, null]),
        ["additive: out a: field x is null or string, was string"]
    );
    assert_eq!(
        differences(&[text, null], &[text, text]),
        ["cosmetic: out a: field x is string, was null or string"]
    );
}

#[test]
fn words_are_a_set_and_texts_are_not() {
    let before = r#"{"type":"a","mode":"plan","tools":["Bash","Task"],"text":"four","said":"It is four.","n":1,"on":true}"#;
    let after = r#"{"type":"a","mode":"auto","tools":["Bash","Agent"],"text":"five","said":"It is five.","n":2,"on":false}"#;
    let expected = [
        r#"breaking: out a: field mode is never "plan" any more"#,
        r#"breaking: out a: field on is never "true" any more"#,
        r#"breaking: out a: field tools[] is never "Task" any more"#,
        r#"additive: out a: field mode may be "auto""#,
        r#"additive: out a: field on may be "false""#,
        r#"additive: out a: field tools[] may be "Agent""#,
        "cosmetic: out a: field n has other values",
        "cosmetic: out a: field said has other values",
        "cosmetic: out a: field text has other values",
    ];
    assert_eq!(change(before, after), expected);
}

#[test]
fn a_set_that_becomes_free_text_breaks() {
    let (word, text, both) = (
        r#"{"type":"a","mode":"plan"}"#,
        r#"{"type":"a","mode":"As you like it."}"#,
        r#"{"type":"a","mode":null}"#,
    );
    assert_eq!(change(word, text), [r#"breaking: out a: field mode is never "plan" any more"#]);
    assert_eq!(differences(&[word, word], &[text, both]).len(), 2, "and the type is reported");
    assert_eq!(change(text, word), ["cosmetic: out a: field mode has other values"]);
    assert_eq!(
        differences(&[word], &[word, text]),
        ["cosmetic: out a: 2 lines, were 1", "cosmetic: out a: field mode has other values"]
    );
}

#[test]
fn an_extra_id_does_not_change_later_ids() {
    let before = [
        r#"{"type":"b","note":"see a1b2c3"}"#,
        r#"{"type":"b","note":"see a1b2c3","task_id":"a1b2c3"}"#,
    ];
    let after = [
        r#"{"type":"b","note":"see a1b2c3"}"#,
        r#"{"type":"b","note":"see a1b2c3","task_id":"a1b2c3","my_id":"z987"}"#,
    ];
    assert_eq!(differences(&before, &after), ["additive: out b: field my_id is new (string)"]);
}

const INIT: &str = r#"{"type":"system","subtype":"init"}"#;
const SAYS: &str = r#"{"type":"assistant","parent_tool_use_id":null}"#;
const AGENT_SAYS: &str = r#"{"type":"assistant","parent_tool_use_id":"toolu_1"}"#;
const TOOL: &str = r#"{"type":"user","parent_tool_use_id":null}"#;
const STOP: &str =
    r#"{"type":"stream_event","event":{"type":"message_stop"},"parent_tool_use_id":null}"#;
const TASK: &str = r#"{"type":"system","subtype":"task_started"}"#;
const RESULT: &str = r#"{"type":"result","subtype":"success"}"#;

#[test]
fn the_order_of_the_conversation_matters() {
    assert_eq!(
        differences(&[INIT, SAYS, RESULT], &[SAYS, INIT, RESULT]),
        ["breaking: out assistant: comes before out system/init now"]
    );
    assert_eq!(differences(&[SAYS, STOP, RESULT], &[STOP, SAYS, RESULT]).len(), 1);
}

#[test]
fn the_order_of_independent_lines_is_cosmetic() {
    const ASKS: &str = r#"> {"type":"user"}"#;
    assert_eq!(differences(&[ASKS, INIT, RESULT], &[INIT, ASKS, RESULT]), NONE);
    for (before, after) in [
        ([TASK, SAYS], [SAYS, TASK]),
        ([TOOL, STOP], [STOP, TOOL]),
        ([AGENT_SAYS, TOOL], [TOOL, AGENT_SAYS]),
    ] {
        let found =
            differences(&[&before[..], &[RESULT]].concat(), &[&after[..], &[RESULT]].concat());
        assert!(
            found.len() == 1
                && found[0].starts_with("cosmetic: ")
                && found[0].contains(" comes before "),
            "{found:?}"
        );
    }
}

#[test]
fn more_lines_of_a_kind_are_not_another_order() {
    assert_eq!(
        differences(&[INIT, SAYS, TOOL, RESULT], &[INIT, SAYS, TOOL, SAYS, RESULT]),
        ["cosmetic: out assistant: 2 lines, were 1"]
    );
}

#[test]
fn a_missing_turn_breaks() {
    let found = differences(&[INIT, RESULT, INIT, RESULT], &[INIT, INIT, RESULT]);
    assert_eq!(
        found,
        ["breaking: 1 turns, were 2", "cosmetic: out result/success: 1 lines, were 2"]
    );
}

#[test]
fn a_different_exit_breaks_and_different_stderr_does_not() {
    assert_eq!(
        differences(&["! no", "exit 1"], &["! nay", "exit 0"]),
        ["breaking: ends with exit code 0, was exit code 1", "cosmetic: other lines on stderr"]
    );
    assert_eq!(differences(&["exit 0"], &[]), ["breaking: ends with , was exit code 0"]);
}

#[test]
fn differences_serialise_to_json() {
    let found = compare(
        &recording(&[r#"{"type":"a","mode":"plan"}"#]),
        &recording(&[r#"{"type":"a","mode":"auto"}"#]),
    );
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(
        json,
        r#"[{"severity":"breaking","kind":"out a","path":"mode","change":"value_gone","before":"plan"},{"severity":"additive","kind":"out a","path":"mode","change":"value_new","after":"auto"}]"#
    );
}
