//! What was loaded again.

use super::mcp::McpServerStatus;
use super::server::AgentInfo;
use crate::wire::message::{Plugin, SlashCommand};

object! {
    /// The plugins, and what they bring (reply to `reload_plugins`, CLI 2.1.329).
    pub struct ReloadedPlugins {
        /// Slash commands and skills.
        pub commands: Vec<SlashCommand> = "commands" required,
        /// Types of sub-agents.
        pub agents: Vec<AgentInfo> = "agents" required,
        /// The plugins.
        pub plugins: Vec<Plugin> = "plugins" required,
        /// MCP servers.
        pub mcp_servers: Vec<McpServerStatus> = "mcpServers" required,
        /// How many errors there were.
        pub error_count: u64 = "error_count" required,
        /// True when nothing was loaded, because the cache would have been lost.
        pub held: Option<bool> = "held" declared,
        /// What the cache would be lost to.
        pub cache_impact: Option<CacheImpact> = "cache_impact" declared,
    }
}

object! {
    /// What a cache of the API would be lost to (`cache_impact`, CLI 2.1.329, declared, not seen).
    pub struct CacheImpact {
        /// MCP servers that would come.
        pub mcp_servers_added: Vec<String> = "mcp_servers_added" declared,
        /// MCP servers that would go.
        pub mcp_servers_removed: Vec<String> = "mcp_servers_removed" declared,
        /// What would happen to the tool for language servers, such as `adds` or `may-remove`.
        pub lsp_tool_change: Option<String> = "lsp_tool_change" declared,
    }
}

object! {
    /// The skills (reply to `reload_skills`, CLI 2.1.329).
    pub struct ReloadedSkills {
        /// The skills.
        pub skills: Vec<SlashCommand> = "skills" required,
    }
}

object! {
    /// The output styles (reply to `reload_output_styles`, CLI 2.1.329).
    pub struct ReloadedOutputStyles {
        /// The output styles to choose from.
        pub available_output_styles: Vec<String> = "available_output_styles" required,
    }
}
