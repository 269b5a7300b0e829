//! The use of a tool in a message.

use serde_json::Value;

use super::answers::Gate;

/// The tool that returns an answer with a schema.
pub(super) const STRUCTURED_OUTPUT: &str = "StructuredOutput";

/// A tool use of a message.
#[derive(Clone, Debug)]
pub(super) struct ToolUse {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) input: Value,
    pub(super) gate: Gate,
}

/// A block as the CLI shows it: the inputs of some tools are completed.
pub(super) fn shown(block: &Value) -> Value {
    let mut block = block.clone();
    let is_edit = block["type"] == "tool_use" && block["name"] == "Edit";
    if is_edit
        && let Some(input) = block["input"].as_object_mut()
        && !input.contains_key("replace_all")
    {
        let mut completed = serde_json::Map::new();
        completed.insert("replace_all".to_owned(), false.into());
        completed.append(input);
        *input = completed;
    }
    block
}
