//! What is said: prompts, notifications, pieces of a message.

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
    /// What a hook may answer to a prompt.
    UserPromptSubmitOutput of "UserPromptSubmit" {
        /// A text for the model.
        additional_context: String = "additionalContext",
        /// A new title for the session.
        session_title: String = "sessionTitle",
        /// True keeps the prompt itself from the model.
        suppress_original_prompt: bool = "suppressOriginalPrompt",
    }
}

event! {
    /// A slash command or an MCP prompt is being expanded (`UserPromptExpansion`, CLI 2.1.329, declared only).
    UserPromptExpansion -> UserPromptExpansionOutput {
        /// What is expanded.
        pub expansion_type: ExpansionKind = "expansion_type" required declared,
        /// The command.
        pub command_name: String = "command_name" declared,
        /// What stands behind it.
        pub command_args: String = "command_args" declared,
        /// Where the command is from.
        pub command_source: Option<String> = "command_source" declared,
        /// What it expands to.
        pub prompt: String = "prompt" declared,
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
    /// What a hook may answer to an expansion.
    UserPromptExpansionOutput of "UserPromptExpansion" {
        /// A text for the model.
        additional_context: String = "additionalContext",
        /// True keeps the prompt itself from the model.
        suppress_original_prompt: bool = "suppressOriginalPrompt",
    }
}

event! {
    /// The CLI wants the user's attention (`Notification`, CLI 2.1.329, declared only).
    Notification -> NotificationOutput {
        /// What it says.
        pub message: String = "message" required declared,
        /// Its title.
        pub title: Option<String> = "title" declared,
        /// Its kind.
        pub notification_type: String = "notification_type" declared,
    }
}

output! {
    /// What a hook may answer to a notification.
    NotificationOutput of "Notification" {
        /// A text for the model.
        additional_context: String = "additionalContext",
    }
}

event! {
    /// A piece of a message is about to be shown (`MessageDisplay`, CLI 2.1.329, declared only).
    MessageDisplay -> MessageDisplayOutput {
        /// The turn.
        pub turn_id: String = "turn_id" declared,
        /// The message.
        pub message_id: String = "message_id" declared,
        /// Counts the pieces of the message.
        pub index: u64 = "index" declared,
        /// True for the last piece.
        pub is_final: bool = "final" declared,
        /// The piece.
        pub delta: String = "delta" required declared,
    }
}

output! {
    /// What a hook may answer to a piece of a message.
    MessageDisplayOutput of "MessageDisplay" {
        /// What is shown in place of the piece.
        display_content: String = "displayContent",
    }
}

adds_context!(UserPromptSubmitOutput, UserPromptExpansionOutput, NotificationOutput);
