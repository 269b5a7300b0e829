//! The reply to the handshake.

use std::collections::BTreeMap;

use crate::wire::RawJson;
use crate::wire::message::{
    FastModeDisabledReason, FastModeState, PermissionMode, SessionState, SlashCommand,
};

object! {
    /// What the CLI says of itself at the handshake (reply to `initialize`, CLI 2.1.329).
    pub struct ServerInfo {
        /// Slash commands and skills.
        pub commands: Vec<SlashCommand> = "commands" required,
        /// Types of sub-agents.
        pub agents: Vec<AgentInfo> = "agents" required,
        /// The output style.
        pub output_style: String = "output_style" required,
        /// The output styles to choose from.
        pub available_output_styles: Vec<String> = "available_output_styles" required,
        /// Where the user's own output styles are.
        pub user_output_styles_dir: Option<String> = "user_output_styles_dir",
        /// The models to choose from.
        pub models: Vec<ModelInfo> = "models" required,
        /// Who pays.
        pub account: AccountInfo = "account" required,
        /// The process id of the CLI.
        pub pid: Option<u32> = "pid",
        /// The version of the CLI.
        pub claude_code_version: Option<String> = "claude_code_version",
        /// What the session may do without asking.
        pub current_permission_mode: Option<PermissionMode> = "current_permission_mode",
        /// True when the host's hooks were registered; absent when it sent none.
        pub hooks_applied: Option<bool> = "hooks_applied",
        /// True when a hook may be declared to block where it fails.
        pub hook_on_failure_supported: Option<bool> = "hook_on_failure_supported",
        /// How many hooks keep what they declared for the case that nobody answers.
        pub hooks_when_unanswered_kept: Option<u64> = "hooks_when_unanswered_kept",
        /// True when another hook's "ask" outranks the host's answer.
        pub other_hook_ask_outranks_host: Option<bool> = "other_hook_ask_outranks_host",
        /// True when the host's plugins were taken.
        pub plugins_applied: Option<bool> = "plugins_applied" declared,
        /// True when the host's MCP servers were taken.
        pub mcp_servers_applied: Option<bool> = "mcp_servers_applied" declared,
        /// What became of the manifests of in-process MCP servers, by server.
        pub sdk_mcp_manifests_parked: BTreeMap<String, ManifestState> = "sdk_mcp_manifests_parked",
        /// True when the host's managed settings were taken.
        pub managed_settings_applied: Option<bool> = "managed_settings_applied" declared,
        /// True when the host's settings were taken.
        pub settings_applied: Option<bool> = "settings_applied" declared,
        /// True when the host's disallowed tools were taken.
        pub disallowed_tools_applied: Option<bool> = "disallowed_tools_applied" declared,
        /// True when the host's list of MCP tools that run code was taken.
        pub code_running_mcp_tools_applied: Option<bool> = "code_running_mcp_tools_applied" declared,
        /// Whether the user may be asked for feedback.
        pub feedback_mode: Option<FeedbackMode> = "feedback_mode",
        /// True when analytics are off.
        pub analytics_disabled: Option<bool> = "analytics_disabled",
        /// True when remote control starts with the session.
        pub remote_control_auto_enable: Option<bool> = "remote_control_auto_enable",
        /// What remote control does by default.
        pub remote_control_auto_connect_default: Option<bool> = "remote_control_auto_connect_default",
        /// True when remote control can be used.
        pub remote_control_available: Option<bool> = "remote_control_available",
        /// True when remote control is on unless switched off.
        pub remote_control_auto_on_by_default: Option<bool> = "remote_control_auto_on_by_default",
        /// The same for editors.
        pub ide_rc_auto_enable_gate: Option<bool> = "ide_rc_auto_enable_gate",
        /// State of the fast mode.
        pub fast_mode_state: Option<FastModeState> = "fast_mode_state",
        /// Why the fast mode is off.
        pub fast_mode_disabled_reason: Option<FastModeDisabledReason> = "fast_mode_disabled_reason",
        /// Whether a turn runs.
        pub session_state: Option<SessionState> = "session_state",
        /// Whether shell commands run in the CLI's sandbox: true, false or `"unknown"` (CLI 2.1.332).
        pub sandbox_enabled: Option<RawJson> = "sandbox_enabled",
        /// What the CLI can do, as an open set of names; shorter than the list of `system` / `init`.
        pub capabilities: Vec<String> = "capabilities",
    }
}

