//! `init`: what is available to a turn.

use super::cloud::CloudSession;
use crate::wire::decode::{At, Decode, Shape, Sink};
use crate::wire::json::{RawJson, Reader};
use crate::wire::message::{Effort, FastModeDisabledReason, FastModeState, ThinkingDisplay};
use crate::wire::permission::PermissionMode;

object! {
    /// A turn begins (`system` / `init`, CLI 2.1.329). Sent at the start of every turn, and never
    /// before the first prompt.
    pub struct Init {
        /// The working directory.
        pub cwd: String = "cwd",
        /// The directory that the CLI was started in.
        pub original_cwd: Option<String> = "original_cwd",
        /// Other directories that tools may use.
        pub additional_directories: Vec<String> = "additional_directories",
        /// The model.
        pub model: String = "model",
        /// What the session may do without asking.
        pub permission_mode: PermissionMode = "permissionMode",
        /// The names of the tools; the sub-agent tool is called `Task` here and `Agent` elsewhere.
        pub tools: Vec<String> = "tools" required,
        /// The MCP servers.
        pub mcp_servers: Vec<McpServerEntry> = "mcp_servers" required,
        /// The names of the slash commands.
        pub slash_commands: Vec<String> = "slash_commands" required,
        /// Those of them that need a terminal.
        pub terminal_slash_commands: Vec<String> = "terminal_slash_commands",
        /// The types of sub-agents.
        pub agents: Vec<String> = "agents",
        /// The names of the skills.
        pub skills: Vec<String> = "skills" required,
        /// The plugins.
        pub plugins: Vec<LoadedPlugin> = "plugins" required,
        /// Plugins that could not be loaded.
        pub plugin_errors: Vec<PluginError> = "plugin_errors" declared,
        /// The output style.
        pub output_style: String = "output_style",
        /// Where the API key came from.
        pub api_key_source: ApiKeySource = "apiKeySource",
        /// The version of the CLI.
        pub claude_code_version: String = "claude_code_version",
        /// The CLI's capabilities, as an open set of names.
        pub capabilities: Vec<String> = "capabilities",
        /// The enabled betas of the API.
        pub betas: Vec<String> = "betas" declared,
        /// State of the fast mode.
        pub fast_mode_state: Option<FastModeState> = "fast_mode_state",
        /// Why the fast mode is off.
        pub fast_mode_disabled_reason: Option<FastModeDisabledReason> = "fast_mode_disabled_reason",
        /// How hard the model works; `None` if the CLI does not say.
        pub effort: Option<Effort> = "effort",
        /// True if the effort may change from turn to turn.
        pub per_turn_effort_active: Option<bool> = "per_turn_effort_active",
        /// How the transcript is shown.
        pub view_mode: Option<ViewMode> = "view_mode",
        /// True if analytics are off.
        pub analytics_disabled: Option<bool> = "analytics_disabled",
        /// True if feedback on the product is off.
        pub product_feedback_disabled: Option<bool> = "product_feedback_disabled",
        /// True if Anthropic serves the model.
        pub served_by_anthropic: Option<bool> = "served_by_anthropic",
        /// Where memories are kept.
        pub memory_paths: Option<MemoryPaths> = "memory_paths",
        /// The socket for messages between processes.
        pub messaging_socket_path: Option<String> = "messaging_socket_path",
        /// True if the longest thinking can be requested.
        pub ultrathink_available: Option<bool> = "ultrathink_available",
        /// True if a typed keyword raises the effort.
        pub ultrathink_typed_raises: Option<bool> = "ultrathink_typed_raises",
        /// The prompts that the turn answers, by the uuids their sender gave them.
        pub user_message_uuids: Option<Vec<String>> = "user_message_uuids",
        /// How long each phase of the start took; sent with startup timing.
        pub startup_timing: Option<RawJson> = "startup_timing",
        /// The thinking of this turn, if a client chose it.
        pub client_thinking: Option<ClientThinking> = "client_thinking" declared,
        /// State of the session in the cloud, if it runs there.
        pub cloud_session: Option<Box<CloudSession>> = "cloud_session" declared,
        /// True if the host need not send its flag settings again.
        pub flag_restate_noop: Option<bool> = "flag_restate_noop" declared,
        /// A label of the session.
        pub footer_indicator: Option<FooterIndicator> = "footer_indicator" declared,
        /// Variables of managed settings that the host left out.
        pub host_dropped_env: Vec<DroppedEnv> = "host_dropped_env" declared,
        /// MCP servers whose configuration is wrong.
        pub mcp_server_errors: Vec<McpServerError> = "mcp_server_errors" declared,
        /// Warnings about plugins.
        pub plugin_warnings: Vec<PluginWarning> = "plugin_warnings" declared,
        /// The PowerShell that commands run in.
        pub powershell_path: Option<String> = "powershell_path" declared,
        /// Whether shell commands run in a sandbox.
        pub sandbox_enabled: Option<SandboxState> = "sandbox_enabled" v2_1_332,
        /// The directory for the session's own notes.
        pub scratchpad_path: Option<String> = "scratchpad_path" declared,
        /// The directory of synchronised skills.
        pub synced_skills_path: Option<String> = "synced_skills_path" declared,
        /// The worker in the cloud; each start has a higher number.
        pub worker_epoch: Option<u64> = "worker_epoch" declared,
    }
}

