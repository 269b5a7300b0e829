//! How far the structured answer of a turn is.

use serde_json::Value;

#[derive(Debug, Default)]
pub(super) struct Structured {
    pub(super) answer: Option<Value>,
    /// How many answers had another form.
    pub(super) attempts: u32,
    /// What was wrong with the last one.
    pub(super) error: String,
    /// Whether the CLI has asked for the tool.
    pub(super) is_enforced: bool,
}
