//! The end of a turn that the host ends.

use serde_json::{Value, json};

use super::state::{Interrupt, State, Turn};

const DIAGNOSTIC: &str = "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=";

impl State {
    /// Writes what comes of the turn that was interrupted.
    pub(super) fn abort(&mut self, interrupt: &Interrupt) {
        let open = std::mem::take(&mut self.open);
        for (id, request) in &open {
            if request["subtype"] == "can_use_tool" || request["subtype"] == "hook_callback" {
                self.out(&json!({"type": "control_cancel_request", "request_id": id}));
            }
        }
        let tools = std::mem::take(&mut self.turn().tools);
        let in_tools = !tools.is_empty();
        for (id, _) in &tools {
            self.rejected(id);
        }
        if !in_tools {
            self.aborted_message(*interrupt == Interrupt::Request);
        }
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
        let fields = if in_tools && *interrupt == Interrupt::Prompt {
            json!({"terminal_reason": "aborted_tools", "is_error": false, "subtype": "success", "api_error_status": null, "result": ""})
        } else {
            let reason = turn.stop_reason.as_deref().unwrap_or("null");
            let errors = json!([format!("{DIAGNOSTIC}{reason}")]);
            let terminal = if in_tools { "aborted_tools" } else { "aborted_streaming" };
            json!({"terminal_reason": terminal, "is_error": true, "subtype": "error_during_execution", "errors": errors})
        };
        let result = self.result_line(&turn, fields);
        self.out(&result);
        self.end_prompts(&mut turn, "cancelled");
    }

    /// The part of the model's message that had come.
    fn aborted_message(&mut self, is_shown: bool) {
        let Some(streaming) = self.turn().streaming.clone() else { return };
        let text = streaming.block.as_ref().map(|(_, text)| text.clone()).unwrap_or_default();
        let usage = &streaming.start["usage"];
        let output = 1 + (text.chars().count() as u64 * 3).div_ceil(10);
        let tokens = super::usage::Tokens::of(&json!({
            "input_tokens": usage["input_tokens"], "cache_read_input_tokens": usage["cache_read_input_tokens"],
            "cache_creation_input_tokens": usage["cache_creation_input_tokens"], "output_tokens": output,
        }));
        let model = streaming.start["model"].as_str().unwrap_or_default().to_owned();
        self.ledger.add(&model, tokens);
        self.reported.add(&model, tokens);
        let Some((kind, _)) =
            streaming.block.filter(|(kind, text)| is_shown && kind == "text" && !text.is_empty())
        else {
            return;
        };
        let mut message: Value = streaming.start;
        message["content"] = json!([{"type": kind, "text": text}]);
        message["context_management"] = Value::Null;
        let mut line = self.lines.assistant(&message);
        line["aborted"] = true.into();
        self.name_prompts(&mut line);
        self.out(&line);
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
