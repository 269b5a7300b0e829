//! Definitions of sub-agents.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::open::{Fault, Json};
use super::{Effort, McpServer, PermissionMode};

open_object! {
    /// A sub-agent to which the model can delegate work, or that leads the conversation (option
    /// `agent`).
    ///
    /// It is sent in the initialize request (`agents`, CLI 2.1.329), never on the command line.
    /// Fields that are `None` or empty are omitted, and the CLI decides. It can be read from JSON
    /// and written as JSON, in the form of the wire; `AgentDefinition` of the TypeScript SDK.
    ///
    /// ```
    /// use claude_wire::session::options::{AgentDefinition, Options};
    ///
    /// let mut reviewer = AgentDefinition::new("Reviews a change", "Look for bugs. Change nothing.");
    /// reviewer.tools = Some(vec!["Read".into(), "Grep".into()]);
    /// let options = Options::default().agents([("reviewer", reviewer)]);
    /// options.validate()?;
    ///
    /// let read: AgentDefinition = serde_json::from_str(r#"{"description":"d","prompt":"p","new":1}"#)?;
    /// assert_eq!(serde_json::to_string(&read)?, r#"{"description":"d","prompt":"p","new":1}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[derive(Debug)]
    pub struct AgentDefinition {
        /// When to use it, for the model to read.
        pub description: String = "description" required seen,
        /// Its system prompt.
        pub prompt: String = "prompt" required seen,
        /// The tools that it has; the empty list is none, `None` all of them.
        pub tools: Option<Vec<String>> = "tools" seen,
        /// The tools that it must not have. `mcp__server` is every tool of a server, `mcp__*` of
        /// all servers.
        pub disallowed_tools: Vec<String> = "disallowedTools" seen,
        /// Its model, an alias or a full name, or `inherit`.
        pub model: Option<String> = "model" seen,
        /// Its MCP servers.
        pub mcp_servers: Vec<AgentMcpServer> = "mcpServers" seen,
        /// A reminder in its context that it must not forget. Experimental: CLI 2.1.332 takes it,
        /// and its requests to the model do not show it.
        pub critical_system_reminder: Option<String> = "criticalSystemReminder_EXPERIMENTAL",
        /// The skills that it starts with: their texts are in its first request to the model.
        pub skills: Vec<String> = "skills" seen,
        /// The first prompt when it leads the conversation: a turn that the CLI starts before that
        /// of your first prompt. Its messages are events of the session and of no query
        /// ([`SessionEvent::Message`](crate::SessionEvent::Message)).
        pub initial_prompt: Option<String> = "initialPrompt" seen,
        /// How many requests to the model it may take, from 1 up. After the last one its work is over
        /// without an answer.
        pub max_turns: Option<u32> = "maxTurns" seen,
        /// How many tokens its conversation may have before it is compacted. It only lowers the
        /// limit that it would have otherwise, and has no effect when it leads the conversation.
        pub auto_compact_window: Option<u64> = "autoCompactWindow" seen,
        /// True if it runs in the background, even if the model wants to wait for it. With `false`
        /// the model decides.
        pub background: Option<bool> = "background" seen,
        /// Whether it runs without the instruction files of user and project (`CLAUDE.md`); those of
        /// the administrator stay. No effect when it leads the conversation.
        pub omit_claude_md: Option<bool> = "omitClaudeMd" seen,
        /// Where it keeps its memory. It also gets the tools that write it.
        pub memory: Option<AgentMemory> = "memory" seen,
        /// Its effort, a level or a number.
        pub effort: Option<AgentEffort> = "effort" seen,
        /// How to decide about tools that no rule covers.
        pub permission_mode: Option<PermissionMode> = "permissionMode" seen,
        /// The agents that observe it in the background, up to four, separated by commas: they get
        /// digests of its work, and report. CLI 2.1.332 took it in a closed network, and asked the
        /// model for no observer.
        pub observer: Option<String> = "observer",
        /// A text after each of these digests. A blank one is ignored.
        pub observer_message: Option<String> = "observerMessage",
    }
}

