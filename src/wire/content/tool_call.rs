//! The CLI's information about a tool call, in addition to its result.

object! {
    /// How one tool call was decided (`tool_result_meta`, CLI 2.1.329).
    pub struct ToolResultMeta {
        /// The tool call.
        pub id: String = "id",
        /// Why the tool did not run.
        pub non_execution_kind: Option<NonExecutionKind> = "non_execution_kind",
        /// Who allowed or refused it.
        pub permission_decision: Option<ToolPermissionDecision> = "permission_decision",
        /// The built-in tool that ran.
        pub built_in_tool: Option<String> = "built_in_tool" declared,
        /// Set if the call ended without running.
        pub call_ended: Option<CallEnded> = "call_ended" v2_1_332 declared,
        /// True if the MCP server itself wrote the output.
        pub mcp_own_output: Option<bool> = "mcp_own_output" v2_1_332 declared,
        /// What may help.
        pub remedy: Option<Remedy> = "remedy" declared,
        /// True if a plugin changed the result.
        pub rewritten_by_plugin: Option<bool> = "rewritten_by_plugin" v2_1_332 declared,
        /// The input that the tool ran with.
        pub run_input: Option<String> = "run_input" declared,
        /// What the user said about the refusal.
        pub user_feedback: Option<String> = "user_feedback" declared,
    }
}

object! {
    /// Who allowed or refused a tool call (`permission_decision`, CLI 2.1.329).
    pub struct ToolPermissionDecision {
        /// `accept` or `reject`.
        pub decision: String = "decision",
        /// Where the decision was made, such as `config`.
        pub source: Option<String> = "source",
        /// The kind of reason, such as `rule`.
        pub reason_type: Option<String> = "reason_type",
        /// The rule of the permission mode `auto` that decided.
        pub auto_mode_rule: Option<AutoModeRule> = "auto_mode_rule" declared,
        /// What happened to a plugin's approval.
        pub plugin_approval: Option<PluginApproval> = "plugin_approval" declared,
    }
}

open_enum! {
    /// Why a tool did not run (`non_execution_kind`).
    pub enum NonExecutionKind {
        PermissionRule = "permission-rule",
        UserRejected = "user-rejected",
        Interrupted = "interrupted",
        Cancelled = "cancelled",
        AutomodeBlocked = "automode-blocked",
        AutomodeUnavailable = "automode-unavailable",
        AutomodeParsingError = "automode-parsing-error",
    }
}

open_enum! {
    /// How a tool call ended that did not run (`call_ended`).
    pub enum CallEnded {
        NotStarted = "not_started",
    }
}

object! {
    /// A rule of the permission mode `auto` (`auto_mode_rule`, CLI 2.1.329, declared, not seen).
    pub struct AutoModeRule {
        /// The list that it is on.
        pub list: AutoModeList = "list" declared,
        /// The rule.
        pub name: String = "name" declared,
    }
}

open_enum! {
    /// The list that a rule of the permission mode `auto` is on (`list`).
    pub enum AutoModeList {
        Allow = "allow",
        SoftDeny = "soft_deny",
    }
}

open_enum! {
    /// What happened to a plugin's approval (`plugin_approval`).
    pub enum PluginApproval {
        Applied = "applied",
        Refused = "refused",
    }
}

object! {
    /// What may help after a failed tool call (`remedy`, CLI 2.1.329, declared, not seen).
    pub struct Remedy {
        /// What kind of help.
        pub kind: RemedyKind = "kind" declared,
        /// The MCP servers that it is about.
        pub servers: Option<Vec<String>> = "servers" declared,
        /// Whose login it concerns.
        pub provider: Option<String> = "provider" declared,
        /// The path that it is about.
        pub path: Option<String> = "path" declared,
        /// True if an administrator decides.
        pub managed: Option<bool> = "managed" declared,
        /// The feature that is off or refused.
        pub feature: Option<String> = "feature" declared,
        /// Why a feature is off.
        pub cause: Option<String> = "cause" declared,
        /// What the organization's policy says.
        pub policy_kind: Option<String> = "policy_kind" declared,
        /// What keeps a person from acting.
        pub blocker: Option<String> = "blocker" v2_1_332 declared,
    }
}

open_enum! {
    /// What may help after a failed tool call (`kind` of a `remedy`).
    pub enum RemedyKind {
        McpNeedsAuth = "mcp_needs_auth",
        McpDisabled = "mcp_disabled",
        McpRequiredMissing = "mcp_required_missing",
        AuthExpired = "auth_expired",
        AuthOverridden = "auth_overridden",
        AuthMissingScope = "auth_missing_scope",
        DesignNeedsAuthorization = "design_needs_authorization",
        SandboxViolation = "sandbox_violation",
        OutsideReadsBlocked = "outside_reads_blocked",
        MemoryPaused = "memory_paused",
        FeatureDisabled = "feature_disabled",
        PolicyDenied = "policy_denied",
        SpawnArgLimit = "spawn_arg_limit",
        StagedForReview = "staged_for_review",
        ContainerLimit = "container_limit",
        NeedsPerson = "needs_person",
        AdviceToClaude = "advice_to_claude",
    }
}
