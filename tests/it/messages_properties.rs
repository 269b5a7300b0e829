//! Properties of every message, whatever it contains.

#![allow(clippy::unwrap_used)]

use claude_wire::wire::message::UserContent;
use claude_wire::wire::stream::{ApiEvent, Delta};
use claude_wire::wire::{Frame, Message};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const KINDS: &[(&str, &str)] = &[
    ("assistant", ""),
    ("user", ""),
    ("result", "success"),
    ("result", "error_during_execution"),
    ("stream_event", ""),
    ("system", "init"),
    ("system", "status"),
    ("system", "compact_boundary"),
    ("system", "api_retry"),
    ("system", "hook_response"),
    ("system", "task_started"),
    ("system", "task_updated"),
    ("system", "task_notification"),
    ("system", "background_tasks_changed"),
    ("system", "memory_recall"),
    ("system", "vcs_state_changed"),
    ("system", "peer_message_hold"),
    ("system", "cloud_session_delta"),
    ("system", "informational"),
    ("system", "ui_panes"),
    ("system", "post_turn_summary"),
    ("system", "future"),
    ("tool_progress", ""),
    ("rate_limit_event", ""),
    ("conversation_reset", ""),
    ("active_goal", ""),
    ("command_lifecycle", ""),
    ("control_request", ""),
    ("control_response", ""),
    ("control_cancel_request", ""),
    ("keep_alive", ""),
    ("transcript_mirror", ""),
    ("future", ""),
];

/// Names that have a meaning somewhere, so that values of all kinds get into all places.
const NAMES: &[&str] = &[
    "message",
    "content",
    "text",
    "type",
    "subtype",
    "event",
    "delta",
    "index",
    "usage",
    "input_tokens",
    "iterations",
    "model",
    "id",
    "name",
    "input",
    "tool_use_id",
    "is_error",
    "errors",
    "result",
    "origin",
    "kind",
    "uuid",
    "session_id",
    "parent_tool_use_id",
    "request",
    "response",
    "request_id",
    "tools",
    "plugins",
    "mcp_servers",
    "memory_paths",
    "patch",
    "status",
    "tasks",
    "task_id",
    "modelUsage",
    "num_turns",
    "duration_ms",
    "permission_denials",
    "rate_limit_info",
    "resetsAt",
    "value",
    "entries",
    "subagent_stats",
    "requested",
    "tool_result_meta",
    "compact_metadata",
    "preserved_messages",
    "error",
    "retry_delay_ms",
    "user_message_uuids",
    "context_usage",
    "usage_report",
    "rate_limits",
    "unifiedWindows",
    "cloud_session",
    "device",
    "panes",
    "agent_note",
    "to",
    "preview",
    "sandbox_enabled",
    "caller",
    "input_transformations",
    "remedy",
    "pasted_content",
    "api_error_params",
    "process_turn_states",
];

const WORDS: &[&str] = &[
    "text",
    "thinking",
    "tool_use",
    "tool_result",
    "mcp_tool_use",
    "web_search_tool_result",
    "image",
    "hologram",
    "compaction",
    "fallback",
    "search_result",
    "mid_conv_system",
    "compaction_delta",
    "content_block_delta",
    "message_start",
    "message_delta",
    "text_delta",
    "thinking_delta",
    "success",
    "error",
    "can_use_tool",
    "hook_callback",
    "human",
    "",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0u64..50).prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            fields(inner).prop_map(Value::Object),
        ]
    })
}

fn fields(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let name =
        prop_oneof![9 => prop::sample::select(NAMES).prop_map(String::from), 1 => any::<String>()];
    prop::collection::vec((name, value), 0..8).prop_map(|fields| fields.into_iter().collect())
}

