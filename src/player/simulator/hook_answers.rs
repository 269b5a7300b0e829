//! What the CLI writes about the answers of hooks: those that failed, and messages to the user.

use serde_json::{Value, json};

use super::handle::Cli;
use super::hooks::{Callback, Decision, Permission};
use super::state::State;

/// Events whose hooks may say something to the user, where something is written about it.
const SPEAKING: [&str; 4] = ["PreToolUse", "PostToolUse", "UserPromptSubmit", "Stop"];
/// Events where nothing is.
const SILENT: [&str; 4] = ["SessionStart", "SessionEnd", "SubagentStart", "SubagentStop"];

impl Cli {
    /// A hook of the host failed.
    pub(super) fn hook_failed(
        &self,
        event: &str,
        callback: &Callback,
        error: &str,
        decision: &mut Decision,
    ) {
        let id = &callback.id;
        let failed = format!(
            "Hook callback {id} failed: the SDK host replied with an error or an invalid answer."
        );
        let treated = if callback.blocks {
            "onFailure is \"block\", so this failure counts as a block."
        } else {
            "Its answer was treated as empty."
        };
        self.with(|state| {
            // The CLI writes its own source text between the two.
            state.err(&format!("Error in hook callback {id}:\nerror: {error}"));
            let fields = json!({
                "content": format!("{event}: {failed} {treated}"), "level": "warning", "tag": "hook_callback_failed",
            });
            let line = state.lines.system("informational", fields);
            if event == "UserPromptSubmit" {
                decision.after_init.push(line);
            } else {
                state.out(&line);
            }
            if !callback.blocks {
                return;
            }
            let reason =
                format!("[callback]: failed; blocking because onFailure is \"block\"\n{failed}");
            match event {
                "PreToolUse" => {
                    decision.permission = Some(Permission::Deny);
                    decision.reason = Some(reason);
                }
                "UserPromptSubmit" => decision.no_verdict = Some(reason),
                "PostToolUse" => {}
                _ => state.note_not_simulated(format!("onFailure of a hook for {event}")),
            }
        });
    }

    /// A hook of the host did not answer in time.
    pub(super) fn hook_is_late(&self, event: &str, decision: &mut Decision) {
        if event == "PreToolUse" {
            decision.is_late = true;
        } else {
            self.with(|state| {
                state.note_not_simulated(format!("a hook for {event} that answers too late"));
            });
        }
    }

    /// Hooks of the main conversation may speak to the user; the caller says when, except at the end
    /// of a turn.
    pub(super) fn note_messages(&self, event: &str, decision: &mut Decision) {
        let speaks = SPEAKING.contains(&event) && self.agent().is_none();
        if decision.messages.is_empty() || speaks && event != "Stop" {
            return;
        }
        let messages = std::mem::take(&mut decision.messages);
        self.with(|state| {
            if speaks {
                state.hooks_say(event, &messages);
            } else if !SILENT.contains(&event) {
                state.note_not_simulated(format!("systemMessage of a hook for {event}"));
            }
        });
    }
}

impl State {
    /// Messages of hooks to the user. `name` is the event, with the tool if it is about one.
    pub(super) fn hooks_say(&mut self, name: &str, messages: &[String]) {
        for message in messages {
            let line = self.hook_says(name, message);
            self.out(&line);
        }
    }

    fn hook_says(&mut self, name: &str, message: &str) -> Value {
        let fields = json!({"content": format!("{name} says: {message}"), "level": "notice"});
        self.lines.system("informational", fields)
    }
}
