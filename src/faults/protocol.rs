//! Faults of what the lines say.

use bytes::Bytes;
use serde_json::{Value, json};

use super::fault::Fault;
use super::item::{Flight, Item};
use super::pending::{Later, Pending};
use super::seen::{Seen, line};

/// Changes what a line of the CLI says, or what comes with it.
pub(super) fn apply(
    pending: &mut Pending,
    now: u64,
    fault: &Fault,
    seen: &Seen,
    flight: &mut Flight,
) {
    let before = |flight: &mut Flight, value: &Value| flight.before.push(Item::Out(line(value)));
    let fields = |fields: Value| {
        let mut all =
            json!({"session_id": pending.session, "uuid": "fa017000-0000-4000-8000-000000000002"});
        if let (Some(all), Value::Object(fields)) = (all.as_object_mut(), fields) {
            all.extend(fields);
        }
        all
    };
    match fault.name() {
        "duplicate_reply" | "double_result" => flight.after.push(Item::Out(seen.line.clone())),
        "unknown_id_reply" => {
            if let Some(mut reply) = seen.value() {
                reply["response"]["request_id"] = "never-asked".into();
                before(flight, &reply);
            }
        }
        "missing_id" => change(seen, flight, |reply| {
            remove(reply, "response.request_id");
            remove(reply, "request_id");
        }),
        "error_reply" => change(seen, flight, |reply| {
            let id = reply["response"]["request_id"].take();
            reply["response"] =
                json!({"subtype": "error", "request_id": id, "error": fault.text("error")});
        }),
        "late_reply" => {
            flight.pieces.clear();
            let us = fault.number("ms").saturating_mul(1000);
            pending.put_later(now, us, Later::Line(seen.line.clone()));
        }
        "reply_after_cancel" => {
            if let Some(id) = seen.request_id() {
                flight.pieces.clear();
                let us = fault.number("ms").saturating_mul(1000);
                pending.kept.insert(id.clone(), seen.line.clone());
                pending.put_later(now, us, Later::Kept(id));
            }
        }
        "cancel_race" => pending.racing.extend(seen.request_id()),
        "control_after_result" => {
            let request = json!({
                "subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "echo late"},
                "tool_use_id": "toolu_late",
            });
            let question = pending.invent(request);
            flight.after.push(Item::Out(line(&question)));
        }
        "out_of_order_hooks" => {
            if let Some(early) = early_hook(seen) {
                let call = pending.invent(early);
                before(flight, &call);
            }
        }
        "unknown_type" => {
            let event = fields(json!({"type": fault.text("type"), "payload": {"spin": 0.5}}));
            before(flight, &event);
        }
        "unknown_subtype" => {
            let event = fields(json!({"type": "system", "subtype": fault.text("subtype")}));
            before(flight, &event);
        }
        "non_json_noise" => {
            flight.before.push(Item::Out(format!("{}\n", fault.text("text")).into()));
        }
        "missing_result" | "no_init" => flight.pieces.clear(),
        "extra_field" => {
            let is_message = |it: &Value| it["type"] == "assistant" || it["type"] == "result";
            change_each(seen, flight, is_message, |message| {
                message[fault.text("field")] = json!({"since": "2.2.0", "list": [1, null]});
            });
        }
        "missing_field" => {
            let kind = fault.text("type");
            let is_of_kind = |it: &Value| it["type"] == kind.as_str();
            let field = fault.text("field");
            change_each(seen, flight, is_of_kind, |message| remove(message, &field));
        }
        _ => {}
    }
}

/// The cancellation of a request.
pub(super) fn cancel(id: &str) -> Bytes {
    line(&json!({"type": "control_cancel_request", "request_id": id}))
}

/// The call of a hook for what follows the event that this call is for.
fn early_hook(seen: &Seen) -> Option<Value> {
    let mut request = seen.value()?["request"].take();
    let input = request.get_mut("input")?;
    let is_before = input["hook_event_name"] == "PreToolUse";
    input["hook_event_name"] = if is_before { "PostToolUse" } else { "Stop" }.into();
    if is_before {
        input["tool_response"] = json!({"stdout": "", "stderr": "", "interrupted": false});
    }
    Some(request)
}

fn change(seen: &Seen, flight: &mut Flight, change: impl FnMut(&mut Value)) {
    change_each(seen, flight, |_| false, change);
}

/// Changes a message, or of an array of messages those that this accepts.
fn change_each(
    seen: &Seen,
    flight: &mut Flight,
    accepts: impl Fn(&Value) -> bool,
    mut change: impl FnMut(&mut Value),
) {
    let Some(mut value) = seen.value() else { return };
    match &mut value {
        Value::Object(_) => change(&mut value),
        Value::Array(messages) => {
            messages.iter_mut().filter(|it| it.is_object() && accepts(it)).for_each(change);
        }
        _ => return,
    }
    flight.pieces = vec![Item::Out(line(&value))];
}

/// Removes the field at a path such as `message.model`.
fn remove(value: &mut Value, path: &str) {
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer = parents.split('.').filter(|part| !part.is_empty());
    let pointer: String = pointer.map(|part| format!("/{part}")).collect();
    let parent = value.pointer_mut(&pointer).and_then(Value::as_object_mut);
    if let Some(parent) = parent {
        parent.shift_remove(name);
    }
}
