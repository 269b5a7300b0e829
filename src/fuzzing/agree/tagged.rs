//! What is one thing or another, by a word that it holds.

use serde_json::Value;

use super::{Agree, expect, field};
use crate::wire::{
    Body, ContentBlock, Control, ControlRequest, ControlResponse, Delta, Event, Frame, HostRequest,
    Message, PermissionUpdate, RawJson, UserContent,
};

/// The types that have a body of their own. A `result` may be none.
const BODIES: [&str; 18] = [
    "assistant",
    "user",
    "system",
    "stream_event",
    "tool_progress",
    "tool_use_summary",
    "auth_status",
    "prompt_suggestion",
    "rate_limit_event",
    "conversation_reset",
    "active_goal",
    "autocompact_state",
    "command_lifecycle",
    "control_request",
    "control_response",
    "control_cancel_request",
    "keep_alive",
    "transcript_mirror",
];

const BLOCKS: [&str; 8] = [
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "server_tool_use",
    "mcp_tool_use",
    "image",
    "document",
];
const EVENTS: [&str; 7] = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "ping",
];
const DELTAS: [&str; 5] =
    ["text_delta", "input_json_delta", "thinking_delta", "signature_delta", "citations_delta"];

/// Panics unless the body of a message is what the message says.
pub(in crate::fuzzing) fn body(message: &Message, value: &Value) {
    let kind = value["type"].as_str().unwrap_or_default();
    let body = message.body();
    let agrees = match body {
        Body::Assistant(body) if kind == "message" => body.message.agrees(value),
        Body::Assistant(body) => kind == "assistant" && body.agrees(value),
        Body::User(body) => kind == "user" && body.agrees(value),
        Body::System(body) => kind == "system" && body.agrees(value),
        Body::StreamEvent(body) => {
            kind == "stream_event" && (event_has_two_types(message.frame()) || body.agrees(value))
        }
        Body::Result(body) => kind == "result" && body.agrees(value),
        Body::ToolProgress(body) => kind == "tool_progress" && body.agrees(value),
        Body::ToolUseSummary(body) => kind == "tool_use_summary" && body.agrees(value),
        Body::AuthStatus(body) => kind == "auth_status" && body.agrees(value),
        Body::PromptSuggestion(body) => kind == "prompt_suggestion" && body.agrees(value),
        Body::RateLimitEvent(body) => kind == "rate_limit_event" && body.agrees(value),
        Body::ConversationReset(body) => kind == "conversation_reset" && body.agrees(value),
        Body::ActiveGoal(body) => kind == "active_goal" && body.agrees(value),
        Body::AutocompactState(body) => kind == "autocompact_state" && body.agrees(value),
        Body::CommandLifecycle(body) => kind == "command_lifecycle" && body.agrees(value),
        Body::Control(body) => control(body, kind, value),
        Body::Unknown => !BODIES.contains(&kind),
    };
    expect(agrees, "message", "type", body, Some(value));
}

fn control(control: &Control, kind: &str, value: &Value) -> bool {
    match control {
        Control::Request(request) => kind == "control_request" && request_agrees(request, value),
        Control::Response(response) => {
            kind == "control_response" && response_agrees(response, value)
        }
        Control::Cancel(cancel) => kind == "control_cancel_request" && cancel.agrees(value),
        Control::KeepAlive(sign) => kind == "keep_alive" && sign.agrees(value),
        Control::TranscriptMirror(mirror) => kind == "transcript_mirror" && mirror.agrees(value),
    }
}

