//! The lines that represent a request.

use serde_json::{Map, Value, json};

use super::text::TextShape;

/// A request as lines. Like a line of the CLI, each is identified by its `type` and `subtype`: the
/// settings of the request, the tools it offers, and what was added since the model's last message.
pub(super) fn of_request(body: &Value) -> Vec<Value> {
    let mut lines = vec![settings(body)];
    lines.extend(array(&body["tools"]).map(tool));
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fresh = messages.rsplit(|message| message["role"] == "assistant").next();
    lines.extend(fresh.unwrap_or_default().iter().flat_map(blocks));
    lines
}

/// Everything but the conversation. Keeps the form of the system prompt and the names of the tools.
fn settings(body: &Value) -> Value {
    let mut line = Map::from_iter([("type".to_owned(), "request".into())]);
    for (key, value) in body.as_object().into_iter().flatten() {
        let value = match key.as_str() {
            "messages" => continue,
            "tools" => array(value).map(|tool| tool["name"].clone()).collect(),
            "system" => array(value).map(|block| without(block, "text")).collect(),
            // Names the caller.
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
            // `type` is the type of the line.
            "type" => line["tool_type"] = value.clone(),
            _ => line[key] = without_descriptions(value),
        }
    }
    line
}

/// A schema without its texts. A property named `description` keeps its schema.
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

/// The blocks of a message that is not from the model.
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
        // Its words also cross the pipe.
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
    // A word in either case, so that a change of case is not a new field.
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
