//! What a launch makes of the version's lists: tools, agents, slash commands and skills.

use serde_json::{Map, Value, json};

use super::agent::is_agent;
use super::rules;
use super::state::State;
use super::tool_use::STRUCTURED_OUTPUT;
use super::version::facts;

/// Tools that ask the user: only a host that answers has them.
const ASKING: [&str; 3] = ["AskUserQuestion", "EnterPlanMode", "ExitPlanMode"];
/// Tools that a launch has only if it names them, or if it has no shell.
pub(super) const HIDDEN: [&str; 2] = ["Glob", "Grep"];
/// A tool that is known, and that no launch has.
const RETIRED: &str = "TodoWrite";
/// The tools with `--bare`.
const BARE: [&str; 3] = ["Bash", "Edit", "Read"];

impl State {
    /// `tools` of an `init`.
    pub(super) fn tool_list(&self) -> Vec<String> {
        let options = &self.options;
        let mut tools = names(&facts().init, "tools");
        if options.asks {
            tools.extend(ASKING.map(str::to_owned));
        }
        tools.extend(HIDDEN.map(str::to_owned));
        if let Some(rest) = tools.get_mut(1..) {
            rest.sort();
        }
        let is_in = |list: &[String], tool: &str| {
            let same = |name: &String| name == tool || is_agent(name) && is_agent(tool);
            list.iter().any(same)
        };
        let is_denied = |tool: &str| is_in(&options.disallowed, tool);
        let has_shell = !is_denied("Bash");
        let has = |tool: &String| match &options.tools {
            Some(list) => is_in(list, tool),
            None if options.bare => BARE.contains(&&**tool),
            None if HIDDEN.contains(&&**tool) => !has_shell || options.allowed.contains(tool),
            None => has_shell || tool != "Monitor",
        };
        tools.retain(|tool| has(tool) && !is_denied(tool));
        if self.schema().is_some() {
            let at = tools.iter().position(|tool| tool == "TaskStop").unwrap_or(tools.len());
            tools.insert(at, STRUCTURED_OUTPUT.to_owned());
        }
        let denies = |rule: &String, tool: &str| rules::matches(rule, tool, &Value::Null);
        let of_servers = self.servers.tool_names();
        tools.extend(
            of_servers.filter(|tool| !options.disallowed.iter().any(|rule| denies(rule, tool))),
        );
        tools
    }

    /// `agents` of the reply to `initialize`, by name: those that the host declared, and the CLI's.
    pub(super) fn agent_list(&self) -> Vec<Value> {
        let known = facts().initialize.get("agents").and_then(Value::as_array);
        let mut agents = known.filter(|_| self.options.builtin_agents).cloned().unwrap_or_default();
        for (name, agent) in &self.declared.agents {
            agents.retain(|known| known["name"] != **name);
            let description = agent["description"].as_str().unwrap_or_default();
            let mut shown = json!({"name": name, "description": description});
            if let Some(model) = agent["model"].as_str() {
                shown["model"] = model.into();
            }
            agents.push(shown);
        }
        agents.sort_by_key(|agent| agent["name"].as_str().map(str::to_lowercase));
        agents
    }

    /// `commands` of the reply to `initialize`.
    pub(super) fn command_list(&self) -> Vec<Value> {
        let known = facts().initialize.get("commands").and_then(Value::as_array);
        let known = known.into_iter().flatten();
        let shown = known.filter(|command| self.has_command(command["name"].as_str()));
        self.skill_list().chain(shown.cloned()).collect()
    }

    fn has_command(&self, name: Option<&str>) -> bool {
        let is_skill = || names(&facts().init, "skills").iter().any(|skill| Some(&**skill) == name);
        self.options.commands && (self.options.bundled_skills || !is_skill())
    }

    /// Sets what the launch decides in an `init`.
    pub(super) fn list_in(&self, line: &mut Map<String, Value>) {
        let agents: Value = self.agent_list().iter().map(|agent| agent["name"].clone()).collect();
        line.insert("tools".to_owned(), self.tool_list().into());
        line.insert("agents".to_owned(), agents);
        for list in ["slash_commands", "skills"] {
            let mut names = names(line, list);
            names.retain(|name| self.has_command(Some(name)));
            names.splice(0..0, self.skill_names());
            line.insert(list.to_owned(), names.into());
        }
        if !self.options.commands {
            line.remove("terminal_slash_commands");
        }
        if self.outside.logged_out {
            line.insert("apiKeySource".to_owned(), "none".into());
        }
        if self.options.bare {
            line.remove("memory_paths");
            line.remove("messaging_socket_path");
        }
    }

    /// `agents` of an `initialize` request, or of `--agents`.
    pub(super) fn declare_agents(&mut self, agents: &Value) {
        let agents = agents.as_object().into_iter().flatten();
        self.declared.agents.extend(agents.map(|(name, agent)| (name.clone(), agent.clone())));
    }
}

/// Whether the CLI itself has such a tool, in this launch or not.
pub(super) fn is_builtin(tool: &str) -> bool {
    let own = names(&facts().init, "tools");
    own.iter().any(|name| name == tool)
        || ASKING.contains(&tool)
        || HIDDEN.contains(&tool)
        || is_agent(tool)
        || tool == RETIRED
}

fn names(object: &Map<String, Value>, list: &str) -> Vec<String> {
    let names = object.get(list).and_then(Value::as_array).into_iter().flatten();
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
