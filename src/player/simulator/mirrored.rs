//! The rows of a transcript that wait for the host.

use serde_json::Value;

/// What of the transcript the host has not read.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    /// Rows that are written together, in one line each.
    pub(super) batches: Vec<Vec<Value>>,
    /// The uuid of the latest row of the conversation.
    pub(super) last: Option<String>,
    /// How many prompts there were.
    pub(super) prompts: u64,
}
