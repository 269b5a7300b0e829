//! The end of a turn that the host ends.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::state::{Interrupt, State, Streaming, Turn};

const DIAGNOSTIC: &str = "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=";

impl State {
    /// Writes what comes of the turn that was interrupted.
    pub(super) fn abort(&mut self, interrupt: &Interrupt) {
        let asked = self.asked_about();
        self.withdraw_all(interrupt);
        self.note_none_asking();
        let tools = std::mem::take(&mut self.turn().tools);
        let in_tools = !tools.is_empty() || self.turn().gives_way;
        for id in &tools {
            match self.turn().running.clone() {
                Some(running)
                    if running.id == *id && running.is_mcp && *interrupt == Interrupt::Prompt =>
                {
                    self.interrupted(&running);
                }
                _ if *interrupt == Interrupt::Prompt && asked.contains_key(id) => {
                    self.question_aborted(id, &asked[id]);
                }
                _ => self.rejected(id),
            }
        }
        let said = if in_tools { None } else { self.aborted_message() };
        if *interrupt == Interrupt::Request {
            let text = if in_tools {
                "[Request interrupted by user for tool use]"
            } else {
                "[Request interrupted by user]"
            };
            let line = self.lines.user(json!([{"type": "text", "text": text}]));
            self.out(&line);
            self.count_message();
        }
        self.abandon();
        let mut turn = self.turn.take().unwrap_or_default();
        let terminal = if in_tools { "aborted_tools" } else { "aborted_streaming" };
        let kept = said.or(in_tools.then(String::new)).filter(|_| *interrupt == Interrupt::Prompt);
        let fields = if let Some(text) = kept {
            json!({"terminal_reason": terminal, "is_error": false, "subtype": "success", "api_error_status": null, "result": text})
        } else {
            let reason = turn.stop_reason.as_deref().unwrap_or("null");
            let errors = json!([format!("{DIAGNOSTIC}{reason}")]);
            json!({"terminal_reason": terminal, "is_error": true, "subtype": "error_during_execution", "errors": errors})
        };
        let result = self.result_line(&turn, fields);
        self.out(&result);
        self.end_prompts(&mut turn, "cancelled");
    }

    /// The tool uses of the turn that the host is asked about, with the requests.
    fn asked_about(&self) -> BTreeMap<String, Value> {
        let open = self
            .open
            .iter()
            .filter(|(id, request)| request["subtype"] == "can_use_tool" && !self.is_of_task(id));
        let named = open.filter_map(|(_, request)| {
            Some((request["tool_use_id"].as_str()?.to_owned(), request.clone()))
        });
        named.collect()
    }

    /// The result of a tool use that the host was asked about when a prompt came that does not wait.
    fn question_aborted(&mut self, id: &str, request: &Value) {
        let (tool, input) = (&request["tool_name"], &request["input"]);
        let denial = json!({"tool_name": tool, "tool_use_id": id, "tool_input": input});
        self.turn().denials.push(denial);
        let decision = json!({"decision": "reject", "source": "user_abort"});
        let meta =
            json!({"non_execution_kind": "permission-rule", "permission_decision": decision});
        self.denied(id, "Tool permission request aborted", meta, None);
    }

    /// Withdraws a request that the host has not answered.
    pub(super) fn withdraw(&mut self, id: &str) {
        self.open.retain(|(open, _)| open != id);
        self.out(&json!({"type": "control_cancel_request", "request_id": id}));
    }

    /// Withdraws what the turn asked of the host. A handshake with an MCP server goes on, and so do
    /// tasks in the background.
    pub(super) fn withdraw_all(&mut self, interrupt: &Interrupt) {
        self.cancel_calls(interrupt);
        for (id, request) in std::mem::take(&mut self.open) {
            match request["subtype"].as_str() {
                _ if self.is_of_task(&id) => self.open.push((id, request)),
                Some("can_use_tool" | "hook_callback" | "elicitation") => self.withdraw(&id),
                _ => self.open.push((id, request)),
            }
        }
    }

    /// Cancels the calls of MCP servers: of all that is withdrawn, this alone comes before the reply
    /// to an interrupt.
    pub(super) fn cancel_calls(&mut self, interrupt: &Interrupt) {
        for (id, request) in std::mem::take(&mut self.open) {
            let message = &request["message"];
            match request["subtype"].as_str() {
                _ if self.is_of_task(&id) => self.open.push((id, request)),
                Some("mcp_message") if message["method"] == "tools/call" => {
                    self.cancel_call(&request["server_name"], &message["id"], interrupt);
                }
                _ => self.open.push((id, request)),
            }
        }
    }

    /// Tells an MCP server that the result of a call is not awaited. The host's answer is not
    /// awaited either.
    fn cancel_call(&mut self, server: &Value, call: &Value, interrupt: &Interrupt) {
        let reason = match interrupt {
            Interrupt::Request => "AbortError: remote-cancel",
            Interrupt::Prompt => "AbortError: interrupt",
        };
        let params = json!({"requestId": call, "reason": reason});
        let message =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
        let request = json!({"subtype": "mcp_message", "server_name": server, "message": message});
        let id = self.lines.uuid();
        self.out(&json!({"type": "control_request", "request_id": id, "request": request}));
    }

    /// The part of the model's message that had come; its text, if it is written. The CLI keeps
    /// parts only for a host that asked for them.
    fn aborted_message(&mut self) -> Option<String> {
        let is_kept = self.options.partial;
        let streaming = self.turn().streaming.clone().filter(|_| is_kept)?;
        self.count_begun(&streaming);
        let (kind, text) =
            streaming.block.filter(|(kind, text)| kind == "text" && !text.is_empty())?;
        let mut message: Value = streaming.start;
        message["content"] = json!([{"type": kind, "text": text}]);
        message["context_management"] = Value::Null;
        let mut line = self.lines.assistant(&message);
        line["aborted"] = true.into();
        self.name_prompts(&mut line);
        self.out(&line);
        Some(text)
    }

    /// Counts the tokens of a message that goes no further.
    pub(super) fn count_begun(&mut self, streaming: &Streaming) {
        let usage = &streaming.start["usage"];
        let begun = usage["output_tokens"].as_u64().unwrap_or(0);
        let tokens = super::usage::Tokens::of(&json!({
            "input_tokens": usage["input_tokens"], "cache_read_input_tokens": usage["cache_read_input_tokens"],
            "cache_creation_input_tokens": usage["cache_creation_input_tokens"],
            "output_tokens": estimated(streaming.chars).max(begun),
        }));
        let model = streaming.start["model"].as_str().unwrap_or_default().to_owned();
        self.ledger.add(&model, tokens);
        self.reported.add(&model, tokens);
        self.turn().first_request.get_or_insert((tokens.input(), tokens.cache_read()));
    }

    /// The prompts of a turn are over.
    pub(super) fn end_prompts(&mut self, turn: &mut Turn, how: &str) {
        for prompt in std::mem::take(&mut turn.prompts) {
            if turn.steered.contains(&prompt) {
                continue;
            }
            let line = self.lines.lifecycle(&prompt, how);
            self.out(&line);
        }
    }
}

/// The tokens of a text that the API did not count: a third of its characters.
fn estimated(chars: u64) -> u64 {
    (chars * 2 + 3) / 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_an_interrupted_text_are_a_third_of_its_characters() {
        // As four recordings of the real CLI have it.
        for (chars, tokens) in [(4, 1), (20, 7), (40, 13), (80, 27)] {
            assert_eq!(estimated(chars), tokens, "{chars}");
        }
    }
}
