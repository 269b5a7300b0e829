//! The tools of a message: whether they run, and what they return.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::player::scenario::ToolOutput;

use super::answers::Outcome;
use super::handle::Cli;
use super::hook_calls::fields as to_fields;
use super::mcp::Called;
use super::permissions::Verdict;
use super::state::State;
use super::tool_use::{STRUCTURED_OUTPUT, ToolUse};

/// What the tool for structured answers says.
const PROVIDED: &str = "Structured output provided successfully";
/// The result of a tool use that the user ended.
pub(super) const REJECTED: &str = "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a \
    file edit, the new_string was NOT written to the file). STOP what you are doing and wait for the user to tell you how to proceed.";

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
struct Result {
    content: Value,
    output: Value,
    is_error: bool,
    /// Whether `is_error` is written where it is false.
    says_so: bool,
}

impl Cli {
    /// Runs the tools of a message one after the other.
    pub(super) async fn run_tools(
        &self,
        tools: Vec<ToolUse>,
        mut results: VecDeque<Outcome>,
    ) -> Ran {
        let mut ran = Ran::GoesOn;
        for tool in tools {
            match self.run_tool(&tool, &mut results).await {
                Ran::GoesOn => {}
                other => ran = other,
            }
            if self.with(|state| state.interrupt.is_some()) {
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
            return self.structured(id, input);
        }
        let is_mcp = server.is_some();
        let verdict = self.may_run(id, name, input, *gate).await;
        let (input, decision) = match verdict {
            Verdict::Runs { input, decision } => (input, decision),
            Verdict::Denied { message, decision, interrupts } => {
                self.with(|state| {
                    let shown = input.clone();
                    state
                        .turn()
                        .denials
                        .push(json!({"tool_name": name, "tool_use_id": id, "tool_input": shown}));
                });
                if !interrupts {
                    // What it would have returned is not another tool's.
                    next_output(results);
                    self.with(|state| state.denied(id, &message, decision));
                }
                return Ran::GoesOn;
            }
        };
        let result = match server {
            Some((server, tool)) => {
                let scripted = next_output(results);
                drop(scripted);
                of_call(self.call_tool(&server, &tool, id, &input).await)
            }
            None => self.scripted(name, results).await,
        };
        let mut stopped = false;
        let result = if result.is_error {
            let text = text_of(&result.content);
            let fields = json!({"tool_name": name, "tool_input": input, "tool_use_id": id, "error": text, "is_interrupt": false});
            self.hooks("PostToolUseFailure", name, Some(id), to_fields(fields)).await;
            result
        } else {
            let fields = json!({
                "tool_name": name, "tool_input": input, "tool_response": result.output, "tool_use_id": id, "duration_ms": 1,
            });
            let decision = self.hooks("PostToolUse", name, Some(id), to_fields(fields)).await;
            stopped = decision.stop.is_some();
            match decision.updated_output {
                Some(output) if is_mcp || output.is_string() => {
                    Result { content: output.clone(), output, ..result }
                }
                _ => result,
            }
        };
        self.with(|state| state.tool_result(id, &result, decision));
        if stopped { Ran::Stopped } else { Ran::GoesOn }
    }

    /// What the scenario says that a tool returns.
    async fn scripted(&self, name: &str, results: &mut VecDeque<Outcome>) -> Result {
        while let Some(outcome) = results.pop_front() {
            match outcome {
                Outcome::Pause(time) => self.sleep(time).await,
                Outcome::Hang => std::future::pending().await,
                Outcome::Output(output) => return of_output(name, output),
            }
        }
        let content = format!("({name} completed with no output)");
        of_output(name, ToolOutput { content: content.into(), output: None, is_error: false })
    }

    fn structured(&self, id: &str, input: &Value) -> Ran {
        self.with(|state| {
            state.turn().structured = Some(input.clone());
            let result = Result {
                content: PROVIDED.into(),
                output: PROVIDED.into(),
                is_error: false,
                says_so: false,
            };
            let decision = json!({"decision": "accept", "source": "config"});
            state.tool_result(id, &result, decision);
        });
        Ran::Answered
    }
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

fn of_output(name: &str, output: ToolOutput) -> Result {
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
    Result { content, output: shown, is_error, says_so: is_shell }
}

fn of_call(called: Called) -> Result {
    match called {
        Called::Result { content, structured, is_error: false } => {
            let output = match &structured {
                Some(value) => json!({"content": value.to_string(), "structuredContent": value}),
                None => content.clone(),
            };
            let content = structured.map_or(content, |value| value.to_string().into());
            Result { content, output, is_error: false, says_so: false }
        }
        Called::Result { content, .. } => failed(text_of(&content)),
        Called::Failed(text) => failed(text),
    }
}

fn failed(text: String) -> Result {
    Result {
        output: format!("Error: {text}").into(),
        content: text.into(),
        is_error: true,
        says_so: true,
    }
}

/// The text of a result's content.
fn text_of(content: &Value) -> String {
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
    fn tool_result(&mut self, id: &str, result: &Result, decision: Value) {
        let mut block = if result.is_error {
            json!({"type": "tool_result", "content": result.content, "is_error": true, "tool_use_id": id})
        } else {
            json!({"tool_use_id": id, "type": "tool_result", "content": result.content})
        };
        if !result.is_error && result.says_so {
            block["is_error"] = false.into();
        }
        let meta = json!([{"id": id, "permission_decision": decision}]);
        self.write_result(id, block, result.output.clone(), meta);
    }

    fn denied(&mut self, id: &str, message: &str, decision: Value) {
        let block =
            json!({"type": "tool_result", "content": message, "is_error": true, "tool_use_id": id});
        let meta = json!([{"id": id, "non_execution_kind": "permission-rule", "permission_decision": decision}]);
        self.write_result(id, block, format!("Error: {message}").into(), meta);
    }

    /// The result of a tool use that an interrupt ended.
    pub(super) fn rejected(&mut self, id: &str) {
        let block = json!({"type": "tool_result", "content": REJECTED, "is_error": true, "tool_use_id": id});
        let meta = json!([{"id": id, "non_execution_kind": "user-rejected"}]);
        self.write_result(id, block, "User rejected tool use".into(), meta);
    }

    fn write_result(&mut self, id: &str, block: Value, output: Value, meta: Value) {
        let mut line = self.lines.user(json!([block]));
        line["tool_use_result"] = output;
        line["tool_result_meta"] = meta;
        self.turn().tools.retain(|(open, _)| open != id);
        self.count_message();
        self.out(&line);
    }
}
