//! What the scripted CLI does in one turn.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::player::model::{ApiReply, Block};
use crate::player::signal;
use crate::player::simulator::is_agent;

/// A scripted turn, built step by step: see [`reply`].
#[derive(Clone, Debug, Default)]
pub struct ModelReply {
    pub(in crate::player) steps: Vec<Step>,
}

/// In a file a step has the name of its method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::player) enum Step {
    Text(String),
    Thinking(String),
    ToolUse {
        name: String,
        input: Value,
    },
    RunTool {
        name: String,
        input: Value,
    },
    AskPermission {
        name: String,
        input: Value,
    },
    ToolResult(String),
    ToolError(String),
    ToolOutput(ToolOutput),
    Elicit(Elicitation),
    Message(Box<ApiReply>),
    Error {
        status: u16,
        text: String,
    },
    #[serde(rename = "delay_ms", serialize_with = "as_ms", deserialize_with = "from_ms")]
    Delay(Duration),
    Hang,
    /// A text as it is, or a line of JSON.
    Raw(Value),
    Stderr(String),
    Exit(i32),
    Crash(Crash),
    CompactedTo(u64),
    IfAllowed(Vec<Step>),
    IfDenied(Vec<Step>),
}

/// A signal that ends the CLI, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(in crate::player) struct Crash {
    name: String,
    pub(in crate::player) number: i32,
}

impl TryFrom<String> for Crash {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match signal::number(&name) {
            Some(number) => Ok(Self { name, number }),
            None => Err(format!("expected a signal such as SIGKILL or SIGSEGV, got {name:?}")),
        }
    }
}

impl From<Crash> for String {
    fn from(crash: Crash) -> Self {
        crash.name
    }
}

/// What an MCP server asks the user while its tool runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::player) struct Elicitation {
    pub(in crate::player) server: String,
    /// The fields of the request: `message`, `mode`, `requested_schema`.
    #[serde(flatten)]
    pub(in crate::player) fields: serde_json::Map<String, Value>,
}

/// What a tool returned, in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::player) struct ToolOutput {
    /// `content` of the `tool_result` block: a text or blocks.
    pub(in crate::player) content: Value,
    /// `tool_use_result` of the line; made from the content if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::player) output: Option<Value>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::player) is_error: bool,
}

/// Returns an empty turn.
///
/// ```
/// use claude_wire::player::reply;
/// use serde_json::json;
///
/// let turn = reply()
///     .thinking("They want a file.")
///     .ask_permission("Write", json!({"file_path": "a.txt", "content": ""}))
///     .tool_result("File created")
///     .text("Done.");
/// ```
pub fn reply() -> ModelReply {
    ModelReply::default()
}

/// A text that the model says.
impl From<&str> for ModelReply {
    fn from(text: &str) -> Self {
        reply().text(text)
    }
}

/// A text that the model says.
impl From<String> for ModelReply {
    fn from(text: String) -> Self {
        reply().text(text)
    }
}

impl ModelReply {
    /// What it says to the sub-agents that it starts.
    pub(in crate::player) fn agent_prompts(&self) -> Vec<&str> {
        let mut uses = Vec::new();
        tool_uses(&self.steps, &mut uses);
        let agents = uses.into_iter().filter(|(name, _)| is_agent(name));
        agents.filter_map(|(_, input)| input["prompt"].as_str()).collect()
    }

