//! Tasks: sub-agents, and background tools.

use crate::wire::json::RawJson;

object! {
    /// A task started (`system` / `task_started`, CLI 2.1.329).
    pub struct TaskStarted {
        /// The task; for a sub-agent also its `agent_id`.
        pub task_id: String = "task_id",
        /// This run of the task; the runs of one task sort by their start.
        pub run_id: Option<String> = "run_id",
        /// The tool call that started it.
        pub tool_use_id: Option<String> = "tool_use_id",
        /// What it does, in short.
        pub description: Option<String> = "description",
        /// The sub-agent's type.
        pub subagent_type: Option<String> = "subagent_type",
        /// True if it runs in the background.
        pub is_backgrounded: Option<bool> = "is_backgrounded",
        /// How deep it is nested; 1 for a sub-agent of the main thread.
        pub spawn_depth: Option<u64> = "spawn_depth",
        /// The task that started it.
        pub parent_task_id: Option<String> = "parent_task_id" declared,
        /// The kind of task, such as `local_agent` or `local_bash`.
        pub task_type: Option<String> = "task_type",
        /// The workflow's name.
        pub workflow_name: Option<String> = "workflow_name" declared,
        /// The sub-agent's prompt.
        pub prompt: Option<String> = "prompt",
        /// True if it is kept out of the transcript.
        pub skip_transcript: Option<bool> = "skip_transcript" declared,
        /// True if it is an ambient task that the turn does not wait for.
        pub ambient: Option<bool> = "ambient" declared,
        /// True if the turn waits for it.
        pub awaited: Option<bool> = "awaited" declared,
    }
}

object! {
    /// Something about a task changed (`system` / `task_updated`, CLI 2.1.329). It may be the only
    /// sign of a task's end.
    pub struct TaskUpdated {
        /// The task.
        pub task_id: String = "task_id",
        /// The run of the task.
        pub run_id: Option<String> = "run_id",
        /// What changed.
        pub patch: TaskPatch = "patch",
    }
}

object! {
    /// What changed about a task (`patch`, CLI 2.1.329); absent fields are unchanged.
    pub struct TaskPatch: raw {
        /// Its state.
        pub status: Option<TaskStatus> = "status",
        /// What it does, in short.
        pub description: Option<String> = "description" declared,
        /// When it ended, in milliseconds since 1970.
        pub end_time: Option<f64> = "end_time",
        /// How long it was paused, in milliseconds.
        pub total_paused_ms: Option<f64> = "total_paused_ms" declared,
        /// Why it failed.
        pub error: Option<String> = "error" declared,
        /// True if it runs in the background.
        pub is_backgrounded: Option<bool> = "is_backgrounded" declared,
    }
}

object! {
    /// A task made progress (`system` / `task_progress`, CLI 2.1.329).
    pub struct TaskProgress {
        /// The task.
        pub task_id: String = "task_id",
        /// The run of the task.
        pub run_id: Option<String> = "run_id",
        /// The tool call that started it.
        pub tool_use_id: Option<String> = "tool_use_id",
        /// What it is doing.
        pub description: Option<String> = "description" required,
        /// The sub-agent's type.
        pub subagent_type: Option<String> = "subagent_type",
        /// What it has used so far.
        pub usage: Option<TaskUsage> = "usage",
        /// The tool it used last.
        pub last_tool_name: Option<String> = "last_tool_name",
        /// What it has done so far.
        pub summary: Option<String> = "summary" declared,
    }
}

object! {
    /// A task ended (`system` / `task_notification`, CLI 2.1.329).
    pub struct TaskNotification {
        /// The task.
        pub task_id: String = "task_id",
        /// The run of the task.
        pub run_id: Option<String> = "run_id",
        /// The tool call that started it.
        pub tool_use_id: Option<String> = "tool_use_id",
        /// How it ended.
        pub status: TaskStatus = "status",
        /// Why, such as `worker_restart`.
        pub reason: Option<String> = "reason" declared,
        /// The file with its output; may be empty.
        pub output_file: String = "output_file",
        /// What it did.
        pub summary: String = "summary",
        /// True if the summary is the sub-agent's own report.
        pub summary_is_report: Option<bool> = "summary_is_report",
        /// What it used.
        pub usage: Option<TaskUsage> = "usage",
        /// Resources of an MCP tool.
        pub resource_links: Vec<ResourceLink> = "resource_links" declared,
        /// True if it is kept out of the transcript.
        pub skip_transcript: Option<bool> = "skip_transcript" declared,
        /// True if it was an ambient task that the turn did not wait for.
        pub ambient: Option<bool> = "ambient" declared,
        /// How the sub-agent's report reached its parent.
        pub handback: Option<Handback> = "handback" declared,
        /// The report.
        pub handback_report: Option<HandbackReport> = "handback_report" declared,
        /// When a task of an MCP server ran.
        pub mcp_task: Option<McpTask> = "mcp_task" v2_1_332 declared,
    }
}

