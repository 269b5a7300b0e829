//! A census: the kinds of lines in recordings, with their fields, types and values.

mod audit;
mod field;
mod kind;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use self::audit::{Gap, audit};
pub(super) use self::field::{Field, parent};
pub use self::field::{JsonType, KindCensus};
pub(super) use self::kind::Namer;
use super::file::Recording;
use super::normalise::{json, normalise};

/// The kinds of lines in some recordings, with their fields, types and values.
///
/// A kind is a direction and what distinguishes lines: `out system/init`, `out
/// control_response/mcp_status`, `out stream_event/content_block_delta/text_delta`. A field is a
/// path in the line, such as `message.content[].text`, with `[]` for the items of an array and `*`
/// for keys that are data. Only what stays the same from one run of a CLI to the next is counted:
/// see [`normalise`].
///
/// Its [`Display`](fmt::Display) is JSON, one field a line.
///
/// ```
/// use claude_wire::recording::{Census, Event, EventKind, Header, Recording};
///
/// let mut recording = Recording::new(Header::new());
/// recording.events.push(Event::new(0, EventKind::Out(r#"{"type":"system","subtype":"status","status":null}"#.into())));
/// recording.events.push(Event::new(0, EventKind::Out(r#"{"type":"system","subtype":"status","status":"compacting"}"#.into())));
///
/// let census = Census::of([&recording]);
/// let status = census.kind("out system/status").unwrap();
/// assert_eq!(status.values("status"), Some(vec!["compacting"]));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Census {
    recordings: usize,
    kinds: BTreeMap<String, KindCensus>,
}