fn object() -> impl Strategy<Value = Value> {
    (prop::sample::select(KINDS), fields(value()), any::<bool>()).prop_map(
        |((kind, subtype), mut fields, type_first)| {
            let mut object = Map::new();
            fields.remove("type");
            if type_first {
                object.insert("type".into(), kind.into());
            }
            if !subtype.is_empty() {
                fields.insert("subtype".into(), subtype.into());
            }
            object.extend(fields);
            object.insert("type".into(), kind.into());
            Value::Object(object)
        },
    )
}

/// Something like the event of a text delta, or anything.
fn event() -> impl Strategy<Value = Value> {
    let kind = |name: &'static str| prop_oneof![4 => Just(Value::from(name)), 1 => value()];
    let text = prop_oneof![3 => any::<String>().prop_map(Value::from), 1 => value()];
    let delta =
        (kind("text_delta"), text).prop_map(|(kind, text)| json!({"type": kind, "text": text}));
    let event = (kind("content_block_delta"), prop_oneof![4 => delta, 1 => value()]);
    prop_oneof![4 => event.prop_map(|(kind, delta)| json!({"type": kind, "index": 0, "delta": delta})), 1 => value()]
}

fn message(value: &Value) -> Message {
    Message::new(Frame::parse(value.to_string()).unwrap())
}

fn as_result(mut object: Value) -> Value {
    object["type"] = json!("result");
    // Without a subtype, a tool's id makes it another kind of message.
    if object["subtype"].is_null() {
        object["tool_use_id"] = Value::Null;
    }
    object
}

/// The text of a value that is a string.
fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

