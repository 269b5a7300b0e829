//! What a host reports where its `claude` ends.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::host::Heard;
use super::judged::Judged;

pub(super) fn judge(expect: &Value, heard: &Heard, exit: SystemTime) -> Judged {
    let mut found = Map::new();
    for (key, expected) in expect.as_object().into_iter().flatten() {
        let value = match key.as_str() {
            "messages" => heard.messages.iter().map(|message| message["type"].clone()).collect(),
            "terminal" => terminal(heard).into(),
            "error_text" => error_text(heard, expected.as_str().unwrap_or_default()),
            "exit_code" => first(heard, "exit_code"),
            "stderr_contains" => stderr(heard, expected),
            "exit_reported" => exit_reported(heard).into(),
            "within_ms" => within(heard, exit, expected),
            key => json!(format!("{key:?} cannot be compared")),
        };
        found.insert(key.clone(), value);
    }
    let different = expect.as_object().into_iter().flatten();
    let different = different.filter(|(key, value)| found.get(*key) != Some(*value));
    let differences =
        different.map(|(key, value)| format!("{key}: expected {value}, found {}", found[key]));
    let differences = differences.collect();
    Judged { found: Value::Object(found), differences }
}

/// The last result; without one, the error.
fn terminal(heard: &Heard) -> &'static str {
    let is = |kind: &str| heard.errors.iter().any(|(error, _)| error["kind"] == kind);
    match last_result(heard) {
        Some(result) if result["is_error"] == true => "result_error",
        Some(_) => "completed",
        None if is("result") => "result_error",
        None if is("process") => "process_error",
        None if is("ended") => "ended_without_result",
        None => "nothing",
    }
}

fn last_result(heard: &Heard) -> Option<&Value> {
    heard.messages.iter().rfind(|message| message["type"] == "result")
}

/// The text of the result, or of an error that repeats it.
fn error_text(heard: &Heard, expected: &str) -> Value {
    let own = last_result(heard).map(|result| match &result["errors"][0] {
        Value::Null => &result["result"],
        error => error,
    });
    let said = heard.errors.iter().map(|(error, _)| &error["text"]);
    own.or_else(|| {
        said.clone().find(|text| text.as_str().is_some_and(|text| text.contains(expected)))
    })
    .map_or(Value::Null, |text| match text.as_str() {
        Some(text) if text.contains(expected) => expected.into(),
        _ => text.clone(),
    })
}

fn first(heard: &Heard, field: &str) -> Value {
    let mut values = heard.errors.iter().map(|(error, _)| &error[field]);
    values.find(|value| !value.is_null()).cloned().unwrap_or_default()
}

fn stderr(heard: &Heard, expected: &Value) -> Value {
    let part = expected.as_str().unwrap_or_default();
    let mut texts = heard.errors.iter().flat_map(|(error, _)| [&error["stderr"], &error["text"]]);
    let has = texts.any(|text| text.as_str().is_some_and(|text| text.contains(part)));
    if has { expected.clone() } else { first(heard, "stderr") }
}

fn exit_reported(heard: &Heard) -> bool {
    let is_said = |of: &Value| !of["exit_code"].is_null() || !of["signal"].is_null();
    heard.end.as_ref().is_some_and(is_said) || heard.errors.iter().any(|(error, _)| is_said(error))
}

/// How long the first error took to come, if that is too long.
fn within(heard: &Heard, exit: SystemTime, expected: &Value) -> Value {
    let limit = Duration::from_millis(expected.as_u64().unwrap_or_default());
    let took = heard.errors.first().map(|(_, at)| at.duration_since(exit).unwrap_or_default());
    match took {
        Some(took) if took > limit => json!(took.as_millis() as u64),
        _ => expected.clone(),
    }
}
