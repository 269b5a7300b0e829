//! Which tools there are, and what is said about one that is not.

use serde_json::{Value, json};

use super::agent::is_agent;
use super::lists::{HIDDEN, is_builtin};
use super::state::State;

impl State {
    /// Why the tool does not exist; `None` if it does.
    pub(super) fn unavailable(&self, tool: &str) -> Option<String> {
        let tools = self.tool_list();
        let is_listed = |name: &str| tools.iter().any(|listed| listed == name);
        // The tool that the CLI lists as `Task` is `Agent` to the model, and one kept its old name.
        let listed_as = match tool {
            tool if is_agent(tool) => "Task",
            "KillShell" => "TaskStop",
            tool => tool,
        };
        if is_listed(listed_as) || self.is_of_unknown_server(tool) {
            return None;
        }
        let why = match tool {
            "Grep" | "Glob" if self.options.tools.is_some() => {
                format!(" {tool} is disabled for this session.")
            }
            "Grep" if is_listed("Bash") => {
                " Grep is not available in this session — search file contents with `grep` via the Bash tool instead.".to_owned()
            }
            "Glob" if is_listed("Bash") => {
                " Glob is not available in this session — find files with `find` via the Bash tool instead.".to_owned()
            }
            tool if is_builtin(tool) && !HIDDEN.contains(&tool) => {
                format!(" {tool} is disabled for this session, in subagents as well as here.")
            }
            _ => String::new(),
        };
        let dot = if why.is_empty() { "" } else { "." };
        Some(format!("No such tool available: {tool}{dot}{why}"))
    }

    /// `tool_use_meta` of an assistant line. Of a tool that does not exist only the name is shown.
    pub(super) fn tool_meta(&self, id: &str, tool: &str) -> Option<Value> {
        let shown = self.servers.shown_name(tool)?;
        if self.unavailable(tool).is_some() {
            return Some(json!({"id": id, "display_name": shown}));
        }
        self.servers.meta(id, tool)
    }

    /// Whether the launch names the MCP server of this tool, and the scenario does not have it: what
    /// tools it has is then not known.
    fn is_of_unknown_server(&self, tool: &str) -> bool {
        let Some(rest) = tool.strip_prefix("mcp__") else { return false };
        let mut others =
            self.options.other_servers.iter().filter(|(name, _)| !self.servers.has(name));
        others
            .any(|(name, _)| rest.strip_prefix(&**name).is_some_and(|rest| rest.starts_with("__")))
    }
}
