//! Texts for the user and news for a screen.

use super::init::SlashCommand;
use crate::wire::message::vocabulary::DecisionReasonCode;

object! {
    /// Output of a local command (`system` / `local_command_output`, CLI 2.1.329, declared, not seen).
    pub struct LocalCommandOutput {
        /// The output.
        pub content: String = "content" declared,
    }
}

object! {
    /// A short text for the user's screen (`system` / `notification`, CLI 2.1.329).
    pub struct Notification {
        /// Names the text; a new one with the same key replaces it.
        pub key: String = "key",
        /// The text.
        pub text: String = "text",
        /// How urgent it is.
        pub priority: NotificationPriority = "priority",
        /// The colour to show it in.
        pub color: Option<String> = "color" declared,
        /// How long to show it, in milliseconds.
        pub timeout_ms: Option<f64> = "timeout_ms" declared,
    }
}

open_enum! {
    /// How urgent a notification is (`priority` of a notification).
    pub enum NotificationPriority {
        Low = "low",
        Medium = "medium",
        High = "high",
        Immediate = "immediate",
    }
}

object! {
    /// A tool call was refused without asking anybody (`system` / `permission_denied`, CLI 2.1.329). Not sent for every refusal; the list of
    /// `permission_denials` in the result is complete.
    pub struct PermissionDenied {
        /// The tool.
        pub tool_name: String = "tool_name",
        /// The call.
        pub tool_use_id: String = "tool_use_id",
        /// The sub-agent.
        pub agent_id: Option<String> = "agent_id" declared,
        /// The kind of reason, an open set.
        pub decision_reason_type: Option<String> = "decision_reason_type" declared,
        /// The reason.
        pub decision_reason: Option<String> = "decision_reason" declared,
        /// The text that the model was given.
        pub message: String = "message",
        /// A code for the reason.
        pub decision_reason_code: Option<DecisionReasonCode> = "decision_reason_code" v2_1_332,
    }
}

object! {
    /// The slash commands are now these (`system` / `commands_changed`, CLI 2.1.329, declared, not seen).
    pub struct CommandsChanged {
        /// The whole list.
        pub commands: Vec<SlashCommand> = "commands" required declared,
    }
}

object! {
    /// The user is through with an elicitation at a URL (`system` / `elicitation_complete`, CLI 2.1.329, declared, not seen).
    pub struct ElicitationComplete {
        /// The MCP server that asked.
        pub mcp_server_name: String = "mcp_server_name" declared,
        /// The elicitation.
        pub elicitation_id: String = "elicitation_id" declared,
    }
}
