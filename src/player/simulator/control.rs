//! What the host writes: prompts, requests, answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use regex::Regex;
use serde_json::{Value, json};

use crate::player::host_line::HostLine;
use crate::player::machine::Step;
use crate::transport::Exit;
use crate::wire::RawJson;
use crate::wire::control::RequestName;

use super::flag_settings::{FlagSettings, mode_of};
use super::handle::{Cli, first};
use super::hooks::{HOOKS, Hooks};
use super::launch::resolved;
use super::prompt::Prompt;
use super::state::{Interrupt, State};
use super::stopped::StoppedBy;
use super::usage::is_known;
use super::version::facts;

const MODES: [&str; 6] = ["acceptEdits", "auto", "bypassPermissions", "default", "dontAsk", "plan"];

/// How long the reply to `initialize` waits for in-process servers. The CLI does not wait: most hosts
/// are as fast as it is.
const SERVERS_WITHIN: Duration = Duration::from_secs(1);

/// Handles a line of the host.
pub(super) fn line(cli: &Cli, bytes: &Bytes) {
    if cli.with(|state| state.reads_text(bytes)) {
        return cli.with(|state| {
            state.text.push_str(&String::from_utf8_lossy(bytes));
            state.text.push('\n');
        });
    }
    match HostLine::parse(bytes) {
        HostLine::Prompt { line, uuid } => cli.with(|state| state.prompt(line, uuid.as_ref())),
        HostLine::Request { subtype, request, id } => {
            cli.with(|state| state.matched += 1);
            handle_request(cli, &subtype, &request, id.as_ref());
        }
        HostLine::Answer { id, response } => cli.with(|state| state.answered(bytes, id, response)),
        HostLine::Cancel { .. } | HostLine::Nothing => {}
        HostLine::Other { bytes, json } => cli.with(|state| state.other(&bytes, json.as_ref())),
    }
}

fn handle_request(cli: &Cli, subtype: &str, request: &Value, id: Option<&RawJson>) {
    match subtype {
        "initialize" => {}
        "mcp_set_servers" => return cli.set_servers(request, id),
        _ => {
            cli.with(|state| state.reply_to(subtype, request, id));
            if subtype == "mcp_message" {
                cli.server_says(request);
            }
            return;
        }
    }
    let connecting = cli.with(|state| {
        state.initialize(request);
        state.servers.take_new()
    });
    if connecting.is_empty() {
        return cli.with(|state| state.reply_to_initialize(id));
    }
    let (task, id) = (cli.clone(), id.cloned());
    cli.spawn(async move {
        let mut up = Vec::new();
        let connects = async {
            for server in &connecting {
                if task.connect(server).await {
                    up.push(server.clone());
                }
            }
        };
        let is_late = AtomicBool::new(false);
        let reply = || task.with(|state| state.reply_to_initialize(id.as_ref()));
        let late_reply = async {
            task.sleep(SERVERS_WITHIN).await;
            is_late.store(true, Ordering::Relaxed);
            reply();
            std::future::pending::<()>().await;
        };
        first(connects, late_reply).await;
        if !is_late.load(Ordering::Relaxed) {
            reply();
        }
        for server in &up {
            task.initialized(server).await;
            task.list_tools(server).await;
        }
    });
}

impl State {
    /// Whether lines are text. Where no argument says it, the first one does.
    fn reads_text(&mut self, line: &Bytes) -> bool {
        let is_first = !std::mem::replace(&mut self.has_input, true);
        let is_json = line.trim_ascii_start().starts_with(b"{");
        if is_first && self.options.decides && !is_json {
            Arc::make_mut(&mut self.options).set_text();
        }
        self.options.text_input
    }

    /// The host answers a request. The CLI repeats the answer where it repeats prompts.
    fn answered(&mut self, line: &Bytes, id: String, response: Value) {
        let is_open = self.open.iter().any(|(open, _)| *open == id);
        if !is_open || self.answers.contains_key(&id) {
            return;
        }
        self.matched += 1;
        self.answers.insert(id, response);
        if self.options.replays_prompts
            && let Ok(line) = serde_json::from_slice::<Value>(line)
        {
            self.out(&line);
        }
    }

