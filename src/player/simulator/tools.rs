//! The tools of a message: whether they run, and what they return.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::player::scenario::{Elicitation, ToolOutput};

use super::agent::{Agent, is_agent};
use super::answers::{Gate, Outcome};
use super::handle::Cli;
use super::hook_calls::fields as to_fields;
use super::hooks::Decision;
use super::host_answer::Answer;
use super::mcp::Called;
use super::permissions::Verdict;
use super::question::Question;
use super::state::{Running, State};
use super::task::{Ended, Task};
use super::tool_results::{INVALID, Returned, of_call, of_output, text_of};
use super::tool_use::{STRUCTURED_OUTPUT, ToolUse};
use super::unparsed;

/// How long a command in the foreground runs until it is a task, in microseconds.
const LONG: u64 = 3_000_000;

/// How the tools of a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ran {
    GoesOn,
    /// The structured answer is there.
    Answered,
    /// The structured answer does not have the form of the schema.
    Misshapen,
    /// A hook wants the turn to end.
    Stopped,
}

impl Cli {
    /// Runs the tools of a message one after the other, from the time when the first is whole. No
    /// result comes before the message is.
    pub(super) async fn run_tools(&self, mut results: VecDeque<Outcome>) -> Ran {
        let mut ran = Ran::GoesOn;
        self.with(|state| state.turn_of(self.agent()).reading = 0);
        while let Some(tool) = self.until(|state| state.next_tool(self.agent())).await {
            match self.run_tool(&tool, &mut results).await {
                Ran::GoesOn => {}
                other if ran != Ran::Answered => ran = other,
                _ => {}
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
        if let Some(raw) = unparsed::raw(input) {
            self.until_message_is_whole().await;
            next_output(results);
            self.with(|state| state.unparsed(id, name, raw, self.agent()));
            return Ran::GoesOn;
        }
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
        let unavailable = self.with(|state| state.unavailable(name));
        if unavailable.is_some() && *gate == Gate::Open && server.is_none() {
            // The scenario says that it runs.
            let what = format!("that the CLI has no tool {name}, which the scenario runs");
            self.with(|state| state.note_not_simulated(what));
        } else if let Some(why) = unavailable {
            self.until_message_is_whole().await;
            next_output(results);
            let text = format!("{}Error: {why}{}", INVALID.0, INVALID.1);
            self.with(|state| state.invalid(id, &text, self.agent()));
            return Ran::GoesOn;
        }
        self.with(|state| state.note_reading(name, input, self.agent()));
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
            Verdict::Late(text) => {
                next_output(results);
                self.with(|state| state.invalid(id, text, self.agent()));
                return Ran::GoesOn;
            }
            Verdict::Deferred => {
                next_output(results);
                self.with(|state| state.defer(id, name, input, self.agent()));
                return self.after_tool(false);
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
                return self.after_tool(false);
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
            None => {
                let began = self.with(|state| state.now);
                let stopped = self.with(|state| state.stop_by_tool(name, &input));
                let returned = match stopped {
                    Some(returned) => {
                        next_output(results);
                        returned
                    }
                    None => self.scripted(name, results).await,
                };
                self.with(|state| state.note_long_command(name, began));
                returned
            }
        };
        let (mut stopped, mut messages) = (false, Vec::new());
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
            messages = decision.messages;
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
            if name == "EnterPlanMode" && !result.is_error {
                state.enter_plan_mode();
            }
            state.tool_result(id, &result, decision, self.agent());
            state.hooks_say(&format!("PostToolUse:{name}"), &messages);
        });
        self.after_tool(stopped)
    }

    /// How it goes on after a tool: a hook may have said before or after it that the turn ends.
    fn after_tool(&self, stops: bool) -> Ran {
        let stops = stops || self.with(|state| state.turn_of(self.agent()).hook_stopped);
        if stops { Ran::Stopped } else { Ran::GoesOn }
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
            let task = Task { command: Some(text("command")), ..task };
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

/// Whether the next output is the CLI's own error: it ran no tool, since the input is not valid.
fn is_invalid(results: &VecDeque<Outcome>) -> bool {
    let output = results.iter().find_map(|outcome| match outcome {
        Outcome::Output(output) => Some(output),
        _ => None,
    });
    output.is_some_and(|output| output.is_error && text_of(&output.content).starts_with(INVALID.0))
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

    /// A hook deferred a tool use: the turn ends without its result.
    fn defer(&mut self, id: &str, tool: &str, input: &Value, agent: Option<&Agent>) {
        self.note_not_simulated(
            "what becomes of a deferred tool use when its session is resumed".to_owned(),
        );
        let turn = self.turn_of(agent);
        turn.tools.retain(|open| open != id);
        turn.deferred = Some(json!({"id": id, "name": tool, "input": input}));
        turn.hook_stopped = true;
    }

    /// Notes a command in the foreground that the real CLI makes a task of.
    fn note_long_command(&mut self, tool: &str, began: u64) {
        if tool == "Bash" && self.now.saturating_sub(began) >= LONG {
            let what = "`task_started` of a command in the foreground that runs for 3 s";
            self.note_not_simulated(what.to_owned());
        }
    }

    /// Notes a message with several tools that only read: the CLI runs those side by side, which a
    /// host sees that is called for each.
    fn note_reading(&mut self, tool: &str, input: &Value, agent: Option<&Agent>) {
        if !self.only_reads(tool, input) {
            return;
        }
        let turn = self.turn_of(agent);
        turn.reading += 1;
        if turn.reading > 1 && !self.hooks.callbacks("PreToolUse", tool).is_empty() {
            self.note_not_simulated(
                "tools of a message that only read, and run side by side".to_owned(),
            );
        }
    }
}
