//! The servers in this process: their settings, checked and sent.

use serde_json::Value;
#[cfg(feature = "mcp")]
use serde_json::json;

use super::check::{Checked, name};
use super::open::Json;
use super::tool_servers::{McpToolPermission, McpToolPolicy, short};
use super::{OptionError, Options};

impl Options {
    pub(super) fn check_tool_servers(&self) -> Checked {
        let field = "tool_server_configs";
        for (server, config) in self.tool_server_configs.iter().flatten() {
            name(field, server)?;
            let of_tools = || config.tools.iter().find_map(McpToolPolicy::fault);
            if let Some((expected, got)) = short(config.timeout).or_else(of_tools) {
                return Err(OptionError::new(field, expected, got));
            }
        }
        Ok(())
    }

    pub(super) fn sent_tool_server_configs(&self) -> Option<Value> {
        let configs = self.tool_server_configs.as_ref().filter(|all| !all.is_empty());
        configs.map(Json::to_json)
    }

    /// The configuration of a server in this process, as `mcp_set_servers` offers it.
    #[cfg(feature = "mcp")]
    pub(in crate::session) fn tool_server_config(&self, name: &str) -> Value {
        let mut config = json!({"type": "sdk", "name": name});
        let known = self.tool_server_configs.as_ref().and_then(|all| all.get(name));
        if let (Some(config), Some(Value::Object(settings))) =
            (config.as_object_mut(), known.map(Json::to_json))
        {
            config.extend(settings);
        }
        config
    }

    /// What of `tool_server_configs` the CLI ignores, for a session with these servers.
    pub(in crate::session) fn ignored_policies(&self, servers: &[String]) -> Vec<String> {
        let mut warnings = Vec::new();
        for (server, config) in self.tool_server_configs.iter().flatten() {
            if !servers.contains(server) {
                warnings.push(format!(
                    "`tool_server_configs` names `{server}`: the CLI ignores it until a server of that name is offered"
                ));
            }
            for policy in &config.tools {
                let tool = &policy.name;
                if policy.permission == Some(McpToolPermission::AlwaysAllow) {
                    warnings.push(format!(
                        "`tool_server_configs` has `always_allow` for `{tool}` of `{server}`: the CLI ignores it; add `mcp__{server}__{tool}` to `allowed_tools`"
                    ));
                }
                if policy.org_max_permission.is_some() {
                    warnings.push(format!(
                        "`tool_server_configs` has `org_max_permission` for `{tool}` of `{server}`: the CLI ignores it for a server in this process"
                    ));
                }
            }
        }
        warnings
    }
}
