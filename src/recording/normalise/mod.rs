//! Normalising: keeping what one run of the CLI shares with the next.
//!
//! Identities are numbered in the order of first sight (`uuid:0`, `uuid:1`), and keep their number
//! wherever they occur, also inside a longer text, so that references stay readable. Measurements
//! have no identity; each becomes the same constant.
//!
//! The [table](normalised_fields) lists what is recognised, and how.

mod names;
mod shapes;
mod table;

use std::ops::Range;

use serde_json::{Number, Value};

use self::names::Names;
pub(super) use self::names::Sides;
pub use self::table::{NormalisedField, normalised_fields};
use super::event::EventKind;
use super::file::Recording;
use super::payload::Payload;

/// Returns the same recording without what differs between two runs of one CLI: ids, times,
/// durations, costs, paths, versions.
///
/// Lines of JSON are written again, compact and in their order of keys. What is not JSON, or nests
/// deeper than 128, is normalised as plain text. The times of the events are 0, and the header
/// keeps only the launch's inputs. Two recordings of the same events are equal afterwards, whatever
/// ids each run made up.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Header, Recording, normalise};
///
/// let mut recording = Recording::new(Header::new());
/// let line = r#"{"type":"assistant","uuid":"4f3c2b1a-0000-4000-8000-000000000001","duration_ms":31}"#;
/// recording.events.push(Event::new(305, EventKind::Out(line.into())));
///
/// let line = r#"{"type":"assistant","uuid":"uuid:0","duration_ms":0}"#;
/// assert_eq!(normalise(&recording).events, [Event::new(0, EventKind::Out(line.into()))]);
/// ```
pub fn normalise(recording: &Recording) -> Recording {
    normalise_between(Sides::Versions, recording)
}

/// Normalises one of two sides.
pub(super) fn normalise_between(sides: Sides, recording: &Recording) -> Recording {
    normalise_next_to(sides, recording, None)
}

/// Normalises two runs of one version. What is an id in one of them is one in the other.
pub(super) fn normalise_runs(one: &Recording, other: &Recording) -> (Recording, Recording) {
    let normalise = |one, other| normalise_next_to(Sides::Runs, one, Some(other));
    (normalise(one, other), normalise(other, one))
}

fn normalise_next_to(sides: Sides, recording: &Recording, other: Option<&Recording>) -> Recording {
    let mut recording = recording.clone();
    let lines: Vec<Option<Value>> =
        recording.events.iter().map(|event| json(&event.kind)).collect();
    let mut names = Names::new(sides);
    lines.iter().flatten().for_each(|line| names.take_ids(line));
    let events = other.into_iter().flat_map(|other| &other.events);
    events.filter_map(|event| json(&event.kind)).for_each(|line| names.take_ids(&line));

    let header = &mut recording.header;
    (header.cli, header.recorder, header.recorded_at, header.redactions) = (None, None, None, None);
    header.vars.clear();
    header
        .argv
        .iter_mut()
        .flatten()
        .chain(header.env.values_mut())
        .for_each(|text| *text = names.in_text(text));
    for (event, line) in recording.events.iter_mut().zip(lines) {
        event.us = 0;
        match (&mut event.kind, line) {
            (EventKind::In(payload) | EventKind::Out(payload), Some(line)) => {
                let line = names.in_json(line, "");
                *payload = Payload::line(line.to_string()).with_eol(payload.eol());
            }
            (EventKind::In(payload) | EventKind::Out(payload) | EventKind::Err(payload), _) => {
                if let Ok(text) = std::str::from_utf8(payload.bytes()) {
                    *payload = Payload::line(names.in_text(text)).with_eol(payload.eol());
                }
            }
            _ => {}
        }
    }
    recording
}

/// The JSON of a line of stdin or stdout.
pub(super) fn json(kind: &EventKind) -> Option<Value> {
    match kind {
        EventKind::In(payload) | EventKind::Out(payload) => {
            serde_json::from_slice(payload.bytes()).ok()
        }
        _ => None,
    }
}

