//! What the CLI does by rule, without a script.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::CLI_VERSION;
use crate::player::turns::fresh;
use crate::wire::RawJson;

use super::lines::{Lines, Outcome};

/// The result of a tool use that an interrupt ended.
pub(super) const REJECTED: &str =
    "The user doesn't want to proceed with this tool use. The tool use was rejected.";
/// The result of a tool use whose permission request can no longer be answered.
pub(in super::super) const CLOSED: &str = "Tool permission stream closed before response received";
/// The same where the input had ended before the request could be made.
pub(in super::super) const CLOSED_BEFORE: &str =
    "Tool permission request failed: AbortError: Stream closed";
const MODES: [&str; 6] = ["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "plan"];

/// The rules, with their state.
#[derive(Clone, Debug)]
pub(in super::super) struct Rules {
    lines: Lines,
    denials: Vec<Denial>,
    /// Whether the last result was an error; `None` before the first.
    pub(in super::super) failed: Option<bool>,
    /// The sessions that `/clear` began.
    cleared: Vec<String>,
    /// How many results there were.
    results: u64,
}

/// A tool that did not run.
#[derive(Clone, Debug)]
struct Denial {
    turn: usize,
    tool: Value,
    name: Value,
    input: Value,
    message: String,
    /// Whether the host was asked.
    asked: bool,
}

/// The effect of an answer to `can_use_tool`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    GoesOn,
    /// The host also wants the turn to end.
    Interrupts,
}

/// How a turn is cut short.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Abort {
    /// The prompt's uuid, if it has one.
    pub(in super::super) prompt: Option<String>,
    /// The CLI's requests that are still open.
    pub(in super::super) open: Vec<(String, Value)>,
}

impl Rules {
    pub(super) fn new(lines: Lines) -> Self {
        Self { lines, denials: Vec::new(), failed: None, cleared: Vec::new(), results: 0 }
    }

    /// The reply to any request but an interrupt, and what follows it.
    pub(in super::super) fn reply(
        &mut self,
        subtype: &str,
        request: &Value,
        id: Option<&RawJson>,
    ) -> Vec<Bytes> {
        let field = |name: &str| request.get(name).and_then(Value::as_str);
        match subtype {
            "initialize" => {
                let mode = self.lines.mode.clone();
                let mut lines = success(
                    id,
                    Some(json!({
                        "commands": [], "agents": [], "output_style": "default", "available_output_styles": ["default"],
                        "models": [{"value": "default", "resolvedModel": self.lines.model, "displayName": "Default", "description": ""}],
                        "account": {"tokenSource": "none", "apiKeySource": "ANTHROPIC_API_KEY", "apiProvider": "firstParty"}, "pid": 1,
                        "claude_code_version": CLI_VERSION, "current_permission_mode": mode, "session_state": "idle", "capabilities": [],
                    })),
                );
                if let Some(response) = lines.get_mut("response") {
                    response["pending_permission_requests"] = json!([]);
                    response["pending_user_dialog_requests"] = json!([]);
                }
                vec![spell(&lines, id)]
            }
            "set_model" => {
                let model = field("model").unwrap_or("claude-opus-5-5");
                self.lines.model = model.to_owned();
                vec![spell(&success(id, Some(json!({"model": model}))), id)]
            }
            "set_permission_mode" => {
                let mode = field("mode").unwrap_or_default();
                if !MODES.contains(&mode) {
                    let error =
                        format!("Cannot set permission mode: must be one of {}", MODES.join(", "));
                    return vec![spell(&failure(id, &error, "invalid_mode"), id)];
                }
                self.lines.mode = mode.to_owned();
                let status = self.lines.mode_status();
                vec![
                    spell(&success(id, Some(json!({"mode": mode}))), id),
                    format!("{status}\n").into(),
                ]
            }
            // Of a process that was started in advance.
            "claim_session" => {
                if let Some(mode) = field("permission_mode") {
                    self.lines.mode = mode.to_owned();
                }
                let session = self.lines.session.clone();
                let claimed = json!({
                    "status": "ok", "cwd": field("cwd"), "session_id": session, "parked_ms": 0, "sdk_mcp_settled": true,
                });
                vec![spell(&success(id, Some(claimed)), id)]
            }
            "mcp_status" => vec![spell(&success(id, Some(json!({"mcpServers": []}))), id)],
            "set_max_thinking_tokens" | "apply_flag_settings" | "rename_session" => {
                vec![spell(&success(id, None), id)]
            }
            _ => vec![spell(
                &failure(
                    id,
                    &format!("Unsupported control request subtype: {subtype}"),
                    "unsupported_request",
                ),
                id,
            )],
        }
    }

