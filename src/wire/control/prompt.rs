//! The line of a prompt.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::outgoing::Line;
use crate::wire::json::RawJson;
use crate::wire::message::{OriginKind, Priority};

/// What a prompt may say in addition to its content (fields of a `user` line, host to CLI). What is
/// `None`, empty or false is not written.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PromptFields {
    /// `priority`: its position among the messages that wait while a turn runs (seen, CLI 2.1.332).
    pub priority: Option<Priority>,
    /// `shouldQuery`: false for a message that is only added to the conversation (seen, CLI
    /// 2.1.332).
    pub should_query: Option<bool>,
    /// `isSynthetic`: true if no user typed it (seen, CLI 2.1.332).
    pub is_synthetic: Option<bool>,
    /// `origin`: where it comes from (seen, CLI 2.1.332).
    pub origin: Option<PromptOrigin>,
    /// `tool_use_result`: the output of a tool, in any shape (CLI 2.1.332 accepts it).
    pub tool_use_result: Option<RawJson>,
    /// `pasted_content`: what was pasted and is not in the content, each a string or an array of
    /// content blocks (seen, CLI 2.1.332).
    pub pasted_content: Vec<RawJson>,
    /// `inline_pastes`: what was pasted and is in the content (CLI 2.1.332 accepts it).
    pub inline_pastes: Vec<String>,
    /// `client_composed`: true if the CLI takes the content literally (seen, CLI 2.1.329).
    pub client_composed: bool,
}

/// Where a prompt comes from (`origin` of a `user` line, host to CLI).
///
/// ```
/// use claude_wire::wire::control::PromptOrigin;
/// use claude_wire::wire::message::OriginKind;
///
/// let peer = PromptOrigin::new(OriginKind::Peer).with("from", "reviewer");
/// assert_eq!(peer.json().text(), r#"{"kind":"peer","from":"reviewer"}"#);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PromptOrigin {
    kind: OriginKind,
    fields: Map<String, Value>,
}

impl PromptOrigin {
    /// Creates an origin of this kind, without further fields.
    pub fn new(kind: impl Into<OriginKind>) -> Self {
        Self { kind: kind.into(), fields: Map::new() }
    }

    /// Sets a field, such as `server` of a `channel`, or `from` of a `peer`.
    #[must_use]
    pub fn with(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields.insert(field.into(), value.into());
        self
    }

    /// Returns it as on the wire.
    pub fn json(&self) -> RawJson {
        let mut line = Line::start(r#"{"kind":"#);
        line.text(self.kind.as_str());
        for (name, value) in self.fields.iter().filter(|(name, _)| *name != "kind") {
            line.field(name, &value.clone().into());
        }
        RawJson::scanned(line.end("}"))
    }
}

impl From<OriginKind> for PromptOrigin {
    fn from(kind: OriginKind) -> Self {
        Self::new(kind)
    }
}

/// A prompt (`user`, host to CLI). `content` is a string or an array of content blocks; the CLI
/// echoes `uuid` in what answers the prompt.
///
/// CLI 2.1.329 ignores any `session_id` here.
///
/// ```
/// use claude_wire::wire::RawJson;
/// use claude_wire::wire::control::{PromptFields, prompt_line};
/// use claude_wire::wire::message::Priority;
///
/// let mut fields = PromptFields::default();
/// fields.priority = Some(Priority::Next);
/// assert_eq!(
///     prompt_line("6f1c2d3e-0000-4000-8000-000000000001", &RawJson::parse(r#""Hello""#)?, &fields),
///     concat!(
///         r#"{"type":"user","message":{"role":"user","content":"Hello"},"parent_tool_use_id":null,"session_id":"","#,
///         r#""uuid":"6f1c2d3e-0000-4000-8000-000000000001","priority":"next"}"#
///     )
/// );
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
pub fn prompt_line(uuid: &str, content: &RawJson, fields: &PromptFields) -> Bytes {
    let mut line = Line::start(r#"{"type":"user","message":{"role":"user","content":"#);
    line.raw(content);
    line.push(r#"},"parent_tool_use_id":null,"session_id":"","uuid":"#);
    line.text(uuid);
    let PromptFields {
        priority,
        should_query,
        is_synthetic,
        origin,
        tool_use_result,
        pasted_content,
        inline_pastes,
        client_composed,
    } = fields;
    let list = |items: &[RawJson]| (!items.is_empty()).then(|| array(items));
    let pastes: Vec<_> =
        inline_pastes.iter().map(|paste| Value::from(paste.as_str()).into()).collect();
    let values = [
        ("priority", priority.as_ref().map(|priority| Value::from(priority.as_str()).into())),
        ("shouldQuery", should_query.map(|should| Value::from(should).into())),
        ("isSynthetic", is_synthetic.map(|is| Value::from(is).into())),
        ("origin", origin.as_ref().map(PromptOrigin::json)),
        ("tool_use_result", tool_use_result.clone()),
        ("pasted_content", list(pasted_content)),
        ("inline_pastes", list(&pastes)),
        ("client_composed", client_composed.then(|| Value::from(true).into())),
    ];
    for (name, value) in values {
        value.iter().for_each(|value| line.field(name, value));
    }
    line.end("}")
}

/// A prompt without further fields: see [`prompt_line`].
///
/// ```
/// use claude_wire::wire::{RawJson, control::user_line};
///
/// let line = user_line("6f1c2d3e-0000-4000-8000-000000000001", &RawJson::parse(r#""Hello""#)?);
/// assert_eq!(
///     line,
///     concat!(
///         r#"{"type":"user","message":{"role":"user","content":"Hello"},"parent_tool_use_id":null,"session_id":"","#,
///         r#""uuid":"6f1c2d3e-0000-4000-8000-000000000001"}"#
///     )
/// );
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
pub fn user_line(uuid: &str, content: &RawJson) -> Bytes {
    prompt_line(uuid, content, &PromptFields::default())
}

/// An array of these values, byte for byte.
fn array(items: &[RawJson]) -> RawJson {
    let mut line = Line::start("[");
    for (at, item) in items.iter().enumerate() {
        line.push(if at == 0 { "" } else { "," });
        line.raw(item);
    }
    RawJson::scanned(line.end("]"))
}