/// Whether something in a string is a placeholder of [`normalise`] for what differs from run to
/// run.
pub(super) fn has_placeholder(text: &str) -> bool {
    let number = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    text == shapes::TIME
        || shapes::KINDS.iter().any(|kind| text.split(&format!("{kind}:")).skip(1).any(number))
}

/// Where the numbered placeholders are in a normalised text.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let colon = from + text[from..].find(':')?;
            let digits = text[colon + 1..].bytes().take_while(u8::is_ascii_digit).count();
            from = colon + 1 + digits;
            let kind = shapes::KINDS.iter().find(|kind| text[..colon].ends_with(*kind));
            if let (Some(kind), 1..) = (kind, digits) {
                return Some(colon - kind.len()..from);
            }
        }
    })
}

impl Names {
    fn in_json(&mut self, value: Value, key: &str) -> Value {
        match value {
            Value::String(text) if key == "date" && shapes::is_day(&text) => shapes::TIME.into(),
            Value::String(text) => Value::String(self.in_text(&text)),
            Value::Number(_) if is_measured(key) || self.hides_costs() && is_cost(key) => {
                Value::Number(Number::from(0))
            }
            Value::Array(items) => items.into_iter().map(|item| self.in_json(item, key)).collect(),
            Value::Object(members) => {
                let members = members
                    .into_iter()
                    .map(|(key, value)| (self.in_text(&key), self.in_json(value, &key)));
                Value::Object(members.collect())
            }
            other => other,
        }
    }
}

/// Whether a number under this key is a time, a duration or a process id.
fn is_measured(key: &str) -> bool {
    let is_moment = ["At", "Ms", "Time"].iter().any(|end| key.ends_with(end));
    let key = key.to_ascii_lowercase();
    let ends = ["_ms", "_at", "_time", "time_ms", "durationms", "timestamp"];
    is_moment
        || ends.iter().any(|end| key.ends_with(end))
        || key == "pid"
        || key.contains("duration")
}

