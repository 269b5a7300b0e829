//! Tools: before, after, and all of a message together; and the shell commands in the text of a
//! skill.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::traits::Decides;
use crate::wire::control::McpProvenance;
use crate::wire::json::RawJson;

event! {
    /// A tool is about to run (`PreToolUse`, CLI 2.1.329). May allow or deny it, or change its
    /// input.
    PreToolUse -> PreToolUseOutput {
        /// The tool.
        pub tool_name: String = "tool_name" required,
        /// Its input.
        pub tool_input: RawJson = "tool_input",
        /// The tool call.
        pub tool_use_id: String = "tool_use_id",
        /// The MCP server of the tool.
        pub mcp_server: Option<McpProvenance> = "mcp_server",
    }
}

output! {
    /// A hook's answer before a tool runs.
    PreToolUseOutput of "PreToolUse" {
        /// Whether the tool may run.
        permission_decision: PermissionDecision = "permissionDecision",
        /// The reason. The model reads that of a denial.
        permission_decision_reason: String = "permissionDecisionReason",
        /// The input that replaces the requested one: an object.
        updated_input: RawJson = "updatedInput",
        /// A text for the model.
        additional_context: String = "additionalContext",
        /// What the permission question shows, if there is one; for some hosts only.
        permission_display: PermissionDisplay = "permissionDisplay",
    }
}

object! {
    /// What a permission question shows (`permissionDisplay`, CLI 2.1.329, declared, not seen).
    pub struct PermissionDisplay {
        /// Its title.
        pub title: String = "title" declared,
        /// What the call does.
        pub description: String = "description" declared,
        /// The tool's name.
        pub display_name: String = "displayName" declared,
    }
}

impl PermissionDisplay {
    /// Sets all three texts.
    pub fn new(
        title: impl Into<String>,
        description: impl Into<String>,
        display_name: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            description: description.into(),
            display_name: display_name.into(),
        }
    }
}

impl Serialize for PermissionDisplay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("title", &self.title)?;
        map.serialize_entry("description", &self.description)?;
        map.serialize_entry("displayName", &self.display_name)?;
        map.end()
    }
}

open_enum! {
    /// A hook's decision about a permission question (`permissionDecision`).
    pub enum PermissionDecision {
        Allow = "allow",
        Deny = "deny",
        /// The user, or the host's permission handler, is asked.
        Ask = "ask",
        /// The tool does not run, and the turn ends with the call open, for the host to continue.
        Defer = "defer",
    }
}

event! {
    /// A tool has run (`PostToolUse`, CLI 2.1.329). The hook may change the result that the model
    /// sees.
    PostToolUse -> PostToolUseOutput {
        /// The tool.
        pub tool_name: String = "tool_name" required,
        /// Its input.
        pub tool_input: RawJson = "tool_input",
        /// Its result, whatever its shape.
        pub tool_response: RawJson = "tool_response",
        /// The tool call.
        pub tool_use_id: String = "tool_use_id",
        /// How long it took, in milliseconds.
        pub duration_ms: Option<f64> = "duration_ms",
        /// The MCP server of the tool.
        pub mcp_server: Option<McpProvenance> = "mcp_server",
    }
}

output! {
    /// A hook's answer after a tool has run.
    PostToolUseOutput of "PostToolUse" {
        /// A text for the model.
        additional_context: String = "additionalContext",
        /// A text for the classifier of the permission mode `auto`: at most 2000 UTF-16 units, and
        /// not from the background.
        classifier_context: String = "classifierContext",
        /// The result that replaces the tool's own.
        updated_tool_output: RawJson = "updatedToolOutput",
        /// The result that replaces an MCP tool's own.
        updated_mcp_tool_output: RawJson = "updatedMCPToolOutput",
    }
}

event! {
    /// A tool has failed (`PostToolUseFailure`, CLI 2.1.329).
    PostToolUseFailure -> PostToolUseFailureOutput {
        /// The tool.
        pub tool_name: String = "tool_name" required,
        /// Its input.
        pub tool_input: RawJson = "tool_input",
        /// The tool call.
        pub tool_use_id: String = "tool_use_id",
        /// What went wrong.
        pub error: String = "error",
        /// True if it was interrupted.
        pub is_interrupt: Option<bool> = "is_interrupt",
        /// How long it took, in milliseconds.
        pub duration_ms: Option<f64> = "duration_ms",
        /// The MCP server of the tool.
        pub mcp_server: Option<McpProvenance> = "mcp_server" declared,
    }
}

