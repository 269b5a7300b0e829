//! Shell commands in the text of a skill.

use super::output::Decides;
use super::tool::PermissionDecision;
use crate::wire::json::RawJson;

event! {
    /// A shell command in the text of a skill or a slash command is about to run
    /// (`PreSkillShellCommand`, CLI 2.1.332). May deny it; it runs unless a hook does.
    PreSkillShellCommand -> PreSkillShellCommandOutput {
        /// The shell tool, such as `Bash`.
        pub tool_name: String = "tool_name" v2_1_332,
        /// The command, as it would run.
        pub tool_input: SkillShellInput = "tool_input" required v2_1_332,
        /// Names this command; no tool call of the transcript has this id.
        pub tool_use_id: String = "tool_use_id" v2_1_332,
        /// The skill or slash command.
        pub command_name: String = "command_name" v2_1_332,
        /// Where that is from.
        pub command_source: Option<String> = "command_source" v2_1_332,
        /// Who wanted it.
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
    /// Who wanted a skill or a slash command (`invoked_by`).
    pub enum InvokedBy {
        /// A person, or a host.
        User = "user",
        /// The model.
        Claude = "claude",
        /// `other`, the CLI's own word.
        Unnamed = "other",
    }
}

output! {
    /// What a hook may answer to a shell command in the text of a skill.
    PreSkillShellCommandOutput of "PreSkillShellCommand" {
        /// Whether the command may run; anything but `allow` keeps it from running.
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
