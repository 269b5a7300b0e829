//! Hooks of the settings: what the CLI writes about them, and what their output means.

use serde_json::{Value, json};

use crate::player::scenario::ShellHook;

use super::hooks::{Decision, fits};
use super::host_answer::Answer;
use super::state::State;

/// The exit code that blocks.
const BLOCKS: u16 = 2;

impl State {
    /// The settings' hooks of an event have run; what they decided.
    pub(super) fn run_shell_hooks(&mut self, event: &str, subject: &str, decision: &mut Decision) {
        let outside = self.outside.clone();
        let hooks = outside.settings_hooks.iter();
        let hooks =
            hooks.filter(|hook| hook.event == event && fits(hook.matcher.as_deref(), subject));
        for hook in hooks {
            self.shell_hook_lines(hook, subject);
            decision.add_shell_hook(hook);
            if event == "Stop" && !hook.is_success() && hook.exit_code != BLOCKS {
                self.stop_hook_problem();
            }
        }
    }

    /// `hook_started` and `hook_response`, where the host asked for them.
    fn shell_hook_lines(&mut self, hook: &ShellHook, subject: &str) {
        let event = &hook.event;
        let is_shown = match event.as_str() {
            // Whether the host asked for them or not.
            "SessionStart" => true,
            "SessionEnd" | "PreCompact" | "PostCompact" => false,
            _ => self.options.hook_events,
        };
        if !is_shown {
            return;
        }
        let name = if subject.is_empty() { event.clone() } else { format!("{event}:{subject}") };
        let id = self.lines.uuid();
        let about = json!({"hook_id": id, "hook_name": name, "hook_event": event});
        let line = self.lines.system("hook_started", about.clone());
        self.out(&line);
        let mut fields = about;
        let outcome = if hook.is_success() { "success" } else { "error" };
        let ended = json!({
            "output": format!("{}{}", hook.stdout, hook.stderr), "stdout": hook.stdout, "stderr": hook.stderr,
            "exit_code": hook.exit_code, "outcome": outcome,
        });
        super::lines::extend(&mut fields, ended);
        let line = self.lines.system("hook_response", fields);
        self.out(&line);
    }

    /// The line that says that a `Stop` hook blocked, or failed.
    pub(super) fn stop_hook_problem(&mut self) {
        let fields = json!({
            "key": "stop-hook-error", "text": "stop hook problem · ctrl+o to see", "priority": "immediate",
        });
        let line = self.lines.system("notification", fields);
        self.out(&line);
    }
}

impl Decision {
    fn add_shell_hook(&mut self, hook: &ShellHook) {
        if hook.exit_code == BLOCKS {
            let reason = hook.stderr.trim_end();
            return self.add(Answer::Success(json!({"decision": "block", "reason": reason})));
        }
        let output = serde_json::from_str::<Value>(&hook.stdout).ok();
        if let Some(output) = output.filter(|output| hook.is_success() && output.is_object()) {
            let asked = self.permission;
            self.add(Answer::Success(output));
            if self.permission != asked {
                self.source = Some("settings");
            }
        }
    }
}
