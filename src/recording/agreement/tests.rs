//! What counts as equal, on single lines.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::recording::{Event, EventKind, Header, RecordedExit};

fn recording(lines: &[&str]) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.events =
        lines.iter().map(|line| Event::new(7, EventKind::Out((*line).into()))).collect();
    recording
}

fn differences(expected: &[&str], actual: &[&str]) -> Vec<String> {
    let agreement = agreement(&recording(expected), &recording(actual));
    agreement.differences.iter().map(ToString::to_string).collect()
}

/// The recordings of the pinned version but for those of long lines.
fn corpus() -> Vec<(String, Recording)> {
    const MOST: u64 = 200_000;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings").join(crate::CLI_VERSION);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|file| {
        file.metadata().unwrap().len() < MOST
            && file.path().extension().is_some_and(|ext| ext == "jsonl")
    });
    let read =
        |path: std::path::PathBuf| (path.display().to_string(), Recording::open(path).unwrap());
    let mut corpus: Vec<_> = files.map(|file| read(file.path())).collect();
    corpus.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert!(corpus.len() > 50, "{}", corpus.len());
    corpus
}

#[test]
fn a_recording_agrees_with_itself() {
    for (name, recording) in corpus() {
        let agreement = agreement(&recording, &recording);
        assert_eq!(agreement.differences, [], "{name}");
        let lines = recording.events.iter().filter(|event| {
            matches!(event.kind, EventKind::Out(_) | EventKind::Err(_) | EventKind::Exit(_))
        });
        assert_eq!(agreement.lines, lines.count(), "{name}");
    }
}

/// In every kind of line of the corpus, every field that is changed, removed or added is found.
#[test]
fn a_change_of_any_field_of_any_kind_is_found() {
    let mut done = BTreeSet::new();
    for (name, recording) in corpus() {
        let lines = streams::lines(&recording).into_iter().filter(Line::counts);
        for Line { kind, number, .. } in lines {
            let EventKind::Out(payload) = &recording.events[number - 2].kind else { continue };
            let Ok(mut line) = serde_json::from_slice::<Value>(payload.bytes()) else { continue };
            shorten(&mut line);
            let fields = fields(&line).into_iter();
            for (pointer, path) in fields {
                if !done.insert((kind.clone(), path)) {
                    continue;
                }
                for change in changes(&line, &pointer) {
                    let found = differences(&[&line.to_string()], &[&change.to_string()]);
                    assert!(!found.is_empty(), "{name}, {kind}, {pointer}: {change}");
                }
            }
        }
    }
    assert!(done.len() > 1000, "{}", done.len());
}

/// Shortens the lists: the items of a list are alike.
fn shorten(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.truncate(3);
            items.iter_mut().for_each(shorten);
        }
        Value::Object(members) => members.values_mut().for_each(shorten),
        _ => {}
    }
}