object! {
    /// An MCP server (an item of `mcp_servers`, CLI 2.1.329).
    pub struct McpServerEntry: raw {
        /// Its name.
        pub name: String = "name",
        /// Its status, such as `connected`, `pending` or `failed`.
        pub status: String = "status",
        /// Where its configuration came from, such as `sdk`.
        pub source: Option<String> = "source",
    }
}

object! {
    /// A plugin (an item of `plugins`, CLI 2.1.329).
    pub struct LoadedPlugin {
        /// Its name.
        pub name: String = "name",
        /// Where it is, or `builtin`.
        pub path: String = "path",
        /// Its version.
        pub version: Option<String> = "version" declared,
        /// Its name and marketplace.
        pub source: Option<String> = "source",
    }
}

object! {
    /// A plugin that could not be loaded (an item of `plugin_errors`, CLI 2.1.329, declared, not
    /// seen).
    pub struct PluginError {
        /// The plugin.
        pub plugin: String = "plugin" declared,
        /// The kind of error.
        pub kind: String = "type" declared,
        /// What went wrong.
        pub message: String = "message" declared,
        /// Where the plugin is.
        pub path: Option<String> = "path" declared,
        /// Set if the administrator controls the plugin.
        pub managed_lock: Option<ManagedLock> = "managed_lock" declared,
    }
}

object! {
    /// An administrator's control over a plugin (`managed_lock`, CLI 2.1.329, declared, not seen).
    pub struct ManagedLock {
        /// True if the plugin must be on.
        pub plugin_enabled: bool = "plugin_enabled" declared,
        /// The plugin.
        pub name: String = "name" declared,
        /// Its marketplace.
        pub marketplace: String = "marketplace" declared,
    }
}

object! {
    /// Where memories are kept (`memory_paths`, CLI 2.1.329).
    pub struct MemoryPaths {
        /// The directory of memories that the CLI writes automatically.
        pub auto: Option<String> = "auto",
        /// The directory of the team's memories.
        pub team: Option<String> = "team" declared,
    }
}

object! {
    /// A slash command (an item of `commands`, CLI 2.1.329).
    pub struct SlashCommand {
        /// Its name, without the slash.
        pub name: String = "name",
        /// What it does.
        pub description: String = "description",
        /// The arguments that it takes.
        pub argument_hint: String = "argumentHint",
        /// Other names.
        pub aliases: Vec<String> = "aliases",
        /// True if it is built in.
        pub builtin: Option<bool> = "builtin",
        /// The plugin that registered it.
        pub plugin: Option<String> = "plugin" declared,
    }
}

open_enum! {
    /// Where the API key came from (`apiKeySource`).
    pub enum ApiKeySource {
        /// The environment variable.
        Environment = "ANTHROPIC_API_KEY",
        ApiKeyHelper = "apiKeyHelper",
        ManagedKey = "/login managed key",
        None = "none",
        User = "user",
        Project = "project",
        Org = "org",
        Temporary = "temporary",
        Oauth = "oauth",
    }
}

open_enum! {
    /// How the transcript is shown (`view_mode`).
    pub enum ViewMode {
        Focus = "focus",
        Default = "default",
    }
}

object! {
    /// The thinking that a client chose (`client_thinking`, CLI 2.1.329, declared, not seen).
    pub struct ClientThinking {
        /// The budget, 0 for none; `None` if the model decides.
        pub max_thinking_tokens: Option<u64> = "max_thinking_tokens" declared,
        /// How it is shown.
        pub thinking_display: Option<ThinkingDisplay> = "thinking_display" declared,
    }
}

object! {
    /// A label of the session (`footer_indicator`, CLI 2.1.329, declared, not seen).
    pub struct FooterIndicator {
        /// The label.
        pub text: String = "text" declared,
    }
}

object! {
    /// Variables that the host left out (an item of `host_dropped_env`, CLI 2.1.329, declared, not
    /// seen).
    pub struct DroppedEnv {
        /// The settings that name them.
        pub source: String = "source" declared,
        /// The variables.
        pub names: Vec<String> = "names" required declared,
    }
}

object! {
    /// An MCP server whose configuration is wrong (an item of `mcp_server_errors`, CLI 2.1.329,
    /// declared, not seen).
    pub struct McpServerError {
        /// The server.
        pub name: String = "name" declared,
        /// The kind of error.
        pub kind: String = "type" declared,
        /// What is wrong.
        pub message: String = "message" declared,
    }
}

object! {
    /// A warning about a plugin (an item of `plugin_warnings`, CLI 2.1.329, declared, not seen).
    pub struct PluginWarning {
        /// The plugin.
        pub plugin: String = "plugin" declared,
        /// The kind of warning.
        pub kind: String = "type" declared,
        /// The warning.
        pub message: String = "message" declared,
    }
}

/// Whether shell commands run in a sandbox (`sandbox_enabled`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SandboxState {
    /// `true`.
    On,
    /// `false`.
    Off,
    /// Another value, such as `unknown`.
    Other(Box<str>),
}

/// The empty value, for a field of the wrong type.
impl Default for SandboxState {
    fn default() -> Self {
        Self::Other("".into())
    }
}

impl Decode for SandboxState {
    const EXPECTED: &'static str = "a boolean or a string";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        if let Some(on) = reader.bool() {
            return Some(if on { Self::On } else { Self::Off });
        }
        match reader.string() {
            Some(word) => Some(Self::Other(word.into())),
            None => sink.wrong(at, Self::EXPECTED, reader),
        }
    }

    fn declare(_: &str, _: &mut Shape) {}
}
