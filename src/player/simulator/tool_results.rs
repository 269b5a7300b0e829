//! The results of tools, and the lines that they are.

use serde_json::{Value, json};

use crate::player::model::ApiReply;
use crate::player::scenario::ToolOutput;

use super::agent::Agent;
use super::mcp::Called;
use super::state::{Running, State};

/// The result of a tool use that the user ended.
pub(super) const REJECTED: &str = "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a \
    file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed.";

/// What follows where the tool had been running.
const INTERRUPTED: &str = " It was running when it was stopped, so some of it may have been done.";
/// The result of a call of an MCP server that did not come.
const NO_RESULT: &str = "The tool call was interrupted before a result was received. It may or may not have completed on the \
    server — verify before assuming it succeeded, and retry if needed.";
/// The exit code of a command that the CLI kills when it ends.
const KILLED: u8 = 137;
/// What the CLI adds to the error of a tool whose schema it had not given to the model.
const UNSEEN_SCHEMA: &str =
    "The model had not seen the schema of this tool's input when it called it.";
/// What encloses the error of a use whose input is not valid.
pub(super) const INVALID: (&str, &str) = ("<tool_use_error>", "</tool_use_error>");

/// The result of a tool use, before it is written.
#[derive(Default)]
pub(super) struct Returned {
    pub(super) content: Value,
    pub(super) output: Value,
    pub(super) is_error: bool,
    /// Whether `is_error` is written where it is false.
    pub(super) says_so: bool,
    /// Whether the result did not come.
    pub(super) is_interrupted: bool,
}

impl Returned {
    pub(super) fn ok(content: Value, output: Value) -> Self {
        Self { content, output, ..Self::default() }
    }

    pub(super) fn failed(text: String) -> Self {
        Self {
            output: format!("Error: {text}").into(),
            content: text.into(),
            is_error: true,
            says_so: true,
            is_interrupted: false,
        }
    }
}

pub(super) fn of_output(name: &str, output: ToolOutput) -> Returned {
    let ToolOutput { content, output, is_error } = output;
    let is_shell = name == "Bash";
    let text = text_of(&content);
    let made = || match &content {
        _ if is_error => format!("Error: {text}").into(),
        Value::String(text) if is_shell => {
            let is_silent = text.starts_with("(Bash completed with no output");
            let stdout = if is_silent { "" } else { text.as_str() };
            json!({"stdout": stdout, "stderr": "", "interrupted": false, "isImage": false, "noOutputExpected": is_silent})
        }
        other => other.clone(),
    };
    let shown = output.unwrap_or_else(made);
    Returned { content, output: shown, is_error, says_so: is_shell, is_interrupted: false }
}

pub(super) fn of_call(called: Called) -> Returned {
    match called {
        Called::Result { content, structured, is_error: false } => {
            let output = match &structured {
                Some(value) => json!({"content": value.to_string(), "structuredContent": value}),
                None => content.clone(),
            };
            let content = structured.map_or(content, |value| value.to_string().into());
            Returned::ok(content, output)
        }
        Called::Result { content, .. } => {
            let text = text_of(&content);
            let content = format!("{text}\n\n{UNSEEN_SCHEMA}").into();
            Returned { content, ..Returned::failed(text) }
        }
        Called::Failed(text) => Returned::failed(text),
        Called::Interrupted => {
            Returned { is_interrupted: true, ..Returned::failed(NO_RESULT.to_owned()) }
        }
    }
}

