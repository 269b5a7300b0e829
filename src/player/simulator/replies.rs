//! Replies to control requests that show something, or that the CLI refuses in a plain session.

use serde_json::{Value, json};

use crate::wire::RawJson;

use super::lines::extend;
use super::state::State;
use super::version::facts;

/// What the CLI replies: a body (or none), or an error.
pub(super) type Reply = Result<Option<Value>, String>;

/// Requests that change nothing a scenario could see, and have no body.
const QUIET: [&str; 9] = [
    "set_max_thinking_tokens",
    "mcp_message",
    "set_has_subscribers",
    "set_prompt_suggestions_paused",
    "set_message_waiting",
    "prompt_draft_activity",
    "seed_read_state",
    "remote_control",
    "message_rated",
];

/// Whether messages of peers are delivered at once: nothing is decided in a new session.
fn deliveries() -> Value {
    json!({"session": null, "account": false})
}

impl State {
    /// The reply to a request without a rule; `None` for one that is not simulated.
    pub(super) fn plain_reply(
        &mut self,
        subtype: &str,
        request: &Value,
        id: Option<&RawJson>,
    ) -> Option<Reply> {
        let text = |name: &str| request[name].as_str().unwrap_or_default();
        let server = text("serverName");
        let is_known = self.servers.has(server);
        let request_id =
            id.and_then(|id| serde_json::from_str(&id.text()).ok()).unwrap_or_default();
        Some(match subtype {
            "apply_flag_settings" => {
                self.note_settings(subtype, request);
                Ok(None)
            }
            _ if QUIET.contains(&subtype) => Ok(None),
            "read_file" => self.read_file(request),
            "background_tasks" => Ok(Some(json!({}))),
            "get_session_cost" => Ok(Some(json!({"text": self.cost_text()}))),
            "export_conversation" => Ok(Some(self.exported())),
            "generate_session_title" => Ok(Some(json!({"title": null}))),
            "rename_session" => {
                let title = text("title").to_owned();
                self.title.clone_from(&title);
                let line = self.lines.system("session_title_changed", json!({"title": title}));
                self.out(&line);
                Ok(None)
            }
            "update_settings" => {
                let is_empty =
                    request["settings"].as_object().is_none_or(serde_json::Map::is_empty);
                let refused = || "update_settings requires at least one key".to_owned();
                self.note_settings(subtype, request);
                if is_empty { Err(refused()) } else { Ok(Some(json!({}))) }
            }
            "mcp_reconnect" | "mcp_toggle" | "mcp_authenticate" | "mcp_clear_auth" if !is_known => {
                Err(format!("Server not found: {server}"))
            }
            "mcp_oauth_callback_url" => Err(format!("No active OAuth flow for server: {server}")),
            "channel_enable" if !is_known => Err(format!("server {server} is not connected")),
            "mcp_read_resource" if !text("uri").starts_with("ui://") => {
                Err("mcp_read_resource: uri must use the ui:// scheme".to_owned())
            }
            "set_mcp_permission_mode_override" if !is_known && request["mode"].is_null() => {
                let warning = format!(
                    "MCP server '{server}' is not known; no override was present to clear."
                );
                Ok(Some(json!({"warning": warning})))
            }
            "get_task_output" if !self.tasks.iter().any(|task| task.id == text("task_id")) => {
                Err("get_task_output: no shell or Monitor task with that task_id in this session"
                    .to_owned())
            }
            "reload_connectors" => {
                Err("The list of claude.ai connectors could not be read, so nothing changed."
                    .to_owned())
            }
            "claim_session" => Err(
                "not_a_spare: claim_session is only accepted by a process started with --await-claim that has not been claimed yet"
                    .to_owned(),
            ),
            "get_workspace_diff" => {
                Ok(Some(json!({"diff": null, "noDiffReason": "no-repository"})))
            }
            // The account of the lab, which is none.
            "list_cloud_sessions" => Ok(Some(json!({
                "status": "unavailable", "reason": "nonessential_traffic",
                "message": "Cloud sessions are unavailable while CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC is set.",
            }))),
            "ui_panes" => Ok(Some(
                json!({"panes": [], "shown_id": null, "focused_id": null, "focus_requested_id": null}),
            )),
            "log_host_events" => {
                Ok(Some(json!({"status": "unavailable", "reason": "wrong_caller"})))
            }
            "set_peer_delivery" => Ok(Some(json!({"always_deliver": deliveries()}))),
            "decide_held_peer_message" => {
                Ok(Some(json!({"outcome": "gone", "always_deliver": deliveries()})))
            }
            "side_question" => Ok(Some(self.side_answer(text("question"), &request_id))),
            "claude_oauth_wait_for_completion" => {
                Err("No active claude_authenticate flow".to_owned())
            }
            _ => Ok(Some(self.recorded_reply(subtype, text("detail"))?)),
        })
    }

