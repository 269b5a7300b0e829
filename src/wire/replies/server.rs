//! What the CLI offers: the reply to the handshake, and the replies to reloads.

use std::collections::BTreeMap;

use super::mcp::McpServerStatus;
use crate::wire::message::{FastModeDisabledReason, FastModeState};
use crate::wire::permission::PermissionMode;
use crate::wire::system::init::{FooterIndicator, LoadedPlugin, SandboxState, SlashCommand};
use crate::wire::system::status::SessionActivity;

object! {
    /// The CLI's description of itself at the handshake (reply to `initialize`, CLI 2.1.329).
    pub struct ServerInfo {
        /// Slash commands and skills.
        pub commands: Vec<SlashCommand> = "commands" required,
        /// Types of sub-agents.
        pub agents: Vec<AgentInfo> = "agents" required,
        /// The output style.
        pub output_style: String = "output_style" required,
        /// The available output styles.
        pub available_output_styles: Vec<String> = "available_output_styles" required,
        /// Where the user's own output styles are.
        pub user_output_styles_dir: Option<String> = "user_output_styles_dir",
        /// The available models.
        pub models: Vec<ModelInfo> = "models" required,
        /// The account that pays.
        pub account: AccountInfo = "account" required,
        /// The process id of the CLI.
        pub pid: Option<u32> = "pid",
        /// The version of the CLI.
        pub claude_code_version: Option<String> = "claude_code_version",
        /// What the session may do without asking.
        pub current_permission_mode: Option<PermissionMode> = "current_permission_mode",
        /// True if the host's hooks were registered; absent when it sent none.
        pub hooks_applied: Option<bool> = "hooks_applied",
        /// True if a hook may declare that its failure blocks.
        pub hook_on_failure_supported: Option<bool> = "hook_on_failure_supported",
        /// How many hooks keep their declared default for the case that the host does not answer.
        pub hooks_when_unanswered_kept: Option<u64> = "hooks_when_unanswered_kept",
        /// True if another hook's "ask" outranks the host's answer.
        pub other_hook_ask_outranks_host: Option<bool> = "other_hook_ask_outranks_host",
        /// True if the host's plugins were accepted.
        pub plugins_applied: Option<bool> = "plugins_applied" declared,
        /// True if the host's MCP servers were accepted.
        pub mcp_servers_applied: Option<bool> = "mcp_servers_applied",
        /// What happened to the manifests of in-process MCP servers, by server.
        pub sdk_mcp_manifests_parked: BTreeMap<String, ManifestState> = "sdk_mcp_manifests_parked",
        /// True if the host's managed settings were accepted.
        pub managed_settings_applied: Option<bool> = "managed_settings_applied" v2_1_332,
        /// True if the host's settings were accepted.
        pub settings_applied: Option<bool> = "settings_applied" v2_1_332,
        /// True if the host's disallowed tools were accepted.
        pub disallowed_tools_applied: Option<bool> = "disallowed_tools_applied" declared,
        /// The host's list of MCP tools that run code, as it was accepted: tools by server.
        pub code_running_mcp_tools_applied: Option<BTreeMap<String, Vec<String>>> = "code_running_mcp_tools_applied" declared,
        /// Whether the user may be requested feedback.
        pub feedback_mode: Option<FeedbackMode> = "feedback_mode",
        /// True if analytics are off.
        pub analytics_disabled: Option<bool> = "analytics_disabled",
        /// True if remote control starts with the session.
        pub remote_control_auto_enable: Option<bool> = "remote_control_auto_enable",
        /// The default of remote control.
        pub remote_control_auto_connect_default: Option<bool> = "remote_control_auto_connect_default",
        /// True if remote control can be used.
        pub remote_control_available: Option<bool> = "remote_control_available",
        /// True if remote control is on unless switched off.
        pub remote_control_auto_on_by_default: Option<bool> = "remote_control_auto_on_by_default",
        /// The default for editors.
        pub ide_rc_auto_enable_gate: Option<bool> = "ide_rc_auto_enable_gate",
        /// State of the fast mode.
        pub fast_mode_state: Option<FastModeState> = "fast_mode_state",
        /// Why the fast mode is off.
        pub fast_mode_disabled_reason: Option<FastModeDisabledReason> = "fast_mode_disabled_reason",
        /// Whether a turn is running.
        pub session_state: Option<SessionActivity> = "session_state",
        /// Whether shell commands run in the CLI's sandbox: true, false or `"unknown"` (CLI
        /// 2.1.332).
        pub sandbox_enabled: Option<SandboxState> = "sandbox_enabled" v2_1_332,
        /// The CLI's capabilities, as an open set of names; shorter than the list of `system` /
        /// `init`.
        pub capabilities: Vec<String> = "capabilities",
        /// The sources of the token and the key, if both are configured.
        pub auth_conflict: Option<AuthConflict> = "auth_conflict" declared,
        /// The permission mode to present to the user as the new default.
        pub auto_default_nudge: Option<PermissionMode> = "auto_default_nudge" declared,
        /// Set if the session starts in `auto` instead of `bypassPermissions`.
        pub bypass_auto_switch: Option<BypassSwitch> = "bypass_auto_switch" v2_1_332 declared,
        /// True if the browser should be connected at the start.
        pub claude_in_chrome_at_startup: Option<bool> = "claude_in_chrome_at_startup" declared,
        /// True if the CLI leaves out its own instructions about the browser.
        pub claude_in_chrome_prompt_disabled: Option<bool> = "claude_in_chrome_prompt_disabled" declared,
        /// The current model.
        pub current_model: Option<String> = "current_model" declared,
        /// When to ask the user for feedback.
        pub feedback_survey_config: Option<SurveyConfig> = "feedback_survey_config" declared,
        /// A label of the session.
        pub footer_indicator: Option<FooterIndicator> = "footer_indicator" declared,
        /// True if the host's texts for permission questions are read.
        pub host_worded_asks: Option<bool> = "host_worded_asks" declared,
        /// True if the CLI reports which messages it has read.
        pub inbound_read_receipts: Option<bool> = "inbound_read_receipts" declared,
        /// True if the permission mode is `auto` only because nothing else was configured.
        pub permission_mode_from_default_fallback: Option<bool> = "permission_mode_from_default_fallback" declared,
        /// What the text box after a survey may send.
        pub survey_followup_box: Option<SurveyFollowup> = "survey_followup_box" declared,
        /// Models that the user can see but not choose.
        pub unavailable_models: Vec<ModelInfo> = "unavailable_models" declared,
        /// True if the host's statement that the directory is trusted was saved.
        pub workspace_trust_recorded: Option<bool> = "workspace_trust_recorded" declared,
    }
}

