//! Sub-agents.

use crate::wire::content::ContentBlock;
use crate::wire::message::Effort;
use crate::wire::permission::PermissionMode;
use crate::wire::usage::Usage;

tool! {
    /// Starts a sub-agent. Its earlier name is `Task`, and the list of tools in `system/init` still
    /// has that name.
    pub enum Agent = "Agent": AgentInput -> AgentOutput;
}

object! {
    /// The input of `Agent` (CLI 2.1.329).
    pub struct AgentInput {
        /// The task in a few words.
        pub description: String = "description",
        /// The task.
        pub prompt: String = "prompt",
        /// The kind of agent.
        pub subagent_type: Option<String> = "subagent_type",
        /// The model, such as `sonnet`.
        pub model: Option<String> = "model" declared,
        /// How hard it works.
        pub effort: Option<Effort> = "effort" declared,
        /// False if the call waits for the agent's end.
        pub run_in_background: Option<bool> = "run_in_background",
        /// The agent's name in messages to it.
        pub name: Option<String> = "name" declared,
        /// Ignored by the CLI.
        pub team_name: Option<String> = "team_name" declared,
        /// Ignored by the CLI.
        pub mode: Option<PermissionMode> = "mode" declared,
        /// Where it works, if not in the same files.
        pub isolation: Option<AgentIsolation> = "isolation" declared,
    }
}

open_enum! {
    /// Where an agent works (`isolation`).
    pub enum AgentIsolation {
        /// In a separate git worktree.
        Worktree = "worktree",
        /// In the cloud.
        Remote = "remote",
    }
}

object! {
    /// The output of `Agent` (CLI 2.1.329). Which fields there are depends on `status`: a completed
    /// agent has its report and counts, one in the background a file.
    pub struct AgentOutput {
        /// Whether it has ended.
        pub status: AgentStatus = "status",
        /// The agent.
        pub agent_id: Option<String> = "agentId",
        /// The kind of agent.
        pub agent_type: Option<String> = "agentType",
        /// The task.
        pub prompt: String = "prompt",
        /// The task in a few words.
        pub description: Option<String> = "description",
        /// Its model; the last one, if there were several.
        pub resolved_model: Option<String> = "resolvedModel",
        /// All its models, in order.
        pub models_used: Option<Vec<String>> = "modelsUsed" declared,
        /// Its report.
        pub content: Option<Vec<ContentBlock>> = "content",
        /// How many tool calls it made.
        pub total_tool_use_count: Option<u64> = "totalToolUseCount",
        /// How long it took, in milliseconds.
        pub total_duration_ms: Option<f64> = "totalDurationMs",
        /// The tokens of its last request.
        pub total_tokens: Option<u64> = "totalTokens",
        /// The same in detail.
        pub usage: Option<Usage> = "usage",
        /// The tools that it used.
        pub tools_used: Option<Vec<String>> = "toolsUsed",
        /// What it used them for.
        pub tool_stats: Option<AgentToolStats> = "toolStats",
        /// How many blocks at the start of `content` the CLI wrote itself (internal to the CLI).
        pub harness_note_count: Option<u64> = "harnessNoteCount",
        /// The same at its end (internal to the CLI).
        pub harness_tail_count: Option<u64> = "harnessTailCount",
        /// A digest of `content` (internal to the CLI).
        pub harness_section_hash: Option<String> = "harnessSectionHash",
        /// Its worktree.
        pub worktree_path: Option<String> = "worktreePath" declared,
        /// The branch of its worktree.
        pub worktree_branch: Option<String> = "worktreeBranch" declared,
        /// True for an agent in the background.
        pub is_async: Option<bool> = "isAsync",
        /// The file that grows with its progress.
        pub output_file: Option<String> = "outputFile",
        /// True if the caller has the tools to read that file.
        pub can_read_output_file: Option<bool> = "canReadOutputFile",
        /// True if the caller can send it another message.
        pub can_continue_agent: Option<bool> = "canContinueAgent",
        /// The task of an agent in the cloud.
        pub task_id: Option<String> = "taskId" declared,
        /// The page of an agent in the cloud.
        pub session_url: Option<String> = "sessionUrl" declared,
    }
}

open_enum! {
    /// Whether an agent has ended (`status` in the output of `Agent`).
    pub enum AgentStatus {
        Completed = "completed",
        AsyncLaunched = "async_launched",
        RemoteLaunched = "remote_launched",
    }
}

object! {
    /// What an agent used its tools for (`toolStats`, CLI 2.1.332).
    pub struct AgentToolStats {
        /// Reads of files.
        pub read_count: u64 = "readCount",
        /// Searches.
        pub search_count: u64 = "searchCount",
        /// Shell commands.
        pub bash_count: u64 = "bashCount",
        /// Edits of files.
        pub edit_file_count: u64 = "editFileCount",
        /// Lines that they added.
        pub lines_added: u64 = "linesAdded",
        /// Lines that they removed.
        pub lines_removed: u64 = "linesRemoved",
        /// Other tool calls.
        pub other_tool_count: u64 = "otherToolCount",
        /// Uses of a browser.
        pub frame_count: Option<u64> = "frameCount" declared,
    }
}
