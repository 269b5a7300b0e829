//! Questions about tools: `can_use_tool`, what it suggests, and why the tool needs a permission.

use serde_json::{Map, Value, json};

use super::agent::Agent;
use super::bash;
use super::hooks::{Decision, Permission};
use super::state::State;

/// Tools about which the host is asked in any case.
pub(super) const INTERACTIVE: [&str; 2] = ["AskUserQuestion", "ExitPlanMode"];

/// Why a tool does not run, as the model and the host read it.
#[derive(Clone, Debug, Default)]
pub(super) struct Reason {
    pub(super) message: String,
    /// `decision_reason_type`.
    kind: Option<&'static str>,
    /// Whether the message is also `decision_reason`.
    is_detailed: bool,
}

impl Reason {
    fn plain(message: String) -> Self {
        Self { message, ..Self::default() }
    }

    pub(super) fn of(kind: &'static str, message: String) -> Self {
        Self { message, kind: Some(kind), is_detailed: false }
    }

    /// A hook said so.
    pub(super) fn hook(message: String) -> Self {
        Self { is_detailed: true, ..Self::of("hook", message) }
    }
}

/// A tool use about which the host, or a hook, is asked.
pub(super) struct Question<'a> {
    pub(super) id: &'a str,
    pub(super) tool: &'a str,
    pub(super) input: &'a Value,
    /// What the `PreToolUse` hooks decided.
    pub(super) decision: &'a Decision,
}

/// Why a shell command needs a permission.
enum Need {
    /// It changes this file.
    File { by: String, path: String },
    /// These parts of it do.
    Parts(Vec<String>),
    /// The CLI does not know it.
    Approval,
}

impl Question<'_> {
    /// `can_use_tool`.
    pub(super) fn request(&self, state: &State, agent: Option<&Agent>) -> Value {
        let Self { id, tool, decision, .. } = self;
        let mut request =
            json!({"subtype": "can_use_tool", "tool_name": tool, "display_name": tool});
        if let Some(shown) = state.servers.shown_name(tool) {
            request["display_name"] = shown.into();
        }
        if let Some(server) = state.servers.named_in(tool) {
            request["mcp_server"] = server;
        }
        request["input"] = self.shown(state);
        if let Some(description) = self.description() {
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
            let suggestions = self.suggestions(state, true);
            if !suggestions.is_empty() {
                request["permission_suggestions"] = suggestions.into();
            }
            if let Some(Need::File { path, .. }) = self.need(state) {
                request["blocked_path"] = path.into();
            }
            self.reason(state).explain(&mut request);
            if state.servers.always_asks(tool) {
                request["decision_reason_rule_source"] = "mcpServerPolicy".into();
            }
        }
        if tool.starts_with("mcp__") {
            request["server_policy_ask_only"] = true.into();
        }
        request["tool_use_id"] = (*id).into();
        if let Some(agent) = agent {
            request["agent_id"] = agent.task.id.as_str().into();
        }
        if INTERACTIVE.contains(tool) {
            request["requires_user_interaction"] = true.into();
        }
        request
    }

    /// What a `PermissionRequest` hook reads; `asks`: whether the host is asked, too.
    pub(super) fn hook_fields(&self, state: &State, asks: bool) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("tool_name".to_owned(), self.tool.into());
        fields.insert("tool_input".to_owned(), self.shown(state));
        let suggestions = self.suggestions(state, asks);
        if !suggestions.is_empty() {
            fields.insert("permission_suggestions".to_owned(), suggestions.into());
        }
        if let Some(server) = state.servers.named_in(self.tool) {
            fields.insert("mcp_server".to_owned(), server);
        }
        fields
    }

    /// The input as the CLI shows it.
    pub(super) fn shown(&self, state: &State) -> Value {
        let mut shown = self.input.clone();
        match self.tool {
            "Write" | "Edit" => {
                if let Some(path) = self.input["file_path"].as_str() {
                    shown["file_path"] = state.options.resolve(path).into();
                }
            }
            // The CLI reads the plan from a file.
            "ExitPlanMode" => {
                if let Some(shown) = shown.as_object_mut() {
                    shown.remove("plan");
                }
            }
            _ => {}
        }
        shown
    }

    fn description(&self) -> Option<&str> {
        let field = match self.tool {
            "Bash" => "description",
            "Write" | "Edit" => "file_path",
            "WebFetch" => "url",
            _ => return None,
        };
        self.input[field].as_str()
    }

    fn command(&self) -> &str {
        self.input["command"].as_str().unwrap_or_default()
    }

    fn need(&self, state: &State) -> Option<Need> {
        (self.tool == "Bash").then(|| state.need(self.command()))
    }

    /// What the host may allow from now on. Without a host that is asked, a command on files has no
    /// rule.
    fn suggestions(&self, state: &State, asks: bool) -> Vec<Value> {
        let set_mode = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
        match self.tool {
            "Bash" => match state.need(self.command()) {
                Need::File { path, .. } => {
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let folder = if folder.is_empty() { "/" } else { folder };
                    let rule = allow_rules("Bash", &[bash_rule(self.command())]);
                    let mut list: Vec<_> = asks.then_some(rule).into_iter().collect();
                    list.push(json!({"type": "addDirectories", "directories": [folder], "destination": "session"}));
                    list.push(set_mode);
                    list
                }
                Need::Parts(parts) => {
                    let rules: Vec<_> = parts.iter().map(|part| bash_rule(part)).collect();
                    vec![allow_rules("Bash", &rules)]
                }
                Need::Approval => vec![allow_rules("Bash", &[bash_rule(self.command())])],
            },
            "Write" | "Edit" => vec![set_mode],
            "WebFetch" => {
                let url = self.input["url"].as_str().unwrap_or_default();
                vec![allow_rules("WebFetch", &[domain(url)])]
            }
            tool if tool.starts_with("mcp__") && !state.servers.always_asks(tool) => vec![json!({
                "type": "addRules", "rules": [{"toolName": tool}], "behavior": "allow", "destination": "localSettings",
            })],
            _ => Vec::new(),
        }
    }

    /// Why it does not run where no one can be asked.
    pub(super) fn reason(&self, state: &State) -> Reason {
        if self.decision.permission == Some(Permission::Ask) {
            return Reason::hook(self.decision.reason.clone().unwrap_or_default());
        }
        let ungranted = |what: String| {
            Reason::plain(format!(
                "Claude requested permissions to {what}, but you haven't granted it yet."
            ))
        };
        match self.need(state) {
            Some(Need::File { by, path }) => Reason::plain(on_file(&by, &path, &state.options.cwd)),
            Some(Need::Parts(parts)) => {
                let which = if parts.len() == 1 { "part requires" } else { "parts require" };
                let parts = parts.join(", ");
                Reason::of(
                    "subcommandResults",
                    format!(
                        "This Bash command contains multiple operations. The following {which} approval: {parts}"
                    ),
                )
            }
            Some(Need::Approval) => Reason {
                is_detailed: true,
                ..Reason::of("other", "This command requires approval".to_owned())
            },
            None => match self.shown(state)["file_path"].as_str() {
                Some(path) if ["Write", "Edit"].contains(&self.tool) => {
                    ungranted(format!("write to {path}"))
                }
                _ if state.servers.always_asks(self.tool) => {
                    Reason { kind: Some("rule"), ..ungranted(format!("use {}", self.tool)) }
                }
                _ => ungranted(format!("use {}", self.tool)),
            },
        }
    }
}

