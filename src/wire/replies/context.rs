//! What fills the context window.

use crate::wire::usage::ContextCategoryKind;

object! {
    /// What fills the context window (reply to `get_context_usage`, CLI 2.1.329).
    pub struct ContextReport {
        /// Tokens by category.
        pub categories: Vec<CategoryTokens> = "categories" required,
        /// Tokens in use.
        pub total_tokens: u64 = "totalTokens" required,
        /// The size of the window that can be used, in tokens.
        pub max_tokens: u64 = "maxTokens" required,
        /// The size of the model's window, in tokens.
        pub raw_max_tokens: u64 = "rawMaxTokens" required,
        /// How full the window is, in percent.
        pub percentage: f64 = "percentage" required,
        /// Rows of squares for a picture of the window.
        pub grid_rows: Vec<Vec<GridSquare>> = "gridRows" required,
        /// The model.
        pub model: String = "model" required,
        /// Memory files.
        pub memory_files: Vec<MemoryFileTokens> = "memoryFiles" required,
        /// Tools of MCP servers.
        pub mcp_tools: Vec<McpToolTokens> = "mcpTools" required,
        /// Instructions of MCP servers.
        pub mcp_instructions: Vec<McpInstructionTokens> = "mcpInstructions",
        /// Built-in tools that are loaded on demand.
        pub deferred_builtin_tools: Vec<ToolTokens> = "deferredBuiltinTools",
        /// Built-in tools.
        pub system_tools: Vec<NamedTokens> = "systemTools",
        /// Sections of the system prompt.
        pub system_prompt_sections: Vec<NamedTokens> = "systemPromptSections",
        /// Sub-agents that the user or a plugin defined.
        pub agents: Vec<AgentTokens> = "agents" required,
        /// Slash commands.
        pub slash_commands: Option<CommandTokens> = "slashCommands",
        /// Skills.
        pub skills: Option<SkillsTokens> = "skills",
        /// The number of tokens at which the conversation is compacted.
        pub auto_compact_threshold: Option<u64> = "autoCompactThreshold",
        /// True if the conversation is compacted automatically.
        pub is_auto_compact_enabled: bool = "isAutoCompactEnabled" required,
        /// Where the threshold comes from, such as `model-default`.
        pub autocompact_source: Option<String> = "autocompactSource",
        /// The messages, by kind.
        pub message_breakdown: Option<MessageTokens> = "messageBreakdown",
        /// The API's last count; `None` before its first answer.
        pub api_usage: Option<ApiTokens> = "apiUsage",
        /// What it costs to continue once the cache has expired.
        pub cold_resume_quota: Option<ColdResume> = "coldResumeQuota" declared,
        /// Set while the window of compaction is raised.
        pub load_raise: Option<LoadRaise> = "loadRaise" declared,
    }
}

object! {
    /// Tokens of a category (an item of `categories`, CLI 2.1.329).
    pub struct CategoryTokens {
        /// The category, such as `system_prompt` or `free_space`.
        pub id: Option<String> = "id",
        /// Its name for display.
        pub name: String = "name",
        /// Its tokens.
        pub tokens: u64 = "tokens",
        /// The colour of its squares, as a name of the CLI's theme.
        pub color: String = "color",
        /// True if it is loaded on demand, and not counted.
        pub is_deferred: Option<bool> = "isDeferred",
        /// What it means for the window.
        pub kind: ContextCategoryKind = "kind",
    }
}

object! {
    /// A square of the picture (an item of a row of `gridRows`, CLI 2.1.329).
    pub struct GridSquare {
        /// Its colour, as a name of the CLI's theme.
        pub color: String = "color",
        /// True if it represents something in use.
        pub is_filled: bool = "isFilled",
        /// The category, by its name for display.
        pub category_name: String = "categoryName",
        /// The tokens of the category.
        pub tokens: u64 = "tokens",
        /// The category's share of the window, in percent.
        pub percentage: f64 = "percentage",
        /// How much of the square is filled, from 0 to 1.
        pub square_fullness: f64 = "squareFullness",
    }
}

object! {
    /// A memory file (an item of `memoryFiles`, CLI 2.1.329).
    pub struct MemoryFileTokens {
        /// The file.
        pub path: String = "path",
        /// Whose memory it is, such as `Project`.
        pub kind: String = "type",
        /// Its tokens.
        pub tokens: u64 = "tokens",
    }
}

object! {
    /// A tool of an MCP server (an item of `mcpTools`, CLI 2.1.329).
    pub struct McpToolTokens {
        /// The tool.
        pub name: String = "name",
        /// The server.
        pub server_name: String = "serverName",
        /// Its tokens.
        pub tokens: u64 = "tokens",
        /// False if it is loaded on demand and not yet loaded.
        pub is_loaded: Option<bool> = "isLoaded",
    }
}

object! {
    /// The instructions of an MCP server (an item of `mcpInstructions`, CLI 2.1.329, declared, not
    /// seen).
    pub struct McpInstructionTokens {
        /// The server.
        pub server_name: String = "serverName" declared,
        /// Their tokens.
        pub tokens: u64 = "tokens" declared,
    }
}

object! {
    /// A tool that is loaded on demand (an item of `deferredBuiltinTools`, CLI 2.1.329).
    pub struct ToolTokens {
        /// The tool.
        pub name: String = "name",
        /// Its tokens.
        pub tokens: u64 = "tokens",
        /// True if it was loaded.
        pub is_loaded: bool = "isLoaded",
    }
}

