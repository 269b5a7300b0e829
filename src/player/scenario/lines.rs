//! The lines of the CLI, with their keys in its order.

use serde_json::{Map, Value, json};

use crate::CLI_VERSION;

const TIME: &str = "2026-01-01T00:00:00.000Z";
const TOKENS_IN: u64 = 100;

/// Builds lines for one session. Each uuid is unique, and the same in each run.
#[derive(Clone, Debug)]
pub(in super::super) struct Lines {
    pub(super) session: String,
    pub(super) model: String,
    pub(super) mode: String,
    cwd: String,
    /// Which uuids: those of the script and those of improvised lines do not collide.
    space: u16,
    uuids: u64,
}

/// The parts of a result that depend on the turn.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) text: String,
    /// The number of model messages.
    pub(super) rounds: u64,
    pub(super) tokens_out: u64,
    pub(super) index: u64,
    /// The HTTP status of the API, if it ended the turn.
    pub(super) status: Option<u16>,
    /// Why it was aborted: `aborted_streaming` or `aborted_tools`.
    pub(super) aborted: Option<&'static str>,
    pub(super) prompt: Option<String>,
}

impl Lines {
    pub(super) fn new(session: String, model: String, mode: String, cwd: String) -> Self {
        Self { session, model, mode, cwd, space: 1, uuids: 0 }
    }

    /// Lines that the rules add to those of the script.
    pub(super) fn for_rules(&self) -> Self {
        Self { space: self.space + 1, uuids: 0, ..self.clone() }
    }

    pub(super) fn uuid(&mut self) -> String {
        self.uuids += 1;
        format!("{:08x}-0000-4000-8000-{:012x}", self.space, self.uuids)
    }

    pub(super) fn lifecycle(&mut self, prompt: &str, state: &str) -> Value {
        json!({"type": "command_lifecycle", "command_uuid": prompt, "state": state, "uuid": self.uuid(), "session_id": self.session})
    }

    pub(super) fn init(&mut self, prompt: Option<&str>) -> Value {
        let mut line = json!({
            "type": "system", "subtype": "init", "cwd": self.cwd, "session_id": self.session,
            "tools": ["Bash", "Edit", "Glob", "Grep", "Read", "WebFetch", "Write"], "mcp_servers": [], "model": self.model,
            "permissionMode": self.mode, "slash_commands": [], "apiKeySource": "ANTHROPIC_API_KEY", "claude_code_version": CLI_VERSION,
            "output_style": "default", "agents": [], "skills": [], "plugins": [],
            "capabilities": ["interrupt_receipt_v1", "interrupt_cancel_queued_v1", "msg_lifecycle_v1", "request_marker_lists_v1"],
            "uuid": self.uuid(), "original_cwd": self.cwd, "additional_directories": [], "fast_mode_state": "off",
        });
        if let Some(prompt) = prompt {
            line["user_message_uuids"] = json!([prompt]);
        }
        line
    }

    /// The conversation was cleared.
    pub(super) fn reset(&mut self, prompt: Option<&str>) -> Value {
        let uuid = self.uuid();
        let mut line = json!({
            "type": "conversation_reset", "new_conversation_id": uuid, "uuid": uuid, "trigger": "clear", "timestamp": TIME,
            "session_id": self.session,
        });
        if let Some(prompt) = prompt {
            line["user_message_uuid"] = prompt.into();
        }
        line
    }

    pub(super) fn status(&mut self, status: &str, prompt: &str) -> Value {
        json!({
            "type": "system", "subtype": "status", "status": status, "session_id": self.session, "uuid": self.uuid(),
            "user_message_uuids": [prompt],
        })
    }

    /// `status` after the permission mode changed.
    pub(super) fn mode_status(&mut self) -> Value {
        let mode = self.mode.clone();
        json!({
            "type": "system", "subtype": "status", "status": null, "permissionMode": mode, "uuid": self.uuid(), "session_id": self.session,
        })
    }

    /// One block of a model message.
    pub(super) fn assistant(
        &mut self,
        message: &str,
        block: &Value,
        prompt: Option<&str>,
    ) -> Value {
        let mut line = json!({
            "type": "assistant",
            "message": {
                "id": message, "type": "message", "role": "assistant", "model": self.model, "content": [block], "stop_reason": null,
                "stop_sequence": null, "usage": usage_of_start(), "context_management": null,
            },
            "parent_tool_use_id": null, "session_id": self.session, "uuid": self.uuid(), "timestamp": TIME, "request_id": format!("req_{message}"),
        });
        name_prompt(&mut line, prompt);
        line
    }