impl Census {
    /// A census of these recordings.
    pub fn of<'a>(recordings: impl IntoIterator<Item = &'a Recording>) -> Self {
        let mut census = Self::default();
        recordings.into_iter().for_each(|recording| census.add(recording));
        census
    }

    /// Adds one more recording.
    pub fn add(&mut self, recording: &Recording) {
        self.add_normalised(&normalise(recording));
    }

    /// The kinds, by name.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &KindCensus)> {
        self.kinds.iter().map(|(name, kind)| (&**name, kind))
    }

    /// One kind, such as `out result/success`.
    pub fn kind(&self, name: &str) -> Option<&KindCensus> {
        self.kinds.get(name)
    }

    pub(super) fn add_normalised(&mut self, recording: &Recording) {
        self.recordings += 1;
        let mut namer = Namer::default();
        let mut here = BTreeSet::new();
        for event in &recording.events {
            let line = json(&event.kind);
            if let Some(name) = namer.name(&event.kind, line.as_ref()) {
                let kind = self.kinds.entry(name.clone()).or_default();
                if let Some(line) = &line {
                    kind.take_in(line);
                }
                here.insert(name);
            }
        }
        for name in here {
            self.kinds.entry(name).or_default().recordings += 1;
        }
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\n\"recordings\": {},\n\"kinds\": {{", self.recordings)?;
        for (number, (name, kind)) in self.kinds.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(
                f,
                "{comma}\n  \"{name}\": {{\"recordings\": {}, \"fields\": {{",
                kind.recordings
            )?;
            kind.write_fields(f)?;
            write!(f, "}}}}")?;
        }
        writeln!(f, "\n}}\n}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Event, EventKind, Header};

    /// A recording of these lines: the CLI's, or the host's where they begin with `> `.
    pub(super) fn recording(lines: &[&str]) -> Recording {
        let mut recording = Recording::new(Header::new());
        recording.events = lines
            .iter()
            .map(|line| match line.strip_prefix("> ") {
                Some(line) => Event::new(0, EventKind::In(line.into())),
                None => Event::new(0, EventKind::Out((*line).into())),
            })
            .collect();
        recording
    }

    fn names(census: &Census) -> Vec<&str> {
        census.kinds().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_kind_is_named_by_all_that_distinguishes_lines() {
        let census = Census::of([&recording(&[
            r#"> {"type":"control_request","request_id":"r-1","request":{"subtype":"mcp_status"}}"#,
            r#"{"response":{"subtype":"success","request_id":"r-1","response":{}},"type":"control_response"}"#,
            r#"> {"type":"control_request","request_id":"r-2","request":{"subtype":"set_color"}}"#,
            r#"{"type":"control_response","response":{"subtype":"error","request_id":"r-2","error":"no"}}"#,
            r#"{"type":"control_request","request_id":"c-1","request":{"subtype":"hook_callback","input":{"hook_event_name":"Stop"}}}"#,
            r#"> {"type":"control_response","response":{"subtype":"success","request_id":"c-1","response":{}}}"#,
            r#"{"type":"control_request","request_id":"c-2","request":{"subtype":"mcp_message","message":{"method":"tools/list"}}}"#,
            r#"{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta"}}}"#,
            r#"{"type":"stream_event","event":{"type":"content_block_start","content_block":{"type":"tool_use"}}}"#,
            r#"{"type":"system","subtype":"init"}"#,
            r#"{"type":"assistant"}"#,
            r#"{"no":"type"}"#,
            "not json",
        ])]);
        assert_eq!(
            names(&census),
            [
                "in control_request/mcp_status",
                "in control_request/set_color",
                "in control_response/hook_callback/Stop",
                "out assistant",
                "out control_request/hook_callback/Stop",
                "out control_request/mcp_message/tools/list",
                "out control_response/mcp_status",
                "out control_response/set_color/error",
                "out not JSON",
                "out stream_event/content_block_delta/text_delta",
                "out stream_event/content_block_start/tool_use",
                "out system/init",
                "out without type",
            ]
        );
    }

    #[test]
    fn fields_have_types_values_and_may_be_optional() {
        let census = Census::of([
            &recording(&[
                r#"{"type":"user","message":{"content":[{"type":"text","text":"Hello you"},{"type":"image"}]},"mode":"plan","n":1}"#,
                r#"{"type":"user","message":{"content":"x"},"mode":null,"isReplay":true,"usage":{"claude-a":{"n":1},"claude-b":{"n":1}}}"#,
            ]),
            &recording(&[
                r#"{"type":"user","message":{"content":[]},"mode":"default","id":"a1b2c3"}"#,
            ]),
        ]);
        let expected = r#"{
"recordings": 2,
"kinds": {
  "out user": {"recordings": 2, "fields": {
    "id": {"types":["string"],"optional":true},
    "isReplay": {"types":["boolean"],"optional":true},
    "message": {"types":["object"]},
    "message.content": {"types":["array","string"]},
    "message.content[]": {"types":["object"]},
    "message.content[].text": {"types":["string"],"optional":true},
    "message.content[].type": {"types":["string"],"values":["image","text"]},
    "mode": {"types":["null","string"],"values":["default","plan"]},
    "n": {"types":["number"],"optional":true},
    "type": {"types":["string"],"values":["user"]},
    "usage": {"types":["object"],"optional":true},
    "usage.*": {"types":["object"]},
    "usage.*.n": {"types":["number"]}
  }}
}
}
"#;
        assert_eq!(census.to_string(), expected);
        assert!(serde_json::from_str::<serde_json::Value>(expected).is_ok());
    }

    #[test]
    fn many_values_or_words_with_blanks_are_not_a_set() {
        let lines: Vec<String> = (0..100)
            .map(|n| format!(r#"{{"type":"a","word":"w{n}","phrase":"some words"}}"#))
            .collect();
        let census =
            Census::of([&recording(&lines.iter().map(String::as_str).collect::<Vec<_>>())]);
        let kind = census.kind("out a").unwrap();
        assert_eq!(
            (kind.values("word"), kind.values("phrase"), kind.values("nothing")),
            (None, None, None)
        );
        assert_eq!(kind.values("type"), Some(vec!["a"]));
    }
}
