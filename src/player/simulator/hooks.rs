//! The hooks that the host registered: which are called, and what their answers mean.

use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use super::host_answer::Answer;

/// How long a hook may take, unless its matcher says otherwise.
const LIMIT: Duration = Duration::from_secs(60);

/// The events whose hooks are called.
pub(super) const HOOKS: [&str; 14] = [
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "PostToolUseFailure",
    "Stop",
    "SubagentStart",
    "SubagentStop",
    "Notification",
    "PreCompact",
    "PostCompact",
    "PreSkillShellCommand",
    "SessionStart",
    "SessionEnd",
];

/// The registered hooks.
#[derive(Clone, Debug, Default)]
pub(super) struct Hooks(Vec<Hook>);

#[derive(Clone, Debug)]
struct Hook {
    event: String,
    matcher: Option<String>,
    callbacks: Vec<String>,
    limit: Duration,
    /// `onFailure: block`
    blocks: bool,
    /// The `subtype` of the lines that come in its place.
    replaced_by: Option<String>,
}

/// A hook of the host, as it is called.
#[derive(Clone, Debug)]
pub(super) struct Callback {
    pub(super) id: String,
    pub(super) limit: Duration,
    /// Whether what it guards does not happen if it fails.
    pub(super) blocks: bool,
}

/// What the hooks of an event decided together.
#[derive(Clone, Debug, Default)]
pub(super) struct Decision {
    /// `allow`, `deny` or `ask`; the strictest of all.
    pub(super) permission: Option<Permission>,
    pub(super) reason: Option<String>,
    /// Where the hook is declared that decided, if not by the host.
    pub(super) source: Option<&'static str>,
    pub(super) updated_input: Option<Value>,
    /// `decision: block`, with its reason.
    pub(super) block: Option<String>,
    /// `continue: false`, with its `stopReason`.
    pub(super) stop: Option<String>,
    pub(super) updated_output: Option<Value>,
    /// The decision of a `PermissionRequest` hook.
    pub(super) answer: Option<Value>,
    /// Messages to the user.
    pub(super) messages: Vec<String>,
    /// What is written about failed hooks after the turn's first line.
    pub(super) after_init: Vec<Value>,
    /// Why a prompt is blocked about which a hook that must not fail said nothing.
    pub(super) no_verdict: Option<String>,
    /// Whether a hook did not answer in time.
    pub(super) is_late: bool,
    /// Whether the tool is not to run in this session: `permissionDecision: defer`.
    pub(super) defers: bool,
    /// Whether the input ended before a hook answered.
    pub(super) is_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Permission {
    Allow,
    Ask,
    Deny,
}

impl Hooks {
    /// The `hooks` of `initialize`.
    pub(super) fn of(declared: &Value) -> Self {
        let mut hooks = Vec::new();
        for (event, matchers) in declared.as_object().into_iter().flatten() {
            for matcher in matchers.as_array().into_iter().flatten() {
                let callbacks = matcher["hookCallbackIds"].as_array().into_iter().flatten();
                hooks.push(Hook {
                    event: event.clone(),
                    matcher: matcher["matcher"].as_str().map(str::to_owned),
                    callbacks: callbacks.filter_map(|id| id.as_str().map(str::to_owned)).collect(),
                    limit: limit(&matcher["timeout"]),
                    blocks: matcher["onFailure"] == "block",
                    replaced_by: matcher["replacedByFrame"].as_str().map(str::to_owned),
                });
            }
        }
        Self(hooks)
    }

    /// The callbacks of an event, for a matcher's subject such as a tool's name.
    pub(super) fn callbacks(&self, event: &str, subject: &str) -> Vec<Callback> {
        let hooks = self.0.iter().filter(|hook| hook.is_about(event, subject));
        let hooks = hooks.filter(|hook| hook.replaced_by.is_none());
        let callbacks = hooks.flat_map(|hook| {
            let callback =
                |id: &String| Callback { id: id.clone(), limit: hook.limit, blocks: hook.blocks };
            hook.callbacks.iter().map(callback)
        });
        callbacks.collect()
    }

    /// Whether the host wants lines of this `subtype` in the place of such a hook.
    pub(super) fn are_replaced_by(&self, frame: &str, event: &str, subject: &str) -> bool {
        let mut hooks = self.0.iter().filter(|hook| hook.is_about(event, subject));
        hooks.any(|hook| hook.replaced_by.as_deref() == Some(frame))
    }

    /// Fields of hooks that change when they are asked, or what their answers may be.
    pub(super) fn unknown_fields(declared: &Value) -> Vec<&'static str> {
        let matchers = declared
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(_, matchers)| matchers.as_array().into_iter().flatten());
        let matchers: Vec<_> = matchers.collect();
        let has = |field: &&str| matchers.iter().any(|matcher| matcher.get(*field).is_some());
        ["whenUnanswered", "contextOnly"].into_iter().filter(has).collect()
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|hook| hook.event.as_str())
    }
}