    /// The user's message after the API failed.
    pub(super) fn synthetic(&mut self, status: u16, text: &str, prompt: &str) -> Value {
        let (error, kind) = api_error(status);
        let mut line = json!({
            "type": "assistant",
            "message": {
                "id": self.uuid(), "model": "<synthetic>", "role": "assistant", "stop_reason": "stop_sequence", "stop_sequence": "",
                "type": "message", "usage": {"input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0},
                "content": [{"type": "text", "text": text}], "context_management": null,
            },
            "parent_tool_use_id": null, "session_id": self.session, "uuid": self.uuid(), "timestamp": TIME, "error": error,
            "is_api_error_message": true, "api_error_status": status, "api_error_type": kind,
        });
        name_prompt(&mut line, Some(prompt));
        line
    }

    pub(super) fn stream_event(
        &mut self,
        message: &str,
        event: &Value,
        prompt: Option<&str>,
    ) -> Value {
        let mut line = json!({
            "type": "stream_event", "event": event, "session_id": self.session, "parent_tool_use_id": null, "uuid": self.uuid(),
            "api_message_id": message,
        });
        name_prompt(&mut line, prompt);
        line
    }

    pub(super) fn message_start(&mut self, message: &str, prompt: Option<&str>) -> Value {
        let start = json!({
            "id": message, "type": "message", "role": "assistant", "model": self.model, "content": [], "stop_reason": null,
            "stop_sequence": null, "usage": usage_of_start(),
        });
        self.stream_event(message, &json!({"type": "message_start", "message": start}), prompt)
    }

    /// A `user` line by the CLI itself.
    pub(super) fn user(&mut self, content: &Value) -> Value {
        json!({
            "type": "user", "message": {"role": "user", "content": content}, "parent_tool_use_id": null, "session_id": self.session,
            "uuid": self.uuid(), "timestamp": TIME,
        })
    }

    pub(super) fn tool_result(&mut self, tool: &str, content: &str, is_error: bool) -> Value {
        let mut line = self.user(&json!([{"tool_use_id": tool, "type": "tool_result", "content": content, "is_error": is_error}]));
        line["tool_use_result"] = if is_error {
            format!("Error: {content}").into()
        } else {
            json!({"stdout": content, "stderr": "", "interrupted": false, "isImage": false, "noOutputExpected": false})
        };
        line
    }

    pub(super) fn can_use_tool(
        &mut self,
        id: &str,
        tool: &str,
        name: &str,
        input: &Value,
    ) -> Value {
        json!({
            "type": "control_request", "request_id": id,
            "request": {
                "subtype": "can_use_tool", "tool_name": name, "display_name": name, "input": input, "permission_suggestions": [],
                "tool_use_id": tool,
            },
        })
    }

    pub(super) fn result(&mut self, outcome: &Outcome) -> Value {
        let aborted = outcome.aborted;
        let mut line = json!({
            "duration_api_ms": 20, "stop_reason": if outcome.status.is_some() { "stop_sequence" } else { "end_turn" },
            "session_id": self.session, "total_cost_usd": 0.0, "usage": usage(outcome), "modelUsage": self.model_usage(outcome),
            "permission_denials": [], "terminal_reason": aborted.unwrap_or(if outcome.status.is_some() { "api_error" } else { "completed" }),
            "fast_mode_state": "off", "safety_stops": 0, "is_error": aborted.is_some() || outcome.status.is_some(), "num_turns": outcome.rounds,
            "subtype": if aborted.is_some() { "error_during_execution" } else { "success" },
        });
        if aborted.is_some() {
            line["stop_reason"] = Value::Null;
            line["errors"] =
                json!(["[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=null"]);
        } else {
            line["api_error_status"] = json!(outcome.status);
            if let Some(status) = outcome.status {
                line["api_error_type"] = api_error(status).1.into();
            }
            line["result"] = outcome.text.as_str().into();
        }
        line["type"] = "result".into();
        line["duration_ms"] = 30.into();
        line["uuid"] = self.uuid().into();
        name_prompt(&mut line, outcome.prompt.as_deref());
        line["queued_turn_count"] = 0.into();
        line["result_index"] = outcome.index.into();
        line["model_usage_since_last_result"] = self.model_usage(outcome);
        line
    }

    fn model_usage(&self, outcome: &Outcome) -> Value {
        let mut models = Map::new();
        if outcome.status.is_none() {
            let usage = json!({
                "inputTokens": TOKENS_IN * outcome.rounds, "outputTokens": outcome.tokens_out, "cacheReadInputTokens": 0,
                "cacheCreationInputTokens": 0, "webSearchRequests": 0, "costUSD": 0.0, "contextWindow": 200_000, "maxOutputTokens": 64_000,
            });
            models.insert(self.model.clone(), usage);
        }
        models.into()
    }
}

fn name_prompt(line: &mut Value, prompt: Option<&str>) {
    if let Some(prompt) = prompt {
        line["user_message_uuid"] = prompt.into();
        line["user_message_uuids"] = json!([prompt]);
    }
}

fn usage_of_start() -> Value {
    json!({
        "input_tokens": TOKENS_IN, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1, "service_tier": "standard",
    })
}

fn usage(outcome: &Outcome) -> Value {
    let tokens_in = if outcome.status.is_some() { 0 } else { TOKENS_IN * outcome.rounds };
    json!({
        "input_tokens": tokens_in, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": outcome.tokens_out,
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0}, "service_tier": "standard",
    })
}

/// `error` and `api_error_type` for a status.
fn api_error(status: u16) -> (&'static str, &'static str) {
    match status {
        401 | 403 => (
            "authentication_failed",
            if status == 401 { "authentication_error" } else { "permission_error" },
        ),
        404 => ("model_not_found", "not_found_error"),
        413 => ("invalid_request", "request_too_large"),
        429 => ("rate_limit", "rate_limit_error"),
        529 => ("server_error", "overloaded_error"),
        500.. => ("server_error", "api_error"),
        _ => ("unknown", "invalid_request_error"),
    }
}