object! {
    /// Something with a name (an item of `systemTools` or `systemPromptSections`, CLI 2.1.329,
    /// declared, not seen).
    pub struct NamedTokens {
        /// The name.
        pub name: String = "name" declared,
        /// Its tokens.
        pub tokens: u64 = "tokens" declared,
    }
}

object! {
    /// A sub-agent that the user or a plugin defined (an item of `agents`, CLI 2.1.329, declared,
    /// not seen).
    pub struct AgentTokens {
        /// The type of agent.
        pub agent_type: String = "agentType" declared,
        /// Who defined it.
        pub source: String = "source" declared,
        /// The plugin that it belongs to.
        pub plugin_id: Option<String> = "pluginId" declared,
        /// The file that defines it.
        pub path: Option<String> = "path" declared,
        /// Its tokens.
        pub tokens: u64 = "tokens" declared,
    }
}

object! {
    /// Slash commands (`slashCommands`, CLI 2.1.329).
    pub struct CommandTokens {
        /// How many there are.
        pub total_commands: u64 = "totalCommands",
        /// How many of them the model sees.
        pub included_commands: u64 = "includedCommands",
        /// Their tokens.
        pub tokens: u64 = "tokens",
    }
}

object! {
    /// Skills (`skills`, CLI 2.1.329).
    pub struct SkillsTokens {
        /// How many there are.
        pub total_skills: u64 = "totalSkills",
        /// How many of them the model sees.
        pub included_skills: u64 = "includedSkills",
        /// Their tokens.
        pub tokens: u64 = "tokens",
        /// Each of them.
        pub skill_frontmatter: Vec<SkillTokens> = "skillFrontmatter",
    }
}

object! {
    /// A skill (an item of `skillFrontmatter`, CLI 2.1.329).
    pub struct SkillTokens {
        /// Its name.
        pub name: String = "name",
        /// Its origin, such as `built-in`.
        pub source: String = "source",
        /// The plugin's name.
        pub plugin_name: Option<String> = "pluginName" declared,
        /// The plugin.
        pub plugin_id: Option<String> = "pluginId" declared,
        /// The file that defines it.
        pub path: Option<String> = "path",
        /// Its tokens.
        pub tokens: u64 = "tokens",
    }
}

object! {
    /// The messages, by kind (`messageBreakdown`, CLI 2.1.329).
    pub struct MessageTokens {
        /// Tool calls.
        pub tool_call_tokens: u64 = "toolCallTokens",
        /// Tool results.
        pub tool_result_tokens: u64 = "toolResultTokens",
        /// What the CLI adds to prompts.
        pub attachment_tokens: u64 = "attachmentTokens",
        /// The model's texts.
        pub assistant_message_tokens: u64 = "assistantMessageTokens",
        /// Prompts.
        pub user_message_tokens: u64 = "userMessageTokens",
        /// Context that was moved elsewhere.
        pub redirected_context_tokens: u64 = "redirectedContextTokens",
        /// Everything else.
        pub unattributed_tokens: u64 = "unattributedTokens",
        /// Tool calls by tool.
        pub tool_calls_by_type: Vec<ToolCallTokens> = "toolCallsByType",
        /// What the CLI adds to prompts, by kind.
        pub attachments_by_type: Vec<AttachmentTokens> = "attachmentsByType",
    }
}

object! {
    /// The calls of one tool (an item of `toolCallsByType`, CLI 2.1.329).
    pub struct ToolCallTokens {
        /// The tool.
        pub name: String = "name",
        /// Tokens of its calls.
        pub call_tokens: u64 = "callTokens",
        /// Tokens of their results.
        pub result_tokens: u64 = "resultTokens",
    }
}

object! {
    /// One kind of addition to prompts (an item of `attachmentsByType`, CLI 2.1.329).
    pub struct AttachmentTokens {
        /// The kind, such as `skill_listing`.
        pub name: String = "name",
        /// Its tokens.
        pub tokens: u64 = "tokens",
    }
}

object! {
    /// The API's last count (`apiUsage`, CLI 2.1.329).
    pub struct ApiTokens {
        /// Input tokens that were not cached.
        pub input_tokens: u64 = "input_tokens",
        /// Output tokens.
        pub output_tokens: u64 = "output_tokens",
        /// Input tokens written to the cache.
        pub cache_creation_input_tokens: u64 = "cache_creation_input_tokens",
        /// Input tokens read from the cache.
        pub cache_read_input_tokens: u64 = "cache_read_input_tokens",
    }
}

object! {
    /// What it costs to continue once the cache has expired (`coldResumeQuota`, CLI 2.1.329,
    /// declared, not seen).
    pub struct ColdResume {
        /// Percent of the limit of five hours, for a million tokens.
        pub percent_per_million_tokens: f64 = "percentPerMillionTokens" declared,
        /// The smallest percentage that is worth mentioning.
        pub min_percent: f64 = "minPercent" declared,
    }
}

object! {
    /// A raised window of compaction (`loadRaise`, CLI 2.1.329, declared, not seen).
    pub struct LoadRaise {
        /// The window without it, in tokens.
        pub from_window: u64 = "fromWindow" declared,
        /// The window now, in tokens.
        pub to_window: u64 = "toWindow" declared,
    }
}