impl ServerInfo {
    /// True if and only if the CLI lists this capability in its reply to the handshake.
    pub fn supports(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|name| name == capability)
    }
}

object! {
    /// A type of sub-agent (an item of `agents`, CLI 2.1.329).
    pub struct AgentInfo {
        /// Its name.
        pub name: String = "name",
        /// When to use it.
        pub description: String = "description",
        /// The model that it runs on, where it has one of its own.
        pub model: Option<String> = "model",
    }
}

object! {
    /// A model to choose from (an item of `models`, CLI 2.1.329).
    pub struct ModelInfo {
        /// What to choose it by: the `model` of `set_model`.
        pub value: String = "value",
        /// The model that this stands for.
        pub resolved_model: Option<String> = "resolvedModel",
        /// Its name for display.
        pub display_name: String = "displayName",
        /// What it is good for.
        pub description: String = "description",
        /// True when the effort can be chosen.
        pub supports_effort: Option<bool> = "supportsEffort",
        /// The efforts to choose from.
        pub supported_effort_levels: Vec<String> = "supportedEffortLevels",
        /// True when the model decides how long it thinks.
        pub supports_adaptive_thinking: Option<bool> = "supportsAdaptiveThinking",
        /// True when it has a fast mode.
        pub supports_fast_mode: Option<bool> = "supportsFastMode",
        /// True when the permission mode `auto` works with it.
        pub supports_auto_mode: Option<bool> = "supportsAutoMode",
        /// True when its thinking can be switched off.
        pub supports_thinking_off: Option<bool> = "supportsThinkingOff",
        /// True when it is listed and cannot be chosen.
        pub disabled: Option<bool> = "disabled" declared,
    }
}

object! {
    /// Who pays (`account`, CLI 2.1.329).
    pub struct AccountInfo {
        /// The user.
        pub email: Option<String> = "email" declared,
        /// The user's organization.
        pub organization: Option<String> = "organization" declared,
        /// The plan.
        pub subscription_type: Option<String> = "subscriptionType" declared,
        /// Where the token came from, or `none`.
        pub token_source: Option<String> = "tokenSource",
        /// Where the API key came from.
        pub api_key_source: Option<String> = "apiKeySource",
        /// Who serves the model.
        pub api_provider: Option<ApiProvider> = "apiProvider",
    }
}

object! {
    /// Whether the user may be asked for feedback (`feedback_mode`, CLI 2.1.329).
    pub struct FeedbackMode {
        /// Such as `disabled`.
        pub kind: String = "kind",
    }
}

open_enum! {
    /// Who serves the model (`apiProvider`).
    pub enum ApiProvider {
        FirstParty = "firstParty",
        Bedrock = "bedrock",
        Vertex = "vertex",
        Foundry = "foundry",
        AnthropicAws = "anthropicAws",
        AnthropicGoogleCloud = "anthropicGoogleCloud",
        Mantle = "mantle",
        Gateway = "gateway",
    }
}

open_enum! {
    /// What became of the manifest of an in-process MCP server (`sdk_mcp_manifests_parked`).
    pub enum ManifestState {
        /// It is used.
        Parked = "parked",
        AlreadyConnected = "already_connected",
        ProtocolVersionMismatch = "protocol_version_mismatch",
        Malformed = "malformed",
        NotHonoured = "not_honoured",
    }
}
