//! The tools of a message: whether they run, and what they return.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::player::scenario::{Elicitation, ToolOutput};

use super::agent::{Agent, is_agent};
use super::answers::Outcome;
use super::handle::Cli;
use super::hook_calls::fields as to_fields;
use super::hooks::Decision;
use super::host_answer::Answer;
use super::mcp::Called;
use super::permissions::Verdict;
use super::question::Question;
use super::state::{Running, State};
use super::task::Ended;
use super::tool_use::{STRUCTURED_OUTPUT, ToolUse};

/// What the tool for structured answers says.
const PROVIDED: &str = "Structured output provided successfully";
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
const INVALID: (&str, &str) = ("<tool_use_error>", "</tool_use_error>");

/// How the tools of a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    GoesOn,
    /// The structured answer is there.
    Answered,
    /// A hook wants the turn to end.
    Stopped,
}

/// The result of a tool use, before it is written.
#[derive(Default)]
pub(super) struct Returned {
    content: Value,
    output: Value,
    is_error: bool,
    /// Whether `is_error` is written where it is false.
    says_so: bool,
    /// Whether the result did not come.
    is_interrupted: bool,
}

impl Returned {
    pub(super) fn ok(content: Value, output: Value) -> Self {
        Self { content, output, ..Self::default() }
    }
}

impl Cli {
    /// Runs the tools of a message one after the other, from the time when the first is whole. No
    /// result comes before the message is.
    pub(super) async fn run_tools(&self, mut results: VecDeque<Outcome>) -> Ran {
        let mut ran = Ran::GoesOn;
        while let Some(tool) = self.until(|state| state.next_tool(self.agent())).await {
            match self.run_tool(&tool, &mut results).await {
                Ran::GoesOn => {}
                other => ran = other,
            }
            if self.agent().is_none() && self.with(State::runs_no_more_tools) {
                // The turn is over; what ends it writes the rest.
                return std::future::pending().await;
            }
        }
        ran
    }

    async fn run_tool(&self, tool: &ToolUse, results: &mut VecDeque<Outcome>) -> Ran {
        let ToolUse { id, name, input, gate } = tool;
        let server = self.with(|state| state.servers.find(name));
        if name == STRUCTURED_OUTPUT && self.with(|state| state.schema().is_some()) {
            self.until_message_is_whole().await;
            return self.structured(id, input);
        }
        if is_invalid(results) {
            self.until_message_is_whole().await;
            let text = next_output(results).map(|output| text_of(&output.content));
            self.with(|state| state.invalid(id, &text.unwrap_or_default(), self.agent()));
            return Ran::GoesOn;
        }
        if let Some(why) = self.with(|state| state.unavailable(name)) {
            self.until_message_is_whole().await;
            next_output(results);
            let text = format!("{}Error: {why}{}", INVALID.0, INVALID.1);
            self.with(|state| state.invalid(id, &text, self.agent()));
            return Ran::GoesOn;
        }
        let is_mcp = server.is_some();
        let verdict = self.may_run(id, name, input, *gate).await;
        self.until_message_is_whole().await;
        self.with(|state| {
            state.turn_of(self.agent()).denied = !matches!(verdict, Verdict::Runs { .. });
        });
        let (input, decision) = match verdict {
            Verdict::Runs { input, decision } => (input, decision),
            Verdict::Cancelled(text) => {
                next_output(results);
                self.with(|state| state.cancelled(id, text, self.agent()));
                return Ran::GoesOn;
            }
            Verdict::Denied { message, decision, kind, why, interrupts } => {
                self.with(|state| {
                    if let Some(why) = why {
                        state.permission_denied(id, name, &why, self.agent());
                    }
                    let shown = shown(state, name, input);
                    state
                        .turn_of(self.agent())
                        .denials
                        .push(json!({"tool_name": name, "tool_use_id": id, "tool_input": shown}));
                });
                if !interrupts {
                    // What it would have returned is not another tool's.
                    next_output(results);
                    let meta = json!({"non_execution_kind": kind, "permission_decision": decision});
                    self.with(|state| state.denied(id, &message, meta, self.agent()));
                }
                return Ran::GoesOn;
            }
        };
        self.with(|state| {
            let running =
                Running { id: id.clone(), tool: name.clone(), is_mcp, decision: decision.clone() };
            state.turn_of(self.agent()).running = Some(running);
        });
        let result = match server {
            Some((server, tool)) if self.with(|state| state.servers.is_in_process(&server)) => {
                let scripted = next_output(results);
                drop(scripted);
                of_call(self.call_tool(&server, &tool, id, &input).await)
            }
            Some((server, tool)) => self.scripted_call(&server, &tool, results).await,
            None if is_agent(name) => {
                let scripted = next_output(results).map(|output| output.content);
                let tool = ToolUse { input: input.clone(), ..tool.clone() };
                self.run_agent(&tool, scripted).await
            }
            None if name == "Bash" && input["run_in_background"] == true => {
                self.run_in_background(id, &input, of_one_tool(results))
            }
            None => self.scripted(name, results).await,
        };
        let mut stopped = false;
        let result = if result.is_error {
            let text = text_of(&result.content);
            let fields = json!({"tool_name": name, "tool_input": input, "tool_use_id": id, "error": text, "is_interrupt": false});
            let fields = self.with(|state| state.tool_fields(name, fields));
            self.hooks("PostToolUseFailure", name, Some(id), to_fields(fields)).await;
            result
        } else {
            let fields = json!({
                "tool_name": name, "tool_input": input, "tool_response": result.output, "tool_use_id": id, "duration_ms": 1,
            });
            let fields = self.with(|state| state.tool_fields(name, fields));
            let decision = self.hooks("PostToolUse", name, Some(id), to_fields(fields)).await;
            stopped = decision.stop.is_some();
            match decision.updated_output {
                Some(output) if is_mcp || output.is_string() => {
                    Returned { content: output.clone(), output, ..result }
                }
                _ => result,
            }
        };
        self.with(|state| {
            if let (Some(path), false) = (state.edited(name, &input), result.is_error) {
                state.checkpoints.note(path, &input, &result.output);
            }
            if name == "Bash" {
                state.note_shell(&input, &text_of(&result.content), result.is_error);
            }
            state.tool_result(id, &result, decision, self.agent());
        });
        if stopped { Ran::Stopped } else { Ran::GoesOn }
    }

