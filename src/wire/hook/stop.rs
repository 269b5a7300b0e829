//! Stops of the agent, of sub-agents and of tasks.

use super::traits::NoOutput;
use crate::wire::message::ApiErrorKind;

event! {
    /// The agent is about to stop (`Stop`, CLI 2.1.329). A hook that
    /// [blocks](super::HookOutput::block) makes it continue.
    Stop -> StopOutput {
        /// True if the agent only continues because a hook has blocked its stop: a hook that blocks
        /// again may do so forever.
        pub stop_hook_active: bool = "stop_hook_active" required,
        /// The agent's last message.
        pub last_assistant_message: Option<String> = "last_assistant_message",
        /// What still runs in the background.
        pub background_tasks: Vec<BackgroundTaskSummary> = "background_tasks",
        /// What is scheduled.
        pub session_crons: Vec<SessionCron> = "session_crons",
    }
}

object! {
    /// A task in the background (`background_tasks`, CLI 2.1.329).
    pub struct BackgroundTaskSummary {
        /// The task.
        pub id: String = "id",
        /// Its kind.
        pub kind: String = "type",
        /// Its state.
        pub status: String = "status",
        /// What it does.
        pub description: String = "description",
        /// The command of a shell.
        pub command: Option<String> = "command" declared,
        /// The type of an agent.
        pub agent_type: Option<String> = "agent_type",
        /// The MCP server of a tool.
        pub server: Option<String> = "server" declared,
        /// The tool.
        pub tool: Option<String> = "tool" declared,
        /// Its name.
        pub name: Option<String> = "name" declared,
    }
}

object! {
    /// Something scheduled (`session_crons`, CLI 2.1.329, declared, not seen).
    pub struct SessionCron {
        /// Identifies it.
        pub id: String = "id" declared,
        /// When: a cron expression.
        pub schedule: String = "schedule" declared,
        /// True if it repeats.
        pub recurring: bool = "recurring" declared,
        /// The prompt that will be run.
        pub prompt: String = "prompt" declared,
    }
}

output! {
    /// A hook's answer to a stop.
    StopOutput of "Stop" {
        /// A text for the model, which then continues; not an error.
        additional_context: String = "additionalContext",
    }
}

event! {
    /// The agent has stopped on an error of the API (`StopFailure`, CLI 2.1.329).
    StopFailure -> NoOutput {
        /// The class of the error.
        pub error: ApiErrorKind = "error" required,
        /// More about it.
        pub error_details: Option<String> = "error_details" declared,
        /// The agent's last message.
        pub last_assistant_message: Option<String> = "last_assistant_message",
    }
}

event! {
    /// A sub-agent starts (`SubagentStart`, CLI 2.1.329).
    SubagentStart -> SubagentStartOutput {
        /// The sub-agent.
        pub agent_id: String = "agent_id" required,
        /// Its type.
        pub agent_type: String = "agent_type",
    }
}

output! {
    /// A hook's answer to the start of a sub-agent.
    SubagentStartOutput of "SubagentStart" {
        /// A text for the sub-agent.
        additional_context: String = "additionalContext",
    }
}

event! {
    /// A sub-agent is about to stop (`SubagentStop`, CLI 2.1.329).
    SubagentStop -> SubagentStopOutput {
        /// True if it only continues because a hook has blocked its stop.
        pub stop_hook_active: bool = "stop_hook_active",
        /// The sub-agent.
        pub agent_id: String = "agent_id" required,
        /// The file with its transcript.
        pub agent_transcript_path: String = "agent_transcript_path",
        /// Its type.
        pub agent_type: String = "agent_type",
        /// Its last message.
        pub last_assistant_message: Option<String> = "last_assistant_message",
        /// What still runs in the background.
        pub background_tasks: Vec<BackgroundTaskSummary> = "background_tasks",
        /// What is scheduled.
        pub session_crons: Vec<SessionCron> = "session_crons",
    }
}

output! {
    /// A hook's answer to the stop of a sub-agent.
    SubagentStopOutput of "SubagentStop" {
        /// A text for the sub-agent, which then continues.
        additional_context: String = "additionalContext",
    }
}

event! {
    /// A teammate has nothing to do (`TeammateIdle`, CLI 2.1.329, declared, not seen).
    TeammateIdle -> NoOutput {
        /// The teammate.
        pub teammate_name: String = "teammate_name" required declared,
        /// Its team.
        pub team_name: String = "team_name" declared,
    }
}

event! {
    /// A task has been put on the list (`TaskCreated`, CLI 2.1.329, declared, not seen).
    TaskCreated -> NoOutput {
        /// The task.
        pub task_id: String = "task_id" required declared,
        /// What it is about.
        pub task_subject: String = "task_subject" declared,
        /// More about it.
        pub task_description: Option<String> = "task_description" declared,
        /// The teammate.
        pub teammate_name: Option<String> = "teammate_name" declared,
        /// Its team.
        pub team_name: Option<String> = "team_name" declared,
    }
}

event! {
    /// A task is done (`TaskCompleted`, CLI 2.1.329, declared, not seen).
    TaskCompleted -> NoOutput {
        /// The task.
        pub task_id: String = "task_id" required declared,
        /// What it is about.
        pub task_subject: String = "task_subject" declared,
        /// More about it.
        pub task_description: Option<String> = "task_description" declared,
        /// The teammate.
        pub teammate_name: Option<String> = "teammate_name" declared,
        /// Its team.
        pub team_name: Option<String> = "team_name" declared,
    }
}

adds_context!(StopOutput, SubagentStartOutput, SubagentStopOutput);