impl AgentDefinition {
    /// Creates an agent with a description for the model and its own system prompt.
    pub fn new(description: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self { description: description.into(), prompt: prompt.into(), ..Self::default() }
    }
}

string_enum! {
    /// Where an agent keeps its memory (`memory`, CLI 2.1.332).
    pub enum AgentMemory {
        /// In the user's configuration: `agent-memory/<agent>/`.
        User = "user",
        /// In the project: `.claude/agent-memory/<agent>/`.
        Project = "project",
        /// In the project, on this machine: `.claude/agent-memory-local/<agent>/`.
        Local = "local",
    }
}

open_words!(AgentMemory, PermissionMode, Effort);

/// How hard an agent tries (`effort`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AgentEffort {
    /// A level, such as `low`.
    Level(Effort),
    /// A whole number, whose scale is that of the CLI. CLI 2.1.332 takes it, and its requests to the
    /// model have no effort then.
    Number(u64),
}

impl From<&str> for AgentEffort {
    fn from(level: &str) -> Self {
        Self::Level(level.into())
    }
}

impl From<Effort> for AgentEffort {
    fn from(level: Effort) -> Self {
        Self::Level(level)
    }
}

impl From<u64> for AgentEffort {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl Json for AgentEffort {
    fn to_json(&self) -> Value {
        match self {
            Self::Level(level) => level.to_json(),
            Self::Number(number) => number.to_json(),
        }
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        match value {
            Value::String(level) => Ok(Self::Level(level.into())),
            Value::Number(_) => u64::from_json(value).map(Self::Number),
            other => Err(Fault::new("a level or a whole number", &other)),
        }
    }
}

/// An MCP server of an agent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "an agent has few servers")]
pub enum AgentMcpServer {
    /// A server of the session, by its name.
    Named(String),
    /// A server only for this agent: its name, and how it is reached.
    Own(String, McpServer),
}

impl Json for AgentMcpServer {
    fn to_json(&self) -> Value {
        match self {
            AgentMcpServer::Named(name) => json!(name),
            AgentMcpServer::Own(name, server) => json!({name: server.to_json()}),
        }
    }

    fn from_json(value: Value) -> Result<Self, Fault> {
        let fault = Fault::new("a name or an object with one server", &value);
        Self::list_from_json(vec![value])?.pop().ok_or(fault)
    }

    /// One item may have several servers, each by its name.
    fn list_from_json(items: Vec<Value>) -> Result<Vec<Self>, Fault> {
        let mut servers = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            match item {
                Value::String(name) => servers.push(Self::Named(name)),
                Value::Object(_) => {
                    let own = BTreeMap::from_json(item).map_err(|fault| fault.at(index))?;
                    servers.extend(own.into_iter().map(|(name, server)| Self::Own(name, server)));
                }
                other => return Err(Fault::new("a name or an object", &other).at(index)),
            }
        }
        Ok(servers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_efforts_survive_in_each_form() {
        for text in [
            r#"{"description":"d","prompt":"p","mcpServers":["s",{"o":{"command":"c"}}],"effort":"low"}"#,
            r#"{"description":"d","prompt":"p","memory":"elsewhere","effort":7}"#,
        ] {
            let agent: AgentDefinition = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&agent).unwrap(), text);
        }
        let two = json!({"description": "d", "prompt": "p", "mcpServers": [{"a": {}, "b": {}}]});
        let agent: AgentDefinition = serde_json::from_value(two).unwrap();
        assert_eq!(agent.mcp_servers.len(), 2);
        let bad =
            json!({"description": "d", "prompt": "p", "mcpServers": ["s", {"o": {"url": 1}}]});
        assert_eq!(
            serde_json::from_value::<AgentDefinition>(bad).unwrap_err().to_string(),
            "field `mcpServers[1].o.url`: expected a string, got a number"
        );
    }
}
