//! The first and the last line of a turn.

use serde_json::{Value, json};

use super::lines::extend;
use super::state::{State, Turn};
use super::version::{facts, is_listed};

impl State {
    pub(super) fn init_line(&mut self, prompts: &[String]) -> Value {
        let mut line = Value::Object(facts().init.clone());
        let options = self.options.clone();
        line["cwd"] = options.cwd.as_str().into();
        line["original_cwd"] = options.cwd.as_str().into();
        line["session_id"] = self.lines.session.as_str().into();
        line["model"] = self.lines.model.as_str().into();
        line["permissionMode"] = self.lines.mode.as_str().into();
        line["mcp_servers"] = self.servers.listed(&options.other_servers);
        if options.subscribed {
            line["apiKeySource"] = "none".into();
        }
        line["per_turn_effort_active"] = is_listed(&self.lines.model).into();
        if let Value::Object(line) = &mut line {
            self.list_in(line);
        }
        let text = line.to_string();
        if let Ok(filled) = serde_json::from_str(&self.fill_in(&text)) {
            line = filled;
        }
        line["uuid"] = self.lines.uuid().into();
        if !prompts.is_empty() {
            line["user_message_uuids"] = json!(prompts);
        }
        line
    }

    /// Replaces the variables of a recorded line.
    pub(super) fn fill_in(&self, text: &str) -> String {
        let slug: String = self.options.transcript("");
        let slug = slug.rsplit('/').nth(1).unwrap_or_default();
        text.replace("${cwd_slug}", slug)
            .replace("${cwd}", &self.options.cwd)
            .replace("${config}", &self.options.config)
            .replace("${tmp}", "/tmp")
    }

    /// The schema that the answer must have.
    pub(super) fn schema(&self) -> Option<&Value> {
        self.declared.schema.as_ref().or(self.options.schema.as_ref())
    }

    /// Names the turn's prompts in its first line of the model.
    pub(super) fn name_prompts(&mut self, line: &mut Value) {
        let turn = self.turn();
        if !std::mem::replace(&mut turn.named, true) {
            name(line, &turn.prompts, turn.named_by.as_deref());
        }
    }

    /// The `result` of the turn. `fields` are those of its kind: `subtype`, `is_error` and so on.
    pub(super) fn result_line(&mut self, turn: &Turn, fields: Value) -> Value {
        self.mirror_end();
        let mut line = json!({
            "duration_api_ms": 20, "stop_reason": turn.stop_reason, "session_id": self.lines.session,
            "total_cost_usd": self.ledger.cost_json(), "usage": turn.tokens.usage(), "modelUsage": self.ledger.by_model(),
            "permission_denials": turn.denials, "fast_mode_state": "off", "fast_mode_disabled_reason": "sdk_opt_in_required",
            "subagent_stats": self.agent_stats.to_json(), "safety_stops": self.safety_stops, "num_turns": turn.messages,
        });
        extend(&mut line, fields);
        if let Some(origin) = &turn.origin {
            line["origin"] = origin.clone();
        }
        line["type"] = "result".into();
        line["duration_ms"] = 30.into();
        line["uuid"] = self.lines.uuid().into();
        let has_failed = line["terminal_reason"] == "api_error";
        if self.options.partial && (has_failed || !turn.begun.is_empty()) {
            line["begun_message_ids"] = json!(turn.begun);
        }
        let answered = line["subtype"] == "success" && line["is_error"] == false;
        if answered && turn.stop_reason.is_some() {
            line["ttft_ms"] = 10.into();
        }
        if answered && turn.first_request.is_some() {
            for (name, value) in
                [("ttft_stream_ms", 10), ("time_to_request_ms", 5), ("first_content_frame_ms", 10)]
            {
                line[name] = value.into();
            }
        }
        name(&mut line, &turn.prompts, turn.named_by.as_deref());
        if let Some((input, cached)) = turn.first_request
            && answered
            && !turn.prompts.is_empty()
        {
            line["request_sent_wall_ms"] = 1_767_225_600_000_u64.into();
            line["first_request_input_tokens"] = input.into();
            line["first_request_cache_read_input_tokens"] = cached.into();
        }
        line["queued_turn_count"] = 0.into();
        line["result_index"] = self.results.into();
        line["model_usage_since_last_result"] = std::mem::take(&mut self.reported).by_model();
        self.results += 1;
        self.failed = line["is_error"] == true;
        line
    }
}

/// Names the prompts of a line.
fn name(line: &mut Value, prompts: &[String], by: Option<&str>) {
    if let Some(by) = by {
        line["user_message_uuid"] = by.into();
        line["user_message_uuids"] = json!(prompts);
    }
}