/// The fields of a line: JSON pointers, and the same without numbers.
fn fields(line: &Value) -> Vec<(String, String)> {
    fn walk(value: &Value, pointer: &str, path: &str, found: &mut Vec<(String, String)>) {
        if !pointer.is_empty() {
            found.push((pointer.to_owned(), path.to_owned()));
        }
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    let escaped = key.replace('~', "~0").replace('/', "~1");
                    let at = |start: &str| format!("{start}/{escaped}");
                    walk(value, &at(pointer), &at(path), found);
                }
            }
            Value::Array(items) => {
                for (number, value) in items.iter().enumerate() {
                    walk(value, &format!("{pointer}/{number}"), &format!("{path}/-"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(line, "", "", &mut found);
    found
}

/// The line with this field changed in each way that counts.
fn changes(line: &Value, pointer: &str) -> Vec<Value> {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut line = line.clone();
        change(line.pointer_mut(pointer).unwrap());
        line
    };
    let key = pointer.rsplit('/').next().unwrap();
    let value = line.pointer(pointer).unwrap();
    let mut changes = Vec::new();
    match value {
        // A placeholder of redaction may be any text.
        Value::String(text) if ["<text:", "<signature:"].iter().any(|mark| text.contains(mark)) => {
        }
        Value::String(text) => {
            changes.push(with(&|value| *value = format!("{text} changed").into()))
        }
        Value::Number(_) if is_listed_as_measured(key) => {}
        Value::Number(number) => {
            let more = number.as_f64().unwrap() + 1.0;
            changes.push(with(&|value| *value = json!(more)));
        }
        Value::Bool(is) => changes.push(with(&|value| *value = json!(!is))),
        Value::Null => changes.push(with(&|value| *value = json!("changed"))),
        Value::Object(_) => {
            changes.push(with(&|value| value["changed"] = json!(1)));
        }
        Value::Array(_) => changes.push(with(&|value| {
            value.as_array_mut().unwrap().push(json!("changed"));
        })),
    }
    if !value.is_null() {
        changes.push(with(&|value| *value = Value::Null));
    }
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let mut gone = line.clone();
    if let Some(members) = gone.pointer_mut(parent).and_then(Value::as_object_mut) {
        members.shift_remove(&key.replace("~1", "/").replace("~0", "~"));
        changes.push(gone);
    }
    changes
}

/// The keys of the table whose numbers are not compared, written out.
fn is_listed_as_measured(key: &str) -> bool {
    const KEYS: [&str; 25] = [
        "duration_api_ms",
        "duration_ms",
        "end_time",
        "first_content_frame_ms",
        "maxAgeMs",
        "nextFireAt",
        "parked_ms",
        "pid",
        "request_sent_wall_ms",
        "resetsAt",
        "retry_delay_ms",
        "sentAtMs",
        "startTime",
        "thinking_duration_ms",
        "time_to_request_ms",
        "toolInputStreamMs",
        "total_api_duration_ms",
        "total_duration_ms",
        "totalAPIDuration",
        "totalAPIDurationWithoutRetries",
        "totalDuration",
        "totalDurationMs",
        "totalToolDuration",
        "ttft_ms",
        "ttft_stream_ms",
    ];
    KEYS.contains(&key)
}

#[test]
fn versions_and_costs_count() {
    let line = |version: &str, cost: f64| {
        json!({"type": "result", "v": version, "total_cost_usd": cost}).to_string()
    };
    let (one, other) = (line("2.1.332", 0.5), line("2.1.333", 0.25));
    assert_eq!(
        differences(&[&one], &[&other]),
        [
            "out result: v: expected \"2.1.332\", actual \"2.1.333\"\nout result: total_cost_usd: expected 0.5, actual 0.25"
        ]
    );
}

#[test]
fn an_id_corresponds_to_one_id() {
    let line = |one: u8, other: u8| {
        let uuid = |number: u8| format!("aaaaaaaa-0000-4000-8000-{number:012}");
        json!({"type": "a", "uuid": uuid(one), "text": format!("see {}", uuid(other))}).to_string()
    };
    assert_eq!(differences(&[&line(1, 1)], &[&line(2, 2)]), Vec::<String>::new());
    assert_eq!(
        differences(&[&line(1, 2), &line(2, 1)], &[&line(8, 9), &line(9, 8)]),
        Vec::<String>::new()
    );
    assert_eq!(differences(&[&line(1, 1)], &[&line(2, 3)]).len(), 1);
    assert_eq!(differences(&[&line(1, 2)], &[&line(3, 3)]).len(), 1);
    assert_eq!(differences(&[&line(1, 2), &line(1, 2)], &[&line(3, 4), &line(4, 3)]).len(), 1);
}

/// A word may be an id in a line that only one run has.
#[test]
fn what_is_an_id_in_one_run_is_one_in_the_other() {
    let (line, id) = (r#"{"type":"a","m":"opus-5"}"#, r#"{"type":"b","modelId":"opus-5"}"#);
    assert_eq!(
        differences(&[line, id], &[line]),
        [r#"out b: missing: {"type":"b","modelId":"id:0"}"#]
    );
    assert_eq!(differences(&[line], &[line, id]).len(), 1);
}

#[test]
fn a_missing_line_and_one_too_many_are_one_difference_each() {
    let lines = [r#"{"type":"a","n":1}"#, r#"{"type":"b"}"#, r#"{"type":"a","n":2}"#];
    assert_eq!(differences(&lines, &[lines[0], lines[2]]), [r#"out b: missing: {"type":"b"}"#]);
    assert_eq!(
        differences(&[lines[0], lines[2]], &lines),
        [r#"out b: not expected: {"type":"b"}"#]
    );
    assert_eq!(
        differences(&lines, &[lines[1], lines[2]]),
        [r#"out a: missing: {"type":"a","n":1}"#]
    );
    let other = r#"{"type":"a","n":3}"#;
    assert_eq!(
        differences(&lines, &[lines[0], lines[1], other]),
        ["out a: n: expected 2, actual 3"]
    );
}

#[test]
fn lines_that_wait_for_each_other_have_an_order() {
    let (init, assistant) = (r#"{"type":"system","subtype":"init"}"#, r#"{"type":"assistant"}"#);
    let found = differences(&[init, assistant], &[assistant, init]);
    let line = init.to_owned();
    let expected =
        ["missing", "not expected"].map(|what| format!("out system/init: {what}: {line}"));
    assert_eq!(found, expected);
}

#[test]
fn lines_that_do_not_wait_for_each_other_have_none() {
    let line = |uuid: u8, state: &str| {
        let uuid = format!("aaaaaaaa-0000-4000-8000-{uuid:012}");
        json!({"type": "command_lifecycle", "command_uuid": uuid, "state": state}).to_string()
    };
    let lines = [line(1, "queued"), line(1, "completed"), line(2, "queued")];
    let [one, two, three] = [&*lines[0], &*lines[1], &*lines[2]];
    let (answer, result) = (r#"{"type":"control_response","response":{}}"#, r#"{"type":"result"}"#);
    assert_eq!(
        differences(&[one, two, three, answer, result], &[one, three, result, two, answer]),
        Vec::<String>::new()
    );
    assert_eq!(differences(&[one, two], &[two, one]).len(), 2, "the states of one command");
}

#[test]
fn a_result_of_a_tool_may_come_among_the_events_of_its_message() {
    let result = r#"{"type":"user","message":{"content":"x"}}"#;
    let event = r#"{"type":"stream_event","event":{"type":"message_stop"}}"#;
    let assistant = r#"{"type":"assistant"}"#;
    assert_eq!(differences(&[result, event], &[event, result]), Vec::<String>::new());
    assert_eq!(differences(&[result, assistant], &[assistant, result]).len(), 2);
}

#[test]
fn a_placeholder_of_redaction_is_any_text_of_the_other_run() {
    let (redacted, text) = (r#"{"type":"a","t":"see <text:1>"}"#, r#"{"type":"a","t":"see this"}"#);
    assert_eq!(differences(&[redacted], &[text]), Vec::<String>::new());
    assert_eq!(differences(&[text], &[redacted]).len(), 1);
    let other = r#"{"type":"a","t":"hear this"}"#;
    assert_eq!(differences(&[redacted], &[other]).len(), 1);
}

#[test]
fn the_exit_and_stderr_count() {
    let ends = |code: i32, err: &str| {
        let mut recording = recording(&[]);
        recording.events.push(Event::new(0, EventKind::Err(err.into())));
        recording.events.push(Event::new(0, EventKind::Exit(RecordedExit::code(code))));
        recording
    };
    let agreement = agreement(&ends(0, "a"), &ends(1, "b"));
    let found: Vec<_> = agreement.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["err: the line: expected \"a\", actual \"b\"", "exit: code: expected 0, actual 1"]
    );
    assert_eq!((agreement.lines, agreement.equal()), (2, 0));
}
