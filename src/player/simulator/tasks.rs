//! Background tasks: their lines, and the turn that the CLI starts itself when one ends.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use serde_json::{Value, json};

use super::handle::Cli;
use super::lines::extend;
use super::prompt::Prompt;
use super::state::State;
use super::task::{Ended, Task};

impl Cli {
    /// Does the work of a task, unless the host stops it first; `None` then.
    pub(super) async fn unless_stopped<T>(
        &self,
        id: &str,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if self.with(|state| state.stopped.contains(id)) {
                return Poll::Ready(None);
            }
            work.as_mut().poll(cx).map(Some)
        })
        .await
    }
}

impl State {
    /// A task with a new id.
    pub(super) fn new_task(
        &mut self,
        kind: &'static str,
        tool_use: &str,
        description: &str,
        agent: Option<String>,
    ) -> Task {
        self.started_tasks += 1;
        let number = self.started_tasks;
        let id = match agent {
            Some(_) => format!("a{number:016x}"),
            None => format!("b{number:08x}"),
        };
        Task {
            id,
            run: format!("0mx000000-{number:08x}"),
            tool_use: tool_use.to_owned(),
            description: description.to_owned(),
            command: None,
            kind,
            agent,
        }
    }

    /// Where the output of a task goes.
    pub(super) fn output_file(&self, task: &Task) -> String {
        let session = &self.lines.session;
        format!(
            "{}/{session}/tasks/{}.output",
            self.fill_in("${tmp}/claude-0/${cwd_slug}"),
            task.id
        )
    }

    /// A task starts in the background.
    pub(super) fn start_in_background(&mut self, task: &Task, fields: Value) {
        self.tasks.push(task.clone());
        self.list_tasks();
        self.task_started(task, true, fields);
    }

    /// `task_started`.
    pub(super) fn task_started(&mut self, task: &Task, is_backgrounded: bool, fields: Value) {
        let mut all = json!({"description": task.description});
        if let Some(agent) = &task.agent {
            all["subagent_type"] = agent.as_str().into();
        }
        all["is_backgrounded"] = is_backgrounded.into();
        all["task_type"] = task.kind.into();
        extend(&mut all, fields);
        let line = self.task_line("task_started", task, true, all);
        self.out(&line);
    }

    /// A tool of a sub-agent runs.
    pub(super) fn task_progress(&mut self, task: &Task, tool: &str, what: &str, usage: &Value) {
        let fields = json!({
            "description": format!("Running {what}"), "subagent_type": task.agent, "usage": usage, "last_tool_name": tool,
        });
        let line = self.task_line("task_progress", task, true, fields);
        self.out(&line);
    }

    /// The lines at the end of a task. The notice to the model begins a turn.
    pub(super) fn task_ended(&mut self, task: &Task, ended: Ended) {
        let patch = json!({"status": if ended.status == "stopped" { "killed" } else { ended.status }, "end_time": 1});
        let line = self.task_line("task_updated", task, false, json!({"patch": patch}));
        self.out(&line);
        let mut fields = json!({
            "status": ended.status, "output_file": self.output_file(task), "summary": ended.summary,
        });
        extend(&mut fields, ended.fields);
        let line = self.task_line("task_notification", task, true, fields);
        self.out(&line);
        let before = self.tasks.len();
        self.tasks.retain(|other| other.id != task.id);
        if self.tasks.len() < before {
            self.list_tasks();
        }
        if let Some(text) = ended.notice {
            let origin =
                json!({"kind": "task-notification", "producer": "session-task", "runId": task.run});
            self.queue.push_back(Prompt { text, origin: Some(origin), ..Prompt::default() });
            self.note_running(true);
        }
        self.changed = true;
    }

    /// The text with which the CLI tells the model that a task ended.
    pub(super) fn notice(&self, task: &Task, status: &str, summary: &str, more: &str) -> String {
        format!(
            "<task-notification>\n<task-id>{}</task-id>\n<tool-use-id>{}</tool-use-id>\n<output-file>{}</output-file>\n\
             <status>{status}</status>\n<summary>{summary}</summary>{more}\n</task-notification>",
            task.id,
            task.tool_use,
            self.output_file(task)
        )
    }

    /// `background_tasks_changed`.
    fn list_tasks(&mut self) {
        let tasks = self.tasks.iter().map(|task| {
            let mut listed =
                json!({"task_id": task.id, "run_id": task.run, "task_type": task.kind});
            if let Some(agent) = &task.agent {
                listed["subagent_type"] = agent.as_str().into();
            }
            listed["description"] = task.description.as_str().into();
            listed
        });
        let tasks: Vec<_> = tasks.collect();
        let line = self.lines.system("background_tasks_changed", json!({"tasks": tasks}));
        self.out(&line);
    }

    fn task_line(&mut self, subtype: &str, task: &Task, names_use: bool, fields: Value) -> Value {
        let mut all = json!({"task_id": task.id, "run_id": task.run});
        if names_use {
            all["tool_use_id"] = task.tool_use.as_str().into();
        }
        extend(&mut all, fields);
        self.lines.system(subtype, all)
    }
}
