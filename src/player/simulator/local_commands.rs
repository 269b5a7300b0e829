//! Prompts that the CLI answers itself: `/clear`, `/cost` and `/compact`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::player::turns::fresh;

use super::errors::no_usage;
use super::slash_command::Command;
use super::state::{State, Turn};

impl State {
    /// Carries out a command as a turn.
    pub(super) fn run_command(&mut self, command: Command) {
        let prompts = self.turn().prompts.clone();
        let result = match command {
            Command::Clear => {
                self.clear(prompts.last().map(String::as_str));
                String::new()
            }
            Command::Cost => self.cost_text(),
            // It asks the model.
            Command::Compact => return,
        };
        let init = self.init_line(&prompts);
        self.out(&init);
        if command == Command::Cost {
            let line = self.command_output(&result);
            self.out(&line);
        }
        self.end_command(command.name(), &result);
    }

    /// Writes the result of a command.
    pub(super) fn end_command(&mut self, name: &str, result: &str) {
        let mut turn = self.turn.take().unwrap_or_default();
        turn.messages = 0;
        let fields = json!({
            "is_error": false, "subtype": "success", "result": result, "local_command": name,
        });
        let line = self.result_line(
            &Turn {
                prompts: turn.prompts.clone(),
                named_by: turn.named_by.clone(),
                ..Turn::default()
            },
            fields,
        );
        self.out(&line);
        self.end_prompts(&mut turn, "completed");
    }

    /// The conversation begins again, under another id.
    fn clear(&mut self, prompt: Option<&str>) {
        let reset = self.lines.reset(prompt);
        self.out(&reset);
        let line = self.lines.system("background_tasks_changed", json!({"tasks": []}));
        self.out(&line);
        let mut known = self.turns.shared.sessions();
        known.push(self.lines.session.clone());
        let session = fresh(&known);
        self.turns.shared.note_session(&session);
        self.lines.session = session;
        self.ledger = super::usage::Ledger::default();
        self.reported = super::usage::Ledger::default();
    }

    pub(super) fn cost_text(&self) -> String {
        let doubt = if self.ledger.is_known() {
            ""
        } else {
            " (costs may be inaccurate due to usage of unknown models)"
        };
        let mut text = format!(
            "Estimated cost:        ${:.4}{doubt}\nTotal duration (API):  0s\nTotal duration (wall): 0s\nTotal code changes:    0 lines added, 0 lines removed\n",
            self.ledger.cost()
        );
        if self.ledger.is_empty() {
            return text + "Usage:                 0 input, 0 output, 0 cache read, 0 cache write";
        }
        text.push_str("Usage by model:");
        for line in self.ledger.lines() {
            text.push('\n');
            text.push_str(&line);
        }
        let requests = if self.requests == 1 { "request" } else { "requests" };
        let _ = write!(
            text,
            "\nPrompt cache (main):   {} {requests} · 0% of input tokens from cache · no misses · no prompt caching reported by the API",
            self.requests
        );
        text
    }

    fn command_output(&mut self, text: &str) -> Value {
        let message = json!({
            "diagnostics": null, "id": self.lines.uuid(), "container": null, "model": "<synthetic>", "role": "assistant",
            "stop_details": null, "stop_reason": "end_turn", "stop_sequence": null, "type": "message", "usage": no_usage(),
            "content": [{"type": "text", "text": text}], "context_management": null,
        });
        let mut line = self.lines.assistant(&message);
        line["local_command_source"] =
            format!("<local-command-stdout>{text}</local-command-stdout>").into();
        line["local_command_run"] = json!({"command": "usage", "args": ""});
        line
    }
}