object! {
    /// All current background tasks (`system` / `background_tasks_changed`, CLI 2.1.329).
    pub struct BackgroundTasksChanged {
        /// The whole set; it replaces the previous one.
        pub tasks: Vec<BackgroundTask> = "tasks" required,
    }
}

object! {
    /// A task in the background (an item of `tasks`, CLI 2.1.329).
    pub struct BackgroundTask {
        /// The task.
        pub task_id: String = "task_id",
        /// The run of the task.
        pub run_id: Option<String> = "run_id",
        /// The kind of task, such as `local_agent` or `local_bash`.
        pub task_type: String = "task_type",
        /// The sub-agent's type.
        pub subagent_type: Option<String> = "subagent_type",
        /// What it does, in short.
        pub description: String = "description",
        /// The task that started it.
        pub parent_task_id: Option<String> = "parent_task_id" declared,
        /// True if it is an ambient task that the turn does not wait for.
        pub ambient: Option<bool> = "ambient" declared,
        /// True if the turn waits for it.
        pub awaited: Option<bool> = "awaited" declared,
        /// True if its work is done outside this process.
        pub off_host: Option<bool> = "off_host" declared,
        /// The tool call that started it.
        pub tool_use_id: Option<String> = "tool_use_id" v2_1_332 declared,
    }
}

object! {
    /// What a task used (`usage` of a task, CLI 2.1.329).
    pub struct TaskUsage: raw {
        /// Tokens.
        pub total_tokens: u64 = "total_tokens",
        /// Tool calls.
        pub tool_uses: u64 = "tool_uses",
        /// Wall time, in milliseconds.
        pub duration_ms: f64 = "duration_ms",
    }
}

object! {
    /// A resource of an MCP server (an item of `resource_links`, CLI 2.1.329, declared, not seen).
    pub struct ResourceLink {
        /// Where it is.
        pub uri: String = "uri" declared,
        /// Its name.
        pub name: String = "name" declared,
        /// Its title for display.
        pub title: Option<String> = "title" declared,
        /// What it is.
        pub description: Option<String> = "description" declared,
        /// Its media type.
        pub mime_type: Option<String> = "mimeType" declared,
        /// Its size in bytes.
        pub size: Option<f64> = "size" declared,
        /// The server's description of it.
        pub annotations: Option<RawJson> = "annotations" declared,
    }
}

open_enum! {
    /// The state of a task. One end has two names: `task_notification` says `stopped` where
    /// `task_updated` says `killed`.
    pub enum TaskStatus {
        Pending = "pending",
        Running = "running",
        Paused = "paused",
        Completed = "completed",
        Failed = "failed",
        Stopped = "stopped",
        Killed = "killed",
    }
}

impl TaskStatus {
    /// True if the task is over: completed, failed, stopped or killed.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped | Self::Killed)
    }
}

open_enum! {
    /// How a sub-agent's report reached its parent (`handback`).
    pub enum Handback {
        Send = "send",
        Flagged = "flagged",
        Withheld = "withheld",
    }
}

object! {
    /// The report of a sub-agent (`handback_report`, CLI 2.1.329, declared, not seen).
    pub struct HandbackReport {
        /// The report.
        pub text: String = "text" declared,
        /// What the automatic check warns of.
        pub warning: Option<String> = "warning" declared,
        /// The sub-agent's call that sent it.
        pub tool_use_id: Option<String> = "toolUseId" declared,
    }
}

object! {
    /// When a task of an MCP server ran (`mcp_task`, CLI 2.1.332, declared, not seen).
    pub struct McpTask {
        /// When it started, in milliseconds since 1970.
        pub start_time: f64 = "start_time" v2_1_332 declared,
        /// When the CLI learned of its end, in milliseconds since 1970.
        pub end_time: f64 = "end_time" v2_1_332 declared,
        /// How long it took, according to the server, in milliseconds.
        pub server_elapsed_ms: Option<f64> = "server_elapsed_ms" v2_1_332 declared,
    }
}

object! {
    /// What the turn is doing, in a line (`system` / `task_summary`, CLI 2.1.329, declared, not
    /// seen).
    pub struct TaskSummary {
        /// The line; `None` if the turn is idle.
        pub detail: Option<String> = "detail" declared,
    }
}

object! {
    /// States of tasks of the task list (`system` / `task_list_statuses`, CLI 2.1.329, declared,
    /// not seen). A task that is not named keeps its state.
    pub struct TaskListStatuses {
        /// The tasks.
        pub statuses: Vec<TaskListStatus> = "statuses" required declared,
    }
}

object! {
    /// A task of the task list (an item of `statuses`, CLI 2.1.329, declared, not seen).
    pub struct TaskListStatus {
        /// The task.
        pub id: String = "id" declared,
        /// Its state.
        pub status: TaskListState = "status" declared,
    }
}

open_enum! {
    /// State of a task of the task list (`status`).
    pub enum TaskListState {
        Pending = "pending",
        InProgress = "in_progress",
        Completed = "completed",
    }
}