    /// What the scenario says that a tool of an MCP server returns.
    async fn scripted_call(
        &self,
        server: &str,
        tool: &str,
        results: &mut VecDeque<Outcome>,
    ) -> Returned {
        if results.iter().any(|outcome| matches!(outcome, Outcome::Output(_))) {
            let mut returned = self.scripted(tool, results).await;
            if let (Value::String(text), false) = (&returned.content, returned.is_error)
                && returned.output == returned.content
            {
                returned.output = json!([{"type": "text", "text": text}]);
                returned.content = returned.output.clone();
            }
            return returned;
        }
        let result = self.with(|state| state.servers.scripted_result(server, tool));
        of_call(result.map_or_else(
            || Called::Failed(format!("the scenario has no result for {tool}")),
            |result| Called::of_result(&result),
        ))
    }

    /// A server asks the user.
    async fn elicit(&self, asked: Elicitation) {
        let mut request = json!({"subtype": "elicitation", "mcp_server_name": asked.server});
        super::lines::extend(&mut request, asked.fields.clone().into());
        let schema = request.pointer("/requested_schema/properties").and_then(Value::as_object);
        if let Some(fields) = schema {
            let order: Vec<_> = fields.keys().cloned().collect();
            request["property_order"] = order.into();
        }
        let server = asked.server;
        self.with(State::note_asking);
        let answer = self.ask(request).await;
        self.with(State::note_answered);
        // What the tool makes of the answer is the scenario's.
        if let Answer::Success(answer) = answer {
            let action = answer["action"].as_str().unwrap_or_default();
            let message = format!("Elicitation response for server \"{server}\": {action}");
            self.notify("elicitation_response", message);
        }
    }

    async fn until_message_is_whole(&self) {
        self.until(|state| (!state.turn_of(self.agent()).receives).then_some(())).await;
    }

    /// What the scenario says that a tool returns.
    async fn scripted(&self, name: &str, results: &mut VecDeque<Outcome>) -> Returned {
        while let Some(outcome) = results.pop_front() {
            match outcome {
                Outcome::Do(effect) => self.act(&effect).await,
                Outcome::Output(output) => return of_output(name, output),
                Outcome::Elicit(asked) => self.elicit(asked).await,
            }
        }
        let content = format!("({name} completed with no output)");
        of_output(name, ToolOutput { content: content.into(), output: None, is_error: false })
    }

    /// Starts a shell command that goes on in the background.
    fn run_in_background(
        &self,
        id: &str,
        input: &Value,
        mut outcome: VecDeque<Outcome>,
    ) -> Returned {
        let text = |field: &str| input[field].as_str().unwrap_or_default().to_owned();
        let description = Some(text("description")).filter(|text| !text.is_empty());
        let description = description.unwrap_or_else(|| text("command"));
        let (task, file) = self.with(|state| {
            let task = state.new_task("local_bash", id, &description, None);
            state.start_in_background(&task, json!({}));
            let file = state.output_file(&task);
            (task, file)
        });
        let content = format!(
            "Command running in background with ID: {}. Output is being written to: {file}. You will be notified when it completes. \
             To check interim output, use Read on that file path.",
            task.id
        );
        let output = json!({
            "stdout": "", "stderr": "", "interrupted": false, "isImage": false, "noOutputExpected": false, "backgroundTaskId": task.id,
        });
        let cli = self.clone();
        self.spawn(async move {
            let work = cli.scripted("Bash", &mut outcome);
            let Some(returned) = cli.unless_stopped(&task.id, work).await else { return };
            cli.with(|state| {
                let (status, how) = if returned.is_error {
                    let code = exit_code(&text_of(&returned.content)).unwrap_or(1);
                    ("failed", format!("failed with exit code {code}"))
                } else {
                    ("completed", "completed (exit code 0)".to_owned())
                };
                let summary = format!("Background command \"{description}\" {how}");
                let notice = state.notice(&task, status, &summary, "");
                let ended = Ended { status, summary, fields: json!({}), notice: Some(notice) };
                state.task_ended(&task, ended);
            });
        });
        Returned { says_so: true, ..Returned::ok(content.into(), output) }
    }

