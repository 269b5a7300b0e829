//! What one event says, in the words of people.

use claude_wire::recording::{EventKind, Payload, Stream};
use serde_json::{Map, Value};

use super::words::{Class, From, count, dollars};

/// What an event says. Its texts are as recorded: escape them before they are shown.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) class: Class,
    /// A few words: `prompt`, `can_use_tool`, `system/init`.
    pub(crate) name: String,
    /// The whole text, which may have several lines; may be empty.
    pub(crate) text: String,
}

/// Fields that say where a message belongs, not what it says.
const IDS: [&str; 11] = [
    "type",
    "subtype",
    "uuid",
    "session_id",
    "request_id",
    "parent_tool_use_id",
    "user_message_uuid",
    "command_uuid",
    "timestamp",
    "run_id",
    "agent_id",
];

impl Described {
    fn new(class: Class, name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class, name: name.into(), text: text.into() }
    }
}

/// The event, where it comes from, and its line as JSON if it is JSON.
pub(super) fn describe(kind: &EventKind) -> (From, Described, Value) {
    let note = |name: &str, text: String| {
        (From::Recorder, Described::new(Class::Note, name, text), Value::Null)
    };
    match kind {
        EventKind::In(line) => {
            let json = json(line);
            (From::Program, host_line(&json, line), json)
        }
        EventKind::Out(line) => {
            let json = json(line);
            (From::Cli, cli_line(&json, line), json)
        }
        EventKind::Err(line) => {
            (From::Stderr, Described::new(Class::Stderr, "stderr", lossy(line)), Value::Null)
        }
        EventKind::Mark(text) => note("mark", text.clone()),
        EventKind::Fault(fault) => note("fault", fault.to_string()),
        EventKind::Eof(Stream::In) => note("end of input", String::new()),
        EventKind::Eof(Stream::Out) => note("end of stdout", String::new()),
        EventKind::Eof(Stream::Err) => note("end of stderr", String::new()),
        EventKind::Signal(name) => note("signal", name.clone()),
        EventKind::Exit(exit) => note(
            "exit",
            match (exit.code, &exit.signal) {
                (Some(code), None) => format!("exit code {code}"),
                (_, Some(signal)) => format!("ended by {signal}"),
                (None, None) => "unknown".to_owned(),
            },
        ),
        EventKind::Unknown(event) => note("unknown event", event.json().to_owned()),
        _ => note("unknown event", String::new()),
    }
}

fn json(line: &Payload) -> Value {
    serde_json::from_slice(line.bytes()).unwrap_or_default()
}

fn lossy(line: &Payload) -> String {
    String::from_utf8_lossy(line.bytes()).into_owned()
}

fn host_line(json: &Value, line: &Payload) -> Described {
    match text(&json["type"]) {
        "user" => {
            let content = &json["message"]["content"];
            let results = blocks(content).iter().any(|block| block["type"] == "tool_result");
            match results {
                true => Described::new(Class::ToolResult, "tool result", content_text(content)),
                false => Described::new(Class::Prompt, "prompt", content_text(content)),
            }
        }
        kind @ ("control_request" | "control_response" | "control_cancel_request") => {
            control(kind, json)
        }
        _ => other(json, line),
    }
}

fn cli_line(json: &Value, line: &Payload) -> Described {
    match text(&json["type"]) {
        "assistant" => assistant(json),
        "user" => user(json),
        "result" => Described::new(
            Class::Result,
            format!("result {}", text(&json["subtype"])).trim().to_owned(),
            result(json),
        ),
        "stream_event" => {
            let event = &json["event"];
            let delta = &event["delta"];
            let piece = ["text", "thinking", "partial_json"]
                .into_iter()
                .find_map(|name| delta[name].as_str());
            let said = piece.map_or_else(|| compact(event, &IDS), str::to_owned);
            Described::new(Class::Delta, text(&event["type"]), said)
        }
        "system" => system(json),
        "command_lifecycle" => {
            Described::new(Class::Status, "command_lifecycle", text(&json["state"]))
        }
        kind @ ("control_request" | "control_response" | "control_cancel_request") => {
            control(kind, json)
        }
        _ => other(json, line),
    }
}

fn other(json: &Value, line: &Payload) -> Described {
    match text(&json["type"]) {
        "" => Described::new(Class::Unreadable, "not a message", lossy(line)),
        kind => {
            let subtype = text(&json["subtype"]);
            let name =
                if subtype.is_empty() { kind.to_owned() } else { format!("{kind}/{subtype}") };
            Described::new(Class::Status, name, compact(json, &IDS))
        }
    }
}

/// Requests and answers of both sides. The name of an answer is completed when it is paired.
fn control(kind: &str, json: &Value) -> Described {
    match kind {
        "control_request" => {
            let request = &json["request"];
            let subtype = text(&request["subtype"]);
            let said = match subtype {
                "can_use_tool" => tool_call(&request["tool_name"], &request["input"]),
                "mcp_message" => {
                    let message = &request["message"];
                    let method = text(&message["method"]);
                    let params = compact(&message["params"], &[]);
                    join(&[text(&request["server_name"]), method, &params])
                }
                _ => compact(request, &["subtype"]),
            };
            Described::new(Class::Request, subtype, said)
        }
        "control_response" => {
            let response = &json["response"];
            let said = match text(&response["subtype"]) {
                "error" => format!("error: {}", text(&response["error"])),
                _ => decision(&response["response"]),
            };
            Described::new(Class::Answer, "answer", said)
        }
        _ => Described::new(Class::Request, "cancels a request", ""),
    }
}