    /// Notes the settings of a request: they have no effect.
    fn note_settings(&mut self, subtype: &str, request: &Value) {
        for name in request["settings"].as_object().into_iter().flat_map(serde_json::Map::keys) {
            self.note_not_simulated(format!("{subtype}: setting {name}"));
        }
    }

    /// What only the version decides, with what this session is.
    fn recorded_reply(&mut self, subtype: &str, detail: &str) -> Option<Value> {
        if subtype == "list_models" {
            return Some(json!({"models": facts().initialize["models"]}));
        }
        let detailed = facts().replies.get(&format!("{subtype} {detail}"));
        let body = detailed.or_else(|| facts().replies.get(subtype))?;
        let mut body: Value = serde_json::from_str(&self.fill_in(&body.to_string())).ok()?;
        let model = self.lines.model.clone();
        match subtype {
            "reload_plugins" => {
                for name in ["commands", "agents"] {
                    body[name] = facts().initialize[name].clone();
                }
            }
            "get_status" => self.fill_in_status(&mut body),
            "get_settings" => {
                body["applied"]["model"] = model.into();
                let settings = &self.declared.settings;
                if settings.is_object() {
                    body["effective"] = settings.clone();
                    body["sources"] = json!([{"source": "flagSettings", "settings": settings}]);
                }
            }
            "get_context_usage" => {
                body["model"] = model.into();
                body["apiUsage"] = self.context.last_usage();
            }
            "get_usage" => {
                let spent = json!({"total_cost_usd": self.ledger.cost_json(), "model_usage": self.ledger.by_model()});
                extend(&mut body["session"], spent);
            }
            "list_permission_rules" => {
                let rules = self.options.allowed.iter().map(|rule| {
                    json!({
                        "behavior": "allow", "source": "cliArg", "rule": rule,
                        "description": {"prefix": format!("Any {rule} command")}, "editability": "session",
                    })
                });
                body["state"]["rules"] = rules.collect();
            }
            _ => {}
        }
        Some(body)
    }

    /// The rows of `get_status` that are this session's.
    fn fill_in_status(&self, body: &mut Value) {
        let socket = facts().init["messaging_socket_path"].as_str().unwrap_or_default();
        let known = [
            ("Session ID", self.lines.session.clone()),
            ("Peer address", format!("uds:{}", self.fill_in(socket))),
            ("Model", self.lines.model.clone()),
            ("Session name", self.title.clone()),
        ];
        for section in body["sections"].as_array_mut().into_iter().flatten() {
            let Some(rows) = section["rows"].as_array_mut() else { continue };
            for row in rows.iter_mut() {
                if let Some((_, value)) = known.iter().find(|(label, _)| row["label"] == **label) {
                    row["value"] = value.as_str().into();
                }
            }
            rows.retain(|row| row["value"] != "");
        }
    }

    /// The model's answer to a question next to the conversation.
    fn side_answer(&mut self, question: &str, request: &Value) -> Value {
        let fields = json!({"request_id": request, "status": "started"});
        let line = self.lines.system("control_request_progress", fields);
        self.out(&line);
        let answer = self.answer_aside(question).unwrap_or_else(|| {
            self.note_not_simulated(format!(
                "side_question: no turn of the scenario has the prompt {question:?}"
            ));
            String::new()
        });
        json!({"response": answer, "synthetic": false})
    }

    /// The conversation as text.
    fn exported(&self) -> Value {
        let first = self.said.iter().find_map(|said| said.strip_prefix("\u{276f} "));
        let name: String = first
            .unwrap_or("conversation")
            .chars()
            .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' })
            .take(50)
            .collect();
        let said: String = self.said.iter().map(|said| format!("\n{said}\n")).collect();
        json!({"text": said.trim_end_matches('\n'), "default_filename": format!("2026-01-01-000000-{name}.txt")})
    }
}