    fn prompt(&mut self, line: Value, uuid: Option<&RawJson>) {
        let is_user = line.pointer("/message/role").is_some_and(|role| role == "user");
        if !is_user {
            let role = match line.pointer("/message/role") {
                None => "undefined".to_owned(),
                Some(Value::String(role)) => role.clone(),
                Some(other) => other.to_string(),
            };
            let error = format!("Error: Expected message role 'user', got '{role}'");
            return self.refuse_input(&error);
        }
        let uuid = uuid.and_then(|uuid| uuid.as_str().map(|uuid| uuid.into_owned()));
        let is_again = uuid.as_ref().is_some_and(|uuid| !self.received.insert(uuid.clone()));
        if is_again && !self.options.legacy {
            // The CLI repeats it where it repeats prompts, and does not run it.
            self.matched += 1;
            if self.options.replays_prompts {
                self.repeat(&Prompt::of(line, uuid), None);
            }
            return;
        }
        self.note_running(true);
        if let Some(uuid) = uuid.as_ref().filter(|_| !self.options.legacy) {
            let line = self.lines.lifecycle(uuid, "queued");
            self.out(&line);
        }
        let prompt = Prompt::of(line, uuid);
        if prompt.priority.as_deref() == Some("now") {
            self.queue.push_front(prompt);
            self.give_way();
        } else {
            self.queue.push_back(prompt);
        }
    }

    /// A line that the protocol does not have. The CLI ends over some, and ignores others.
    fn other(&mut self, bytes: &Bytes, json: Option<&Value>) {
        match json {
            None | Some(Value::Null) => {
                let count = String::from_utf8_lossy(bytes).chars().count();
                let error = if json.is_none() { "SyntaxError" } else { "TypeError" };
                let kind = named_type(bytes);
                self.refuse_input(&format!(
                    "Error parsing streaming input line (type={kind}, {count} chars): {error}"
                ));
            }
            Some(line) if line["type"] == "control_request" => {
                self.refuse_input("Error: Missing request on control_request");
            }
            Some(_) => {}
        }
    }

    /// The CLI ends at once. Of what it has not written yet only replies and the start of a turn come:
    /// the model's answer is not waited for.
    fn refuse_input(&mut self, error: &str) {
        let is_late = |step: &Step| matches!(step, Step::Out(line) if !is_at_once(line));
        if let Some(first) = self.steps.iter().position(is_late) {
            let rest = self.steps.split_off(first);
            self.steps.extend(rest.into_iter().filter(is_reply));
        }
        self.err(error);
        self.exit = Some(Exit::from_code(1));
    }

    fn initialize(&mut self, request: &Value) {
        if let Some(hooks) = request.get("hooks") {
            self.hooks = Hooks::of(hooks);
        }
        for name in self.options.clone().servers.iter() {
            self.servers.add(name);
        }
        for name in request["sdkMcpServers"].as_array().into_iter().flatten() {
            self.servers.add(name.as_str().unwrap_or_default());
        }
        self.declared.servers = request.get("mcpServers").is_some();
        self.declared.managed = request["managedSettings"].is_object();
        for (name, server) in request["mcpServers"].as_object().into_iter().flatten() {
            if server["type"] == "sdk" {
                self.servers.add(name);
            } else {
                self.add_scripted_server(name, server, "dynamic");
            }
        }
        for (name, manifest) in request["sdkMcpServerManifests"].as_object().into_iter().flatten() {
            self.servers.take_manifest(name, manifest);
        }
        for (name, config) in request["sdkMcpServerConfigs"].as_object().into_iter().flatten() {
            self.servers.note_policies(name, config);
        }
        self.take_settings(&request["settings"]);
        self.declared.schema =
            request.get("jsonSchema").filter(|schema| schema.is_object()).cloned();
        self.declared.agents.clear();
        let agents = self.options.agents.clone();
        self.declare_agents(&agents);
        self.declare_agents(&request["agents"]);
        for field in Hooks::unknown_fields(&request["hooks"]) {
            self.note_not_simulated(format!("{field} of a hook"));
        }
        self.declared.stops_each_task = request["perTaskStopAffordance"] == true;
        // It is over before the host's hooks are known: the real CLI never calls it back either.
        let silent = ["Setup"];
        let events: Vec<_> = self.hooks.events().map(str::to_owned).collect();
        for event in events {
            if !HOOKS.contains(&&*event) && !silent.contains(&&*event) {
                self.note_not_simulated(format!("hook {event}"));
            }
        }
    }

