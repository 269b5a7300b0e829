//! A background task.

use serde_json::Value;

/// Something that the CLI does in the background, or a sub-agent that a tool use waits for.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) run: String,
    pub(super) tool_use: String,
    pub(super) description: String,
    /// What a shell runs.
    pub(super) command: Option<String>,
    /// `local_bash` or `local_agent`.
    pub(super) kind: &'static str,
    /// The kind of a sub-agent.
    pub(super) agent: Option<String>,
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

    /// Marks a line as one of this sub-agent's.
    pub(super) fn mark(&self, line: &mut Value) {
        line["parent_tool_use_id"] = self.tool_use.as_str().into();
        line["agent_id"] = self.id.as_str().into();
        line["subagent_type"] = self.agent.as_deref().into();
        line["task_description"] = self.description.as_str().into();
    }
}
