//! Conversation: prompts, parts of a message, notifications, questions of MCP servers.

use crate::wire::control::ElicitationMode;
use crate::wire::json::RawJson;

event! {
    /// A prompt is about to be run (`UserPromptSubmit`, CLI 2.1.329). May block it, or add to it.
    UserPromptSubmit -> UserPromptSubmitOutput {
        /// The prompt.
        pub prompt: String = "prompt" required,
        /// Where it comes from.
        pub source: Option<PromptSource> = "source" declared,
        /// The session's title.
        pub session_title: Option<String> = "session_title" declared,
    }
}

open_enum! {
    /// Where a prompt comes from (`source`).
    pub enum PromptSource {
        User = "user",
        Sdk = "sdk",
        System = "system",
        LoopWakeup = "loop_wakeup",
        ScheduleWakeup = "schedule_wakeup",
        PollEvent = "poll_event",
    }
}

output! {
    /// A hook's answer to a prompt.
    UserPromptSubmitOutput of "UserPromptSubmit" {
        /// A text for the model.
        additional_context: String = "additionalContext",
        /// A new title for the session.
        session_title: String = "sessionTitle",
        /// True hides the prompt itself from the model.
        suppress_original_prompt: bool = "suppressOriginalPrompt",
    }
}

event! {
    /// A slash command or an MCP prompt is being expanded (`UserPromptExpansion`, CLI 2.1.329).
    UserPromptExpansion -> UserPromptExpansionOutput {
        /// What is expanded.
        pub expansion_type: ExpansionKind = "expansion_type" required,
        /// The command.
        pub command_name: String = "command_name",
        /// The text after the command.
        pub command_args: String = "command_args",
        /// Where the command is from.
        pub command_source: Option<String> = "command_source",
        /// What it expands to.
        pub prompt: String = "prompt",
    }
}

open_enum! {
    /// What is expanded into a prompt (`expansion_type`).
    pub enum ExpansionKind {
        SlashCommand = "slash_command",
        McpPrompt = "mcp_prompt",
    }
}

output! {
    /// A hook's answer to an expansion.
    UserPromptExpansionOutput of "UserPromptExpansion" {
        /// A text for the model.
        additional_context: String = "additionalContext",
        /// True hides the prompt itself from the model.
        suppress_original_prompt: bool = "suppressOriginalPrompt",
    }
}

event! {
    /// The CLI wants the user's attention (`Notification`, CLI 2.1.329).
    Notification -> NotificationOutput {
        /// What it says.
        pub message: String = "message" required,
        /// Its title.
        pub title: Option<String> = "title" declared,
        /// Its kind.
        pub notification_type: String = "notification_type",
    }
}

output! {
    /// A hook's answer to a notification.
    NotificationOutput of "Notification" {
        /// A text for the model.
        additional_context: String = "additionalContext",
    }
}

event! {
    /// A part of a message is about to be shown (`MessageDisplay`, CLI 2.1.329).
    MessageDisplay -> MessageDisplayOutput {
        /// The turn.
        pub turn_id: String = "turn_id",
        /// The message.
        pub message_id: String = "message_id",
        /// Counts the parts of the message.
        pub index: u64 = "index",
        /// True for the last part.
        pub is_final: bool = "final",
        /// The part.
        pub delta: String = "delta" required,
    }
}

output! {
    /// A hook's answer to a part of a message.
    MessageDisplayOutput of "MessageDisplay" {
        /// What is shown instead of the part.
        display_content: String = "displayContent",
    }
}

adds_context!(UserPromptSubmitOutput, UserPromptExpansionOutput, NotificationOutput);

event! {
    /// An MCP server asks the user (`Elicitation`, CLI 2.1.329). The hook may answer for the user.
    Elicitation -> ElicitationOutput {
        /// The server.
        pub mcp_server_name: String = "mcp_server_name" required,
        /// The question.
        pub message: String = "message",
        /// A form or a URL.
        pub mode: Option<ElicitationMode> = "mode",
        /// The URL.
        pub url: Option<String> = "url" declared,
        /// Identifies the elicitation.
        pub elicitation_id: Option<String> = "elicitation_id" declared,
        /// The JSON schema of the answer.
        pub requested_schema: Option<RawJson> = "requested_schema",
    }
}

open_enum! {
    /// What happens to the question (`action`).
    pub enum ElicitationAction {
        Accept = "accept",
        Decline = "decline",
        Cancel = "cancel",
    }
}

output! {
    /// A hook's answer to a question of an MCP server.
    ElicitationOutput of "Elicitation" {
        /// What happens to the question.
        action: ElicitationAction = "action",
        /// The answer, of the shape asked for.
        content: RawJson = "content",
    }
}

event! {
    /// The question of an MCP server has been answered (`ElicitationResult`, CLI 2.1.329). May
    /// change the answer.
    ElicitationResult -> ElicitationResultOutput {
        /// The server.
        pub mcp_server_name: String = "mcp_server_name" required,
        /// Identifies the elicitation.
        pub elicitation_id: Option<String> = "elicitation_id" declared,
        /// A form or a URL.
        pub mode: Option<ElicitationMode> = "mode",
        /// What happened to the question.
        pub action: ElicitationAction = "action",
        /// The answer.
        pub content: Option<RawJson> = "content",
    }
}

output! {
    /// A hook's change to an answer for an MCP server.
    ElicitationResultOutput of "ElicitationResult" {
        /// What happens to the question.
        action: ElicitationAction = "action",
        /// The answer that replaces the user's.
        content: RawJson = "content",
    }
}