proptest! {
    #[test]
    fn any_object_of_a_known_type_decodes_and_is_kept(object in object()) {
        let line = object.to_string();
        let message = Message::new(Frame::parse(line.clone()).unwrap());
        let _ = message.body();
        let _ = message.unmodelled();
        let _ = (message.text_delta(), message.thinking_delta());
        if let Some(result) = message.as_result() {
            let _ = result.outcome().to_string();
        }
        prop_assert_eq!(serde_json::to_string(&message).unwrap(), line);
    }

    #[test]
    fn a_defect_names_a_field_that_is_missing_or_wrong(object in object()) {
        for defect in message(&object).defects() {
            let pointer: String = defect.path().split(['.', '[']).map(|step| format!("/{}", step.trim_end_matches(']').replace('~', "~0").replace('/', "~1"))).collect();
            // A key with a dot or a bracket cannot be distinguished from a path.
            if let Some(found) = object.pointer(&pointer) {
                let kind = match found {
                    Value::Null => ["null", "nothing"],
                    Value::Bool(_) => ["a boolean"; 2],
                    Value::Number(_) => ["a number"; 2],
                    Value::String(_) => ["a string"; 2],
                    Value::Array(_) => ["an array"; 2],
                    Value::Object(_) => ["an object"; 2],
                };
                prop_assert!(kind.contains(&defect.found()), "{defect}, but the value is {found}");
            }
        }
    }

    #[test]
    fn results_agree_with_a_generic_reader(object in object().prop_map(as_result)) {
        let message = message(&object);
        let result = message.as_result().unwrap();
        prop_assert_eq!(result.result.as_deref(), text(&object["result"]));
        prop_assert_eq!(result.is_error, object["is_error"].as_bool().unwrap_or_default());
        prop_assert_eq!(result.duration_ms, object["duration_ms"].as_f64().unwrap_or_default());
        let whole = |value: &Value| value.as_u64().or_else(|| value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..9e15).contains(number)).map(|number| number as u64));
        prop_assert_eq!(result.num_turns, whole(&object["num_turns"]).unwrap_or_default());
        prop_assert_eq!(
            result.usage.as_ref().map(|usage| usage.raw.text().into_owned()),
            object.get("usage").filter(|usage| usage.is_object()).map(Value::to_string)
        );
        let kind = object.pointer("/origin/kind").and_then(text);
        prop_assert_eq!(result.origin.as_ref().map(|origin| origin.kind.as_str()), kind);
        let session = message.session_id();
        prop_assert_eq!(session.as_deref(), text(&object["session_id"]));
    }

    #[test]
    fn blocks_agree_with_a_generic_reader(content in value()) {
        let object = json!({"type": "user", "message": {"role": "user", "content": content}});
        let message = message(&object);
        match (&message.as_user().unwrap().message.content, &content) {
            (UserContent::Text(text), Value::String(expected)) => prop_assert_eq!(text, expected),
            (UserContent::Blocks(blocks), Value::Array(items)) => {
                let raw: Vec<_> = blocks.iter().map(|block| block.raw().text().into_owned()).collect();
                prop_assert_eq!(raw, items.iter().map(Value::to_string).collect::<Vec<_>>());
                for (block, item) in blocks.iter().zip(items) {
                    let is_text = item["type"] == "text";
                    prop_assert_eq!(block.as_text(), is_text.then(|| text(&item["text"]).unwrap_or_default()));
                    prop_assert_eq!(block.as_tool_use().is_some(), item["type"] == "tool_use");
                }
            }
            (UserContent::Blocks(blocks), _) => prop_assert!(blocks.is_empty()),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn deltas_read_alone_agree_with_the_typed_event(event in event()) {
        let object = json!({"type": "stream_event", "event": event});
        let message = message(&object);
        let typed = match &message.as_stream_event().unwrap().event {
            ApiEvent::ContentBlockDelta(piece) => match &piece.delta {
                Delta::Text(delta) => event["delta"]["text"].is_string().then(|| delta.text.clone()),
                _ => None,
            },
            _ => None,
        };
        prop_assert_eq!(message.text_delta().map(String::from), typed.clone());
        let is_delta = event["type"] == "content_block_delta" && event["delta"]["type"] == "text_delta";
        prop_assert_eq!(typed.as_deref(), text(&event["delta"]["text"]).filter(|_| is_delta));
    }
}

#[test]
fn a_delta_with_two_types_is_read_alone_as_in_its_event() {
    let types = ["null", "5", r#""text_delta""#, r#""input_json_delta""#];
    for first in types {
        for last in types {
            for event in [r#""content_block_delta""#, "null", r#""message_stop""#] {
                let line = format!(
                    r#"{{"type":"stream_event","event":{{"type":{event},"type":"content_block_delta","index":0,"delta":{{"type":{first},"text":"a","partial_json":"b","type":{last}}}}}}}"#
                );
                let message = Message::new(Frame::parse(line.clone()).unwrap());
                let typed = match &message.as_stream_event().unwrap().event {
                    ApiEvent::ContentBlockDelta(piece) => match &piece.delta {
                        Delta::Text(delta) => Some(delta.text.as_str()),
                        _ => None,
                    },
                    _ => None,
                };
                assert_eq!(message.text_delta().as_deref(), typed, "{line}");
            }
        }
    }
}

#[test]
fn an_origin_that_is_no_object_is_a_defect() {
    for kind in ["user", "result"] {
        for (origin, defects) in [
            (r#""human""#, 1),
            ("5", 1),
            ("[]", 1),
            ("true", 1),
            ("{}", 0),
            (r#"{"kind":5}"#, 0),
            ("null", 0),
        ] {
            let line = |field: &str| {
                Message::new(Frame::parse(format!(r#"{{"type":"{kind}"{field}}}"#)).unwrap())
            };
            let with = line(&format!(r#","origin":{origin}"#)).defects().len();
            assert_eq!(with - line("").defects().len(), defects, "{kind}, {origin}");
        }
    }
}

#[test]
fn last_duplicate_key_wins_in_a_map() {
    let line = r#"{"type":"result","subtype":"success","modelUsage":{"m":{},"m":7,"n":7,"n":{}}}"#;
    let message = Message::new(Frame::parse(line).unwrap());
    let models: Vec<_> = message.as_result().unwrap().model_usage.keys().cloned().collect();
    assert_eq!(models, ["n"]);
}
