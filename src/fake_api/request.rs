//! What a request says about its conversation.

use serde_json::Value;

use super::check;

/// A request to `/v1/messages`, and the shape of its conversation.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    body: Value,
}

/// A tool result that the request brings back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolResult {
    /// `tool_use_id`
    pub tool_use_id: String,
    /// The texts of `content`, joined.
    pub text: String,
    /// `is_error`
    pub is_error: bool,
}

impl ApiRequest {
    pub(super) fn new(body: Value) -> Self {
        Self { body }
    }

    /// The whole body.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// `model`
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    /// `stream`
    pub fn is_streaming(&self) -> bool {
        self.body["stream"] == true
    }

    /// The latest prompt; several where the CLI has merged waiting prompts into one message. Notes of the CLI's own are left out.
    pub fn prompts(&self) -> Vec<&str> {
        self.messages()
            .iter()
            .rev()
            .map(prompts_of)
            .find(|prompts| !prompts.is_empty())
            .unwrap_or_default()
    }

    /// How many prompts the conversation has had, with this one.
    pub fn turn(&self) -> usize {
        self.messages().iter().filter(|message| !prompts_of(message).is_empty()).count()
    }

    /// The tool results that came after the model's last message.
    pub fn tool_results(&self) -> Vec<ToolResult> {
        let fresh = self
            .messages()
            .rsplit(|message| message["role"] == "assistant")
            .next()
            .unwrap_or_default();
        fresh
            .iter()
            .flat_map(blocks)
            .filter(|block| block["type"] == "tool_result")
            .map(ToolResult::read)
            .collect()
    }

    /// The tools that the model is offered, by name.
    pub fn tools(&self) -> Vec<&str> {
        self.body["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tool| tool["name"].as_str())
            .collect()
    }

    /// What the real API would refuse about it: calls without a result and results without a call, roles out of order, missing fields.
    pub fn violations(&self) -> Vec<String> {
        check::violations(&self.body)
    }

    fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map(Vec::as_slice).unwrap_or_default()
    }
}

impl ToolResult {
    fn read(block: &Value) -> Self {
        let text = match &block["content"] {
            Value::String(text) => text.clone(),
            content => content
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|part| part["text"].as_str())
                .collect(),
        };
        Self {
            tool_use_id: block["tool_use_id"].as_str().unwrap_or_default().into(),
            text,
            is_error: block["is_error"] == true,
        }
    }
}

/// The blocks of a message; none where its content is a bare text.
pub(super) fn blocks(message: &Value) -> &[Value] {
    message["content"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn prompts_of(message: &Value) -> Vec<&str> {
    if message["role"] != "user" {
        return Vec::new();
    }
    let bare = message["content"].as_str();
    let texts = blocks(message)
        .iter()
        .filter(|block| block["type"] == "text")
        .filter_map(|block| block["text"].as_str());
    bare.into_iter().chain(texts).filter(|text| !is_a_note(text)).collect()
}

/// What the CLI itself puts beside prompts.
fn is_a_note(text: &str) -> bool {
    let starts = |start| text.trim_start().starts_with(start);
    // The report of a task in the background comes as a reminder, but starts a turn as a prompt does.
    starts("[Request interrupted by user")
        || (starts("<system-reminder>") && !text.contains("<task-notification>"))
}
