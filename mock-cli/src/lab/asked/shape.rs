//! What a CLI asked in one entry, and how the requests of another CLI differ.

use claude_wire::recording::{
    Difference, Event, EventKind, Header, Payload, Recording, compare, normalise,
};
use serde_json::Value;

use super::lines;

/// The shape of all requests of one entry: lines, each once, without ids, paths and times.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked(Vec<Value>);

impl Asked {
    /// Builds the shape from the bodies of the requests, in order.
    pub fn of<'a>(bodies: impl IntoIterator<Item = &'a Value>) -> Self {
        let lines: Vec<Value> = bodies.into_iter().flat_map(lines::of_request).collect();
        let normalised = normalise(&recording(&lines));
        let lines = normalised.events.iter().filter_map(Event::payload);
        let lines = lines.filter_map(|line| serde_json::from_slice(line.bytes()).ok());
        Self(once(lines))
    }

    pub(super) fn new(lines: Vec<Value>) -> Self {
        Self(lines)
    }

    pub(super) fn lines(&self) -> &[Value] {
        &self.0
    }

    /// How a later shape differs, in the terms of [`compare`], with `api` as the direction.
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let differences = compare(&recording(&self.0), &recording(&after.0));
        let named = differences.into_iter().map(|mut difference| {
            if let Some(kind) = &mut difference.kind {
                *kind = kind.replacen("out ", "api ", 1);
            }
            difference
        });
        named.collect()
    }
}

fn recording(lines: &[Value]) -> Recording {
    let mut recording = Recording::new(Header::new());
    let event = |line: &Value| Event::new(0, EventKind::Out(Payload::line(line.to_string())));
    recording.events = lines.iter().map(event).collect();
    recording
}

/// The lines in order, without repetitions: how often something is asked says little.
fn once(lines: impl Iterator<Item = Value>) -> Vec<Value> {
    lines.fold(Vec::new(), |mut seen, line| {
        if !seen.contains(&line) {
            seen.push(line);
        }
        seen
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    /// The second request after a `Stop` hook has blocked, as CLI 2.1.329 writes it.
    fn request() -> Value {
        json!({
            "model": "claude-opus-5-5", "max_tokens": 128000, "stream": true,
            "metadata": {"user_id": "user_1"},
            "system": [{"type": "text", "text": "You are an agent.", "cache_control": {"type": "ephemeral"}}],
            "tools": [
                {"name": "ToolSearch", "description": "Fetches.", "input_schema": {
                    "type": "object", "required": ["query", "max_results"],
                    "properties": {"query": {"type": "string", "description": "What."}, "max_results": {"type": "number"}}}},
                {"name": "Bash", "description": "Runs.", "input_schema": {
                    "type": "object", "required": ["command"],
                    "properties": {"command": {"type": "string"}, "description": {"type": "string", "description": "Why."}}}},
            ],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Make it"}]},
                {"role": "assistant", "content": [{"type": "text", "text": "Too early."}]},
                {"role": "user", "content": "Stop hook feedback:\nlook again"},
                {"role": "system", "content": [{"type": "text", "text": "Stop: look again", "cache_control": {"type": "ephemeral"}}]},
            ],
        })
    }

    fn changes(before: &[Value], after: &[Value]) -> Vec<String> {
        let (before, after) = (Asked::of(before), Asked::of(after));
        before.differences(&after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lines_have_no_descriptions_and_no_old_messages() {
        let asked = Asked::of(&[request(), request()]);
        let lines: Vec<String> = asked.lines().iter().map(Value::to_string).collect();
        let expected = [
            r#"{"type":"request","model":"claude-opus-5-5","max_tokens":128000,"stream":true,"metadata":["user_id"],"system":[{"type":"text","cache_control":{"type":"ephemeral"}}],"tools":["ToolSearch","Bash"]}"#,
            r#"{"type":"tool","subtype":"ToolSearch","input_schema":{"type":"object","required":["query","max_results"],"properties":{"query":{"type":"string"},"max_results":{"type":"number"}}}}"#,
            r#"{"type":"tool","subtype":"Bash","input_schema":{"type":"object","required":["command"],"properties":{"command":{"type":"string"},"description":{"type":"string"}}}}"#,
            r#"{"type":"text","subtype":"Stop hook feedback:","role":"user","in":"nothing","tags":[]}"#,
            r#"{"type":"text","subtype":"Stop: look again","role":"system","in":"nothing","tags":[]}"#,
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn ids_and_paths_are_not_differences() {
        let with = |folder: &str, id: &str| {
            let mut request = request();
            request["metadata"]["user_id"] = id.into();
            request["messages"][2]["content"] =
                format!("[Image: source: {folder}/a/{id}.png]").into();
            request
        };
        let before = with("/tmp/one", "aaaaaaaa-0000-4000-8000-000000000001");
        let after = with("/tmp/other", "bbbbbbbb-0000-4000-8000-000000000002");
        assert!(!Asked::of([&before]).lines().iter().any(|line| line.to_string().contains("/tmp")));
        assert_eq!(changes(&[before], &[after]), Vec::<String>::new());
        assert_eq!(changes(&[request()], &[request(), request()]), Vec::<String>::new());
    }

    #[test]
    fn feedback_that_is_wrapped_in_a_reminder_is_a_difference() {
        let mut after = request();
        let long = "The text below is the output of a hook that a user has set up. ".repeat(4);
        let wrapped = format!(
            "<system-reminder>\n{long}\nStop hook feedback:\nlook again\n</system-reminder>"
        );
        after["messages"][2]["content"] = wrapped.into();
        let expected = [
            "breaking: api text/Stop hook feedback:: field in is never \"nothing\" any more",
            "additive: api text/Stop hook feedback:: field in may be \"system-reminder\"",
        ];
        assert_eq!(changes(&[request()], &[after]), expected);
    }

    #[test]
    fn tools_and_their_inputs_are_compared() {
        let change = |change: &dyn Fn(&mut Value)| {
            let mut after = request();
            change(&mut after);
            changes(&[request()], &[after])
        };
        let required =
            change(&|after| after["tools"][0]["input_schema"]["required"] = json!(["query"]));
        assert_eq!(
            required,
            [
                "breaking: api tool/ToolSearch: field input_schema.required[] is never \"max_results\" any more"
            ]
        );
        let property = change(&|after| {
            after["tools"][1]["input_schema"]["properties"]["timeout"] = json!({"type": "number"});
        });
        assert_eq!(
            property,
            ["additive: api tool/Bash: field input_schema.properties.timeout is new (object)"]
        );
        let gone = change(&|after| drop(after["tools"].as_array_mut().unwrap().pop()));
        assert_eq!(
            gone,
            [
                "breaking: api request: field tools[] is never \"Bash\" any more",
                "breaking: api tool/Bash: no such line any more",
            ]
        );
        let words = change(&|after| after["tools"][1]["description"] = "Runs a command.".into());
        assert_eq!(words, Vec::<String>::new());
        let note = change(&|after| {
            let messages = after["messages"].as_array_mut().unwrap();
            messages.push(json!({"role": "user", "content": "<system-reminder>\nIt is late.\n</system-reminder>"}));
        });
        assert_eq!(note, ["additive: api text/It is late.: a new kind of line"]);
    }
}
