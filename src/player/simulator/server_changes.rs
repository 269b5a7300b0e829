//! MCP servers that the host adds, removes or changes while the session runs.

use serde_json::{Value, json};

use crate::wire::RawJson;

use super::control::success;
use super::handle::Cli;
use super::state::State;

impl Cli {
    /// `mcp_set_servers`. The handshake with new servers follows the reply.
    pub(super) fn set_servers(&self, request: &Value, id: Option<&RawJson>) {
        let connecting = self.with(|state| {
            let body = state.replace_servers(&request["servers"]);
            state.reply(&success(id, Some(body)), id);
            state.servers.take_new()
        });
        let cli = self.clone();
        self.spawn(async move {
            for server in &connecting {
                if cli.connect(server).await {
                    cli.initialized(server).await;
                    cli.list_tools(server).await;
                }
            }
        });
    }

    /// `mcp_message`: an in-process server says something by itself.
    pub(super) fn server_says(&self, request: &Value) {
        let server = request["server_name"].as_str().unwrap_or_default().to_owned();
        let is_change = request["message"]["method"] == "notifications/tools/list_changed";
        if is_change && self.with(|state| state.servers.is_in_process(&server)) {
            let cli = self.clone();
            self.spawn(async move { cli.list_tools(&server).await });
        }
    }
}

impl State {
    /// These are the servers from now on, next to those of the launch.
    fn replace_servers(&mut self, servers: &Value) -> Value {
        let none = serde_json::Map::new();
        let servers = servers.as_object().unwrap_or(&none);
        let (kept, removed): (Vec<_>, Vec<_>) = std::mem::take(&mut self.dynamic_servers)
            .into_iter()
            .partition(|name| servers.contains_key(name));
        self.dynamic_servers = kept;
        for name in &removed {
            self.servers.remove(name);
        }
        let mut added = Vec::new();
        for (name, config) in servers {
            if self.servers.has(name) || self.dynamic_servers.contains(name) {
                continue;
            }
            if config["type"] == "sdk" {
                self.servers.add(name);
            } else if self.outside.mcp_servers.contains_key(name) {
                self.add_scripted_server(name, config, "dynamic");
            } else {
                self.note_not_simulated(format!("the MCP server {name}: the scenario has none"));
            }
            self.servers.note_policies(name, config);
            added.push(name.clone());
            self.dynamic_servers.push(name.clone());
        }
        json!({"added": added, "removed": removed, "errors": {}})
    }
}
