//! Definitions of sub-agents.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Effort, McpServer, PermissionMode};

/// A sub-agent to which the model can delegate work, or that leads the conversation (option
/// `agent`).
///
/// It is sent in the initialize request (`agents`, CLI 2.1.329), never on the command line. Fields
/// that are `None` or empty are omitted, and the CLI decides.
///
/// ```
/// use claude_wire::session::options::{AgentDefinition, Options};
///
/// let mut reviewer = AgentDefinition::new("Reviews a change", "Look for bugs. Change nothing.");
/// reviewer.tools = Some(vec!["Read".into(), "Grep".into()]);
/// let options = Options::default().agents([("reviewer", reviewer)]);
/// options.validate()?;
/// # Ok::<(), claude_wire::session::options::OptionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AgentDefinition {
    /// When to use it, for the model to read (`description`).
    pub description: String,
    /// Its system prompt (`prompt`).
    pub prompt: String,
    /// The tools that it has (`tools`); the empty list is none, `None` all of them.
    pub tools: Option<Vec<String>>,
    /// The tools that it must not have (`disallowedTools`).
    pub disallowed_tools: Vec<String>,
    /// Its model, an alias or a full name, or `inherit` (`model`).
    pub model: Option<String>,
    /// Its MCP servers (`mcpServers`).
    pub mcp_servers: Vec<AgentMcpServer>,
    /// The skills that it starts with (`skills`).
    pub skills: Vec<String>,
    /// The first prompt when it leads the conversation (`initialPrompt`).
    pub initial_prompt: Option<String>,
    /// How many requests to the model it may take, from 1 up (`maxTurns`).
    pub max_turns: Option<u32>,
    /// Whether it runs in the background (`background`).
    pub background: Option<bool>,
    /// Where it keeps its memory: `user`, `project` or `local` (`memory`).
    pub memory: Option<String>,
    /// Its effort level (`effort`).
    pub effort: Option<Effort>,
    /// How to decide about tools that no rule covers (`permissionMode`).
    pub permission_mode: Option<PermissionMode>,
    /// Any other field, by its name on the wire; it overrides those above.
    pub extra: Map<String, Value>,
}

/// An MCP server of an agent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AgentMcpServer {
    /// A server of the session, by its name.
    Named(String),
    /// A server only for this agent: its name, and how it is reached.
    Own(String, McpServer),
}

impl AgentDefinition {
    /// Creates an agent with a description for the model and its own system prompt.
    pub fn new(description: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self { description: description.into(), prompt: prompt.into(), ..Self::default() }
    }

    fn to_json(&self) -> Value {
        let mut fields = Map::new();
        fields.insert("description".to_owned(), json!(self.description));
        fields.insert("prompt".to_owned(), json!(self.prompt));
        let list = |items: &[String]| (!items.is_empty()).then(|| json!(items));
        let servers = || self.mcp_servers.iter().map(AgentMcpServer::to_json).collect::<Value>();
        let optional = [
            ("tools", self.tools.as_ref().map(|tools| json!(tools))),
            ("disallowedTools", list(&self.disallowed_tools)),
            ("model", self.model.as_ref().map(|model| json!(model))),
            ("mcpServers", (!self.mcp_servers.is_empty()).then(servers)),
            ("skills", list(&self.skills)),
            ("initialPrompt", self.initial_prompt.as_ref().map(|prompt| json!(prompt))),
            ("maxTurns", self.max_turns.map(Value::from)),
            ("background", self.background.map(Value::from)),
            ("memory", self.memory.as_ref().map(|memory| json!(memory))),
            ("effort", self.effort.as_ref().map(|effort| json!(effort.as_str()))),
            ("permissionMode", self.permission_mode.as_ref().map(|mode| json!(mode.as_str()))),
        ];
        fields.extend(
            optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))),
        );
        fields.extend(self.extra.clone());
        Value::Object(fields)
    }
}

impl AgentMcpServer {
    fn to_json(&self) -> Value {
        match self {
            AgentMcpServer::Named(name) => json!(name),
            AgentMcpServer::Own(name, server) => json!({name: server.to_json()}),
        }
    }
}

/// The field `agents` of the initialize request.
pub(super) fn agents(agents: &BTreeMap<String, AgentDefinition>) -> Value {
    agents.iter().map(|(name, agent)| (name.clone(), agent.to_json())).collect::<Map<_, _>>().into()
}