fn is_cost(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("usd") || key.contains("cost")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::recording::{Event, Header};

    fn normalised(lines: &[&str]) -> Vec<String> {
        let mut recording = Recording::new(Header::new());
        recording.events =
            lines.iter().map(|line| Event::new(7, EventKind::Out((*line).into()))).collect();
        let lines = normalise(&recording).events.into_iter().map(|event| {
            assert_eq!(event.us, 0);
            String::from_utf8(event.payload().unwrap().bytes().to_vec()).unwrap()
        });
        lines.collect()
    }

    #[test]
    fn the_same_uuid_has_the_same_number_in_every_place() {
        let lines = [
            r#"{"uuid":"aaaaaaaa-0000-4000-8000-000000000001","session_id":"bbbbbbbb-0000-4000-8000-000000000002"}"#,
            r#"{"path":"${home}/p/bbbbbbbb-0000-4000-8000-000000000002.jsonl","text":"see aaaaaaaa-0000-4000-8000-000000000001."}"#,
        ];
        assert_eq!(
            normalised(&lines),
            [
                r#"{"uuid":"uuid:0","session_id":"uuid:1"}"#,
                r#"{"path":"path:0","text":"see uuid:0."}"#
            ]
        );
    }

    #[test]
    fn ids_found_by_key_are_replaced_in_all_texts() {
        let lines = [
            r#"{"text":"agent a1b2c3d4e starts"}"#,
            r#"{"task_id":"a1b2c3d4e","agentId":"a1b2c3d4e","tool_use_ids":["toolu_9"]}"#,
            r#"{"text":"toolu_9: (a1b2c3d4e) is done, xa1b2c3d4e is not"}"#,
        ];
        let expected = [
            r#"{"text":"agent id:0 starts"}"#,
            r#"{"task_id":"id:0","agentId":"id:0","tool_use_ids":["id:1"]}"#,
            r#"{"text":"id:1: (id:0) is done, xa1b2c3d4e is not"}"#,
        ];
        assert_eq!(normalised(&lines), expected);
    }

    #[test]
    fn words_under_an_id_key_are_not_ids() {
        let lines = [
            r#"{"id":"general-purpose","server_id":"","mcp_id":"7","task_id":null,"command":"id"}"#,
        ];
        assert_eq!(normalised(&lines), lines);
    }

    #[test]
    fn measurements_are_constants() {
        let lines = [
            r#"{"duration_ms":31,"ttft_ms":4.5,"total_cost_usd":0.1,"costUSD":2,"pid":77,"timestamp":"2026-11-21T01:06:49.992Z"}"#,
            r#"{"date":"2026-11-28","a":[{"date":"0001-01-01"}],"protocolVersion":"2025-11-25"}"#,
            r#"{"date":"2026-11-2","dates":"2026-11-28","a":{"date":"2026-11-28x"},"b":{"date":7}}"#,
            r#"{"num_turns":3,"at":"2026-11-21","error":"port 127.0.0.1:40123","is":"2026-11-21T01:06:49+01:00"}"#,
            r#"{"nextFireAt":1795926013606.5,"sentAtMs":7,"startTime":8,"flat":3,"items":4,"runs":"next Nov 29 4:20am: not Nov 29 4:20, Nov 290 4:20am or Nov 2"}"#,
        ];
        let expected = [
            r#"{"duration_ms":0,"ttft_ms":0,"total_cost_usd":0,"costUSD":0,"pid":0,"timestamp":"time"}"#,
            r#"{"date":"time","a":[{"date":"time"}],"protocolVersion":"2025-11-25"}"#,
            r#"{"date":"2026-11-2","dates":"2026-11-28","a":{"date":"2026-11-28x"},"b":{"date":7}}"#,
            r#"{"num_turns":3,"at":"2026-11-21","error":"port host:0","is":"time"}"#,
            r#"{"nextFireAt":0,"sentAtMs":0,"startTime":0,"flat":3,"items":4,"runs":"next time: not Nov 29 4:20, Nov 290 4:20am or Nov 2"}"#,
        ];
        assert_eq!(normalised(&lines), expected);
    }

    #[test]
    fn versions_and_paths_are_numbered_each_by_itself() {
        let lines = [
            r#"{"v":"2.1.329","w":"2.1.330 (Claude Code)","x":"2.1.329","cwd":"${cwd}","file":"/home/ann/b.txt","slash":"/clear","r":"1/2","u":"https://a.org/b/c","i":"10.0.0.1"}"#,
        ];
        let expected = [
            r#"{"v":"version:0","w":"version:1 (Claude Code)","x":"version:0","cwd":"path:0","file":"path:1","slash":"/clear","r":"1/2","u":"https://a.org/b/c","i":"10.0.0.1"}"#,
        ];
        assert_eq!(normalised(&lines), expected);
    }

    #[test]
    fn what_is_not_json_has_its_texts_normalised() {
        let lines = [
            "wrote /home/ann/b of aaaaaaaa-0000-4000-8000-000000000001",
            r#"{"half":"aaaaaaaa-0000-4000-8000-000000000001"#,
        ];
        assert_eq!(normalised(&lines), ["wrote path:0 of uuid:0", r#"{"half":"uuid:0"#]);
    }

    #[test]
    fn keys_that_are_ids_are_numbered_too() {
        let lines = [r#"{"aaaaaaaa-0000-4000-8000-000000000001":1}"#];
        assert_eq!(normalised(&lines), [r#"{"uuid:0":1}"#]);
    }

    proptest! {
        #[test]
        fn normalised_lines_stay_json(text in "([ -~é€]|[0-9]{1,3}\\.|/[a-z]|\\$\\{|127\\.0\\.0\\.1:[0-9]|2026-01-02T03:04:05|\\\\){0,40}") {
            let line = json!({"type": text}).to_string();
            let lines = normalised(&[&text, &line]);
            let keys: Value = serde_json::from_str(&lines[1]).unwrap();
            prop_assert_eq!(keys["type"].as_str(), Some(&*lines[0]), "the same text is normalised alike");
        }
    }

    #[test]
    fn placeholders_are_distinguished_from_words() {
        for text in ["uuid:0", "id:12", "mcp-path:3.log", "version:1", "http://host:0/", "time"] {
            assert!(has_placeholder(text), "{text}");
        }
        for text in ["uuid:", "id:x", "uuid", "tool:1", "times", "plugin:skill"] {
            assert!(!has_placeholder(text), "{text}");
        }
    }
}