    pub(in super::super) fn interrupt(
        &self,
        queued: &[Value],
        cancelled: Option<&[Value]>,
        id: Option<&RawJson>,
    ) -> Bytes {
        let mut body = json!({"still_queued": queued});
        if let Some(cancelled) = cancelled {
            body["cancelled"] = json!(cancelled);
        }
        spell(&success(id, Some(body)), id)
    }

    /// Handles an answer to the CLI's request.
    pub(in super::super) fn answered(
        &mut self,
        turn: usize,
        request: &Value,
        answer: &Value,
    ) -> Verdict {
        if request.get("subtype").is_none_or(|subtype| subtype != "can_use_tool") {
            return Verdict::GoesOn;
        }
        let body = answer.get("response").unwrap_or(&Value::Null);
        let text = |value: &Value, key: &str| {
            value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let message = if answer.get("subtype").is_some_and(|subtype| subtype == "error") {
            format!("Tool permission request failed: Error: {}", text(answer, "error"))
        } else if body.get("behavior").is_some_and(|behavior| behavior == "allow") {
            return Verdict::GoesOn;
        } else {
            text(body, "message")
        };
        self.deny(turn, request, message);
        if body.get("interrupt").and_then(Value::as_bool) == Some(true) {
            Verdict::Interrupts
        } else {
            Verdict::GoesOn
        }
    }

    pub(in super::super) fn deny(
        &mut self,
        turn: usize,
        request: &Value,
        message: impl Into<String>,
    ) {
        let field = |name: &str| request.get(name).cloned().unwrap_or_default();
        let (tool, name, input) = (field("tool_use_id"), field("tool_name"), field("input"));
        let message = message.into();
        let asked = message != CLOSED_BEFORE;
        self.denials.push(Denial { turn, tool, name, input, message, asked });
    }

    /// A line of the scenario as this run sends it; `None` if it is not JSON.
    pub(in super::super) fn adapt(&mut self, turn: usize, line: &Bytes) -> Option<Bytes> {
        let mut value = serde_json::from_slice::<Value>(line).ok()?;
        let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(session) = value.get_mut("session_id") {
            *session = self.lines.session.as_str().into();
        }
        match kind.as_str() {
            "system" if value.get("subtype").is_some_and(|subtype| subtype == "init") => {
                value["model"] = self.lines.model.as_str().into();
                value["permissionMode"] = self.lines.mode.as_str().into();
            }
            "user" => self.adapt_tool_result(&mut value),
            "result" if value.get("subtype").is_some() => {
                let denials = self.denials.iter().filter(|denial| denial.turn == turn);
                let denials =
                    denials.map(|Denial { tool, name, input, .. }| json!({"tool_name": name, "tool_use_id": tool, "tool_input": input}));
                value["permission_denials"] = denials.collect();
                if value.get("result_index").is_some() {
                    value["result_index"] = self.next_result().into();
                }
                self.failed = Some(value.get("is_error").and_then(Value::as_bool).unwrap_or(false));
            }
            _ => {}
        }
        let mut line = value.to_string();
        line.push('\n');
        Some(line.into())
    }

    fn next_result(&mut self) -> u64 {
        self.results += 1;
        self.results - 1
    }

    /// What `/clear` does: the conversation has a new session. Returns its id, too.
    pub(in super::super) fn clear(
        &mut self,
        prompt: Option<&str>,
        mut known: Vec<String>,
    ) -> (Vec<Bytes>, String) {
        self.cleared.push(self.lines.session.clone());
        known.extend(self.cleared.iter().cloned());
        let session = fresh(&known);
        let mut lines = Vec::new();
        for state in ["queued", "started"] {
            lines.extend(prompt.map(|prompt| self.lines.lifecycle(prompt, state)));
        }
        lines.push(self.lines.reset(prompt));
        self.lines.session.clone_from(&session);
        lines.push(self.lines.init(prompt));
        let outcome = Outcome {
            index: self.next_result(),
            prompt: prompt.map(str::to_owned),
            ..Outcome::default()
        };
        lines.push(self.lines.result(&outcome));
        lines.extend(prompt.map(|prompt| self.lines.lifecycle(prompt, "completed")));
        self.failed = Some(false);
        (lines.into_iter().map(|line| format!("{line}\n").into()).collect(), session)
    }

    fn adapt_tool_result(&self, line: &mut Value) {
        let tool = line.pointer("/message/content/0/tool_use_id").unwrap_or(&Value::Null);
        let Some(Denial { tool, message, asked, .. }) =
            self.denials.iter().find(|denial| !tool.is_null() && denial.tool == *tool)
        else {
            return;
        };
        line["message"]["content"] = json!([{"type": "tool_result", "content": message, "is_error": true, "tool_use_id": tool}]);
        line["tool_use_result"] = format!("Error: {message}").into();
        let (kind, decision) = if *asked {
            ("user-rejected", json!({"decision": "reject", "source": "user_reject"}))
        } else {
            let other = json!({"decision": "reject", "source": "config", "reason_type": "other"});
            ("permission-rule", other)
        };
        line["tool_result_meta"] =
            json!([{"id": tool, "non_execution_kind": kind, "permission_decision": decision}]);
    }

    /// The end of a turn that was cut short.
    pub(in super::super) fn abort(&mut self, abort: Abort) -> Vec<Bytes> {
        let Abort { prompt, open } = abort;
        let mut lines = Vec::new();
        for (id, _) in &open {
            lines.push(json!({"type": "control_cancel_request", "request_id": id}));
        }
        for (_, request) in &open {
            let tool = request.get("tool_use_id").and_then(Value::as_str).unwrap_or_default();
            lines.push(self.lines.tool_result(tool, REJECTED, true));
        }
        lines.push(self.lines.user(&interrupted(!open.is_empty())));
        let aborted = Some(if open.is_empty() { "aborted_streaming" } else { "aborted_tools" });
        let index = self.next_result();
        lines.push(self.lines.result(&Outcome {
            rounds: 1,
            index,
            aborted,
            prompt: prompt.clone(),
            ..Outcome::default()
        }));
        if let Some(prompt) = &prompt {
            lines.push(self.lines.lifecycle(prompt, "completed"));
        }
        self.failed = Some(true);
        lines.into_iter().map(|line| format!("{line}\n").into()).collect()
    }
}

/// The CLI's `user` lines for an interrupt.
pub(super) fn interrupted(in_tool: bool) -> Value {
    let text = if in_tool {
        "[Request interrupted by user for tool use]"
    } else {
        "[Request interrupted by user]"
    };
    json!([{"type": "text", "text": text}])
}

/// A placeholder for the id until the reply is written: the host's id is echoed unchanged.
const ID: &str = "\u{0}";

fn success(id: Option<&RawJson>, body: Option<Value>) -> Value {
    let mut response = json!({"subtype": "success"});
    if id.is_some() {
        response["request_id"] = ID.into();
    }
    if let Some(body) = body {
        response["response"] = body;
    }
    json!({"type": "control_response", "response": response})
}

fn failure(id: Option<&RawJson>, error: &str, code: &str) -> Value {
    let mut response = json!({"subtype": "error"});
    if id.is_some() {
        response["request_id"] = ID.into();
    }
    response["error"] = error.into();
    response["error_code"] = code.into();
    json!({"type": "control_response", "response": response})
}

fn spell(reply: &Value, id: Option<&RawJson>) -> Bytes {
    let id = id.map(|id| id.text()).unwrap_or_default();
    format!("{}\n", reply.to_string().replacen(r#""\u0000""#, &id, 1)).into()
}
