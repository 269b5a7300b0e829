//! Calls of hooks, and what they read.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use crate::common::lock;
use crate::player::scenario::ShellHook;

use super::agent::Agent;
use super::handle::{Cli, all};
use super::hooks::{Decision, fits};
use super::host_answer::Answer;
use super::state::State;

impl Cli {
    /// Calls the hooks of an event side by side, and waits for all. `subject` is what their matchers
    /// see; `tool` is the id of the tool use, if it is about one.
    pub(super) async fn hooks(
        &self,
        event: &str,
        subject: &str,
        tool: Option<&str>,
        fields: Map<String, Value>,
    ) -> Decision {
        let calls = self.with(|state| state.hooks.callbacks(event, subject));
        let mut decision = Decision::default();
        self.with(|state| state.run_shell_hooks(event, subject, &mut decision));
        if calls.is_empty() {
            self.note_messages(event, &mut decision);
            return decision;
        }
        if self.with(|state| state.eof) {
            decision.is_closed = true;
            return decision;
        }
        let input = self.with(|state| state.hook_input(event, fields, self.agent()));
        let mut waits = Vec::new();
        for callback in calls {
            let tool = tool.map_or_else(|| self.with(|state| state.lines.uuid()), str::to_owned);
            let id = self.request(json!({
                "subtype": "hook_callback", "callback_id": callback.id, "input": input, "tool_use_id": tool,
            }));
            let cli = self.clone();
            waits.push(Box::pin(async move {
                let answer = cli.answer_within(&id, callback.limit).await;
                if answer.is_none() {
                    cli.with(|state| {
                        state.open.retain(|(open, _)| *open != id);
                        state.out(&json!({"type": "control_cancel_request", "request_id": id}));
                    });
                }
                (callback, answer)
            }));
        }
        for (callback, answer) in all(waits).await {
            match answer {
                Some(Answer::Error(error)) => {
                    self.hook_failed(event, &callback, &error, &mut decision);
                }
                Some(answer) => decision.add(answer),
                None => self.hook_is_late(event, &mut decision),
            }
        }
        self.note_messages(event, &mut decision);
        decision
    }

    /// The same next to what goes on. What they decide is in the slot when they have ended.
    pub(super) fn hooks_aside(
        &self,
        event: &'static str,
        subject: &str,
        tool: Option<&str>,
        fields: Map<String, Value>,
    ) -> Arc<Mutex<Option<Decision>>> {
        let slot = Arc::new(Mutex::new(None));
        if !self.with(|state| state.has_hooks(event, subject)) {
            return slot;
        }
        let (cli, decided) = (self.clone(), slot.clone());
        let (subject, tool) = (subject.to_owned(), tool.map(str::to_owned));
        self.spawn(async move {
            let decision = cli.hooks(event, &subject, tool.as_deref(), fields).await;
            *lock(&decided) = Some(decision);
            cli.with(|state| state.changed = true);
        });
        slot
    }

    /// Calls the hooks for notifications. Nothing waits for them.
    pub(super) fn notify(&self, kind: &str, message: String) {
        let fields = fields(json!({"message": message, "notification_type": kind}));
        self.hooks_aside("Notification", kind, None, fields);
    }
}

impl State {
    /// Whether the host or the settings have a hook for this.
    pub(super) fn has_hooks(&self, event: &str, subject: &str) -> bool {
        let is_set =
            |hook: &ShellHook| hook.event == event && fits(hook.matcher.as_deref(), subject);
        !self.hooks.callbacks(event, subject).is_empty()
            || self.outside.settings_hooks.iter().any(is_set)
    }

    /// The fields of a hook about a tool: an MCP server is named.
    pub(super) fn tool_fields(&self, tool: &str, mut fields: Value) -> Value {
        if let Some(server) = self.servers.named_in(tool) {
            fields["mcp_server"] = server;
        }
        fields
    }

    /// What every hook reads, with the fields of this event.
    fn hook_input(
        &mut self,
        event: &str,
        fields: Map<String, Value>,
        agent: Option<&Agent>,
    ) -> Value {
        let session = self.lines.session.clone();
        let turn = match agent {
            Some(agent) => agent.turn.clone(),
            None => self.turn.as_ref().map(|turn| turn.id.clone()).unwrap_or_default(),
        };
        let mut input = json!({
            "session_id": session, "transcript_path": self.options.transcript(&session), "cwd": self.shell_cwd,
            "prompt_id": turn,
        });
        // The session that `/clear` begins has no prompt yet.
        let is_fresh = event == "SessionStart" && fields.get("source") == Some(&"clear".into());
        if let Some(input) = input.as_object_mut().filter(|_| is_fresh) {
            input.remove("prompt_id");
        }
        // What no turn does has neither a mode nor an effort.
        let bare = [
            "SubagentStart",
            "Notification",
            "PreCompact",
            "PostCompact",
            "SessionStart",
            "SessionEnd",
        ];
        let is_bare = bare.contains(&event);
        if !is_bare {
            input["permission_mode"] = self.lines.mode.as_str().into();
        }
        if let Some(agent) = agent {
            agent.name_in(&mut input);
        }
        if event != "UserPromptSubmit" && !is_bare {
            input["effort"] = json!({"level": self.options.effort});
        }
        input["hook_event_name"] = event.into();
        if let Value::Object(input) = &mut input {
            input.extend(fields);
        }
        input
    }
}

/// The fields of a hook, from a JSON object.
pub(super) fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
