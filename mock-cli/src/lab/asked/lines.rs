//! The lines that stand for a request.

use serde_json::{Map, Value, json};

use super::text::TextShape;

/// A request as lines, each known by its `type` and `subtype` as a line of the CLI is: the settings of
/// the request, the tools that it offers, and what has come since the model's last message.
pub(super) fn of_request(body: &Value) -> Vec<Value> {
    let mut lines = vec![settings(body)];
    lines.extend(array(&body["tools"]).map(tool));
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fresh = messages.rsplit(|message| message["role"] == "assistant").next();
    lines.extend(fresh.unwrap_or_default().iter().flat_map(blocks));
    lines
}

/// All but the conversation. Of the system prompt the form is kept, of the tools their names.
fn settings(body: &Value) -> Value {
    let mut line = Map::from_iter([("type".to_owned(), "request".into())]);
    for (key, value) in body.as_object().into_iter().flatten() {
        let value = match key.as_str() {
            "messages" => continue,
            "tools" => array(value).map(|tool| tool["name"].clone()).collect(),
            "system" => array(value).map(|block| without(block, "text")).collect(),
            // Says who asks.
            "metadata" => value.as_object().into_iter().flat_map(Map::keys).cloned().collect(),
            _ => value.clone(),
        };
        line.insert(key.clone(), value);
    }
    Value::Object(line)
}

/// A tool without its descriptions.
fn tool(tool: &Value) -> Value {
    let mut line = json!({"type": "tool", "subtype": tool["name"]});
    for (key, value) in tool.as_object().into_iter().flatten() {
        match key.as_str() {
            "name" | "description" => {}
            // `type` is that of the line.
            "type" => line["tool_type"] = value.clone(),
            _ => line[key] = without_descriptions(value),
        }
    }
    line
}

/// A schema without the texts in it. What a property named `description` is like stays.
fn without_descriptions(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(key, value)| key.as_str() != "description" || !value.is_string());
            kept.map(|(key, value)| (key.clone(), without_descriptions(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_descriptions).collect(),
        other => other.clone(),
    }
}

/// The blocks of a message that is not the model's.
fn blocks(message: &Value) -> Vec<Value> {
    let role = &message["role"];
    match &message["content"] {
        Value::String(text) => vec![of_text(role, text)],
        content => array(content).map(|block| of_block(role, block)).collect(),
    }
}

fn of_block(role: &Value, block: &Value) -> Value {
    match (block["type"].as_str(), block["text"].as_str()) {
        (Some("text"), Some(text)) => of_text(role, text),
        // Its words cross the pipe as well.
        (Some("tool_result"), _) => {
            let parts = array(&block["content"]).map(|part| part["type"].clone());
            let parts = parts.collect::<Value>();
            let content = if block["content"].is_array() { parts } else { "text".into() };
            json!({"type": "tool_result", "is_error": block["is_error"], "content": content})
        }
        _ => json!({
            "type": "block", "subtype": block["type"], "role": role,
            "source": {"type": block["source"]["type"], "media_type": block["source"]["media_type"]},
        }),
    }
}

fn of_text(role: &Value, text: &str) -> Value {
    let TextShape { wrapper, tags, head } = TextShape::of(text);
    // A word in either case, so that one of them for the other is no new field.
    let wrapper = wrapper.unwrap_or("nothing");
    json!({"type": "text", "subtype": head, "role": role, "in": wrapper, "tags": tags})
}

fn without(value: &Value, name: &str) -> Value {
    let members = value.as_object().into_iter().flatten().filter(|(key, _)| *key != name);
    members.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
