//! What a simulated CLI finds outside of the conversation: hooks of settings, and MCP servers that
//! are not the host's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What launches find.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::player) struct Outside {
    /// Whether the CLI has no key.
    pub(in crate::player) logged_out: bool,
    pub(in crate::player) skills: BTreeMap<String, ScriptedSkill>,
    pub(in crate::player) settings_hooks: Vec<ShellHook>,
    pub(in crate::player) mcp_servers: BTreeMap<String, ScriptedServer>,
    /// Files of the working folder, by their paths in it.
    pub(in crate::player) files: BTreeMap<String, String>,
}

/// A skill of the project, which a prompt such as `/greet Ann` names.
///
/// Its text is then the prompt. In it, `$ARGUMENTS` is what follows the name, and a command such as
/// `` !`date` `` is replaced by its output, once the host's `PreSkillShellCommand` hooks were asked.
/// No command is run: a command whose [`output`](Self::output) is not scripted prints nothing,
/// except for `echo`.
///
/// ```
/// use claude_wire::player::{Scenario, ScriptedSkill, PromptMatch, reply};
///
/// let skill = ScriptedSkill::new("Says who is there", "There are: !`ls`").output("ls", "a b");
/// let scenario = Scenario::new()
///     .skill("who", skill)
///     .when(PromptMatch::Contains("There are: a b".into()), reply().text("Two."));
/// # let _ = scenario.unverified();
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedSkill {
    pub(in crate::player) description: String,
    pub(in crate::player) text: String,
    /// What its commands print.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::player) outputs: BTreeMap<String, String>,
}

impl ScriptedSkill {
    /// A skill with this description and this text.
    pub fn new(description: impl Into<String>, text: impl Into<String>) -> Self {
        Self { description: description.into(), text: text.into(), outputs: BTreeMap::new() }
    }

    /// What a command in its text prints.
    #[must_use]
    pub fn output(mut self, command: impl Into<String>, output: impl Into<String>) -> Self {
        self.outputs.insert(command.into(), output.into());
        self
    }
}

/// A hook of the settings, and how it ends each time. Nothing is run.
///
/// What the CLI does about it: the exit code 0 is success, and JSON on stdout is a hook's answer;
/// 2 blocks, with stderr as the reason; any other one is an error that blocks nothing. A hook that
/// is an HTTP request has its status in the place of the exit code.
///
/// ```
/// use claude_wire::player::{Scenario, ShellHook};
///
/// let scenario = Scenario::new()
///     .settings_hook(ShellHook::new("PreToolUse").matcher("Bash").stderr("no shell").exit_code(2));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShellHook {
    pub(in crate::player) event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::player) matcher: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(in crate::player) stdout: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(in crate::player) stderr: String,
    #[serde(default)]
    pub(in crate::player) exit_code: u16,
}

/// An MCP server that the CLI connects to by itself: on stdio or over HTTP.
///
/// It counts in launches whose configuration names it. What its tools return is in the replies, as
/// for a built-in tool; a call without a result in the reply gets the one that the tool has here.
///
/// ```
/// use claude_wire::player::{Scenario, ScriptedServer};
/// use serde_json::json;
///
/// let server = ScriptedServer::new()
///     .info(json!({"name": "bench", "version": "1.0.0"}))
///     .tool(json!({"name": "add", "annotations": {"readOnlyHint": true},
///         "result": {"content": [{"type": "text", "text": "3"}]}}));
/// let scenario = Scenario::new().mcp_server("bench", server);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedServer {
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub(in crate::player) info: Value,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::player) tools: Vec<ScriptedTool>,
}

/// A tool of such a server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::player) struct ScriptedTool {
    pub(in crate::player) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::player) result: Option<Value>,
    /// The rest of its declaration.
    #[serde(flatten)]
    pub(in crate::player) declaration: serde_json::Map<String, Value>,
}

impl ShellHook {
    /// A hook of an event such as `PreToolUse` that succeeds and says nothing.
    pub fn new(event: impl Into<String>) -> Self {
        Self {
            event: event.into(),
            matcher: None,
            stdout: String::new(),
            stderr: String::new(),
            exit_code: 0,
        }
    }

    /// For which tools or sources it is, as in the settings. Default: all.
    #[must_use]
    pub fn matcher(mut self, matcher: impl Into<String>) -> Self {
        self.matcher = Some(matcher.into());
        self
    }

    /// What it writes to stdout.
    #[must_use]
    pub fn stdout(mut self, text: impl Into<String>) -> Self {
        self.stdout = text.into();
        self
    }

    /// What it writes to stderr.
    #[must_use]
    pub fn stderr(mut self, text: impl Into<String>) -> Self {
        self.stderr = text.into();
        self
    }

    /// Its exit code, or the status of its HTTP response. Default: 0.
    #[must_use]
    pub fn exit_code(mut self, code: u16) -> Self {
        self.exit_code = code;
        self
    }

    pub(in crate::player) fn is_success(&self) -> bool {
        self.exit_code == 0 || (200..300).contains(&self.exit_code)
    }
}

impl ScriptedServer {
    /// A server without tools.
    pub fn new() -> Self {
        Self::default()
    }

    /// Its `serverInfo`: `name`, `version`, `title`.
    #[must_use]
    pub fn info(mut self, info: Value) -> Self {
        self.info = info;
        self
    }

    /// A tool, as in the reply to `tools/list`, with a `result` for calls that the reply does not
    /// script.
    ///
    /// # Panics
    /// If it has no `name`.
    #[must_use]
    #[track_caller]
    pub fn tool(mut self, tool: Value) -> Self {
        match serde_json::from_value(tool) {
            Ok(tool) => self.tools.push(tool),
            Err(error) => panic!("the tool of a scripted MCP server: {error}"),
        }
        self
    }
}

impl ScriptedTool {
    /// The tool as in the reply to `tools/list`.
    pub(in crate::player) fn declared(&self) -> Value {
        let mut tool = serde_json::Map::new();
        tool.insert("name".to_owned(), self.name.as_str().into());
        tool.extend(self.declaration.clone());
        tool.into()
    }
}