fn request_agrees(ours: &ControlRequest, value: &Value) -> bool {
    let request =
        value.get("request").filter(|request| request.is_object()).unwrap_or(&Value::Null);
    let subtype = request["subtype"].as_str();
    let body = match (&ours.body, subtype) {
        (HostRequest::CanUseTool(body), Some("can_use_tool")) => body.agrees(request),
        (HostRequest::HookCallback(body), Some("hook_callback")) => body.agrees(request),
        (HostRequest::McpMessage(body), Some("mcp_message")) => body.agrees(request),
        (HostRequest::Elicitation(body), Some("elicitation")) => body.agrees(request),
        (HostRequest::UserDialog(body), Some("request_user_dialog")) => body.agrees(request),
        (HostRequest::Unknown, subtype) => !matches!(
            subtype,
            Some(
                "can_use_tool"
                    | "hook_callback"
                    | "mcp_message"
                    | "elicitation"
                    | "request_user_dialog"
            )
        ),
        _ => false,
    };
    body && field(&ours.request_id, value.get("request_id"))
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

/// Of two types the first counts for us, and the last for `Value`.
fn has_two_types(raw: &RawJson) -> bool {
    raw.cursor().fields().filter(|(key, _)| **key == *b"type").count() > 1
}

/// Events and deltas keep no raw text of their own.
fn event_has_two_types(frame: &Frame) -> bool {
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
        let agrees = match (self, kind) {
            (Self::Text(block), Some("text")) => block.agrees(value),
            (Self::Thinking(block), Some("thinking")) => block.agrees(value),
            (Self::RedactedThinking(block), Some("redacted_thinking")) => block.agrees(value),
            (Self::ToolUse(block), Some("tool_use")) => block.agrees(value),
            (Self::ToolResult(block), Some("tool_result")) => block.agrees(value),
            (Self::ServerToolUse(block), Some("server_tool_use" | "mcp_tool_use")) => {
                block.agrees(value)
            }
            (Self::ServerToolResult(block), Some(kind)) => {
                kind.ends_with("_tool_result") && block.agrees(value)
            }
            (Self::Image(block), Some("image")) | (Self::Document(block), Some("document")) => {
                block.agrees(value)
            }
            (Self::Unknown(block), Some(kind)) => {
                block.block_type == kind
                    && !BLOCKS.contains(&kind)
                    && !kind.ends_with("tool_result")
            }
            (Self::Invalid(_), None) => true,
            _ => false,
        };
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

impl Agree for Event {
    fn takes(value: &Value) -> bool {
        value.is_object()
    }

    fn agrees(&self, value: &Value) -> bool {
        let kind = value["type"].as_str();
        match (self, kind) {
            (Self::MessageStart(event), Some("message_start")) => event.agrees(value),
            (Self::ContentBlockStart(event), Some("content_block_start")) => event.agrees(value),
            (Self::ContentBlockDelta(event), Some("content_block_delta")) => event.agrees(value),
            (Self::ContentBlockStop(event), Some("content_block_stop")) => event.agrees(value),
            (Self::MessageDelta(event), Some("message_delta")) => event.agrees(value),
            (Self::MessageStop(_), Some("message_stop")) | (Self::Ping(_), Some("ping")) => true,
            (Self::Unknown(event), kind) => {
                event.event_type.as_deref() == kind && !EVENTS.contains(&kind.unwrap_or_default())
            }
            _ => false,
        }
    }
}

impl Agree for Delta {
    fn takes(value: &Value) -> bool {
        value.is_object()
    }

    fn agrees(&self, value: &Value) -> bool {
        let kind = value["type"].as_str();
        match (self, kind) {
            (Self::Text(delta), Some("text_delta")) => delta.agrees(value),
            (Self::InputJson(delta), Some("input_json_delta")) => delta.agrees(value),
            (Self::Thinking(delta), Some("thinking_delta")) => delta.agrees(value),
            (Self::Signature(delta), Some("signature_delta")) => delta.agrees(value),
            (Self::Citations(delta), Some("citations_delta")) => delta.agrees(value),
            (Self::Unknown(delta), kind) => {
                delta.event_type.as_deref() == kind && !DELTAS.contains(&kind.unwrap_or_default())
            }
            _ => false,
        }
    }
}

/// An update that is known whole is written as it was read, but for fields that are `null`.
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