    /// A server that the host names and the scenario has.
    pub(super) fn add_scripted_server(&mut self, name: &str, config: &Value, source: &'static str) {
        let outside = self.outside.clone();
        if let Some(scripted) = outside.mcp_servers.get(name) {
            self.servers.add_external(name, config, source, scripted);
        }
    }

    /// The settings of the handshake: they count only if the arguments have announced them, and
    /// only the first ones.
    fn take_settings(&mut self, settings: &Value) {
        let Some(read) = settings.as_object().map(FlagSettings::of) else { return };
        if !self.options.announces_settings || !self.declared.settings.is_null() {
            return;
        }
        self.declared.settings = settings.clone();
        let options = Arc::make_mut(&mut self.options);
        options.allowed_by_settings.extend(read.allow);
        options.disallowed.extend(read.deny);
        if let Some(mode) = read.mode.filter(|_| !options.names_mode) {
            self.lines.mode = mode;
            self.note_mode();
        }
        for what in read.not_simulated {
            self.note_not_simulated(format!("{what} of the handshake"));
        }
    }

    /// What the reply to `initialize` says.
    fn handshake(&self) -> Value {
        let mut body = facts().initialize.clone();
        body.insert("current_permission_mode".to_owned(), self.lines.mode.as_str().into());
        if let Some(account) = body.get_mut("account").and_then(Value::as_object_mut)
            && self.outside.logged_out
        {
            account.remove("apiKeySource");
        }
        body.insert("commands".to_owned(), self.command_list().into());
        body.insert("agents".to_owned(), self.agent_list().into());
        let text = Value::Object(body).to_string();
        let mut body: Value = serde_json::from_str(&self.fill_in(&text)).unwrap_or_default();
        body["pid"] = 1.into();
        if self.hooks.events().next().is_some() {
            body["hooks_applied"] = true.into();
        }
        if self.declared.servers {
            body["mcp_servers_applied"] = true.into();
        }
        if self.declared.managed {
            body["managed_settings_applied"] = true.into();
        }
        if self.declared.settings.is_object() {
            body["settings_applied"] = true.into();
        }
        body
    }

    /// The surface of a launch that shows none before it is asked for.
    fn invalidate_surface(&mut self) {
        let line = self.lines.system("ui_invalidate", json!({"event": "ui.render"}));
        self.out(&line);
    }

    /// The host that takes a process started in advance says where it works, and how.
    fn claim(&mut self, request: &Value, id: Option<&RawJson>) {
        if let Some(cwd) = request["cwd"].as_str() {
            Arc::make_mut(&mut self.options).cwd = cwd.to_owned();
            self.shell_cwd = cwd.to_owned();
        }
        self.invalidate_surface();
        if let Some(mode) = request["permission_mode"].as_str() {
            self.lines.mode = mode.to_owned();
            self.note_mode();
            let status = self.lines.mode_status();
            self.out(&status);
        }
        let mut claimed = json!({
            "status": "ok", "cwd": request["cwd"], "session_id": self.lines.session, "parked_ms": 0, "sdk_mcp_settled": true,
        });
        if request["include_initialize"] == true {
            claimed["initialize"] = self.handshake();
        }
        self.reply(&success(id, Some(claimed)), id);
    }

    fn reply_to_initialize(&mut self, id: Option<&RawJson>) {
        let mut reply = success(id, Some(self.handshake()));
        reply["response"]["pending_permission_requests"] = json!([]);
        reply["response"]["pending_user_dialog_requests"] = json!([]);
        if (self.options.bare || self.options.awaits_claim) && !self.declared.once {
            self.invalidate_surface();
        }
        self.reply(&reply, id);
        if std::mem::replace(&mut self.declared.once, true) {
            let line = self.lines.system("background_tasks_changed", json!({"tasks": []}));
            self.out(&line);
        } else {
            self.queue_initial_prompt();
        }
    }

    /// The agent that leads may have a prompt, which no host wrote.
    fn queue_initial_prompt(&mut self) {
        let Some(agent) = self.options.agent.as_ref() else { return };
        let agent = self.declared.agents.iter().rev().find(|(name, _)| name == agent);
        let prompt = agent.and_then(|(_, agent)| agent["initialPrompt"].as_str());
        if let Some(text) = prompt.map(str::to_owned) {
            self.note_running(true);
            self.queue.push_back(Prompt { text, ..Prompt::default() });
        }
    }

