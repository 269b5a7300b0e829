//! The conversation in a request.

use serde_json::Value;

/// A request to `/v1/messages`, and the shape of its conversation.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    body: Value,
}

/// A tool result in the request.
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

    /// The latest prompt; several if the CLI has merged waiting prompts into one message.
    ///
    /// The CLI's own notes next to a prompt or a tool result are left out. If only a note has come
    /// since the model's last message, it is the question to the model, and so a prompt: CLI
    /// 2.1.332 wraps the feedback of a `Stop` hook in one.
    pub fn prompts(&self) -> Vec<&str> {
        let messages = (0..self.messages().len()).rev();
        messages
            .map(|index| self.prompts_at(index))
            .find(|prompts| !prompts.is_empty())
            .unwrap_or_default()
    }

    /// The number of prompts in the conversation, including this one.
    pub fn turn(&self) -> usize {
        (0..self.messages().len()).filter(|index| !self.prompts_at(*index).is_empty()).count()
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

    /// The names of the tools that the model is offered.
    pub fn tools(&self) -> Vec<&str> {
        self.body["tools"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|tool| tool["name"].as_str())
            .collect()
    }

    fn prompts_at(&self, index: usize) -> Vec<&str> {
        let message = &self.messages()[index];
        let (notes, prompts): (Vec<_>, Vec<_>) =
            texts(message).into_iter().partition(|text| is_a_note(text));
        if !prompts.is_empty() || !self.is_all_since_the_model(index) {
            return prompts;
        }
        notes.into_iter().filter(|note| is_a_reminder(note)).collect()
    }

    /// Whether this is the only user message since the model's last one, without a tool result.
    fn is_all_since_the_model(&self, index: usize) -> bool {
        let (before, after) = self.messages().split_at(index);
        let is_said = |message: &&Value| message["role"] != "system";
        let is_the_models = |message: &Value| message["role"] == "assistant";
        let follows = before.iter().rev().find(is_said).is_some_and(is_the_models);
        let is_last = after.iter().skip(1).find(is_said).is_none_or(is_the_models);
        let brings_results = blocks(&after[0]).iter().any(|block| block["type"] == "tool_result");
        follows && is_last && !brings_results
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

/// The blocks of a message; none if its content is a plain text.
pub(super) fn blocks(message: &Value) -> &[Value] {
    message["content"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The texts of the user.
fn texts(message: &Value) -> Vec<&str> {
    if message["role"] != "user" {
        return Vec::new();
    }
    let bare = message["content"].as_str();
    let texts = blocks(message)
        .iter()
        .filter(|block| block["type"] == "text")
        .filter_map(|block| block["text"].as_str());
    bare.into_iter().chain(texts).collect()
}

/// Text that the CLI itself adds next to prompts.
fn is_a_note(text: &str) -> bool {
    // The report of a background task starts a turn as a prompt does, whatever is next to it.
    text.trim_start().starts_with("[Request interrupted by user")
        || (is_a_reminder(text) && !text.contains("<task-notification>"))
}

fn is_a_reminder(text: &str) -> bool {
    text.trim_start().starts_with("<system-reminder>")
}
