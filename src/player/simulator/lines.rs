//! The lines of the CLI, with their fields.

use serde_json::{Value, json};

/// A simulated CLI has no clock.
const TIME: &str = "2026-01-01T00:00:00.000Z";

/// What the lines of a session have in common. Each uuid is unique, and the same in each run.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub(super) session: String,
    pub(super) model: String,
    pub(super) mode: String,
    uuids: u64,
}

impl Lines {
    pub(super) fn new(session: String, model: String, mode: String) -> Self {
        Self { session, model, mode, uuids: 0 }
    }

    pub(super) fn uuid(&mut self) -> String {
        self.uuids += 1;
        format!("00000001-0000-4000-8000-{:012x}", self.uuids)
    }

    pub(super) fn lifecycle(&mut self, prompt: &str, state: &str) -> Value {
        json!({"type": "command_lifecycle", "command_uuid": prompt, "state": state, "uuid": self.uuid(), "session_id": self.session})
    }

    /// A line of the type `system`.
    pub(super) fn system(&mut self, subtype: &str, fields: Value) -> Value {
        let mut line = json!({"type": "system", "subtype": subtype});
        extend(&mut line, fields);
        line["session_id"] = self.session.as_str().into();
        line["uuid"] = self.uuid().into();
        line
    }

    /// The conversation was cleared.
    pub(super) fn reset(&mut self, prompt: Option<&str>) -> Value {
        let mut line = json!({
            "type": "conversation_reset", "new_conversation_id": null, "uuid": self.uuid(), "trigger": "clear",
            "timestamp": TIME, "session_id": self.session,
        });
        line["new_conversation_id"] = line["uuid"].clone();
        if let Some(prompt) = prompt {
            line["user_message_uuid"] = prompt.into();
        }
        line
    }

    /// `status` after the permission mode changed.
    pub(super) fn mode_status(&mut self) -> Value {
        let mode = self.mode.clone();
        self.system("status", json!({"status": null, "permissionMode": mode}))
    }

    /// A `user` line by the CLI itself.
    pub(super) fn user(&mut self, content: Value) -> Value {
        json!({
            "type": "user", "message": {"role": "user", "content": content}, "parent_tool_use_id": null, "session_id": self.session,
            "uuid": self.uuid(), "timestamp": TIME,
        })
    }

    /// The model's message of which `content` is a part.
    pub(super) fn assistant(&mut self, message: &Value) -> Value {
        json!({
            "type": "assistant", "message": message, "parent_tool_use_id": null, "session_id": self.session,
            "uuid": self.uuid(), "timestamp": TIME,
        })
    }

    pub(super) fn stream_event(&mut self, event: &Value, message: &str) -> Value {
        json!({
            "type": "stream_event", "event": event, "session_id": self.session, "parent_tool_use_id": null, "uuid": self.uuid(),
            "api_message_id": message,
        })
    }
}

pub(super) fn extend(line: &mut Value, fields: Value) {
    if let (Value::Object(line), Value::Object(fields)) = (line, fields) {
        line.extend(fields);
    }
}
