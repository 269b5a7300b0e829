//! Whether a tool may run: hooks, rules, the mode, and the host's answer.

use serde_json::{Value, json};

use super::agent::{Agent, is_agent};
use super::answers::Gate;
use super::bash;
use super::handle::Cli;
use super::hook_calls;
use super::hooks::{Decision, Permission};
use super::host_answer::Answer;
use super::rules;
use super::state::{Interrupt, State};

/// What the CLI wrote before it asked no one, or that the host's answer can no longer come.
const CLOSED: &str = "Tool permission stream closed before response received";
const CLOSED_BEFORE: &str = "Tool permission request failed: AbortError: Stream closed";

/// What was decided about a tool use.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Runs {
        input: Value,
        /// `permission_decision` of the result's `tool_result_meta`.
        decision: Value,
    },
    Denied {
        message: String,
        decision: Value,
        /// Whether the host also ended the turn.
        interrupts: bool,
    },
}

/// Tools that run without a question in every mode.
const FREE: [&str; 16] = [
    "Read",
    "Glob",
    "Grep",
    "LS",
    "TodoWrite",
    "ToolSearch",
    "ListAgents",
    "TaskStop",
    "TaskOutput",
    "BashOutput",
    "KillShell",
    "NotebookRead",
    "CronList",
    "ReportFindings",
    "EnterPlanMode",
    "StructuredOutput",
];
const EDITS: [&str; 3] = ["Edit", "Write", "NotebookEdit"];
/// Tools about which the host is asked in any case.
const INTERACTIVE: [&str; 2] = ["AskUserQuestion", "ExitPlanMode"];