    /// A block of text. The last one is also the text of the result.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.then(Step::Text(text.into()))
    }

    /// A block of thinking.
    #[must_use]
    pub fn thinking(self, thinking: impl Into<String>) -> Self {
        self.then(Step::Thinking(thinking.into()))
    }

    /// The use of a tool. `input` is a JSON object. Whether it runs, is asked about or is denied
    /// follows from the launch, the permission mode and the host's hooks, as in the CLI. A tool of an
    /// in-process server of the host is called, and its answer is the result.
    #[must_use]
    pub fn tool_use(self, name: impl Into<String>, input: Value) -> Self {
        self.then(Step::ToolUse { name: name.into(), input })
    }

    /// The use of a tool that runs without a question, whatever the permission mode.
    #[must_use]
    pub fn run_tool(self, name: impl Into<String>, input: Value) -> Self {
        self.then(Step::RunTool { name: name.into(), input })
    }

    /// The use of a tool that needs permission. The host is asked (`can_use_tool`) if it offered
    /// that at the launch (`--permission-prompt-tool stdio`); the tool runs without a question in the
    /// mode `bypassPermissions`, and is denied otherwise. A denial replaces the tool's result, and
    /// the rest of the turn is as scripted.
    #[must_use]
    pub fn ask_permission(self, name: impl Into<String>, input: Value) -> Self {
        self.then(Step::AskPermission { name: name.into(), input })
    }

    /// The result of the first tool use that has none yet. A tool use without one gets the result
    /// that it completed with no output; a result without a tool use is ignored.
    #[must_use]
    pub fn tool_result(self, content: impl Into<String>) -> Self {
        self.then(Step::ToolResult(content.into()))
    }

    /// The [`tool_result`](Self::tool_result) of a tool that failed.
    #[must_use]
    pub fn tool_error(self, content: impl Into<String>) -> Self {
        self.then(Step::ToolError(content.into()))
    }

    /// The [`tool_result`](Self::tool_result) with its structured form: `content` is what the model
    /// sees (a text or blocks), `output` what the host sees as `tool_use_result`.
    #[must_use]
    pub fn tool_output(self, content: impl Into<Value>, output: Value) -> Self {
        let output = ToolOutput { content: content.into(), output: Some(output), is_error: false };
        self.then(Step::ToolOutput(output))
    }

    /// While the latest tool use runs, an MCP server of the scenario asks the user. `fields` are those
    /// of the request: `message`, and `requested_schema` or `url`. What the host answers changes
    /// nothing.
    ///
    /// # Panics
    /// If `fields` is not an object.
    #[must_use]
    #[track_caller]
    pub fn elicit(self, server: impl Into<String>, fields: Value) -> Self {
        let Value::Object(fields) = fields else {
            panic!("an elicitation: expected an object, got {fields}");
        };
        self.then(Step::Elicit(Elicitation { server: server.into(), fields }))
    }

    /// One answer of the Messages API in full: a message with its usage, stop reason and pace, an
    /// error that the CLI retries, or a stream that breaks. The steps before it belong to earlier
    /// messages, those after it to later ones.
    #[must_use]
    pub fn message(self, message: ApiReply) -> Self {
        self.then(Step::Message(Box::new(message)))
    }

    /// The API fails for good with this HTTP status, and the turn is over; `text` is the message to
    /// the user.
    #[must_use]
    pub fn error(self, status: u16, text: impl Into<String>) -> Self {
        self.then(Step::Error { status, text: text.into() })
    }

    /// A pause before the next step.
    #[must_use]
    pub fn delay(self, time: Duration) -> Self {
        self.then(Step::Delay(time))
    }

    /// The turn goes no further: it ends by an interrupt, or with the process.
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Step::Hang)
    }

    /// A line on stdout that the CLI's rules do not write: a notice, a line that is cut off, something
    /// that is not JSON. It is written as it is, whatever the output format, with a line break after
    /// it.
    #[must_use]
    pub fn raw(self, line: impl Into<String>) -> Self {
        self.then(Step::Raw(line.into().into()))
    }

    /// A line on stderr.
    #[must_use]
    pub fn stderr(self, line: impl Into<String>) -> Self {
        self.then(Step::Stderr(line.into()))
    }

    /// The CLI exits here with this code, in the middle of what it does: no result follows.
    /// [`Scenario::on_end`](super::Scenario::on_end) is for another code at its end.
    #[must_use]
    pub fn exit(self, code: i32) -> Self {
        self.then(Step::Exit(code))
    }

    /// The CLI crashes here by this signal, such as `SIGKILL`, `SIGSEGV` or `SIGABRT`: no result
    /// follows. A signal that has no number here is SIGKILL.
    #[must_use]
    pub fn crash(self, signal: &str) -> Self {
        let named = Crash::try_from(signal.to_owned()).or_else(|_| "SIGKILL".to_owned().try_into());
        match named {
            Ok(crash) => self.then(Step::Crash(crash)),
            Err(_) => self,
        }
    }

    /// What the model goes on with if its last tool use ran: the host allowed it, or was not asked. The
    /// steps are those of a turn; what follows them is played in either case.
    ///
    /// ```
    /// use claude_wire::player::reply;
    /// use serde_json::json;
    ///
    /// let turn = reply()
    ///     .ask_permission("Bash", json!({"command": "rm -r build"}))
    ///     .tool_result("removed")
    ///     .if_allowed("The folder is gone.")
    ///     .if_denied("Then I leave it.");
    /// ```
    #[must_use]
    pub fn if_allowed(self, reply: impl Into<ModelReply>) -> Self {
        self.then(Step::IfAllowed(reply.into().steps))
    }

    /// What the model goes on with if its last tool use was denied, by the host, a rule, a hook or the
    /// permission mode.
    #[must_use]
    pub fn if_denied(self, reply: impl Into<ModelReply>) -> Self {
        self.then(Step::IfDenied(reply.into().steps))
    }

    /// In the reply that is the summary of a compaction: how many tokens the context has after it. The
    /// CLI counts texts that only it has; without this, only the summary counts.
    ///
    /// ```
    /// use claude_wire::player::{PromptMatch, Scenario, reply};
    ///
    /// let asks = PromptMatch::Contains("create a detailed summary".into());
    /// let scenario = Scenario::new()
    ///     .when(asks, reply().text("<summary>All was read.</summary>").compacted_to(2800));
    /// # let _ = scenario.unverified();
    /// ```
    #[must_use]
    pub fn compacted_to(self, tokens: u64) -> Self {
        self.then(Step::CompactedTo(tokens))
    }

    /// The tokens after a compaction, if they are known.
    pub(in crate::player) fn tokens_left(&self) -> Option<u64> {
        self.steps.iter().find_map(|step| match step {
            Step::CompactedTo(tokens) => Some(*tokens),
            _ => None,
        })
    }

    /// The steps with whole messages and outputs as blocks, results and errors.
    pub(in crate::player) fn simple_steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for step in &self.steps {
            match step {
                Step::Message(message) => steps.extend(message.content.iter().filter_map(of_block)),
                Step::ToolOutput(output) => {
                    let text = output.content.as_str().unwrap_or_default().to_owned();
                    let (result, error) = (Step::ToolResult, Step::ToolError);
                    steps.push(if output.is_error { error(text) } else { result(text) });
                }
                // Every tool runs.
                Step::IfAllowed(allowed) => {
                    steps.extend(Self { steps: allowed.clone() }.simple_steps());
                }
                Step::IfDenied(_) => {}
                step => steps.push(step.clone()),
            }
        }
        steps
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

fn tool_uses<'a>(steps: &'a [Step], uses: &mut Vec<(&'a str, &'a Value)>) {
    for step in steps {
        match step {
            Step::ToolUse { name, input }
            | Step::RunTool { name, input }
            | Step::AskPermission { name, input } => uses.push((name, input)),
            Step::Message(message) => {
                uses.extend(message.content.iter().filter_map(|block| match block {
                    Block::ToolUse { name, input, .. } => Some((&**name, input)),
                    _ => None,
                }));
            }
            Step::IfAllowed(steps) | Step::IfDenied(steps) => tool_uses(steps, uses),
            _ => {}
        }
    }
}

/// The step that has this block.
fn of_block(block: &Block) -> Option<Step> {
    match block {
        Block::Text { text } => Some(Step::Text(text.clone())),
        Block::Thinking { thinking } => Some(Step::Thinking(thinking.clone())),
        Block::ToolUse { name, input, .. } => {
            Some(Step::ToolUse { name: name.clone(), input: input.clone() })
        }
        Block::Raw { .. } => None,
    }
}

fn as_ms<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn from_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}
