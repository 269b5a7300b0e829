//! What the scripted CLI does in one turn.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A scripted turn, built step by step: see [`reply`].
#[derive(Clone, Debug, Default)]
pub struct ModelReply {
    pub(super) steps: Vec<Step>,
}

/// In a file a step has the name of its method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Step {
    Text(String),
    Thinking(String),
    ToolUse {
        name: String,
        input: Value,
    },
    AskPermission {
        name: String,
        input: Value,
    },
    ToolResult(String),
    ToolError(String),
    Error {
        status: u16,
        text: String,
    },
    #[serde(rename = "delay_ms", serialize_with = "as_ms", deserialize_with = "from_ms")]
    Delay(Duration),
    Hang,
}

/// Returns an empty turn.
///
/// ```
/// use claude_wire::player::reply;
/// use serde_json::json;
///
/// let turn = reply()
///     .thinking("They want a file.")
///     .ask_permission("Write", json!({"file_path": "a.txt", "content": ""}))
///     .tool_result("File created")
///     .text("Done.");
/// ```
pub fn reply() -> ModelReply {
    ModelReply::default()
}

impl ModelReply {
    /// A block of text. The last one is also the text of the result.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.then(Step::Text(text.into()))
    }

    /// A block of thinking.
    #[must_use]
    pub fn thinking(self, thinking: impl Into<String>) -> Self {
        self.then(Step::Thinking(thinking.into()))
    }

    /// The use of a tool that runs without permission. `input` is a JSON object.
    #[must_use]
    pub fn tool_use(self, name: impl Into<String>, input: Value) -> Self {
        self.then(Step::ToolUse { name: name.into(), input })
    }

    /// The use of a tool that needs permission (`can_use_tool`); the turn waits for the answer. If
    /// the host denies it, the denial replaces the tool's result, and the rest of the turn is as
    /// scripted.
    #[must_use]
    pub fn ask_permission(self, name: impl Into<String>, input: Value) -> Self {
        self.then(Step::AskPermission { name: name.into(), input })
    }

    /// The result of the first tool use that has none yet. A tool use without one gets the result
    /// that it completed with no output; a result without a tool use is ignored.
    #[must_use]
    pub fn tool_result(self, content: impl Into<String>) -> Self {
        self.then(Step::ToolResult(content.into()))
    }

    /// The [`tool_result`](Self::tool_result) of a tool that failed.
    #[must_use]
    pub fn tool_error(self, content: impl Into<String>) -> Self {
        self.then(Step::ToolError(content.into()))
    }

    /// The API fails for good with this HTTP status, and the turn is over; `text` is the message to
    /// the user.
    #[must_use]
    pub fn error(self, status: u16, text: impl Into<String>) -> Self {
        self.then(Step::Error { status, text: text.into() })
    }

    /// A pause before the next step.
    #[must_use]
    pub fn delay(self, time: Duration) -> Self {
        self.then(Step::Delay(time))
    }

    /// The turn goes no further: it ends by an interrupt, or with the process.
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Step::Hang)
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

fn as_ms<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn from_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}
