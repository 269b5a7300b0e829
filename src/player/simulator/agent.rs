//! A sub-agent, and what the results say of all of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::task::Task;

/// A sub-agent that works.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) task: Task,
    pub(super) kind: String,
    /// The model that it asks.
    pub(super) model: String,
    pub(super) is_background: bool,
    /// The task in the background that it is, or is a part of.
    pub(super) background: Option<String>,
    /// The `prompt_id` of the turn that started it.
    pub(super) turn: String,
}

/// What the results say of sub-agents.
#[derive(Clone, Debug, Default)]
pub(super) struct AgentStats {
    pub(super) background: u64,
    pub(super) foreground: u64,
    pub(super) unset: u64,
    pub(super) started_in_background: u64,
    pub(super) depth: u64,
    pub(super) by_subagents: u64,
    pub(super) completed: u64,
    pub(super) killed_by_user: u64,
    pub(super) killed_by_system: u64,
    pub(super) by_type: BTreeMap<String, u64>,
}

/// Whether a tool starts a sub-agent.
pub(in crate::player) fn is_agent(tool: &str) -> bool {
    matches!(tool, "Agent" | "Task")
}

impl Agent {
    /// Marks a line as one of this sub-agent's.
    pub(super) fn mark(&self, line: &mut Value) {
        self.task.mark(line);
    }

    /// The fields that its hooks read.
    pub(super) fn name_in(&self, input: &mut Value) {
        input["agent_id"] = self.task.id.as_str().into();
        input["agent_type"] = self.kind.as_str().into();
    }
}

impl AgentStats {
    /// `subagent_stats`.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "spawned": self.background + self.foreground + self.unset,
            "requested": {"background": self.background, "foreground": self.foreground, "unset": self.unset},
            "started_in_background": self.started_in_background, "max_depth": self.depth,
            "spawned_by_subagents": self.by_subagents, "completed": self.completed, "failed": 0,
            "killed": {"parent": 0, "user": self.killed_by_user, "system": self.killed_by_system},
            "refused": {"depth_limit": 0, "concurrency_limit": 0, "budget": 0}, "by_type": self.by_type,
        })
    }
}

impl AgentStats {
    pub(super) fn start(
        &mut self,
        asked: Option<bool>,
        is_background: bool,
        kind: &str,
        nested: bool,
    ) {
        match asked {
            Some(true) => self.background += 1,
            Some(false) => self.foreground += 1,
            None => self.unset += 1,
        }
        self.started_in_background += u64::from(is_background);
        self.depth = self.depth.max(1 + u64::from(nested));
        self.by_subagents += u64::from(nested);
        *self.by_type.entry(kind.to_owned()).or_default() += 1;
    }
}