output! {
    /// A hook's answer after a tool has failed.
    PostToolUseFailureOutput of "PostToolUseFailure" {
        /// A text for the model.
        additional_context: String = "additionalContext",
    }
}

event! {
    /// All tools of one message have run (`PostToolBatch`, CLI 2.1.329).
    PostToolBatch -> PostToolBatchOutput {
        /// The calls.
        pub tool_calls: Vec<BatchedCall> = "tool_calls" required,
    }
}

object! {
    /// One call of a batch (`tool_calls`, CLI 2.1.329).
    pub struct BatchedCall {
        /// The tool.
        pub tool_name: String = "tool_name",
        /// Its input.
        pub tool_input: RawJson = "tool_input",
        /// The tool call.
        pub tool_use_id: String = "tool_use_id",
        /// Its result.
        pub tool_response: Option<RawJson> = "tool_response",
    }
}

output! {
    /// A hook's answer after a batch of tools.
    PostToolBatchOutput of "PostToolBatch" {
        /// A text for the model.
        additional_context: String = "additionalContext",
    }
}

adds_context!(PreToolUseOutput, PostToolUseOutput, PostToolUseFailureOutput, PostToolBatchOutput);

impl Decides for PreToolUseOutput {
    fn of_allow() -> Self {
        Self::default().permission_decision(PermissionDecision::Allow)
    }

    fn of_deny(reason: String) -> Self {
        Self::default()
            .permission_decision(PermissionDecision::Deny)
            .permission_decision_reason(reason)
    }
}

event! {
    /// A shell command in the text of a skill or a slash command is about to run
    /// (`PreSkillShellCommand`, CLI 2.1.332). May deny it; it runs unless a hook does.
    PreSkillShellCommand -> PreSkillShellCommandOutput {
        /// The shell tool, such as `Bash`.
        pub tool_name: String = "tool_name" v2_1_332,
        /// The command, as it would run.
        pub tool_input: SkillShellInput = "tool_input" required v2_1_332,
        /// Identifies this command; no tool call of the transcript has this id.
        pub tool_use_id: String = "tool_use_id" v2_1_332,
        /// The skill or slash command.
        pub command_name: String = "command_name" v2_1_332,
        /// Its source.
        pub command_source: Option<String> = "command_source" v2_1_332,
        /// Who invoked it.
        pub invoked_by: InvokedBy = "invoked_by" v2_1_332,
    }
}

object! {
    /// A shell command in the text of a skill (`tool_input`, CLI 2.1.332).
    pub struct SkillShellInput: raw {
        /// The command, with its arguments filled in.
        pub command: String = "command" required v2_1_332,
    }
}

open_enum! {
    /// Who invoked a skill or a slash command (`invoked_by`).
    pub enum InvokedBy {
        /// A person, or a host.
        User = "user",
        /// The model.
        Claude = "claude",
        /// `other`, a value of the CLI.
        Unnamed = "other",
    }
}

output! {
    /// A hook's answer to a shell command in the text of a skill.
    PreSkillShellCommandOutput of "PreSkillShellCommand" {
        /// Whether the command may run; any value but `allow` keeps it from running.
        permission_decision: PermissionDecision = "permissionDecision" v2_1_332,
        /// Why.
        permission_decision_reason: String = "permissionDecisionReason" v2_1_332,
        /// Never applied: any value keeps the command from running.
        updated_input: RawJson = "updatedInput" v2_1_332,
    }
}

impl Decides for PreSkillShellCommandOutput {
    fn of_allow() -> Self {
        Self::default().permission_decision(PermissionDecision::Allow)
    }

    fn of_deny(reason: String) -> Self {
        Self::default()
            .permission_decision(PermissionDecision::Deny)
            .permission_decision_reason(reason)
    }
}
