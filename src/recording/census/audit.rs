//! What the typed layer does not know of a recording.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::kind::Namer;
use crate::recording::event::EventKind;
use crate::recording::file::Recording;
use crate::recording::normalise::json;
use crate::wire::content::ToolUseBlock;
use crate::wire::control::{CliRequest, ControlFrame};
use crate::wire::hook::HookInput;
use crate::wire::replies::Unknown;
use crate::wire::result::OWN_FIELD;
use crate::wire::tools::{current_name, unknown_in_input, unknown_in_output};
use crate::wire::unknown_of;
use crate::wire::{Body, Frame, Message, RawJson, UserMessage};

/// Something on the CLI's stdout that the typed layer does not model in full; only the raw line has
/// it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Gap {
    /// The kind of line, as a [`Census`](super::Census) names it.
    pub kind: String,
    /// The path, with `[]` for the items of an array, and what is not modelled there.
    pub what: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.what)
    }
}

/// Returns what the typed layer does not model in the CLI's messages of a recording, each gap once:
/// unknown fields, types, subtypes and enum values, and fields that are missing or of the wrong
/// type.
///
/// Inputs and outputs of the built-in tools are read with the types of
/// [`wire::tools`](crate::wire::tools). Those of other tools, and other fields that may hold any
/// JSON, have no type and so no gaps. Lines that are not frames are skipped, and so is the result
/// with which a replay reports that the input differs from the recording: the CLI did not write it.
///
/// ```
/// use claude_wire::recording::{Event, EventKind, Header, Recording, audit};
///
/// let mut recording = Recording::new(Header::new());
/// recording.events.push(Event::new(0, EventKind::Out(r#"{"type":"keep_alive","mood":"fine"}"#.into())));
///
/// let gaps: Vec<String> = audit(&recording).iter().map(|gap| gap.to_string()).collect();
/// assert_eq!(gaps, ["out keep_alive: mood is not modelled"]);
/// ```
pub fn audit(recording: &Recording) -> BTreeSet<Gap> {
    let mut namer = Namer::default();
    let mut gaps = BTreeSet::new();
    let mut calls = Calls::default();
    for event in &recording.events {
        let kind = namer.name(&event.kind, json(&event.kind).as_ref());
        if let (Some(kind), EventKind::Out(line)) = (kind, &event.kind)
            && let Ok(frame) = Frame::parse(line.bytes().clone())
            && frame.field(OWN_FIELD).is_none()
        {
            let message = Message::new(frame);
            let what = gaps_of(&kind, &message).into_iter().chain(calls.gaps_of(&message));
            gaps.extend(what.map(|what| Gap { kind: kind.clone(), what: without_numbers(&what) }));
        }
    }
    gaps
}

fn gaps_of(kind: &str, message: &Message) -> Vec<String> {
    let mut gaps: Vec<String> = message.defects().iter().map(ToString::to_string).collect();
    gaps.extend(message.unmodelled().into_iter().map(not_modelled));
    let Body::Control(control) = message.body() else { return gaps };
    match &**control {
        ControlFrame::Response(response) => {
            if let (Ok(Some(reply)), Some(asked)) =
                (&response.result, kind.strip_prefix("out control_response/"))
            {
                let inside = reply_gaps(asked, reply).into_iter();
                gaps.extend(inside.map(|what| format!("response.{what}")));
            }
        }
        ControlFrame::Request(request) => {
            if let CliRequest::HookCallback(callback) = &request.body {
                let inside = HookInput::of(&callback.input).unmodelled().into_iter();
                gaps.extend(inside.map(|what| not_modelled(format!("request.input.{what}"))));
            }
        }
        _ => {}
    }
    gaps
}

/// The names of the tools that were called, by the id of the call.
#[derive(Default)]
struct Calls(BTreeMap<String, String>);

