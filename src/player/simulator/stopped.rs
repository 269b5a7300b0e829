//! Background tasks that are stopped: by `stop_task`, by an interrupt, or by the tool `TaskStop`.

use serde_json::{Value, json};

use super::agents::NOTE;
use super::state::State;
use super::task::{Ended, Task};
use super::tool_results::{REJECTED, Returned};

/// What stops a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoppedBy {
    Request,
    Interrupt,
}

impl State {
    /// Stops a task: what it asked of the host is withdrawn, and what it was about to do is not done.
    /// Its [last lines](Self::last_lines_of) come after the reply.
    pub(super) fn stop_task(&mut self, id: &str, by: StoppedBy) -> Option<Task> {
        let task = self.tasks.iter().find(|task| task.id == id)?.clone();
        self.stopped.insert(task.id.clone());
        self.withdraw_of(&task.id);
        // The model learns of a sub-agent that was stopped, and of nothing else.
        let mut notice = None;
        if task.agent.is_some() {
            match by {
                StoppedBy::Request => {
                    self.agent_stats.killed_by_user += 1;
                    let summary = format!("Agent \"{}\" was stopped by user", task.description());
                    notice = Some(self.notice(&task, "killed", &summary, &format!("\n{NOTE}")));
                }
                StoppedBy::Interrupt => self.agent_stats.killed_by_system += 1,
            }
        }
        let summary = task.description.clone();
        self.task_ended(&task, Ended { status: "stopped", summary, fields: json!({}), notice });
        Some(task)
    }

    /// Stops the command in the background that a use of the tool `TaskStop` names. Returns the
    /// tool's result; `None` for another tool, and if there is no such command.
    pub(super) fn stop_by_tool(&mut self, tool: &str, input: &Value) -> Option<Returned> {
        if tool != "TaskStop" {
            return None;
        }
        let id = input["task_id"].as_str()?;
        let task = self.tasks.iter().find(|task| task.id == id)?;
        let Some(command) = task.command.clone() else {
            self.note_not_simulated("the tool TaskStop for a sub-agent".to_owned());
            return None;
        };
        let task = self.stop_task(id, StoppedBy::Request)?;
        let output = json!({
            "message": format!("Successfully stopped task: {id} ({command})"), "task_id": id, "task_type": task.kind, "command": command,
        });
        Some(Returned::ok(output.to_string().into(), output))
    }

    /// Stops the sub-agents that work in the background, as an interrupt does. The host may have said
    /// that it stops each by itself. Commands go on.
    pub(super) fn stop_agents(&mut self) -> Vec<Task> {
        if self.declared.stops_each_task {
            return Vec::new();
        }
        let agents = self.tasks.iter().filter(|task| task.agent.is_some());
        let ids: Vec<_> = agents.map(|task| task.id.clone()).collect();
        ids.iter().filter_map(|id| self.stop_task(id, StoppedBy::Interrupt)).collect()
    }

    /// What a sub-agent that was stopped writes last.
    pub(super) fn last_lines_of(&mut self, task: &Task) {
        if task.agent.is_none() {
            return;
        }
        let tools = self.agents.remove(&task.id).map(|turn| turn.tools).unwrap_or_default();
        for id in &tools {
            let block = json!({"type": "tool_result", "content": REJECTED, "is_error": true, "tool_use_id": id});
            let mut line = self.lines.user(json!([block]));
            line["tool_use_result"] = "User rejected tool use".into();
            task.mark(&mut line);
            self.out(&line);
        }
        let text = if tools.is_empty() {
            "[Request interrupted by user]"
        } else {
            "[Request interrupted by user for tool use]"
        };
        let mut line = self.lines.user(json!([{"type": "text", "text": text}]));
        task.mark(&mut line);
        self.out(&line);
    }

    /// Whether a request is one of a task in the background, which the end of a turn leaves open.
    pub(super) fn is_of_task(&self, request: &str) -> bool {
        self.owners.contains_key(request)
    }

    /// How many questions of tasks in the background are open.
    pub(super) fn questions_of_tasks(&self) -> usize {
        let open = self.open.iter().filter(|(id, _)| self.is_of_task(id));
        open.filter(|(_, request)| is_question(request)).count()
    }

    /// Withdraws what a task asked of the host.
    fn withdraw_of(&mut self, task: &str) {
        let is_own = |id: &String| self.owners.get(id).is_some_and(|owner| owner == task);
        let open: Vec<_> = self.open.iter().filter(|(id, _)| is_own(id)).cloned().collect();
        for (id, request) in open {
            match request["subtype"].as_str() {
                Some("can_use_tool" | "hook_callback" | "elicitation") => self.withdraw(&id),
                _ => {
                    self.open.retain(|(open, _)| *open != id);
                    self.note_not_simulated(
                        "what becomes of an MCP call of a task that is stopped".to_owned(),
                    );
                }
            }
            if is_question(&request) {
                self.note_answered();
            }
        }
    }
}

fn is_question(request: &Value) -> bool {
    matches!(request["subtype"].as_str(), Some("can_use_tool" | "elicitation"))
}
