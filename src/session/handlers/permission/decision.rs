//! What a permission handler answers.

use serde_json::Value;

use super::PermissionRequest;
use crate::wire::RawJson;
use crate::wire::permission::PermissionUpdate;

/// The decision on a `can_use_tool` request.
///
/// ```
/// use claude_wire::Decision;
/// use serde_json::json;
///
/// let decision = Decision::allow_with(json!({"command": "ls"}));
/// assert_eq!(decision, Decision::Allow { input: Some(json!({"command": "ls"}).into()), updates: vec![], classification: None });
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Decision {
    /// The tool may run.
    Allow {
        /// `updatedInput`: an object in place of the input; `None` leaves it as it is.
        input: Option<RawJson>,
        /// `updatedPermissions`: changes to the rules. If the CLI would reject one of them, none is
        /// sent, with a warning; the tool may still run.
        updates: Vec<PermissionUpdate>,
        /// `decisionClassification`.
        classification: Option<DecisionClassification>,
    },
    /// The tool may not run.
    Deny {
        /// `message`: the reason given to the model.
        message: String,
        /// `interrupt`: end the turn as well.
        interrupt: bool,
        /// `decisionClassification`.
        classification: Option<DecisionClassification>,
    },
    /// A human must decide: the session's [`Confirmer`](super::Confirmer) gets this text. Without
    /// one it is a denial.
    Confirm(String),
}

/// How a human decided, for the CLI's statistics (`decisionClassification`, CLI 2.1.329).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecisionClassification {
    /// `user_temporary`: allowed once or for this session.
    UserTemporary,
    /// `user_permanent`: allowed from now on.
    UserPermanent,
    /// `user_reject`.
    UserReject,
}

impl Decision {
    /// The tool may run as asked.
    pub fn allow() -> Self {
        Self::Allow { input: None, updates: Vec::new(), classification: None }
    }

    /// The tool may run, with another input: an object.
    pub fn allow_with(input: impl Into<RawJson>) -> Self {
        Self::Allow { input: Some(input.into()), updates: Vec::new(), classification: None }
    }

    /// The tool may run, and the rules change.
    pub fn allow_and_update(updates: impl IntoIterator<Item = PermissionUpdate>) -> Self {
        Self::Allow { input: None, updates: updates.into_iter().collect(), classification: None }
    }

    /// The tool may run, and such a request need not be asked again: the CLI's suggestions become
    /// rules. Some of them are written to `.claude/settings.local.json`.
    pub fn allow_always(request: &PermissionRequest) -> Self {
        Self::allow_and_update(request.suggestions().to_vec())
    }

    /// The tool may not run; the model gets the reason and continues.
    pub fn deny(message: impl Into<String>) -> Self {
        Self::Deny { message: message.into(), interrupt: false, classification: None }
    }

    /// The tool may not run, and the turn ends.
    pub fn deny_and_interrupt(message: impl Into<String>) -> Self {
        Self::Deny { message: message.into(), interrupt: true, classification: None }
    }

    /// A human must decide; see [`Decision::Confirm`].
    pub fn confirm(prompt: impl Into<String>) -> Self {
        Self::Confirm(prompt.into())
    }

    /// Records how a human decided; no effect on a confirmation.
    pub fn classified(mut self, as_: DecisionClassification) -> Self {
        match &mut self {
            Self::Allow { classification, .. } | Self::Deny { classification, .. } => {
                *classification = Some(as_)
            }
            Self::Confirm(_) => {}
        }
        self
    }

    /// Returns the wire form. `updatedInput` is always sent, because older versions of the CLI
    /// require it: verbatim, unless changed.
    pub(super) fn to_json(&self, asked: &RawJson, tool_use_id: Option<&str>) -> RawJson {
        let mut text = match self {
            Self::Allow { input: Some(input), .. } if !is_object(input) => {
                return Self::deny(
                    "the permission handler replaced the input with something that is not an object",
                )
                .to_json(asked, tool_use_id);
            }
            Self::Allow { input, updates, .. } => {
                let empty = RawJson::scanned(bytes::Bytes::from_static(b"{}"));
                let input = input.as_ref().unwrap_or(if asked.is_null() { &empty } else { asked });
                format!(
                    r#"{{"behavior":"allow","updatedInput":{input}{}"#,
                    updated_permissions(updates)
                )
            }
            Self::Deny { message, interrupt, .. } => {
                let interrupt = if *interrupt { r#","interrupt":true"# } else { "" };
                format!(
                    r#"{{"behavior":"deny","message":{}{interrupt}"#,
                    Value::from(message.as_str())
                )
            }
            Self::Confirm(_) => {
                return Self::deny("no confirmer is set to confirm it").to_json(asked, tool_use_id);
            }
        };
        if let Some(id) = tool_use_id {
            text.push_str(&format!(r#","toolUseID":{}"#, Value::from(id)));
        }
        if let Self::Allow { classification: Some(classification), .. }
        | Self::Deny { classification: Some(classification), .. } = self
        {
            text.push_str(&format!(r#","decisionClassification":"{}""#, classification.as_str()));
        }
        text.push('}');
        RawJson::scanned(text.into())
    }
}

/// Returns the field, if any. The CLI ignores all updates if one of them is invalid: then none is
/// sent, with a warning.
fn updated_permissions(updates: &[PermissionUpdate]) -> String {
    if updates.is_empty() {
        return String::new();
    }
    if let Some((update, fault)) = updates.iter().find_map(|update| Some((update, update.fault()?)))
    {
        tracing::warn!(
            kind = update.kind(),
            fault,
            "a permission update that the CLI would not take: no update is sent"
        );
        return String::new();
    }
    match RawJson::from_serialize(updates) {
        Ok(updates) => format!(r#","updatedPermissions":{updates}"#),
        Err(_) => {
            tracing::warn!("permission updates that cannot be written: none is sent");
            String::new()
        }
    }
}

fn is_object(value: &RawJson) -> bool {
    value.as_bytes().first() == Some(&b'{')
}

impl DecisionClassification {
    fn as_str(self) -> &'static str {
        match self {
            Self::UserTemporary => "user_temporary",
            Self::UserPermanent => "user_permanent",
            Self::UserReject => "user_reject",
        }
    }
}
