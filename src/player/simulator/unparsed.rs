//! The input of a tool call that is not JSON: its stream was cut off.

use serde_json::{Value, json};

use crate::player::model::{ApiReply, Block};

use super::agent::Agent;
use super::state::State;
use super::tool_results::INVALID;

/// How much of it the model gets back.
const SHOWN: usize = 200;

/// The field in which the CLI shows such an input.
const FIELD: &str = "__unparsedToolInput";

/// A message as the CLI reads its stream.
pub(super) fn as_read(mut whole: Value, reply: &ApiReply) -> Value {
    for (index, block) in reply.content.iter().enumerate() {
        if let Block::ToolUse { partial_json: Some(raw), .. } = block {
            whole["content"][index]["input"] = match serde_json::from_str(raw) {
                Ok(input) => input,
                Err(_) => json!({FIELD: {"raw": raw, "len": units(raw).len()}}),
            };
        }
    }
    whole
}

/// As the CLI counts: what it calls bytes are units of UTF-16.
fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// What came of an input that is not JSON.
pub(super) fn raw(input: &Value) -> Option<&str> {
    input[FIELD]["raw"].as_str()
}

impl State {
    /// The result of a tool use whose input is not JSON: no one was asked about it.
    pub(super) fn unparsed(&mut self, id: &str, tool: &str, raw: &str, agent: Option<&Agent>) {
        let units = units(raw);
        let (len, first) = (units.len(), units.len().min(SHOWN));
        let shown = String::from_utf16_lossy(&units[..first]);
        let text = format!(
            "{}InputValidationError: {tool} was called with input that could not be parsed as JSON.\n\
             You sent (first {first} of {len} bytes): {shown}\n\
             Common causes: unescaped backslashes in file paths (use / or \\\\), unescaped control characters, or truncated \
             output. Retry with valid JSON.{}",
            INVALID.0, INVALID.1
        );
        let why = format!("InputValidationError: JSON parse failed ({len} bytes)");
        self.invalid_as(id, &text, why, agent);
    }
}
