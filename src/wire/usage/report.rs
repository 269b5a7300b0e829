//! Structured forms of the replies to `/context` and `/usage`.

use std::collections::BTreeMap;

use super::tokens::ModelUsage;

object! {
    /// What fills the context window (`context_usage`, CLI 2.1.329, declared, not seen).
    pub struct ContextUsage {
        /// The model.
        pub model: String = "model" declared,
        /// Tokens in use.
        pub total_tokens: u64 = "total_tokens" declared,
        /// The size of the window, in tokens.
        pub raw_max_tokens: u64 = "raw_max_tokens" declared,
        /// How full it is, in percent.
        pub percentage: f64 = "percentage" declared,
        /// How far it is over the limit.
        pub over_limit: Option<OverLimit> = "over_limit" declared,
        /// Tokens by category.
        pub categories: Vec<ContextCategory> = "categories" declared,
        /// Tokens by MCP tool.
        pub mcp_tools: Vec<ContextTool> = "mcp_tools" declared,
        /// Tokens by memory file.
        pub memory_files: Vec<ContextFile> = "memory_files" declared,
        /// Tokens by agent.
        pub agents: Vec<ContextAgent> = "agents" declared,
        /// Tokens by skill.
        pub skills: Vec<ContextSkill> = "skills" declared,
    }
}

object! {
    /// Tokens of one category (an item of `categories`, CLI 2.1.329, declared, not seen).
    pub struct ContextCategory {
        /// The category's name.
        pub name: String = "name" declared,
        /// Its tokens.
        pub tokens: u64 = "tokens" declared,
        /// What the category means for the window.
        pub kind: ContextCategoryKind = "kind" declared,
    }
}

open_enum! {
    /// What a category means for the context window (`kind` of a category).
    pub enum ContextCategoryKind {
        Used = "used",
        Free = "free",
        Buffer = "buffer",
        Deferred = "deferred",
    }
}

object! {
    /// Cost and limits (`usage_report`, CLI 2.1.329, declared, not seen).
    pub struct UsageReport {
        /// The session's totals.
        pub session: SessionTotals = "session" declared,
        /// The limits of the plan; `None` without a plan.
        pub rate_limits: Option<PlanLimits> = "rate_limits" declared,
    }
}

object! {
    /// Totals of a session (`session` of the reply to `get_usage`, CLI 2.1.332, and of a `usage_report`,
    /// declared, not seen).
    pub struct SessionTotals {
        /// Cost in US dollars.
        pub total_cost_usd: f64 = "total_cost_usd" v2_1_332,
        /// Time spent in API calls, in milliseconds.
        pub total_api_duration_ms: f64 = "total_api_duration_ms" v2_1_332,
        /// Wall time, in milliseconds.
        pub total_duration_ms: f64 = "total_duration_ms" v2_1_332,
        /// Lines of code added.
        pub total_lines_added: u64 = "total_lines_added" v2_1_332,
        /// Lines of code removed.
        pub total_lines_removed: u64 = "total_lines_removed" v2_1_332,
        /// Tokens and cost by model.
        pub model_usage: BTreeMap<String, ModelUsage> = "model_usage" v2_1_332,
    }
}

object! {
    /// Limits of the plan (`rate_limits` of a `usage_report`, CLI 2.1.329, declared, not seen).
    pub struct PlanLimits {
        /// The limits.
        pub limits: Vec<PlanLimit> = "limits" declared,
        /// Usage beyond the plan.
        pub extra_usage: Option<ExtraUsage> = "extra_usage" declared,
    }
}

object! {
    /// One limit (an item of `limits`, CLI 2.1.329, declared, not seen).
    pub struct PlanLimit {
        /// Which limit it is.
        pub kind: String = "kind" declared,
        /// The group it belongs to.
        pub group: String = "group" declared,
        /// How much is used up, in percent.
        pub percent: f64 = "percent" declared,
        /// When it resets, ISO 8601.
        pub resets_at: Option<String> = "resets_at" declared,
        /// The model or surface that it applies to.
        pub scope: Option<LimitScope> = "scope" declared,
        /// How close the limit is.
        pub severity: String = "severity" declared,
        /// True for the limit that currently applies.
        pub is_active: bool = "is_active" declared,
    }
}

object! {
    /// Usage beyond the plan (`extra_usage`, CLI 2.1.329, declared, not seen).
    pub struct ExtraUsage {
        /// True if it may be used.
        pub is_enabled: bool = "is_enabled" declared,
        /// The maximum cost of a month.
        pub monthly_limit: Option<f64> = "monthly_limit" declared,
        /// What has been used.
        pub used_credits: Option<f64> = "used_credits" declared,
        /// How much is used up.
        pub utilization: Option<f64> = "utilization" declared,
        /// The currency of both.
        pub currency: Option<String> = "currency" declared,
    }
}

object! {
    /// How far the context is over its limit (`over_limit`, CLI 2.1.329, declared, not seen).
    pub struct OverLimit {
        /// By how many tokens.
        pub tokens_over: u64 = "tokens_over" declared,
        /// Which limit.
        pub kind: OverLimitKind = "kind" declared,
    }
}

open_enum! {
    /// Which limit the context is over (`kind` of an `over_limit`).
    pub enum OverLimitKind {
        HardLimit = "hard_limit",
        CompactionWindow = "compaction_window",
    }
}

object! {
    /// Tokens of an MCP tool (an item of `mcp_tools`, CLI 2.1.329, declared, not seen).
    pub struct ContextTool {
        /// The tool, as it is on the wire.
        pub name: String = "name" declared,
        /// The server.
        pub server_name: String = "server_name" declared,
        /// Its tokens.
        pub tokens: u64 = "tokens" declared,
    }
}

object! {
    /// Tokens of a memory file (an item of `memory_files`, CLI 2.1.329, declared, not seen).
    pub struct ContextFile {
        /// The file.
        pub path: String = "path" declared,
        /// Whose it is, for display.
        pub kind: String = "type" declared,
        /// Its tokens.
        pub tokens: u64 = "tokens" declared,
    }
}

object! {
    /// Tokens of an agent (an item of `agents`, CLI 2.1.329, declared, not seen).
    pub struct ContextAgent {
        /// The agent's type.
        pub agent_type: String = "agent_type" declared,
        /// Its source.
        pub source: String = "source" declared,
        /// Its tokens.
        pub tokens: u64 = "tokens" declared,
    }
}

object! {
    /// Tokens of a skill (an item of `skills`, CLI 2.1.329, declared, not seen).
    pub struct ContextSkill {
        /// The skill.
        pub name: String = "name" declared,
        /// Its source.
        pub source: String = "source" declared,
        /// The plugin that it is from.
        pub plugin_name: Option<String> = "plugin_name" declared,
        /// Its tokens.
        pub tokens: u64 = "tokens" declared,
    }
}

object! {
    /// What a limit is for (`scope` of a limit, CLI 2.1.329, declared, not seen).
    pub struct LimitScope {
        /// The model.
        pub model: Option<ScopeName> = "model" declared,
        /// The surface.
        pub surface: Option<ScopeName> = "surface" declared,
    }
}

object! {
    /// A name for display (`model` and `surface` of a scope, CLI 2.1.329, declared, not seen).
    pub struct ScopeName {
        /// The name.
        pub display_name: String = "display_name" declared,
    }
}