impl Reason {
    /// `decision_reason` and its type.
    fn explain(&self, line: &mut Value) {
        if let Some(kind) = self.kind {
            line["decision_reason_type"] = kind.into();
        }
        if self.is_detailed {
            line["decision_reason"] = self.message.as_str().into();
        }
    }
}

impl State {
    fn need(&self, command: &str) -> Need {
        let path = |target: &str| {
            if target.starts_with('/') {
                target.to_owned()
            } else {
                format!("{}/{target}", self.shell_cwd)
            }
        };
        let Some(parts) = bash::commands(command) else {
            return match bash::redirected_to(command) {
                Some(target) => {
                    Need::File { by: "Output redirection to".to_owned(), path: path(target) }
                }
                None => Need::Approval,
            };
        };
        let is_one = parts.len() == 1;
        let open: Vec<_> = parts.into_iter().filter(|part| !self.allows_part(part)).collect();
        if let [only] = open[..]
            && let Some((name, target)) = bash::changed(only)
        {
            return Need::File { by: format!("{name} in"), path: path(target) };
        }
        if is_one || open.is_empty() {
            return Need::Approval;
        }
        Need::Parts(open.into_iter().map(str::to_owned).collect())
    }

    /// Writes that a tool use was denied, and why, where the host was not asked.
    pub(super) fn permission_denied(
        &mut self,
        id: &str,
        tool: &str,
        why: &Reason,
        agent: Option<&Agent>,
    ) {
        let mut fields = json!({"tool_name": tool, "tool_use_id": id});
        if let Some(agent) = agent {
            fields["agent_id"] = agent.task.id.as_str().into();
        }
        why.explain(&mut fields);
        fields["message"] = why.message.as_str().into();
        let line = self.lines.system("permission_denied", fields);
        self.out(&line);
    }
}

fn on_file(by: &str, path: &str, cwd: &str) -> String {
    if path.strip_prefix(cwd).is_some_and(|rest| rest.starts_with('/')) {
        format!(
            "{by} '{path}' needs approval. The path is inside the working directories for this session ('{cwd}'), and Claude Code asks \
             before a shell command creates, changes or removes files there."
        )
    } else {
        format!(
            "{by} '{path}' needs approval. The path is outside the working directories for this session ('{cwd}'). Allowing runs \
             the command as written."
        )
    }
}

fn allow_rules(tool: &str, contents: &[String]) -> Value {
    let rules = contents.iter().map(|content| json!({"toolName": tool, "ruleContent": content}));
    let rules: Vec<_> = rules.collect();
    json!({"type": "addRules", "rules": rules, "behavior": "allow", "destination": "localSettings"})
}

/// The rule that the CLI suggests: two plain words become a prefix.
fn bash_rule(command: &str) -> String {
    let words: Vec<_> = command.split_whitespace().collect();
    let is_plain = |word: &&str| word.chars().all(|char| char.is_ascii_lowercase());
    match words[..] {
        [name, second, ..] if is_plain(&name) && is_plain(&second) => {
            format!("{name} {second} *")
        }
        _ => command.to_owned(),
    }
}

/// The rule for the host of an address.
fn domain(url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    format!("domain:{}", rest.split(['/', ':', '?']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_plain_words_become_the_prefix_of_a_rule() {
        for (command, rule) in [
            ("cargo build", "cargo build *"),
            ("touch a b", "touch a *"),
            ("make", "make"),
            ("mkdir -p x/y", "mkdir -p x/y"),
            ("touch created.txt && ls", "touch created.txt && ls"),
        ] {
            assert_eq!(bash_rule(command), rule);
        }
    }
}
