//! The MCP servers of a launch: those in the host's process, and those of the scenario.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::player::scenario::{ScriptedServer, ScriptedTool};

/// The in-process servers, in the order in which the host named them.
#[derive(Clone, Debug, Default)]
pub(super) struct Servers {
    servers: Vec<Server>,
    /// The next id of a JSON-RPC request, of all servers.
    next_id: u64,
    /// `permission_policy` of tools, by the full name of the tool.
    policies: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default)]
struct Server {
    name: String,
    info: Value,
    tools: Vec<Value>,
    /// How far the handshake is.
    stage: Stage,
    /// What a server is that is not in the host's process.
    external: Option<External>,
}

/// A server that the CLI connects to by itself.
#[derive(Clone, Debug)]
struct External {
    config: Value,
    source: &'static str,
    scripted: ScriptedServer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    New,
    Connecting,
    Ready,
    Failed,
}

impl Servers {
    /// A server that the host named; one that is known already is left as it is.
    pub(super) fn add(&mut self, name: &str) {
        if !self.has(name) {
            self.servers.push(Server { name: name.to_owned(), ..Server::default() });
        }
    }

    /// What `sdkMcpServerConfigs` or `mcp_set_servers` says of the tools of a server.
    pub(super) fn note_policies(&mut self, server: &str, config: &Value) {
        for tool in config["tools"].as_array().into_iter().flatten() {
            if let (Some(name), Some(policy)) =
                (tool["name"].as_str(), tool["permission_policy"].as_str())
            {
                self.policies.insert(full_name(server, name), policy.to_owned());
            }
        }
    }

    /// Whether each call of a tool needs a permission, whatever a rule says.
    pub(super) fn always_asks(&self, full: &str) -> bool {
        self.policies.get(full).is_some_and(|policy| policy == "always_ask")
    }

    /// Whether the calls of a tool need no permission. That counts only for a server that is not in
    /// the host's process.
    pub(super) fn always_allows(&self, full: &str) -> bool {
        let allows = self.policies.get(full).is_some_and(|policy| policy == "always_allow");
        allows && self.find(full).is_some_and(|(server, _)| !self.is_in_process(&server))
    }

    fn always_denies(&self, full: &str) -> bool {
        self.policies.get(full).is_some_and(|policy| policy == "always_deny")
    }

    /// What a manifest says, which the CLI then does not ask for.
    pub(super) fn take_manifest(&mut self, name: &str, manifest: &Value) {
        self.add(name);
        let Some(server) = self.get_mut(name) else { return };
        let tools = manifest.pointer("/toolsListResult/tools").and_then(Value::as_array);
        let has_tools = manifest.pointer("/initializeResult/capabilities/tools").is_some();
        if tools.is_none() && has_tools {
            // A list that goes on over several pages: the CLI asks the server for it.
            return;
        }
        server.info = manifest.pointer("/initializeResult/serverInfo").cloned().unwrap_or_default();
        server.tools = tools.cloned().unwrap_or_default();
        server.stage = Stage::Ready;
    }

    /// A server that the CLI connects to by itself, which the scenario has.
    pub(super) fn add_external(
        &mut self,
        name: &str,
        config: &Value,
        source: &'static str,
        scripted: &ScriptedServer,
    ) {
        if self.has(name) {
            return;
        }
        let external =
            Some(External { config: config.clone(), source, scripted: scripted.clone() });
        self.servers.push(Server {
            name: name.to_owned(),
            info: scripted.info.clone(),
            tools: scripted.tools.iter().map(ScriptedTool::declared).collect(),
            stage: Stage::Ready,
            external,
        });
    }

    pub(super) fn is_in_process(&self, name: &str) -> bool {
        self.servers.iter().any(|server| server.name == name && server.external.is_none())
    }

    /// What a tool of the scenario returns where the reply does not say so.
    pub(super) fn scripted_result(&self, server: &str, tool: &str) -> Option<Value> {
        let server = self.servers.iter().find(|known| known.name == server)?;
        let tools = &server.external.as_ref()?.scripted.tools;
        tools.iter().find(|known| known.name == tool)?.result.clone()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.servers.iter().any(|server| server.name == name)
    }

