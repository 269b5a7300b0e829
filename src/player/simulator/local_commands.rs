//! Prompts that the CLI answers itself: `/clear`, `/cost` and `/compact`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::errors::no_usage;
use super::slash_command::Command;
use super::state::{State, Turn};
use super::version::facts;

/// A command that the CLI does not list, and answers itself.
const UNLISTED: &str = "help";

impl State {
    /// Carries out a command as a turn.
    pub(super) fn run_command(&mut self, command: Command) {
        let prompts = self.turn().prompts.clone();
        let result = match command {
            Command::Cost => self.cost_text(),
            // They ask the model, or the host.
            Command::Clear | Command::Compact => return,
        };
        let init = self.init_line(&prompts);
        self.out(&init);
        let line = self.command_output(&result);
        self.out(&line);
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
    pub(super) fn clear(&mut self, prompt: Option<&str>) {
        let reset = self.lines.reset(prompt);
        self.out(&reset);
        let line = self.lines.system("background_tasks_changed", json!({"tasks": []}));
        self.out(&line);
        let mut known = self.turns.shared.sessions();
        known.push(self.lines.session.clone());
        let session = self.turns.shared.fresh_session(&known);
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

    /// Notes a prompt that is a command which is not simulated: the model gets it as it is. The model
    /// of the real CLI gets only names that are no command.
    pub(super) fn note_command(&mut self, prompt: &str) {
        let Some(rest) = prompt.trim().strip_prefix('/') else { return };
        let name = rest.split_whitespace().next().unwrap_or_default();
        let commands = facts().initialize.get("commands").and_then(Value::as_array);
        let is_one = |command: &Value| {
            let mut aliases = command["aliases"].as_array().into_iter().flatten();
            command["name"] == name || aliases.any(|alias| alias == name)
        };
        let is_known = name == UNLISTED || commands.into_iter().flatten().any(is_one);
        if is_known && self.options.commands {
            self.note_not_simulated(format!("command /{name}: the model gets it as a prompt"));
        }
    }
}
