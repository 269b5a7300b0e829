//! The usual way: one internally tagged enum, owned fields, and `Value` for open data.

#![allow(dead_code, reason = "the fields are there to be decoded")]

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Tagged {
    Assistant(Assistant),
    User(User),
    System(System),
    Result(ResultMessage),
    StreamEvent(StreamEvent),
}

#[derive(Deserialize)]
pub(crate) struct Assistant {
    message: ApiMessage,
    parent_tool_use_id: Option<String>,
    session_id: String,
    uuid: String,
    request_id: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct ApiMessage {
    id: String,
    role: String,
    model: String,
    content: Vec<Block>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text { text: String },
    Thinking { thinking: String, signature: String },
    ToolUse { id: String, name: String, input: Value },
    ToolResult { tool_use_id: String, content: Value, is_error: Option<bool> },
}

#[derive(Deserialize)]
struct Usage {
    input_tokens: u64,
    output_tokens: u64,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    service_tier: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct User {
    message: UserContent,
    parent_tool_use_id: Option<String>,
    session_id: String,
    uuid: Option<String>,
    tool_use_result: Option<Value>,
}

#[derive(Deserialize)]
struct UserContent {
    role: String,
    content: Vec<Block>,
}

#[derive(Deserialize)]
pub(crate) struct System {
    subtype: String,
    session_id: String,
    uuid: String,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct ResultMessage {
    subtype: String,
    is_error: bool,
    duration_ms: f64,
    duration_api_ms: f64,
    num_turns: u64,
    result: Option<String>,
    stop_reason: Option<String>,
    session_id: String,
    total_cost_usd: f64,
    usage: Usage,
    #[serde(rename = "modelUsage")]
    model_usage: HashMap<String, Value>,
    permission_denials: Vec<Value>,
    uuid: String,
}

#[derive(Deserialize)]
pub(crate) struct StreamEvent {
    event: Event,
    session_id: String,
    parent_tool_use_id: Option<String>,
    uuid: String,
    api_message_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    ContentBlockDelta { index: u64, delta: Delta },
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Delta {
    TextDelta { text: String },
}