    /// The host took it away.
    pub(super) fn remove(&mut self, name: &str) {
        self.servers.retain(|server| server.name != name);
        let start = full_name(name, "");
        self.policies.retain(|tool, _| !tool.starts_with(&start));
    }

    /// The server answered `initialize`, or did not.
    pub(super) fn note_info(&mut self, name: &str, info: Option<Value>) {
        if let Some(server) = self.get_mut(name) {
            match info {
                Some(info) => server.info = info,
                None => server.stage = Stage::Failed,
            }
        }
    }

    /// The server said what tools it has, or did not.
    pub(super) fn note_tools(&mut self, name: &str, tools: Option<Vec<Value>>) {
        let Some(server) = self.get_mut(name) else { return };
        server.stage = if tools.is_some() { Stage::Ready } else { Stage::Failed };
        server.tools = tools.unwrap_or_default();
        server.tools.sort_by_key(|tool| tool["name"].as_str().map(str::to_owned));
    }

    /// The id of the next request.
    pub(super) fn next_id(&self) -> u64 {
        self.next_id
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Server> {
        self.servers.iter_mut().find(|server| server.name == name)
    }

    /// Those whose handshake is to be made, each once.
    pub(super) fn take_new(&mut self) -> Vec<String> {
        let new = self.servers.iter_mut().filter(|server| server.stage == Stage::New);
        new.map(|server| {
            server.stage = Stage::Connecting;
            server.name.clone()
        })
        .collect()
    }

    pub(super) fn is_ready(&self) -> bool {
        let is_open = |server: &Server| matches!(server.stage, Stage::New | Stage::Connecting);
        !self.servers.iter().any(is_open)
    }

    /// The full names of the tools.
    pub(super) fn tool_names(&self) -> impl Iterator<Item = String> {
        let tools = self.servers.iter().flat_map(|server| {
            let names = server.tools.iter().filter_map(|tool| tool["name"].as_str());
            let names = names.collect::<BTreeSet<_>>().into_iter();
            names.map(|name| full_name(&server.name, name))
        });
        tools.filter(|tool| !self.always_denies(tool)).collect::<Vec<_>>().into_iter()
    }

    /// `mcp_servers` of an `init`.
    pub(super) fn listed(&self, others: &[(String, Value)]) -> Value {
        let state = |server: &Server| match server.stage {
            Stage::Ready => "connected",
            Stage::New | Stage::Connecting => "pending",
            Stage::Failed => "failed",
        };
        let own = self.servers.iter();
        let own = own.map(|server| {
            let source = server.external.as_ref().map_or("sdk", |external| external.source);
            json!({"name": server.name, "status": state(server), "source": source})
        });
        let others = others
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !self.has(name))
            .map(|name| json!({"name": name, "status": "connected", "source": "command-line"}));
        own.chain(others).collect()
    }

    /// `mcpServers` of the reply to `mcp_status`.
    pub(super) fn status(&self) -> Value {
        let servers = self.servers.iter().map(|server| {
            let tools = server.tools.iter().map(|tool| {
                let hint = |name: &str| tool.pointer(&format!("/annotations/{name}Hint")) == Some(&Value::Bool(true));
                let mut annotations = Map::new();
                for (field, name) in [("readOnly", "readOnly"), ("destructive", "destructive"), ("openWorld", "openWorld")] {
                    if hint(name) {
                        annotations.insert(field.to_owned(), true.into());
                    }
                }
                json!({"name": tool["name"], "annotations": annotations})
            });
            let status = if server.stage == Stage::Ready { "connected" } else { "failed" };
            let mut shown = json!({"name": server.name, "status": status, "serverInfo": server.info});
            let (transport, source) = match &server.external {
                None => ("sdk", "sdk"),
                Some(external) => {
                    shown["config"] = external.config.clone();
                    (external.config["type"].as_str().unwrap_or("stdio"), external.source)
                }
            };
            let rest = json!({
                "transport": transport, "scope": "dynamic", "source": source, "tools": tools.collect::<Vec<_>>(),
            });
            super::lines::extend(&mut shown, rest);
            shown
        });
        servers.collect()
    }