    fn structured(&self, id: &str, input: &Value) -> Ran {
        self.with(|state| {
            state.turn().structured = Some(input.clone());
            let result = Returned::ok(PROVIDED.into(), PROVIDED.into());
            let decision = json!({"decision": "accept", "source": "config"});
            state.tool_result(id, &result, decision, self.agent());
        });
        Ran::Answered
    }
}

/// Takes what belongs to the next tool: up to its output.
fn of_one_tool(results: &mut VecDeque<Outcome>) -> VecDeque<Outcome> {
    let end = results.iter().position(|outcome| matches!(outcome, Outcome::Output(_)));
    let rest = results.split_off(end.map_or(results.len(), |end| end + 1));
    std::mem::replace(results, rest)
}

/// The exit code of a command that failed, in the first line of what it returned.
fn exit_code(text: &str) -> Option<u8> {
    let line = text.lines().next()?;
    line.strip_prefix("Exit code ")?.trim().parse().ok()
}

/// The input of a tool as the CLI shows it.
fn shown(state: &State, tool: &str, input: &Value) -> Value {
    let decision = Decision::default();
    Question { id: "", tool, input, decision: &decision }.shown(state)
}

/// Drops the pauses before the next output, and takes it.
fn next_output(results: &mut VecDeque<Outcome>) -> Option<ToolOutput> {
    while let Some(outcome) = results.pop_front() {
        if let Outcome::Output(output) = outcome {
            return Some(output);
        }
    }
    None
}

fn of_output(name: &str, output: ToolOutput) -> Returned {
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

fn of_call(called: Called) -> Returned {
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
            Returned { content, ..failed(text) }
        }
        Called::Failed(text) => failed(text),
        Called::Interrupted => Returned { is_interrupted: true, ..failed(NO_RESULT.to_owned()) },
    }
}

/// Whether the next output is the CLI's own error: it ran no tool, since the input is not valid.
fn is_invalid(results: &VecDeque<Outcome>) -> bool {
    let output = results.iter().find_map(|outcome| match outcome {
        Outcome::Output(output) => Some(output),
        _ => None,
    });
    output.is_some_and(|output| output.is_error && text_of(&output.content).starts_with(INVALID.0))
}

fn failed(text: String) -> Returned {
    Returned {
        output: format!("Error: {text}").into(),
        content: text.into(),
        is_error: true,
        says_so: true,
        is_interrupted: false,
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
    /// The file that a tool changes.
    fn edited(&self, tool: &str, input: &Value) -> Option<String> {
        let field = match tool {
            "Write" | "Edit" => "file_path",
            "NotebookEdit" => "notebook_path",
            _ => return None,
        };
        Some(self.options.resolve(input[field].as_str()?))
    }

    /// The next tool that is whole; `Some(None)` if no more come.
    fn next_tool(&mut self, agent: Option<&Agent>) -> Option<Option<ToolUse>> {
        let turn = self.turn_of(agent);
        match turn.ready.pop_front() {
            Some(tool) => Some(Some(tool)),
            None => (!turn.receives).then_some(None),
        }
    }

    fn tool_result(&mut self, id: &str, result: &Returned, decision: Value, agent: Option<&Agent>) {
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

    fn denied(&mut self, id: &str, message: &str, mut meta: Value, agent: Option<&Agent>) {
        let block =
            json!({"type": "tool_result", "content": message, "is_error": true, "tool_use_id": id});
        meta["id"] = id.into();
        let output = format!("Error: {message}").into();
        self.write_result(id, block, output, Some(json!([meta])), agent);
    }

    /// The result of a tool use that no one decided about.
    fn cancelled(&mut self, id: &str, text: &str, agent: Option<&Agent>) {
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

    /// Why there is no such tool, if so.
    fn unavailable(&self, tool: &str) -> Option<String> {
        let is_disabled = self.options.disallowed.iter().any(|rule| rule == tool)
            || tool == "AskUserQuestion" && !self.options.asks;
        if is_disabled {
            return Some(format!(
                "No such tool available: {tool}. {tool} is disabled for this session, in subagents as well as here."
            ));
        }
        self.servers.lacks(tool).then(|| format!("No such tool available: {tool}"))
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
    fn invalid(&mut self, id: &str, text: &str, agent: Option<&Agent>) {
        let block =
            json!({"type": "tool_result", "content": text, "is_error": true, "tool_use_id": id});
        let why = text.trim_start_matches(INVALID.0).trim_end_matches(INVALID.1);
        self.write_result(id, block, format!("Error: {why}").into(), None, agent);
    }

    fn write_result(
        &mut self,
        id: &str,
        block: Value,
        output: Value,
        meta: Option<Value>,
        agent: Option<&Agent>,
    ) {
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
        self.out(&line);
        if agent.is_none() {
            self.mirror_result(&line);
        }
    }
}