impl Calls {
    /// What the types of the tools do not model in the calls or the result of a message.
    fn gaps_of(&mut self, message: &Message) -> Vec<String> {
        match message.body() {
            Body::Assistant(assistant) => {
                let calls = assistant.message.content.iter().filter_map(|it| it.as_tool_use());
                calls.flat_map(|call| self.input_gaps(call)).collect()
            }
            Body::User(user) => self.output_gaps(user).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn input_gaps(&mut self, call: &ToolUseBlock) -> Vec<String> {
        self.0.insert(call.id.to_string(), call.name.to_string());
        let input = call.input.as_ref().and_then(|input| unknown_in_input(&call.name, input));
        within(&format!("{}: ", current_name(&call.name)), input)
    }

    fn output_gaps(&self, user: &UserMessage) -> Option<Vec<String>> {
        let mut results = user.message.content.blocks().iter().filter_map(|it| it.as_tool_result());
        let name = self.0.get(&*results.next()?.tool_use_id)?;
        // Several results share one field, which says nothing about any of them.
        if results.next().is_some() {
            return None;
        }
        let output = unknown_in_output(name, user.tool_use_result.as_ref()?);
        Some(within(&format!("{}: ", current_name(name)), output))
    }
}

fn within(place: &str, unknown: Option<Unknown>) -> Vec<String> {
    let Some(unknown) = unknown else { return Vec::new() };
    let defects = unknown.defects.iter().map(ToString::to_string);
    let unmodelled = unknown.unmodelled.into_iter().map(not_modelled);
    defects.chain(unmodelled).map(|what| format!("{place}{what}")).collect()
}

/// A bare path is an unknown field; one with a value (`path = "x"`) is an unknown value.
pub(super) fn not_modelled(what: String) -> String {
    format!("{what} is not {}", if what.contains(" = ") { "known" } else { "modelled" })
}

/// Drops array indexes, so that the same gap in two items of an array is reported once.
fn without_numbers(what: &str) -> String {
    let mut out = String::with_capacity(what.len());
    let mut inside = false;
    for char in what.chars() {
        inside = char == '[' || (inside && char.is_ascii_digit());
        if !(inside && char != '[') {
            out.push(char);
        }
    }
    out
}

/// The parts of a reply that its type does not model. A reply without a type is one gap.
fn reply_gaps(asked: &str, reply: &RawJson) -> Vec<String> {
    let Some(unknown) = unknown_of(asked, reply) else {
        return vec!["response: no type is known for this reply".to_owned()];
    };
    within("", Some(unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(lines: &[&str]) -> Vec<String> {
        audit(&super::super::tests::recording(lines)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn fields_and_words_of_messages() {
        let lines = [
            r#"{"type":"user","message":{"role":"user","content":[{"type":"text","text":"a","x":1},{"type":"text","text":"b","x":1}]}}"#,
            r#"{"type":"system","subtype":"quantum_flux"}"#,
            r#"{"type":"control_cancel_request"}"#,
        ];
        let expected = [
            "out control_cancel_request: request_id: expected a JSON value, found nothing",
            "out system/quantum_flux: subtype = \"quantum_flux\" is not known",
            "out user: message.content[].x is not modelled",
        ];
        assert_eq!(gaps(&lines), expected);
    }

    #[test]
    fn replies_are_known_by_what_they_answer() {
        let lines = [
            r#"> {"type":"control_request","request_id":"1","request":{"subtype":"set_model"}}"#,
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"1","response":{"model":"m","aura":1}}}"#,
            r#"> {"type":"control_request","request_id":"2","request":{"subtype":"future_subtype"}}"#,
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"2","response":{}}}"#,
        ];
        let expected = [
            "out control_response/future_subtype: response.response: no type is known for this reply",
            "out control_response/set_model: response.response.aura is not modelled",
        ];
        assert_eq!(gaps(&lines), expected);
    }

    #[test]
    fn inputs_of_hooks_are_known_by_their_event() {
        let hook = |input| {
            format!(
                r#"{{"type":"control_request","request_id":"1","request":{{"subtype":"hook_callback","callback_id":"h","input":{input}}}}}"#
            )
        };
        let known = hook(
            r#"{"hook_event_name":"CwdChanged","session_id":"s","transcript_path":"t","cwd":"c","old_cwd":"/a","new_cwd":"/b","aura":1}"#,
        );
        assert_eq!(
            gaps(&[&known]),
            ["out control_request/hook_callback/CwdChanged: request.input.aura is not modelled"]
        );
        let unknown = hook(r#"{"hook_event_name":"FutureEvent"}"#);
        let expected = r#"out control_request/hook_callback/FutureEvent: request.input.hook_event_name = "FutureEvent" is not known"#;
        assert_eq!(gaps(&[&unknown]), [expected]);
    }

    fn call(name: &str, input: &str) -> String {
        format!(
            r#"{{"type":"assistant","message":{{"id":"m","type":"message","role":"assistant","model":"m","content":[{{"type":"tool_use","id":"t1","name":"{name}","input":{input}}}],"stop_reason":null,"stop_sequence":null,"usage":{{}}}},"parent_tool_use_id":null,"session_id":"s","uuid":"u"}}"#
        )
    }

    fn outcome(output: &str) -> String {
        format!(
            r#"{{"type":"user","message":{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t1","content":"x"}}]}},"parent_tool_use_id":null,"session_id":"s","uuid":"u","tool_use_result":{output}}}"#
        )
    }

    /// The gaps of a call and its result, without those of the messages around them.
    fn of_tools(name: &str, input: &str, output: &str) -> Vec<String> {
        let mut gaps = gaps(&[&call(name, input), &outcome(output)]);
        let current = format!(": {}: ", current_name(name));
        gaps.retain(|gap| gap.contains(&current));
        gaps
    }

    #[test]
    fn inputs_and_outputs_of_built_in_tools_have_types() {
        let output = r#"{"stdout":"a","stderr":"","interrupted":false,"isImage":false}"#;
        assert_eq!(of_tools("Bash", r#"{"command":"ls"}"#, output), [""; 0]);
        let more = output.replacen('{', r#"{"aura":1,"#, 1);
        assert_eq!(
            of_tools("Bash", r#"{"command":"ls","mood":"fine"}"#, &more),
            [
                "out assistant: Bash: input.mood is not modelled",
                "out user: Bash: output.aura is not modelled"
            ]
        );
        assert_eq!(
            of_tools("Bash", r#"{"command":5}"#, r#"{"stderr":"","interrupted":false}"#),
            [
                "out assistant: Bash: input.command: expected a string, found a number",
                "out user: Bash: output.stdout: expected a string, found nothing"
            ]
        );
        // An earlier name of the tool.
        assert_eq!(
            of_tools("Task", r#"{"description":"d","prompt":"p","aura":1}"#, r#""failed""#),
            ["out assistant: Agent: input.aura is not modelled"]
        );
    }

    #[test]
    fn other_tools_and_failures_have_no_types() {
        assert_eq!(of_tools("mcp__calc__add", r#"{"aura":1}"#, r#"{"aura":1}"#), [""; 0]);
        assert_eq!(of_tools("Bash", r#"{"command":"ls"}"#, r#""Error: refused""#), [""; 0]);
        let only_result = gaps(&[&outcome(r#"{"aura":1}"#)]);
        assert!(only_result.iter().all(|gap| !gap.contains("aura")), "{only_result:?}");
    }

    #[test]
    fn what_a_replay_wrote_is_not_the_word_of_the_cli() {
        let result = |own: &str| format!(r#"{{"type":"result","subtype":"quantum"{own}}}"#);
        assert!(!gaps(&[&result("")]).is_empty());
        assert_eq!(gaps(&[&result(r#","claude_wire":{"divergence":{}}"#)]), [""; 0]);
    }

    #[test]
    fn what_is_modelled_has_no_gaps() {
        let lines = [
            "no frame",
            r#"{"type":"keep_alive"}"#,
            r#"{"type":"assistant","message":{"model":"m","content":[]}}"#,
        ];
        assert_eq!(gaps(&lines).iter().filter(|gap| !gap.contains("found nothing")).count(), 0);
    }
}
