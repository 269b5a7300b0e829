//! What a host delivers of lines, and whether its session goes on.

use serde_json::{Value, json};

use super::host::Heard;
use super::judged::Judged;
use super::matcher;
use super::plan::AFTER;

/// The types of messages that the cases name. Others are `unknown` there.
const KINDS: [&str; 12] = [
    "user",
    "assistant",
    "system",
    "result",
    "stream_event",
    "rate_limit_event",
    "conversation_reset",
    "tool_progress",
    "tool_use_summary",
    "auth_status",
    "prompt_suggestion",
    "active_goal",
];

const BLOCKS: [&str; 8] = [
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "server_tool_use",
    "image",
    "document",
];

/// Compares the messages, in order, and what can be compared of them for any client: kinds, texts,
/// the number of blocks, and the subtype.
pub(super) fn judge(expected: &[Value], goes_on: bool, heard: &Heard) -> Judged {
    let (after, delivered): (Vec<_>, Vec<_>) = heard.messages.iter().partition(|it| is_after(it));
    let views: Vec<_> = delivered.into_iter().map(view).collect();
    let expected: Vec<_> = expected.iter().filter(|it| it["outcome"] == "message").collect();
    let kinds = |list: &mut dyn Iterator<Item = &Value>| -> String {
        let kinds: Vec<_> = list.map(|it| it["kind"].as_str().unwrap_or("?")).collect();
        if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") }
    };
    let (want, got) = (kinds(&mut expected.iter().copied()), kinds(&mut views.iter()));
    let mut differences = Vec::new();
    if want != got {
        differences.push(format!("expected {want} to be delivered, found {got}"));
    } else {
        for (expect, view) in expected.into_iter().zip(&views) {
            let checks = expect["checks"].as_object().into_iter().flatten();
            let checks = checks.filter(|(pointer, _)| is_comparable(pointer));
            differences
                .extend(checks.filter_map(|(at, check)| matcher::difference(view, at, check)));
        }
    }
    let survived = after.iter().any(|message| message["type"] == "assistant");
    if goes_on && !survived {
        let error = heard.errors.first().map(|(error, _)| error["text"].to_string());
        let error = error.unwrap_or_else(|| "without an error".to_owned());
        differences.push(format!("the messages after it were not delivered: {error}"));
    }
    let found = json!({"delivered": views, "goes_on": survived});
    Judged { found, differences }
}

/// The messages that follow a case.
fn is_after(message: &Value) -> bool {
    message["result"] == AFTER || message["content"][0]["text"] == AFTER
}

fn is_comparable(pointer: &str) -> bool {
    let parts: Vec<_> = pointer.split('/').skip(1).collect();
    match parts[..] {
        ["content" | "content_text" | "subtype"] => true,
        ["content", _, field] => ["kind", "text"].contains(&field),
        _ => false,
    }
}

/// A message in the names of the cases.
fn view(message: &Value) -> Value {
    let kind = message["type"].as_str().filter(|kind| KINDS.contains(kind)).unwrap_or("unknown");
    let mut view = json!({"kind": kind, "subtype": message["subtype"]});
    match &message["content"] {
        Value::Array(blocks) => {
            let block = |block: &Value| json!({"kind": block_kind(block), "text": block["text"]});
            view["content"] = blocks.iter().map(block).collect();
        }
        Value::String(text) => view["content_text"] = text.as_str().into(),
        _ => {}
    }
    view
}

fn block_kind(block: &Value) -> &str {
    match block["type"].as_str() {
        None => "invalid",
        Some("mcp_tool_use") => "server_tool_use",
        Some(kind) if BLOCKS.contains(&kind) => kind,
        Some(kind) if kind.ends_with("_tool_result") => "server_tool_result",
        Some(_) => "unknown",
    }
}