    /// The server and the tool of a full name.
    pub(super) fn find(&self, full: &str) -> Option<(String, String)> {
        let rest = full.strip_prefix("mcp__")?;
        let server = self.servers.iter().find(|server| {
            rest.strip_prefix(&*server.name).is_some_and(|rest| rest.starts_with("__"))
        })?;
        Some((server.name.clone(), rest[server.name.len() + 2..].to_owned()))
    }

    /// The server of a tool, as questions and hooks name it.
    pub(super) fn named_in(&self, full: &str) -> Option<Value> {
        let (name, _) = self.find(full)?;
        let server = self.servers.iter().find(|server| server.name == name)?;
        let source = server.external.as_ref().map_or("sdk", |external| external.source);
        Some(json!({"name": name, "source": source}))
    }

    /// The name of a tool as it is shown.
    pub(super) fn shown_name(&self, full: &str) -> Option<String> {
        let title = self.find(full).and_then(|(name, tool)| self.title(&name, &tool));
        title
            .map(str::to_owned)
            .or_else(|| Some(capitalised(full.strip_prefix("mcp__")?.split_once("__")?.1)))
    }

    fn title(&self, server: &str, tool: &str) -> Option<&str> {
        let server = self.servers.iter().find(|known| known.name == server)?;
        let declared = server.tools.iter().find(|known| known["name"] == *tool)?;
        let title = || declared.pointer("/annotations/title").and_then(Value::as_str);
        declared["title"].as_str().or_else(title)
    }

    /// `tool_use_meta` of an assistant line.
    pub(super) fn meta(&self, id: &str, full: &str) -> Option<Value> {
        let (name, tool) = self.find(full)?;
        let server = self.servers.iter().find(|server| server.name == name)?;
        let shown = self.shown_name(full)?;
        let titled = server.info["title"].as_str().or_else(|| server.info["name"].as_str());
        let server = titled.filter(|_| server.external.is_none());
        Some(
            json!({"id": id, "display_name": shown, "server_display_name": server.unwrap_or(&name), "tool_name": tool}),
        )
    }

    pub(super) fn message(&mut self, method: &str, params: Option<Value>) -> Value {
        let mut message = json!({"method": method});
        if let Some(params) = params {
            message["params"] = params;
        }
        message["jsonrpc"] = "2.0".into();
        message["id"] = self.next_id.into();
        self.next_id += 1;
        message
    }
}

fn full_name(server: &str, tool: &str) -> String {
    format!("mcp__{server}__{tool}")
}

fn capitalised(name: &str) -> String {
    let words = name.split(['_', '-']).map(|word| {
        let mut chars = word.chars();
        chars
            .next()
            .map(|first| first.to_uppercase().chain(chars).collect::<String>())
            .unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The host may add one while the handshake with another is under way.
    #[test]
    fn the_handshake_with_a_server_is_made_once() {
        let mut servers = Servers::default();
        servers.add("calc");
        assert_eq!(servers.take_new(), ["calc"]);
        servers.add("calc");
        servers.add("other");
        assert_eq!(servers.take_new(), ["other"]);
        assert!(servers.take_new().is_empty() && !servers.is_ready());
    }

    #[test]
    fn a_manifest_counts_if_it_has_the_tools_that_the_server_says_it_has() {
        let initialized = json!({"capabilities": {"tools": {}}, "serverInfo": {"name": "calc"}});
        let none = json!({"capabilities": {}, "serverInfo": {"name": "calc"}});
        let tools = json!({"tools": [{"name": "add"}]});
        for (manifest, ready, names) in [
            (
                json!({"initializeResult": initialized, "toolsListResult": tools}),
                true,
                &["add"][..],
            ),
            (json!({"initializeResult": initialized, "toolsListResult": {"tools": []}}), true, &[]),
            // More pages follow: the CLI asks for them.
            (json!({"initializeResult": initialized}), false, &[]),
            (json!({"initializeResult": none}), true, &[]),
        ] {
            let mut servers = Servers::default();
            servers.take_manifest("calc", &manifest);
            assert_eq!(servers.is_ready(), ready, "{manifest}");
            let names: Vec<_> = names.iter().map(|name| format!("mcp__calc__{name}")).collect();
            assert_eq!(servers.tool_names().collect::<Vec<_>>(), names, "{manifest}");
        }
    }
}
