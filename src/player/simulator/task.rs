//! A background task.

use serde_json::Value;

/// Something that the CLI does in the background, or a sub-agent that a tool use waits for.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) run: String,
    pub(super) tool_use: String,
    pub(super) description: String,
    /// `local_bash` or `local_agent`.
    pub(super) kind: &'static str,
    /// The kind of a sub-agent.
    pub(super) agent: Option<String>,
    pub(super) is_stopped: bool,
}

/// How a task ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: &'static str,
    pub(super) summary: String,
    /// Further fields of `task_notification`.
    pub(super) fields: Value,
    /// What the CLI tells the model; `None` if it does not.
    pub(super) notice: Option<String>,
}

impl Task {
    pub(super) fn description(&self) -> &str {
        &self.description
    }
}