/// The text of a result's content.
pub(super) fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts = blocks.iter().filter_map(|block| block["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

impl State {
    pub(super) fn tool_result(
        &mut self,
        id: &str,
        result: &Returned,
        decision: Value,
        agent: Option<&Agent>,
    ) {
        let mut block = if result.is_error {
            json!({"type": "tool_result", "content": result.content, "is_error": true, "tool_use_id": id})
        } else {
            json!({"tool_use_id": id, "type": "tool_result", "content": result.content})
        };
        if !result.is_error && result.says_so {
            block["is_error"] = false.into();
        }
        let mut meta = json!({"id": id, "permission_decision": decision});
        if result.is_interrupted {
            meta["non_execution_kind"] = "interrupted".into();
        }
        self.write_result(id, block, result.output.clone(), Some(json!([meta])), agent);
    }

    pub(super) fn denied(
        &mut self,
        id: &str,
        message: &str,
        mut meta: Value,
        agent: Option<&Agent>,
    ) {
        let block =
            json!({"type": "tool_result", "content": message, "is_error": true, "tool_use_id": id});
        meta["id"] = id.into();
        let output = format!("Error: {message}").into();
        self.write_result(id, block, output, Some(json!([meta])), agent);
    }

    /// Fills in what the inputs of a message name of the results before it. `again`: another one of
    /// the same request was begun before.
    pub(super) fn fill(&mut self, reply: &mut ApiReply, again: bool, agent: Option<&Agent>) {
        let turn = self.turn_of(agent);
        if !again {
            turn.read = std::mem::take(&mut turn.returned);
        }
        if let Err(why) = reply.fill(&turn.read) {
            self.note_not_simulated(format!("the input of a tool: {why}"));
        }
    }

    /// The result of a tool use that no one decided about.
    pub(super) fn cancelled(&mut self, id: &str, text: &str, agent: Option<&Agent>) {
        let block =
            json!({"type": "tool_result", "content": text, "is_error": true, "tool_use_id": id});
        let meta = json!([{"id": id, "non_execution_kind": "cancelled"}]);
        self.write_result(id, block, text.into(), Some(meta), agent);
    }

    /// The result of a call of an MCP server that did not come before the turn ended.
    pub(super) fn interrupted(&mut self, running: &Running) {
        let result = of_call(Called::Interrupted);
        self.tool_result(&running.id, &result, running.decision.clone(), None);
    }

    /// The result of a shell command that a signal to the CLI ended.
    pub(super) fn killed(&mut self) {
        let running = self.turn.as_ref().and_then(|turn| turn.running.clone());
        let Some(running) = running.filter(|running| running.tool == "Bash") else { return };
        let text = format!("Exit code {KILLED}");
        let output = ToolOutput { content: text.into(), output: None, is_error: true };
        let result = of_output("Bash", output);
        self.tool_result(&running.id, &result, running.decision, None);
    }

    /// The result of a tool use that an interrupt ended.
    pub(super) fn rejected(&mut self, id: &str) {
        let ran = self.turn().running.as_ref().is_some_and(|running| running.id == id);
        let text = format!("{REJECTED}{}", if ran { INTERRUPTED } else { "" });
        let block =
            json!({"type": "tool_result", "content": text, "is_error": true, "tool_use_id": id});
        let meta = json!([{"id": id, "non_execution_kind": "user-rejected"}]);
        self.write_result(id, block, "User rejected tool use".into(), Some(meta), None);
    }

    /// The result of a tool use that is not valid: no one was asked about it.
    pub(super) fn invalid(&mut self, id: &str, text: &str, agent: Option<&Agent>) {
        let why = text.trim_start_matches(INVALID.0).trim_end_matches(INVALID.1);
        let why = why.strip_prefix("Error: ").unwrap_or(why);
        self.invalid_as(id, text, format!("Error: {why}"), agent);
    }

    /// One with another short form, `why`.
    pub(super) fn invalid_as(&mut self, id: &str, text: &str, why: String, agent: Option<&Agent>) {
        let block =
            json!({"type": "tool_result", "content": text, "is_error": true, "tool_use_id": id});
        self.write_result(id, block, why.into(), None, agent);
    }

    fn write_result(
        &mut self,
        id: &str,
        block: Value,
        output: Value,
        meta: Option<Value>,
        agent: Option<&Agent>,
    ) {
        self.turn_of(agent).returned.push(text_of(&block["content"]));
        let mut line = self.lines.user(json!([block]));
        match agent {
            // What a tool of a sub-agent returned is not shown in its structured form.
            Some(agent) => agent.mark(&mut line),
            None => line["tool_use_result"] = output,
        }
        if let Some(meta) = meta {
            line["tool_result_meta"] = meta;
        }
        let turn = self.turn_of(agent);
        turn.tools.retain(|open| open != id);
        turn.running = None;
        turn.messages += 1;
        for (hook, message) in std::mem::take(&mut turn.said_by_hooks) {
            self.hooks_say(&hook, &[message]);
        }
        self.out(&line);
        if agent.is_none() {
            self.mirror_result(&line);
        }
    }
}
