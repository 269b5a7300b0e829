//! The mirror of the session's transcript (`--session-mirror`): the rows that the CLI adds to it, for
//! a host that keeps them.
//!
//! They are those of the conversation: prompts, the model's messages, what tools returned, and what
//! the session costs. The rows in which the CLI notes its own context (the system prompt, its
//! tools, the environment) hold texts that only it knows; they are not written, and neither are the
//! transcripts of sub-agents.

use serde_json::{Value, json};

use super::lines::extend;
use super::prompt::Prompt;
use super::state::State;
use super::usage::Tokens;

impl State {
    /// Adds rows to the transcript.
    fn mirror(&mut self, rows: Vec<Value>) {
        self.mirror.batches.push(rows);
    }

    /// Writes the rows that the host has not read.
    pub(super) fn flush_mirror(&mut self) {
        let path = self.options.transcript(&self.lines.session);
        for rows in std::mem::take(&mut self.mirror.batches) {
            self.out(&json!({"type": "transcript_mirror", "filePath": path, "entries": rows}));
        }
    }

    /// A row of the conversation.
    fn row(&mut self, kind: &str, uuid: &str, fields: Value) -> Value {
        let parent = self.mirror.last.replace(uuid.to_owned());
        let mut row = json!({
            "parentUuid": parent, "isSidechain": false, "type": kind, "uuid": uuid, "timestamp": "2026-01-01T00:00:00.000Z",
            "userType": "external", "entrypoint": self.options.entrypoint, "cwd": self.shell_cwd,
            "sessionId": self.lines.session, "version": crate::CLI_VERSION, "gitBranch": "HEAD",
        });
        extend(&mut row, fields);
        row
    }

    /// A turn begins with these prompts.
    pub(super) fn mirror_prompts(&mut self, prompts: &[Prompt]) {
        if !self.options.mirrors {
            return;
        }
        let session = self.lines.session.clone();
        let mut rows = Vec::new();
        for prompt in prompts {
            let operation = |name: &str| {
                json!({
                    "type": "queue-operation", "operation": name, "timestamp": "2026-01-01T00:00:00.000Z", "sessionId": session,
                })
            };
            let mut queued = operation("enqueue");
            queued["content"] = prompt.text.as_str().into();
            rows.extend([queued, operation("dequeue")]);
            let uuid = prompt.uuid.clone().unwrap_or_else(|| self.lines.uuid());
            let written = prompt.line.get("message").cloned();
            let message =
                written.unwrap_or_else(|| json!({"role": "user", "content": prompt.text}));
            let number = self.mirror.prompts;
            self.mirror.prompts += 1;
            let fields = json!({
                "promptId": self.turn().id, "message": message, "permissionMode": self.lines.mode, "promptSource": "sdk",
                "sentAtMs": 1, "rowSource": "local", "turnOrigin": "sdk",
                "turnPosition": {"promptIndex": number, "turnIndex": number + 1}, "turnAttributionKey": uuid,
            });
            rows.push(self.row("user", &uuid, fields));
        }
        self.mirror(rows);
    }

    /// A block of the model is written, in this line; `whole` is its message.
    pub(super) fn mirror_block(&mut self, line: &Value, whole: &Value, index: usize) {
        if !self.options.mirrors {
            return;
        }
        let mut message = line["message"].clone();
        if let Some(message) = message.as_object_mut() {
            message.remove("context_management");
        }
        message["stop_reason"] = whole["stop_reason"].clone();
        message["stop_details"] = Value::Null;
        message["usage"] = Tokens::of(&whole["usage"]).usage();
        let block = &whole["content"][index];
        let mut fields = json!({
            "message": message, "apiBlockIndex": index, "requestRef": self.lines.uuid(), "requestedModel": self.lines.model,
            "promptCacheRequested": "5m", "effort": "medium", "perTurnEffort": "medium", "madeBy": "model",
        });
        let mut rows = Vec::new();
        if block["type"] == "tool_use" {
            fields["toolInputStreamMs"] = 1.into();
            rows.push(json!({"type": "tools-used", "tools": [block["name"]], "sessionId": self.lines.session}));
        }
        let uuid = line["uuid"].as_str().unwrap_or_default().to_owned();
        rows.push(self.row("assistant", &uuid, fields));
        self.mirror(rows);
        self.flush_mirror();
    }

    /// A tool returned what this line says.
    pub(super) fn mirror_result(&mut self, line: &Value) {
        if !self.options.mirrors {
            return;
        }
        let mut fields =
            json!({"promptId": self.turn().id, "message": line["message"], "sandboxed": false});
        fields["sourceToolAssistantUUID"] = self.mirror.last.clone().into();
        if let Some(output) = line.get("tool_use_result") {
            fields["toolUseResult"] = output.clone();
        }
        let decision = &line["tool_result_meta"][0]["permission_decision"];
        if decision.is_object() {
            let mut noted = json!({"decision": decision["decision"], "source": decision["source"]});
            if let Some(reason) = decision.get("reason_type") {
                noted["reasonType"] = reason.clone();
            }
            if decision["reason_type"] == "rule" {
                noted["ruleSource"] = "cliArg".into();
            }
            fields["permissionDecision"] = noted;
        }
        let uuid = line["uuid"].as_str().unwrap_or_default().to_owned();
        let row = self.row("user", &uuid, fields);
        self.mirror(vec![row]);
    }

    /// A turn is over: its result comes next.
    pub(super) fn mirror_end(&mut self) {
        if !self.options.mirrors {
            return;
        }
        let session = self.lines.session.clone();
        let last = json!({
            "type": "last-prompt", "lastPrompt": self.last_prompt, "leafUuid": self.mirror.last, "sessionId": session,
        });
        self.mirror(vec![last, json!({"type": "atis-latch", "atis": "", "sessionId": session})]);
        self.flush_mirror();
    }

    /// The CLI ends.
    pub(super) fn mirror_costs(&mut self) {
        if !self.options.mirrors || self.results == 0 {
            return;
        }
        let mut usage = self.ledger.by_model();
        for usage in usage.as_object_mut().into_iter().flat_map(|models| models.values_mut()) {
            if let Some(usage) = usage.as_object_mut() {
                let more =
                    ["contextWindow", "maxOutputTokens", "canonicalModel", "provider", "costBasis"];
                more.iter().for_each(|name| drop(usage.remove(*name)));
            }
        }
        let costs = json!({
            "type": "cost-state", "sessionId": self.lines.session, "totalCostUSD": self.ledger.cost_json(),
            "totalAPIDuration": 1, "totalAPIDurationWithoutRetries": 1, "totalToolDuration": 1, "totalLinesAdded": 0,
            "totalLinesRemoved": 0, "totalDuration": 1, "startTime": 1, "modelUsage": usage, "hasUnknownModelCost": false,
        });
        self.mirror(vec![costs]);
        self.flush_mirror();
    }
}
