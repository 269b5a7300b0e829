//! Progress: tools at work, prompts in the queue, goals, resets.

use super::message::ApiErrorKind;

object! {
    /// A tool is still running (`tool_progress`, CLI 2.1.329).
    pub struct ToolProgress {
        /// The tool call; a heartbeat adds a suffix.
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
        /// The maximum number of attempts.
        pub max_retries: u64 = "max_retries" declared,
        /// The wait before the next attempt, in milliseconds.
        pub retry_delay_ms: f64 = "retry_delay_ms" declared,
        /// The HTTP status; `None` if there was no answer.
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

object! {
    /// A prompt moved through the queue (`command_lifecycle`, CLI 2.1.329); sent for prompts that
    /// carry a uuid.
    pub struct CommandLifecycle {
        /// The prompt, by the uuid its sender gave it.
        pub command_uuid: String = "command_uuid",
        /// Its state.
        pub state: CommandState = "state",
        /// What woke the session, on `started`.
        pub wakeup_source: Option<WakeupSource> = "wakeup_source" declared,
        /// The time that the wake-up was set for, in milliseconds since 1970.
        pub scheduled_for: Option<u64> = "scheduled_for" declared,
        /// True if its plugin hooks have run already.
        pub ran_ahead: Option<bool> = "ran_ahead" declared,
    }
}

open_enum! {
    /// Where a prompt is (`state` of a `command_lifecycle`).
    pub enum CommandState {
        Queued = "queued",
        Started = "started",
        Completed = "completed",
        Cancelled = "cancelled",
        Discarded = "discarded",
        Refused = "refused",
    }
}

object! {
    /// What the user may want to ask next (`prompt_suggestion`, CLI 2.1.329); comes after the
    /// result.
    pub struct PromptSuggestion {
        /// The prompt.
        pub suggestion: String = "suggestion",
    }
}

object! {
    /// A new conversation begins (`conversation_reset`, CLI 2.1.329). Running totals start from 0,
    /// and the session id changes; this message still has the old one.
    pub struct ConversationReset {
        /// The new session.
        pub new_conversation_id: String = "new_conversation_id",
        /// What caused it.
        pub trigger: Option<ResetTrigger> = "trigger",
        /// The prompt that caused it, by the uuid its sender gave it.
        pub user_message_uuid: Option<String> = "user_message_uuid",
        /// When, ISO 8601.
        pub timestamp: Option<String> = "timestamp",
        /// True if a person sent the prompt that caused it.
        pub user_message_from_human: Option<bool> = "user_message_from_human" declared,
    }
}

open_enum! {
    /// What started a new conversation (`trigger` of a `conversation_reset`).
    pub enum ResetTrigger {
        Clear = "clear",
        PlanModeExit = "plan_mode_exit",
        FreshSession = "fresh_session",
        Onboarding = "onboarding",
    }
}

object! {
    /// The goal of the session changed (`active_goal`, CLI 2.1.329, declared, not seen).
    pub struct ActiveGoal {
        /// The goal; `None` if it was removed.
        pub value: Option<Goal> = "value" declared,
    }
}

object! {
    /// A goal (`value` of an `active_goal`, CLI 2.1.329, declared, not seen).
    pub struct Goal: raw {
        /// The condition to reach.
        pub condition: String = "condition" declared,
        /// The number of rounds so far.
        pub iterations: u64 = "iterations" declared,
        /// When it was set, in milliseconds since 1970.
        pub set_at: f64 = "set_at" declared,
        /// Tokens at its start.
        pub tokens_at_start: u64 = "tokens_at_start" declared,
        /// Why it was not reached in the last round.
        pub last_reason: Option<String> = "last_reason" declared,
    }
}

object! {
    /// State of the automatic compaction (`autocompact_state`, CLI 2.1.329, declared, not seen).
    pub struct AutocompactState {
        /// The state.
        pub value: Option<Autocompact> = "value" declared,
    }
}

open_enum! {
    /// What woke a session (`wakeup_source`).
    pub enum WakeupSource {
        LoopWakeup = "loop_wakeup",
        ScheduleWakeup = "schedule_wakeup",
    }
}

object! {
    /// State of the automatic compaction (`value` of an `autocompact_state`, CLI 2.1.329, declared,
    /// not seen).
    pub struct Autocompact {
        /// True if it is on.
        pub enabled: bool = "enabled" declared,
        /// The window that it works with, in tokens.
        pub effective_window: u64 = "effective_window" declared,
        /// The number of tokens that starts it.
        pub threshold: u64 = "threshold" declared,
        /// True if it does start there.
        pub enforced: bool = "enforced" declared,
        /// What decided the window.
        pub source: AutocompactSource = "source" declared,
    }
}

open_enum! {
    /// What decided the window of the automatic compaction (`source`).
    pub enum AutocompactSource {
        Env = "env",
        Settings = "settings",
        Clientdata = "clientdata",
        Experiment = "experiment",
        ModelDefault = "model-default",
        UnknownModel = "unknown-model",
        Auto = "auto",
    }
}

object! {
    /// Output of a login (`auth_status`, CLI 2.1.329, declared, not seen).
    pub struct AuthStatus {
        /// True while the login runs.
        pub is_authenticating: bool = "isAuthenticating" declared,
        /// What to show the user, line by line.
        pub output: Vec<String> = "output" required declared,
        /// Why it failed.
        pub error: Option<String> = "error" declared,
    }
}
