//! What the typed layer does not know of a recording.

use std::collections::BTreeSet;
use std::fmt;

use super::kind::Namer;
use crate::recording::event::EventKind;
use crate::recording::file::Recording;
use crate::recording::normalise::json;
use crate::wire::control::{CliRequest, ControlFrame};
use crate::wire::hook::HookInput;
use crate::wire::result::OWN_FIELD;
use crate::wire::unknown_of;
use crate::wire::{Body, Frame, Message, RawJson};

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
/// Inputs and results of tools, and other fields that may hold any JSON, have no type and so no
/// gaps. Lines that are not frames are skipped, and so is the result with which a replay reports
/// that the input differs from the recording: the CLI did not write it.
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
    for event in &recording.events {
        let kind = namer.name(&event.kind, json(&event.kind).as_ref());
        if let (Some(kind), EventKind::Out(line)) = (kind, &event.kind)
            && let Ok(frame) = Frame::parse(line.bytes().clone())
            && frame.field(OWN_FIELD).is_none()
        {
            let what = gaps_of(&kind, &Message::new(frame)).into_iter();
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
    let defects = unknown.defects.iter().map(ToString::to_string);
    defects.chain(unknown.unmodelled.into_iter().map(not_modelled)).collect()
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
