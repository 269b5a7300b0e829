//! The options of an entry's session.

use std::collections::BTreeMap;

use claude_wire::SessionBuilder;
use claude_wire::session::options::{AgentDefinition, SandboxSettings, ToolServerConfig};
use serde::Deserialize;
use serde_json::Value;

use super::host::Fields;

/// The options that entries use, under the names that they have in a session, and settings that are
/// not options.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HostOptions {
    agent: Option<String>,
    agents: Option<BTreeMap<String, AgentDefinition>>,
    allowed_tools: Option<Vec<String>>,
    disallowed_tools: Option<Vec<String>>,
    file_checkpointing: Option<bool>,
    include_hook_events: Option<bool>,
    include_partial_messages: Option<bool>,
    json_schema: Option<Value>,
    managed_settings: Option<Value>,
    max_budget_usd: Option<f64>,
    max_turns: Option<u32>,
    mcp_config: Option<Value>,
    model: Option<String>,
    no_session_persistence: Option<bool>,
    permission_mode: Option<String>,
    replay_user_messages: Option<bool>,
    sandbox: Option<SandboxSettings>,
    session_id: Option<String>,
    session_mirror: Option<bool>,
    setting_sources: Option<Vec<String>>,
    settings: Option<Value>,
    strict_mcp_config: Option<bool>,
    system_prompt: Option<String>,
    tool_server_configs: Option<BTreeMap<String, ToolServerConfig>>,
    tools: Option<Vec<String>>,
    trace_parent: Option<String>,
    trace_state: Option<String>,
    /// Flags without an option: names without dashes, each with its value if it has one.
    flags: BTreeMap<String, Option<String>>,
    /// Fields of `initialize` that the session does not set by itself.
    initialize: Fields,
}

impl HostOptions {
    pub(super) fn apply(self, builder: SessionBuilder) -> SessionBuilder {
        macro_rules! set {
            ($builder:ident: $($name:ident),* $(,)?) => {{
                let builder = $builder;
                $(let builder = match self.$name {
                    Some(value) => builder.$name(value),
                    None => builder,
                };)*
                builder
            }};
        }
        let builder = set!(builder:
            agent, agents, allowed_tools, disallowed_tools, file_checkpointing, include_hook_events, include_partial_messages, json_schema, managed_settings, max_budget_usd, max_turns, mcp_config, model, no_session_persistence,
            permission_mode, replay_user_messages, sandbox, session_id, session_mirror, setting_sources, settings, strict_mcp_config, system_prompt, tool_server_configs, tools, trace_parent, trace_state,
        );
        let builder = self.flags.into_iter().fold(builder, |builder, (name, value)| match value {
            Some(value) => builder.extra_arg(name, value),
            None => builder.extra_flag(name),
        });
        self.initialize
            .into_iter()
            .fold(builder, |builder, (name, value)| builder.initialize_field(name, value))
    }
}