impl ServerInfo {
    /// True if the CLI lists this capability in its reply to the handshake.
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
        /// The model that it runs on, if it has a separate one.
        pub model: Option<String> = "model",
    }
}

object! {
    /// An available model (an item of `models`, CLI 2.1.329).
    pub struct ModelInfo {
        /// The value that selects it: the `model` of `set_model`.
        pub value: String = "value",
        /// The model behind this name.
        pub resolved_model: Option<String> = "resolvedModel",
        /// Its name for display.
        pub display_name: String = "displayName",
        /// When to use it.
        pub description: String = "description",
        /// True if the effort can be chosen.
        pub supports_effort: Option<bool> = "supportsEffort",
        /// The efforts to choose from.
        pub supported_effort_levels: Vec<String> = "supportedEffortLevels",
        /// True if the model decides how long it thinks.
        pub supports_adaptive_thinking: Option<bool> = "supportsAdaptiveThinking",
        /// True if it has a fast mode.
        pub supports_fast_mode: Option<bool> = "supportsFastMode",
        /// True if the permission mode `auto` works with it.
        pub supports_auto_mode: Option<bool> = "supportsAutoMode",
        /// True if its thinking can be switched off.
        pub supports_thinking_off: Option<bool> = "supportsThinkingOff",
        /// True if it is listed but cannot be chosen.
        pub disabled: Option<bool> = "disabled" declared,
        /// The list price, while another one applies.
        pub promo_list_price: Option<String> = "promoListPrice" declared,
    }
}

object! {
    /// The account that pays (`account`, CLI 2.1.329).
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
        /// The provider of the model.
        pub api_provider: Option<ApiProvider> = "apiProvider",
    }
}

object! {
    /// Whether the user may be requested feedback (`feedback_mode`, CLI 2.1.329).
    pub struct FeedbackMode {
        /// Such as `disabled`.
        pub kind: String = "kind",
    }
}

open_enum! {
    /// The provider of the model (`apiProvider`).
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
    /// What happened to the manifest of an in-process MCP server (`sdk_mcp_manifests_parked`).
    pub enum ManifestState {
        /// It is used.
        Parked = "parked",
        AlreadyConnected = "already_connected",
        ProtocolVersionMismatch = "protocol_version_mismatch",
        Malformed = "malformed",
        NotHonoured = "not_honoured",
    }
}

