//! Whether a tool may run: hooks, rules, the mode, and the host's answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::lock;

use super::agent::is_agent;
use super::answers::Gate;
use super::bash;
use super::handle::Cli;
use super::hook_calls;
use super::hooks::{Decision, Permission};
use super::host_answer::Answer;
use super::question::{INTERACTIVE, Question, Reason};
use super::rules;
use super::state::{Interrupt, State};

/// What is said where the input ended while the host was asked, and where it ended before.
const CLOSED: &str = "Tool permission request failed: AbortError: Tool permission stream closed before response received";
const CLOSED_BEFORE: &str = "Tool permission request failed: AbortError: Stream closed";
/// What is said where the input ended while a `PreToolUse` hook was asked.
const HOOK_CLOSED: &str = "The user doesn't want to take this action right now. STOP what you are doing and wait for the user to \
    tell you how to proceed.";

/// What is said where a `PreToolUse` hook did not answer in time.
const HOOK_LATE: &str = "PreToolUse hook did not respond before its timeout (host client may be unreachable). The tool call was not \
    executed; other configured hooks may not have completed.";

/// How long a question may be open before the hooks for notifications are called.
const NOTIFIES_AFTER: Duration = Duration::from_secs(6);

/// `non_execution_kind` of a tool use that a rule, the host or a hook refused, and of one that no one
/// could be asked about.
const RULE: &str = "permission-rule";
const ALONE: &str = "user-rejected";

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
        /// `non_execution_kind`.
        kind: &'static str,
        /// What is said about it to the host, if the host was not asked.
        why: Option<Reason>,
        /// Whether the host also ended the turn.
        interrupts: bool,
    },
    /// No one decided: the input ended first.
    Cancelled(&'static str),
    /// A hook did not answer in time.
    Late(&'static str),
    /// A hook wants it to be decided when the session is resumed.
    Deferred,
}

/// Who answered a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    User,
    Hook {
        /// Whether the host was not asked.
        alone: bool,
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
/// Those of them for which the CLI names no reason.
const PLAIN: [&str; 3] = ["CronList", "EnterPlanMode", "TaskStop"];
/// Those of them that only read.
const READING: [&str; 3] = ["Read", "Glob", "Grep"];
const EDITS: [&str; 3] = ["Edit", "Write", "NotebookEdit"];

/// What the CLI's own rules say.
enum Rule {
    Allow(Option<&'static str>),
    Deny(Reason, &'static str),
    Ask,
}

impl State {
    fn rule(&self, tool: &str, input: &Value, gate: Gate) -> Rule {
        let any = |list: &[String]| list.iter().any(|rule| rules::matches(rule, tool, input));
        let is_interactive = INTERACTIVE.contains(&tool);
        // Rules for parts of a command line are compared with each of them.
        let is_whole = |rule: &String| {
            (tool != "Bash" || !rule.contains('(')) && rules::matches(rule, tool, input)
        };
        match self.lines.mode.as_str() {
            _ if tool == "Bash" && (any(&self.options.disallowed) || self.denies_part(input)) => {
                let command = input["command"].as_str().unwrap_or_default();
                let text =
                    format!("Permission to use {tool} with command {command} has been denied.");
                Rule::Deny(Reason::of("subcommandResults", text), "subcommandResults")
            }
            _ if any(&self.options.disallowed) => {
                let text = format!("Permission to use {tool} has been denied.");
                Rule::Deny(Reason::of("rule", text), "rule")
            }
            _ if gate != Gate::Open && self.servers.always_asks(tool) => Rule::Ask,
            "bypassPermissions" if !is_interactive => Rule::Allow(Some("mode")),
            _ if gate == Gate::Open => Rule::Allow(Some("rule")),
            _ if gate == Gate::Rules && self.servers.always_allows(tool) => {
                Rule::Allow(Some("rule"))
            }
            _ if gate == Gate::Asks || is_interactive => Rule::Ask,
            _ if self.options.allows().any(&is_whole) => Rule::Allow(Some("rule")),
            _ if tool == "Bash" && self.allows_parts(input) => {
                Rule::Allow(Some("subcommandResults"))
            }
            _ if self.options.allows().any(|rule| rules::matches(rule, tool, input))
                || any(&self.session_rules) =>
            {
                Rule::Allow(Some("rule"))
            }
            _ if is_agent(tool) => Rule::Allow(None),
            _ if PLAIN.contains(&tool) => Rule::Allow(None),
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
        let parts = bash::commands(input["command"].as_str().unwrap_or_default());
        parts.is_some_and(|parts| parts.iter().all(|part| self.allows_part(part)))
    }

    /// Whether a tool only reads.
    pub(super) fn only_reads(&self, tool: &str, input: &Value) -> bool {
        match tool {
            "Bash" => bash::only_reads(input["command"].as_str().unwrap_or_default()),
            tool => READING.contains(&tool),
        }
    }

    /// Whether one of the commands of a line runs without a question.
    pub(super) fn allows_part(&self, part: &str) -> bool {
        let input = json!({"command": part});
        let mut rules = self.options.allows().chain(&self.session_rules);
        bash::only_reads(part) || rules.any(|rule| rules::matches(rule, "Bash", &input))
    }

    /// Whether a rule denies a part of a command line.
    fn denies_part(&self, input: &Value) -> bool {
        let parts = bash::commands(input["command"].as_str().unwrap_or_default());
        parts.into_iter().flatten().any(|part| {
            let input = json!({"command": part});
            self.options.disallowed.iter().any(|rule| rules::matches(rule, "Bash", &input))
        })
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
                        self.note_mode();
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
                kind => {
                    let behavior = update["behavior"].as_str().unwrap_or_default();
                    let what =
                        format!("updatedPermissions: {} {behavior}", kind.unwrap_or_default());
                    self.note_not_simulated(what.trim_end().to_owned());
                }
            }
        }
    }

    /// The model enters the permission mode `plan`.
    pub(super) fn enter_plan_mode(&mut self) {
        self.lines.mode = "plan".to_owned();
        let status = self.lines.mode_status();
        self.out(&status);
    }

    /// Notes a permission mode whose own checks are not simulated.
    pub(super) fn note_mode(&mut self) {
        if self.lines.mode == "auto" {
            self.note_not_simulated("the safety check of the permission mode auto".to_owned());
        }
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
        let fields = self.with(|state| {
            state.tool_fields(
                tool,
                json!({"tool_name": tool, "tool_input": input, "tool_use_id": id}),
            )
        });
        let decision = self.hooks("PreToolUse", tool, Some(id), hook_calls::fields(fields)).await;
        if decision.is_closed {
            return Verdict::Cancelled(HOOK_CLOSED);
        }
        if decision.is_late {
            return Verdict::Late(HOOK_LATE);
        }
        self.with(|state| {
            let name = format!("PreToolUse:{tool}");
            let turn = state.turn_of(self.agent());
            turn.hook_stopped |= decision.stop.is_some();
            let messages = decision.messages.iter().cloned();
            turn.said_by_hooks.extend(messages.map(|message| (name.clone(), message)));
        });
        let mut input = input.clone();
        if let Some(updated) = &decision.updated_input {
            input.clone_from(updated);
        }
        match decision.permission {
            Some(Permission::Deny) => {
                let reason = decision.reason.clone().unwrap_or_default();
                let message = format!("PreToolUse:{tool} hook error: {reason}");
                let decision = decided("reject", "hook", Some("hook"));
                return Verdict::Denied {
                    message,
                    decision,
                    kind: RULE,
                    why: None,
                    interrupts: false,
                };
            }
            _ if decision.defers => return Verdict::Deferred,
            Some(Permission::Allow) => {
                // Rules that deny count for more, and no line says so to the host.
                if let Rule::Deny(why, reason) = self.with(|state| state.rule(tool, &input, gate)) {
                    let decision = decided("reject", "config", Some(reason));
                    return Verdict::Denied {
                        message: why.message,
                        decision,
                        kind: RULE,
                        why: None,
                        interrupts: false,
                    };
                }
                return Verdict::Runs { input, decision: decided("accept", "hook", Some("hook")) };
            }
            _ => {}
        }
        let asks_by_hook = decision.permission == Some(Permission::Ask);
        match self.with(|state| state.rule(tool, &input, gate)) {
            Rule::Allow(reason) if !asks_by_hook => {
                Verdict::Runs { input, decision: decided("accept", "config", reason) }
            }
            Rule::Deny(why, reason) => denied_alone(why, decided("reject", "config", Some(reason))),
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
        let question = Question { id, tool, input: &input, decision };
        let (asks, is_never_asked) =
            self.with(|state| (state.options.asks, state.lines.mode == "dontAsk"));
        if is_never_asked {
            let text = format!(
                "Permission to use {tool} has been denied because Claude Code is running in don't ask mode."
            );
            let why = Reason::of("mode", text);
            return denied_alone(why, decided("reject", "config", Some("mode")));
        }
        if !asks {
            let fields = self.with(|state| question.hook_fields(state, false));
            let hook = self.hooks("PermissionRequest", tool, Some(id), fields).await;
            if let Some(answer) = hook.answer {
                return self.permitted(tool, input, &answer, Source::Hook { alone: true });
            }
            let why = self.with(|state| question.reason(state));
            return denied_alone(why, decided("reject", "config", None));
        }
        let agent = self.agent();
        self.until(|state| state.turn_of(agent).may_ask(id).then_some(())).await;
        // What was said before is written before the question.
        if self.until(|state| state.steps.is_empty().then_some(state.eof)).await {
            self.with(|state| {
                state.note_asking();
                state.note_answered();
            });
            return Verdict::refused(CLOSED_BEFORE.to_owned());
        }
        self.with(State::note_asking);
        let request = self.with(|state| question.request(state, self.agent()));
        let asked = self.request(request);
        let fields = self.with(|state| question.hook_fields(state, true));
        let hooks = self.hooks_aside("PermissionRequest", tool, Some(id), fields);
        let (host, hook) = self.first_decision(&asked, hooks, tool).await;
        self.with(|state| {
            if host.is_none() {
                state.withdraw(&asked);
            }
            state.note_answered();
        });
        match (host, hook) {
            (Some(Answer::Success(answer)), _) => {
                self.permitted(tool, input, &answer, Source::User)
            }
            (Some(Answer::Error(error)), _) => {
                Verdict::refused(format!("Tool permission request failed: Error: {error}"))
            }
            (None, Some(answer)) => {
                self.permitted(tool, input, &answer, Source::Hook { alone: false })
            }
            (Some(Answer::Closed) | None, _) => Verdict::refused(CLOSED.to_owned()),
        }
    }

    /// Waits until the host or a hook decides, whichever is first. While the host thinks, the hooks
    /// for notifications are called.
    async fn first_decision(
        &self,
        asked: &str,
        hooks: Arc<Mutex<Option<Decision>>>,
        tool: &str,
    ) -> (Option<Answer>, Option<Value>) {
        const KIND: &str = "permission_prompt";
        let mut host = pin!(self.answer(asked));
        let mut waits = pin!(async {
            if self.with(|state| state.has_hooks("Notification", KIND)) {
                self.sleep(NOTIFIES_AFTER).await;
                self.notify(KIND, format!("Claude needs your permission to use {tool}"));
            }
        });
        let mut is_notified = false;
        poll_fn(|cx| {
            if let Poll::Ready(answer) = host.as_mut().poll(cx) {
                return Poll::Ready((Some(answer), None));
            }
            let decided = lock(&hooks).take().and_then(|decision| decision.answer);
            if decided.is_some() {
                return Poll::Ready((None, decided));
            }
            is_notified = is_notified || waits.as_mut().poll(cx).is_ready();
            Poll::Pending
        })
        .await
    }

    /// What the answer to a permission request means.
    fn permitted(&self, tool: &str, input: Value, answer: &Value, source: Source) -> Verdict {
        let (accepted, rejected, reason) = match source {
            Source::User => ("user_temporary", "user_reject", None),
            Source::Hook { .. } => ("hook", "hook", Some("hook")),
        };
        match answer["behavior"].as_str() {
            Some("allow") => {
                if let Some(updates) = answer.get("updatedPermissions") {
                    self.with(|state| state.update_permissions(updates));
                }
                let updated = answer.get("updatedInput").filter(|updated| updated.is_object());
                Verdict::Runs {
                    input: updated.cloned().unwrap_or(input),
                    decision: decided("accept", accepted, reason),
                }
            }
            Some("deny") => {
                let interrupts = answer["interrupt"] == true;
                if interrupts {
                    self.with(|state| state.interrupt = Some(Interrupt::Request));
                }
                let message = answer["message"].as_str().unwrap_or_default().to_owned();
                let is_alone = source == (Source::Hook { alone: true });
                let why = is_alone.then(|| Reason::hook(message.clone()));
                let decision = decided("reject", rejected, reason);
                Verdict::Denied { message, decision, kind: RULE, why, interrupts }
            }
            _ => Verdict::refused(format!(
                "Tool permission request failed: invalid permission result for {tool}"
            )),
        }
    }
}

impl Verdict {
    /// The question failed.
    fn refused(message: String) -> Self {
        let decision = decided("reject", "config", Some("other"));
        Self::Denied { message, decision, kind: RULE, why: None, interrupts: false }
    }
}

/// Denies what the host is not asked about.
fn denied_alone(why: Reason, decision: Value) -> Verdict {
    let kind = if decision.get("reason_type").is_some() { RULE } else { ALONE };
    let message = why.message.clone();
    Verdict::Denied { message, decision, kind, why: Some(why), interrupts: false }
}