/// What the CLI's own rules say.
enum Rule {
    Allow(Option<&'static str>),
    Deny(String, &'static str),
    Ask,
}

impl State {
    fn rule(&self, tool: &str, input: &Value, gate: Gate) -> Rule {
        let any = |list: &[String]| list.iter().any(|rule| rules::matches(rule, tool, input));
        let is_interactive = INTERACTIVE.contains(&tool);
        match self.lines.mode.as_str() {
            _ if any(&self.options.disallowed) || tool == "Bash" && self.denies_part(input) => {
                Rule::Deny(format!("Permission to use {tool} has been denied."), "rule")
            }
            "bypassPermissions" if !is_interactive => Rule::Allow(Some("mode")),
            _ if gate == Gate::Open => Rule::Allow(Some("rule")),
            _ if gate == Gate::Asks || is_interactive => Rule::Ask,
            _ if any(&self.options.allowed) || any(&self.session_rules) => {
                Rule::Allow(Some("rule"))
            }
            _ if tool == "Bash" && self.allows_parts(input) => {
                Rule::Allow(Some("subcommandResults"))
            }
            _ if is_agent(tool) => Rule::Allow(None),
            _ if FREE.contains(&tool) => Rule::Allow(Some("mode")),
            "acceptEdits" if EDITS.contains(&tool) => Rule::Allow(Some("mode")),
            mode if tool == "Bash" => {
                let command = input["command"].as_str().unwrap_or_default();
                let reads = bash::only_reads(command);
                if reads || mode == "acceptEdits" && bash::only_edits(command) {
                    Rule::Allow(Some("subcommandResults"))
                } else {
                    Rule::Ask
                }
            }
            _ => Rule::Ask,
        }
    }

    /// Whether rules allow each part of a command line.
    fn allows_parts(&self, input: &Value) -> bool {
        let allowed = |part: &str| {
            let input = json!({"command": part});
            let mut rules = self.options.allowed.iter().chain(&self.session_rules);
            bash::only_reads(part) || rules.any(|rule| rules::matches(rule, "Bash", &input))
        };
        let parts = bash::commands(input["command"].as_str().unwrap_or_default());
        parts.is_some_and(|parts| parts.iter().all(|part| allowed(part)))
    }

    /// Whether a rule denies a part of a command line.
    fn denies_part(&self, input: &Value) -> bool {
        let parts = bash::commands(input["command"].as_str().unwrap_or_default());
        parts.into_iter().flatten().any(|part| {
            let input = json!({"command": part});
            self.options.disallowed.iter().any(|rule| rules::matches(rule, "Bash", &input))
        })
    }

    /// `can_use_tool`.
    fn question(
        &self,
        id: &str,
        tool: &str,
        input: &Value,
        decision: &Decision,
        agent: Option<&Agent>,
    ) -> Value {
        let mut shown = input.clone();
        let path = |field: &str| input[field].as_str().map(|path| self.options.resolve(path));
        let mut request =
            json!({"subtype": "can_use_tool", "tool_name": tool, "display_name": tool});
        let set_mode = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
        let mut description = None;
        let mut suggestions = None;
        let mut blocked = None;
        match tool {
            "Bash" => {
                let command = input["command"].as_str().unwrap_or_default();
                description = input["description"].as_str().map(str::to_owned);
                let mut list = vec![allow_rule("Bash", &bash_rule(command), true)];
                if let Some(target) = bash_target(command) {
                    let cwd = &self.options.cwd;
                    list.push(json!({"type": "addDirectories", "directories": [cwd], "destination": "session"}));
                    list.push(set_mode);
                    blocked = Some(format!("{cwd}/{target}"));
                }
                suggestions = Some(list);
            }
            "Write" | "Edit" => {
                description = input["file_path"].as_str().map(str::to_owned);
                if let Some(path) = path("file_path") {
                    shown["file_path"] = path.into();
                }
                suggestions = Some(vec![set_mode]);
            }
            "WebFetch" => {
                description = input["url"].as_str().map(str::to_owned);
                let host = description.as_deref().and_then(|url| url.split("://").nth(1));
                let host =
                    host.and_then(|rest| rest.split(['/', ':', '?']).next()).unwrap_or_default();
                suggestions = Some(vec![allow_rule("WebFetch", &format!("domain:{host}"), false)]);
            }
            _ if tool.starts_with("mcp__") => {
                suggestions = Some(vec![json!({
                    "type": "addRules", "rules": [{"toolName": tool}], "behavior": "allow", "destination": "localSettings",
                })]);
            }
            // The CLI reads the plan from a file.
            "ExitPlanMode" => {
                if let Some(shown) = shown.as_object_mut() {
                    shown.remove("plan");
                }
            }
            _ => {}
        }
        request["input"] = shown;
        if let Some(description) = description {
            request["description"] = description.into();
        }
        if decision.permission == Some(Permission::Ask) {
            if let Some(reason) = &decision.reason {
                request["decision_reason"] = reason.as_str().into();
            }
            request["decision_reason_type"] = "hook".into();
            request["decision_reason_hook_event"] = "PreToolUse".into();
            if let Some(source) = decision.source {
                request["decision_reason_hook_source"] = source.into();
            }
        } else {
            if let Some(suggestions) = suggestions {
                request["permission_suggestions"] = suggestions.into();
            }
            if let Some(blocked) = blocked {
                request["blocked_path"] = blocked.into();
            }
        }
        request["tool_use_id"] = id.into();
        if let Some(agent) = agent {
            request["agent_id"] = agent.task.id.as_str().into();
        }
        if INTERACTIVE.contains(&tool) {
            request["requires_user_interaction"] = true.into();
        }
        request
    }

    /// Applies what the host allows from now on.
    fn update_permissions(&mut self, updates: &Value) {
        for update in updates.as_array().into_iter().flatten() {
            match update["type"].as_str() {
                Some("setMode") => {
                    if let Some(mode) = update["mode"].as_str() {
                        self.lines.mode = mode.to_owned();
                        let status = self.lines.mode_status();
                        self.out(&status);
                    }
                }
                Some("addRules") if update["behavior"] == "allow" => {
                    for rule in update["rules"].as_array().into_iter().flatten() {
                        let tool = rule["toolName"].as_str().unwrap_or_default();
                        let content = rule["ruleContent"].as_str();
                        let rule = content.map_or_else(
                            || tool.to_owned(),
                            |content| format!("{tool}({content})"),
                        );
                        self.session_rules.push(rule);
                    }
                }
                _ => {}
            }
        }
    }
}

fn allow_rule(tool: &str, content: &str, destination_last: bool) -> Value {
    let rules = json!([{"toolName": tool, "ruleContent": content}]);
    if destination_last {
        json!({"type": "addRules", "rules": rules, "behavior": "allow", "destination": "localSettings"})
    } else {
        json!({"type": "addRules", "destination": "localSettings", "rules": rules, "behavior": "allow"})
    }
}

/// The rule that the CLI suggests: two plain words become a prefix.
fn bash_rule(command: &str) -> String {
    let words: Vec<_> = command.split_whitespace().collect();
    let is_plain = |word: &&str| word.chars().all(|char| char.is_ascii_lowercase());
    match words[..] {
        [name, second] if is_plain(&name) && is_plain(&second) => format!("{name} {second} *"),
        _ => command.to_owned(),
    }
}

/// The file that a command would make, which is why it is asked about.
fn bash_target(command: &str) -> Option<String> {
    let mut words = command.split_whitespace();
    match words.next()? {
        "touch" | "mkdir" | "rm" => words.find(|word| !word.starts_with('-')).map(str::to_owned),
        _ => None,
    }
}

/// `permission_decision`.
fn decided(decision: &str, source: &str, reason: Option<&str>) -> Value {
    let mut value = json!({"decision": decision, "source": source});
    if let Some(reason) = reason {
        value["reason_type"] = reason.into();
    }
    value
}

impl Cli {
    /// Decides whether a tool runs.
    pub(super) async fn may_run(&self, id: &str, tool: &str, input: &Value, gate: Gate) -> Verdict {
        let fields = json!({"tool_name": tool, "tool_input": input, "tool_use_id": id});
        let decision = self.hooks("PreToolUse", tool, Some(id), hook_calls::fields(fields)).await;
        let mut input = input.clone();
        if let Some(updated) = &decision.updated_input {
            input.clone_from(updated);
        }
        match decision.permission {
            Some(Permission::Deny) => {
                let reason = decision.reason.clone().unwrap_or_default();
                let message = format!("PreToolUse:{tool} hook error: {reason}");
                return Verdict::Denied {
                    message,
                    decision: decided("reject", "hook", Some("hook")),
                    interrupts: false,
                };
            }
            Some(Permission::Allow) => {
                return Verdict::Runs { input, decision: decided("accept", "hook", Some("hook")) };
            }
            _ => {}
        }
        let asks_by_hook = decision.permission == Some(Permission::Ask);
        match self.with(|state| state.rule(tool, &input, gate)) {
            Rule::Allow(reason) if !asks_by_hook => {
                Verdict::Runs { input, decision: decided("accept", "config", reason) }
            }
            Rule::Deny(message, reason) => Verdict::Denied {
                message,
                decision: decided("reject", "config", Some(reason)),
                interrupts: false,
            },
            _ => self.ask_permission(id, tool, input, &decision).await,
        }
    }

    async fn ask_permission(
        &self,
        id: &str,
        tool: &str,
        input: Value,
        decision: &Decision,
    ) -> Verdict {
        let fields = json!({"tool_name": tool, "tool_input": input});
        let hook =
            self.hooks("PermissionRequest", tool, Some(id), hook_calls::fields(fields)).await;
        if let Some(answer) = hook.answer {
            return self.permitted(tool, input, &answer, "hook");
        }
        let (asks, eof, mode) =
            self.with(|state| (state.options.asks, state.eof, state.lines.mode.clone()));
        let refused = |message: String, reason: &str| Verdict::Denied {
            message,
            decision: decided("reject", "config", Some(reason)),
            interrupts: false,
        };
        if !asks || mode == "dontAsk" {
            return refused(
                format!(
                    "Claude requested permissions to use {tool}, but you haven't granted it yet."
                ),
                "other",
            );
        }
        let agent = self.agent();
        self.until(|state| state.turn_of(agent).may_ask(id).then_some(())).await;
        // What was said before is written before the question.
        let eof = eof || self.until(|state| state.steps.is_empty().then_some(state.eof)).await;
        if eof {
            return refused(CLOSED_BEFORE.to_owned(), "other");
        }
        let request = self.with(|state| state.question(id, tool, &input, decision, self.agent()));
        match self.ask(request).await {
            Answer::Success(answer) => self.permitted(tool, input, &answer, "user"),
            Answer::Error(error) => Verdict::Denied {
                message: format!("Tool permission request failed: Error: {error}"),
                decision: decided("reject", "config", Some("other")),
                interrupts: false,
            },
            Answer::Closed => refused(CLOSED.to_owned(), "other"),
        }
    }

    /// What the answer to a permission request means.
    fn permitted(&self, tool: &str, input: Value, answer: &Value, source: &str) -> Verdict {
        let accepted = if source == "user" { "user_temporary" } else { "hook" };
        let rejected = if source == "user" { "user_reject" } else { "hook" };
        match answer["behavior"].as_str() {
            Some("allow") => {
                if let Some(updates) = answer.get("updatedPermissions") {
                    self.with(|state| state.update_permissions(updates));
                }
                let updated = answer.get("updatedInput").filter(|updated| updated.is_object());
                Verdict::Runs {
                    input: updated.cloned().unwrap_or(input),
                    decision: decided("accept", accepted, None),
                }
            }
            Some("deny") => {
                let interrupts = answer["interrupt"] == true;
                if interrupts {
                    self.with(|state| state.interrupt = Some(Interrupt::Request));
                }
                Verdict::Denied {
                    message: answer["message"].as_str().unwrap_or_default().to_owned(),
                    decision: decided("reject", rejected, None),
                    interrupts,
                }
            }
            _ => Verdict::Denied {
                message: format!(
                    "Tool permission request failed: invalid permission result for {tool}"
                ),
                decision: decided("reject", "config", Some("other")),
                interrupts: false,
            },
        }
    }
}
