//! Tools at work.

use super::vocabulary::ApiErrorKind;

object! {
    /// A tool is still running (`tool_progress`, CLI 2.1.329).
    pub struct ToolProgress {
        /// The tool call; a heartbeat adds a suffix of its own.
        pub tool_use_id: String = "tool_use_id",
        /// The tool.
        pub tool_name: String = "tool_name",
        /// The tool call of the sub-agent; a heartbeat has the running tool's own call here.
        pub parent_tool_use_id: Option<String> = "parent_tool_use_id",
        /// How long it has been running, in seconds.
        pub elapsed_time_seconds: f64 = "elapsed_time_seconds",
        /// The background task.
        pub task_id: Option<String> = "task_id" declared,
        /// True for a sign of life without news.
        pub heartbeat: Option<bool> = "heartbeat",
        /// The sub-agent's type.
        pub subagent_type: Option<String> = "subagent_type" declared,
        /// The sub-agent is repeating an API call.
        pub subagent_retry: Option<SubagentRetry> = "subagent_retry" declared,
    }
}

object! {
    /// A sub-agent repeats an API call (`subagent_retry`, CLI 2.1.329, declared, not seen).
    pub struct SubagentRetry {
        /// The sub-agent.
        pub agent_id: String = "agent_id" declared,
        /// Counts the attempts from 1.
        pub attempt: u64 = "attempt" declared,
        /// How many attempts there will be.
        pub max_retries: u64 = "max_retries" declared,
        /// The wait before the next attempt, in milliseconds.
        pub retry_delay_ms: f64 = "retry_delay_ms" declared,
        /// The HTTP status; `None` where no answer came.
        pub error_status: Option<u16> = "error_status" declared,
        /// The class of the error.
        pub error_category: Option<ApiErrorKind> = "error_category" declared,
    }
}

object! {
    /// A summary of what tools did (`tool_use_summary`, CLI 2.1.329); comes before the result.
    pub struct ToolUseSummary {
        /// The summary.
        pub summary: String = "summary",
        /// The tool calls it sums up.
        pub preceding_tool_use_ids: Vec<String> = "preceding_tool_use_ids" required,
        /// When it was made, ISO 8601.
        pub timestamp: Option<String> = "timestamp" declared,
    }
}