    pub(super) fn reply(&mut self, reply: &Value, id: Option<&RawJson>) {
        let id = id.map(|id| id.text()).unwrap_or_default();
        let line = format!("{}\n", reply.to_string().replacen(r#""\u0000""#, &id, 1));
        self.out_bytes(line.into());
    }

    /// The reply to any request but `initialize`, and what follows it.
    fn reply_to(&mut self, subtype: &str, request: &Value, id: Option<&RawJson>) {
        let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        match subtype {
            "interrupt" => self.interrupt(request, id),
            "end_session" => {
                let interrupts = self.turn.is_some();
                if interrupts {
                    self.cancel_calls(&Interrupt::Request);
                }
                self.reply(&success(id, None), id);
                if interrupts {
                    self.interrupt = Some(Interrupt::Request);
                }
                self.ends = true;
            }
            "set_model" => {
                let asked = request["model"].as_str().unwrap_or("default");
                let model = resolved(asked);
                if !is_known(&model) {
                    let error = format!("Model '{asked}' not found");
                    let mut reply = failure(id, &error, "not_found");
                    reply["response"]["model"] = self.lines.model.as_str().into();
                    return self.reply(&reply, id);
                }
                self.lines.model.clone_from(&model);
                if asked == model {
                    self.note_model(&model);
                } else {
                    self.note_model(&format!("{asked} ({model})"));
                }
                self.reply(&success(id, Some(json!({"model": model}))), id);
            }
            "set_permission_mode" => {
                let mode = mode_of(&text("mode"));
                if !MODES.contains(&&*mode) {
                    let error =
                        format!("Cannot set permission mode: must be one of {}", MODES.join(", "));
                    return self.reply(&failure(id, &error, "invalid_mode"), id);
                }
                if mode == "bypassPermissions" && !self.options.may_bypass {
                    let error = "Cannot set permission mode to bypassPermissions because the session was not launched with \
                         --dangerously-skip-permissions";
                    return self.reply(&failure(id, error, "bypass_not_launched"), id);
                }
                self.lines.mode.clone_from(&mode);
                self.note_mode();
                self.reply(&success(id, Some(json!({"mode": mode}))), id);
                let status = self.lines.mode_status();
                self.out(&status);
            }
            "mcp_status" => {
                let servers = self.servers.status();
                self.reply(&success(id, Some(json!({"mcpServers": servers}))), id);
            }
            "mcp_call" => self.reply_to_mcp_call(request, id),
            // Of a process that was started in advance.
            "claim_session" if self.options.awaits_claim => self.claim(request, id),
            "cancel_async_message" => {
                let uuid = text("message_uuid");
                let before = self.queue.len();
                self.queue.retain(|prompt| prompt.uuid.as_deref() != Some(&*uuid));
                let cancelled = self.queue.len() < before;
                if cancelled {
                    let line = self.lines.lifecycle(&uuid, "cancelled");
                    self.out(&line);
                }
                let mut body = json!({"cancelled": cancelled});
                if cancelled {
                    body["message_uuid"] = uuid.into();
                }
                self.reply(&success(id, Some(body)), id);
            }
            "rewind_files" => {
                if !self.options.keeps_files {
                    let error = "File rewinding is not enabled.";
                    let reply = if request["dry_run"] == true {
                        success(id, Some(json!({"canRewind": false, "error": error})))
                    } else {
                        plain_failure(id, error)
                    };
                    return self.reply(&reply, id);
                }
                let rewound = self.checkpoints.to(&text("user_message_id"));
                let Some(mut body) = rewound else {
                    let reply = plain_failure(id, "No file checkpoint found for this message.");
                    return self.reply(&reply, id);
                };
                if request["dry_run"] != true {
                    body = json!({"canRewind": true, "skippedLinks": 0});
                }
                self.reply(&success(id, Some(body)), id);
            }
            "stop_task" => {
                let stopped = self.stop_task(&text("task_id"), StoppedBy::Request);
                self.reply(&success(id, Some(json!({}))), id);
                stopped.iter().for_each(|task| self.last_lines_of(task));
            }
            _ if self.plain_reply_to(subtype, request, id) => {}
            _ => {
                if RequestName::KNOWN.contains(&subtype) {
                    self.note_not_simulated(format!("request {subtype}"));
                }
                let error = format!("Unsupported control request subtype: {subtype}");
                self.reply(&failure(id, &error, "unsupported_request"), id);
            }
        }
    }

    /// Replies to a request that has no rule. False if it is not simulated.
    fn plain_reply_to(&mut self, subtype: &str, request: &Value, id: Option<&RawJson>) -> bool {
        let reply = match self.plain_reply(subtype, request, id) {
            Some(Ok(body)) => success(id, body),
            Some(Err(error)) => plain_failure(id, &error),
            None => return false,
        };
        self.reply(&reply, id);
        true
    }

    /// `mcp_call`: a tool of a server of the scenario.
    fn reply_to_mcp_call(&mut self, request: &Value, id: Option<&RawJson>) {
        let tool = request["tool"].as_str().unwrap_or_default();
        let found = self.servers.find(tool);
        let result = found.and_then(|(server, tool)| self.servers.scripted_result(&server, &tool));
        match result {
            Some(result) => self.reply(&success(id, Some(result)), id),
            None => {
                self.note_not_simulated("request mcp_call to a tool without a result".to_owned());
                let error = format!("the scenario has no result for {tool}");
                self.reply(&failure(id, &error, "unsupported_request"), id);
            }
        }
    }

    /// The line with which the CLI notes another model.
    fn note_model(&mut self, model: &str) {
        let text = format!("<local-command-stdout>Set model to `{model}`</local-command-stdout>");
        let mut line = self.lines.user(text.into());
        line["isReplay"] = true.into();
        self.out(&line);
    }

    fn interrupt(&mut self, request: &Value, id: Option<&RawJson>) {
        let queued: Vec<_> = self.queue.iter().filter_map(|prompt| prompt.uuid.clone()).collect();
        if self.turn.is_some() {
            self.cancel_calls(&Interrupt::Request);
        }
        let stopped = self.stop_agents();
        if request["cancel_queued"] == true {
            // The model is never asked, so they have no turns in the scenario.
            self.queue.clear();
            for uuid in &queued {
                let line = self.lines.lifecycle(uuid, "cancelled");
                self.out(&line);
            }
            self.reply(&success(id, Some(json!({"still_queued": [], "cancelled": queued}))), id);
        } else {
            self.reply(&success(id, Some(json!({"still_queued": queued}))), id);
        }
        stopped.iter().for_each(|task| self.last_lines_of(task));
        if self.turn.is_some() {
            self.interrupt = Some(Interrupt::Request);
        }
    }
}

/// The `type` that a broken line names, as far as it can be seen.
fn named_type(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let named = Regex::new(r#""type"\s*:\s*"([^"\\]*)""#).ok();
    let named = named.and_then(|named| Some(named.captures(&text)?.get(1)?.as_str().to_owned()));
    named.unwrap_or_else(|| "unknown".to_owned())
}

/// Whether the CLI writes this before the API answers.
fn is_at_once(line: &Bytes) -> bool {
    let Ok(line) = serde_json::from_slice::<Value>(line) else { return false };
    match line["type"].as_str() {
        Some("control_response") => true,
        Some("command_lifecycle") => line["state"] == "queued" || line["state"] == "started",
        Some("system") => line["subtype"] == "init",
        _ => false,
    }
}

fn is_reply(step: &Step) -> bool {
    let Step::Out(line) = step else { return true };
    serde_json::from_slice::<Value>(line).is_ok_and(|line| line["type"] == "control_response")
}

/// A placeholder for the id until the reply is written: the host's id is echoed unchanged.
const ID: &str = "\u{0}";

pub(super) fn success(id: Option<&RawJson>, body: Option<Value>) -> Value {
    let mut response = json!({"subtype": "success"});
    if id.is_some() {
        response["request_id"] = ID.into();
    }
    if let Some(body) = body {
        response["response"] = body;
    }
    json!({"type": "control_response", "response": response})
}

/// An error without a code.
fn plain_failure(id: Option<&RawJson>, error: &str) -> Value {
    let mut response = json!({"subtype": "error"});
    if id.is_some() {
        response["request_id"] = ID.into();
    }
    response["error"] = error.into();
    json!({"type": "control_response", "response": response})
}

fn failure(id: Option<&RawJson>, error: &str, code: &str) -> Value {
    let mut reply = plain_failure(id, error);
    reply["response"]["error_code"] = code.into();
    reply
}