/// The payload of an answer: a decision in one word, where it is one.
fn decision(response: &Value) -> String {
    match text(&response["behavior"]) {
        "" => match compact(response, &[]) {
            empty if empty == "{}" => "done".to_owned(),
            said => said,
        },
        behavior => {
            let rest = compact(response, &["behavior", "toolUseID"]);
            let rest = if rest == "{}" { "" } else { &rest };
            join(&[behavior, rest])
        }
    }
}

fn assistant(json: &Value) -> Described {
    let content = &json["message"]["content"];
    let has = |kind: &str| blocks(content).iter().any(|block| block["type"] == kind);
    let (class, name) = if has("tool_use") || has("server_tool_use") {
        (Class::ToolCall, "calls a tool")
    } else if has("thinking") || has("redacted_thinking") {
        (Class::Thinking, "thinks")
    } else {
        (Class::Reply, "says")
    };
    let error = text(&json["error"]);
    let name = if error.is_empty() { name.to_owned() } else { format!("{name} ({error})") };
    Described::new(class, name, content_text(content))
}

/// A `user` line of the CLI: a tool's result, or a prompt that it repeats.
fn user(json: &Value) -> Described {
    let content = &json["message"]["content"];
    let of = |name: &str| blocks(content).iter().any(|block| block["type"] == name);
    if of("tool_result") {
        let failed = blocks(content).iter().any(|block| block["is_error"] == true);
        let name = if failed { "tool failed" } else { "tool result" };
        return Described::new(Class::ToolResult, name, content_text(content));
    }
    let name = if json["isReplay"] == true { "repeats a prompt" } else { "user" };
    Described::new(Class::Status, name, content_text(content))
}

fn system(json: &Value) -> Described {
    let subtype = text(&json["subtype"]);
    let said = match subtype {
        "init" => {
            let tools = json["tools"].as_array().map_or(0, Vec::len);
            let mode = text(&json["permissionMode"]);
            let mut parts = vec![text(&json["model"]).to_owned(), count(tools, "tool")];
            parts.extend((!mode.is_empty()).then(|| format!("permission mode {mode}")));
            let servers: Vec<&str> =
                items(&json["mcp_servers"]).iter().map(|server| text(&server["name"])).collect();
            parts.extend((!servers.is_empty()).then(|| format!("servers {}", servers.join(", "))));
            parts.retain(|part| !part.is_empty());
            parts.join(", ")
        }
        _ => compact(json, &IDS),
    };
    Described::new(Class::Status, format!("system/{subtype}"), said)
}

fn result(json: &Value) -> String {
    let mut parts = Vec::new();
    let number = |name: &str| json[name].as_u64();
    if let Some(turns) = number("num_turns") {
        parts.push(count(usize::try_from(turns).unwrap_or(usize::MAX), "round"));
    }
    if let Some(ms) = number("duration_ms") {
        parts.push(super::duration(ms.saturating_mul(1_000)));
    }
    let usage = |name: &str| json["usage"][name].as_u64().unwrap_or(0);
    let (tokens_in, tokens_out) = (usage("input_tokens"), usage("output_tokens"));
    if tokens_in > 0 || tokens_out > 0 {
        parts.push(format!("{tokens_in} tokens in, {tokens_out} out"));
    }
    parts.extend(json["total_cost_usd"].as_f64().map(dollars));
    let errors: Vec<&str> = items(&json["errors"]).iter().map(text).collect();
    parts.extend((!errors.is_empty()).then(|| errors.join("; ")));
    if json["is_error"] == true && errors.is_empty() {
        parts.push(text(&json["result"]).to_owned());
    }
    if !json["structured_output"].is_null() {
        parts.push(json["structured_output"].to_string());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// A message's content: a text, or blocks.
fn content_text(content: &Value) -> String {
    if let Some(text) = content.as_str() {
        return text.to_owned();
    }
    let parts: Vec<String> = blocks(content).iter().map(block).collect();
    parts.join("\n")
}

fn block(block: &Value) -> String {
    match text(&block["type"]) {
        "text" => text(&block["text"]).to_owned(),
        "thinking" => text(&block["thinking"]).to_owned(),
        "tool_use" | "server_tool_use" => tool_call(&block["name"], &block["input"]),
        "tool_result" => content_text(&block["content"]),
        "image" | "document" => {
            let source = &block["source"];
            let kind = [&source["media_type"], &source["type"]].map(text);
            let kind = kind.into_iter().find(|kind| !kind.is_empty()).unwrap_or("unknown");
            format!("[{}: {kind}]", text(&block["type"]))
        }
        _ => compact(block, &[]),
    }
}

fn tool_call(name: &Value, input: &Value) -> String {
    join(&[text(name), &input.to_string()])
}

/// An object without these members and without `null`; any other value as it is.
fn compact(value: &Value, without: &[&str]) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let shown = fields
                .iter()
                .filter(|(name, value)| !without.contains(&name.as_str()) && !value.is_null());
            let shown: Map<_, _> =
                shown.map(|(name, value)| (name.clone(), value.clone())).collect();
            Value::Object(shown).to_string()
        }
        _ => value.to_string(),
    }
}

fn join(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn blocks(content: &Value) -> &[Value] {
    items(content)
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