impl Hook {
    fn is_about(&self, event: &str, subject: &str) -> bool {
        self.event == event && fits(self.matcher.as_deref(), subject)
    }
}

/// The time limit of a hook, in seconds. The CLI takes 0 for none given, and does not wait for a hook
/// whose limit is negative.
fn limit(seconds: &Value) -> Duration {
    match seconds.as_f64() {
        None | Some(0.0) => LIMIT,
        Some(seconds) if seconds < 0.0 => Duration::ZERO,
        Some(seconds) => Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
    }
}

/// A matcher is one name, several with `|`, or a regular expression of the whole name; an empty one
/// or `*` matches everything.
pub(super) fn fits(matcher: Option<&str>, subject: &str) -> bool {
    match matcher {
        None | Some("" | "*") => true,
        Some(matcher) if matcher.split('|').any(|name| name.trim() == subject) => true,
        Some(matcher) => {
            Regex::new(&format!("^(?:{matcher})$")).is_ok_and(|regex| regex.is_match(subject))
        }
    }
}

impl Decision {
    /// Why it must not happen, if so.
    pub(super) fn refusal(&self) -> Option<String> {
        let denied = self.permission == Some(Permission::Deny);
        let reason = || self.reason.clone().or_else(|| self.block.clone()).unwrap_or_default();
        self.stop.clone().or_else(|| denied.then(reason))
    }

    /// Takes an answer. One that is an error decides nothing.
    pub(super) fn add(&mut self, answer: Answer) {
        let output = match answer {
            Answer::Success(output) => output,
            Answer::Error(_) => return,
            Answer::Closed => {
                self.is_closed = true;
                return;
            }
        };
        // The hook goes on by itself: it decides nothing.
        if output["async"] == true {
            return;
        }
        let text =
            |pointer: &str| output.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        if output["continue"] == false {
            self.stop = Some(text("/stopReason").unwrap_or_default());
        }
        self.messages.extend(text("/systemMessage"));
        let reason = || text("/reason").unwrap_or_default();
        let mut permission = match output["decision"].as_str() {
            Some("block" | "deny") => {
                self.block = Some(reason());
                Some((Permission::Deny, text("/reason")))
            }
            Some("approve") => Some((Permission::Allow, text("/reason"))),
            _ => None,
        };
        let specific = &output["hookSpecificOutput"];
        let named = match specific["permissionDecision"].as_str() {
            Some("allow") => Some(Permission::Allow),
            Some("ask") => Some(Permission::Ask),
            Some("deny") => Some(Permission::Deny),
            _ => None,
        };
        self.defers |= specific["permissionDecision"] == "defer";
        let why = specific["permissionDecisionReason"].as_str().map(str::to_owned);
        permission = named.map(|named| (named, why)).or(permission);
        if let Some((permission, reason)) = permission
            && self.permission.is_none_or(|known| permission >= known)
        {
            self.permission = Some(permission);
            self.reason = reason;
        }
        if let Some(input) = specific.get("updatedInput").filter(|input| input.is_object()) {
            self.updated_input = Some(input.clone());
        }
        for field in ["updatedToolOutput", "updatedMCPToolOutput"] {
            self.updated_output =
                specific.get(field).cloned().or_else(|| self.updated_output.take());
        }
        self.answer = specific.get("decision").cloned().or_else(|| self.answer.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn matchers_are_names_lists_and_expressions() {
        for all in [None, Some(""), Some("*"), Some(".*")] {
            assert!(fits(all, "Bash"), "{all:?}");
        }
        assert!(fits(Some("Edit|Bash"), "Bash") && fits(Some("mcp__.*"), "mcp__a__b"));
        assert!(!fits(Some("Bas"), "Bash") && !fits(Some("Edit|Write"), "Bash"));
    }

    #[test]
    fn any_number_is_a_time_limit() {
        for (seconds, expected) in [
            (json!(null), LIMIT),
            (json!("5"), LIMIT),
            (json!(0), LIMIT),
            (json!(-0.0), LIMIT),
            (json!(-1), Duration::ZERO),
            (json!(-1e300), Duration::ZERO),
            (json!(0.5), Duration::from_millis(500)),
            (json!(1e30), Duration::MAX),
            (json!(u64::MAX), Duration::MAX),
        ] {
            assert_eq!(limit(&seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn the_strictest_decision_counts() {
        let answer = |decision: &str| {
            Answer::Success(
                json!({"hookSpecificOutput": {"permissionDecision": decision, "permissionDecisionReason": decision}}),
            )
        };
        for order in [["allow", "deny", "ask"], ["deny", "ask", "allow"]] {
            let mut decision = Decision::default();
            order.iter().for_each(|word| decision.add(answer(word)));
            assert_eq!(decision.permission, Some(Permission::Deny), "{order:?}");
            assert_eq!(decision.reason.as_deref(), Some("deny"));
        }
    }
}