object! {
    /// Two ways to log in (`auth_conflict`, CLI 2.1.329, declared, not seen).
    pub struct AuthConflict {
        /// Where the token comes from.
        pub token_source: String = "token_source" declared,
        /// Where the key comes from.
        pub api_key_source: String = "api_key_source" declared,
    }
}

object! {
    /// `auto` instead of `bypassPermissions` (`bypass_auto_switch`, CLI 2.1.332, declared, not
    /// seen).
    pub struct BypassSwitch {
        /// How many days an answer is valid; 0 for this session.
        pub pause_days: u64 = "pause_days" v2_1_332 declared,
        /// True if the setup of `auto` should be offered.
        pub offers_setup: bool = "offers_setup" v2_1_332 declared,
        /// True if it comes first.
        pub introduces_setup: bool = "introduces_setup" v2_1_332 declared,
        /// True if this launch was changed.
        pub has_switched: bool = "has_switched" v2_1_332 declared,
        /// True if the user may be requested a reason.
        pub asks_reason: bool = "asks_reason" v2_1_332 declared,
    }
}

object! {
    /// When to ask the user for feedback (`feedback_survey_config`, CLI 2.1.329, declared, not
    /// seen).
    pub struct SurveyConfig {
        /// Not before this time, in milliseconds.
        pub min_time_before_feedback_ms: f64 = "minTimeBeforeFeedbackMs" declared,
        /// The least time since the last one, in milliseconds.
        pub min_time_between_feedback_ms: f64 = "minTimeBetweenFeedbackMs" declared,
        /// The least time since the last one of any session, in milliseconds.
        pub min_time_between_global_feedback_ms: f64 = "minTimeBetweenGlobalFeedbackMs" declared,
        /// The least number of prompts.
        pub min_user_turns_before_feedback: u64 = "minUserTurnsBeforeFeedback" declared,
        /// The least number of prompts since the last one.
        pub min_user_turns_between_feedback: u64 = "minUserTurnsBetweenFeedback" declared,
        /// How long thanks are shown, in milliseconds.
        pub hide_thanks_after_ms: f64 = "hideThanksAfterMs" declared,
        /// The models that it applies to.
        pub on_for_models: Vec<String> = "onForModels" required declared,
        /// Its probability, from 0 to 1.
        pub probability: f64 = "probability" declared,
        /// When the last one was shown, in milliseconds since 1970.
        pub last_survey_shown_time: Option<f64> = "lastSurveyShownTime" declared,
    }
}

object! {
    /// What the text box after a survey may send (`survey_followup_box`, CLI 2.1.329, declared, not
    /// seen).
    pub struct SurveyFollowup {
        /// True if it may send the transcript.
        pub transcript_allowed: bool = "transcript_allowed" declared,
        /// True if the CLI logs its outcome.
        pub logs_followup: Option<bool> = "logs_followup" declared,
        /// True if it opens after every rating.
        pub every_rating: bool = "every_rating" declared,
    }
}

object! {
    /// The plugins and their contents (reply to `reload_plugins`, CLI 2.1.329).
    pub struct ReloadedPlugins {
        /// Slash commands and skills.
        pub commands: Vec<SlashCommand> = "commands" required,
        /// Types of sub-agents.
        pub agents: Vec<AgentInfo> = "agents" required,
        /// The plugins.
        pub plugins: Vec<LoadedPlugin> = "plugins" required,
        /// MCP servers.
        pub mcp_servers: Vec<McpServerStatus> = "mcpServers" required,
        /// How many errors there were.
        pub error_count: u64 = "error_count" required,
        /// True if nothing was loaded, to keep the cache.
        pub held: Option<bool> = "held" declared,
        /// What would invalidate the cache.
        pub cache_impact: Option<CacheImpact> = "cache_impact" declared,
    }
}

object! {
    /// What would invalidate a cache of the API (`cache_impact`, CLI 2.1.329, declared, not seen).
    pub struct CacheImpact {
        /// MCP servers that would be added.
        pub mcp_servers_added: Vec<String> = "mcp_servers_added" declared,
        /// MCP servers that would be removed.
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
        /// The available output styles.
        pub available_output_styles: Vec<String> = "available_output_styles" required,
    }
}
