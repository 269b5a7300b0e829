//! Objects and enums that are identified by a tag.

use serde_json::Value;

use super::{Agree, expect, field};
use crate::wire::control::{ControlFrame, ControlRequest, ControlResponse};
use crate::wire::message::UserContent;
use crate::wire::permission::PermissionUpdate;
use crate::wire::stream::{ApiEvent, Delta, UnknownApiEvent};
use crate::wire::system::init::SandboxState;
use crate::wire::{Body, ContentBlock, Frame, Message, RawJson};

const CONTROLS: [&str; 6] = [
    "system",
    "control_request",
    "control_response",
    "control_cancel_request",
    "keep_alive",
    "transcript_mirror",
];

/// Panics unless the body of a message agrees with the message.
pub(crate) fn body(message: &Message, value: &Value) {
    let kind = value["type"].as_str().unwrap_or_default();
    let body = message.body();
    let agrees = match body {
        Body::Assistant(body) if kind == "message" => body.message.agrees(value),
        Body::System(body) => kind == "system" && body.agrees(value),
        Body::StreamEvent(_) if event_has_two_types(message.frame()) => kind == "stream_event",
        Body::Control(body) => control(body, kind, value),
        // A `result` may have no body.
        Body::Unknown => kind == "result" || !Body::knows(kind) && !CONTROLS.contains(&kind),
        body => body.known_agrees(value).unwrap_or_default(),
    };
    expect(agrees, "message", "type", body, Some(value));
}

fn control(control: &ControlFrame, kind: &str, value: &Value) -> bool {
    match control {
        ControlFrame::Request(request) => {
            kind == "control_request" && request_agrees(request, value)
        }
        ControlFrame::Response(response) => {
            kind == "control_response" && response_agrees(response, value)
        }
        ControlFrame::Cancel(cancel) => kind == "control_cancel_request" && cancel.agrees(value),
        ControlFrame::KeepAlive(sign) => kind == "keep_alive" && sign.agrees(value),
        ControlFrame::TranscriptMirror(mirror) => {
            kind == "transcript_mirror" && mirror.agrees(value)
        }
    }
}

fn request_agrees(ours: &ControlRequest, value: &Value) -> bool {
    let request =
        value.get("request").filter(|request| request.is_object()).unwrap_or(&Value::Null);
    let subtype = request["subtype"].as_str();
    ours.body.agrees(request)
        && field(&ours.request_id, value.get("request_id"))
        && ours.subtype == subtype.unwrap_or_default()
        && field(&ours.request, Some(request))
}

fn response_agrees(ours: &ControlResponse, value: &Value) -> bool {
    let response = &value["response"];
    let text = |name: &str| response[name].as_str().map(String::from);
    let failed = response["subtype"] == "error"
        || (response["subtype"] != "success" && response["error"].is_string());
    let result = match &ours.result {
        Ok(answer) => !failed && field(answer, response.get("response")),
        Err(failure) => {
            failed
                && failure.error == text("error").unwrap_or_default()
                && failure.error_code == text("error_code")
                && failure.model == text("model")
        }
    };
    result
        && field(&ours.request_id, response.get("request_id"))
        && field(&ours.pending_permission_requests, response.get("pending_permission_requests"))
        && field(&ours.pending_user_dialog_requests, response.get("pending_user_dialog_requests"))
        && field(&ours.pending_elicitation_requests, response.get("pending_elicitation_requests"))
}

/// If `type` occurs twice, our reader takes the first and `Value` the last.
fn has_two_types(raw: &RawJson) -> bool {
    raw.cursor().fields().filter(|(key, _)| **key == *b"type").count() > 1
}

/// Events and deltas keep no raw text.
pub(crate) fn event_has_two_types(frame: &Frame) -> bool {
    let event = frame.field("event");
    let delta = event.as_ref().and_then(|event| event.pointer("/delta"));
    event.iter().chain(&delta).any(has_two_types)
}

impl Agree for ContentBlock {
    fn takes(_: &Value) -> bool {
        true
    }

    fn agrees(&self, value: &Value) -> bool {
        if has_two_types(self.raw()) {
            return true;
        }
        let kind = value["type"].as_str();
        let agrees = self.known_agrees(value).unwrap_or_else(|| match (self, kind) {
            (Self::ServerToolResult(block), Some(kind)) => {
                kind.ends_with("_tool_result") && block.agrees(value)
            }
            (Self::Unknown(block), Some(kind)) => {
                block.block_type == kind && !Self::knows(kind) && !kind.ends_with("_tool_result")
            }
            (Self::Invalid(_), None) => true,
            _ => false,
        });
        agrees && self.raw().agrees(value)
    }

    /// A bare string is one block of text.
    fn takes_list(value: &Value) -> bool {
        value.is_array() || value.is_string()
    }

    fn list_agrees(list: &[Self], value: &Value) -> bool {
        match (list, value) {
            ([block], Value::String(text)) => block.as_text() == Some(text),
            (list, Value::Array(items)) => {
                list.len() == items.len()
                    && list.iter().zip(items).all(|(block, item)| block.agrees(item))
            }
            _ => false,
        }
    }
}

impl Agree for SandboxState {
    fn takes(value: &Value) -> bool {
        value.is_boolean() || value.is_string()
    }

    fn agrees(&self, value: &Value) -> bool {
        match self {
            Self::On => value == true,
            Self::Off => value == false,
            Self::Other(word) => value == &**word,
        }
    }
}

impl Agree for UserContent {
    fn takes(value: &Value) -> bool {
        value.is_string() || value.is_array()
    }

    fn agrees(&self, value: &Value) -> bool {
        match self {
            Self::Text(text) => text.agrees(value),
            Self::Blocks(blocks) => value.is_array() && blocks.agrees(value),
        }
    }
}

/// Whether an event or a delta is of this type, which no variant has.
fn is_unknown(event: &UnknownApiEvent, value: &Value, knows: fn(&str) -> bool) -> bool {
    let kind = value["type"].as_str();
    event.event_type.as_deref() == kind && !kind.is_some_and(knows)
}

impl Agree for ApiEvent {
    fn takes(value: &Value) -> bool {
        value.is_object()
    }

    fn agrees(&self, value: &Value) -> bool {
        self.known_agrees(value).unwrap_or_else(|| match self {
            Self::Unknown(event) => is_unknown(event, value, Self::knows),
            _ => false,
        })
    }
}

impl Agree for Delta {
    fn takes(value: &Value) -> bool {
        value.is_object()
    }

    fn agrees(&self, value: &Value) -> bool {
        self.known_agrees(value).unwrap_or_else(|| match self {
            Self::Unknown(event) => is_unknown(event, value, Self::knows),
            _ => false,
        })
    }
}

/// A fully known update is written as it was read, except for `null` fields.
impl Agree for PermissionUpdate {
    fn takes(_: &Value) -> bool {
        true
    }

    fn agrees(&self, value: &Value) -> bool {
        match self {
            Self::Other(raw) => raw.agrees(value),
            known => {
                serde_json::to_value(known).is_ok_and(|written| written == without_nulls(value))
            }
        }
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        other => other.clone(),
    }
}
