//! What this version of the crate declares of the wire: the kinds, their fields and their values.
//!
//! It is derived from the declarations that decode messages, so that the two cannot differ.
//! `claude-wire drift --schema` compares it with the schema inside a CLI.

use std::collections::BTreeMap;

use super::control::{CliRequest, ControlFrame, RequestName};
pub use super::decode::Shape;
use super::hook::{HookInput, declared_for_every_event};
use super::{Body, System, requests, tools};

/// The kinds of one sort, each with its fields.
pub type Kinds = BTreeMap<String, Shape>;

/// What this version of the crate declares.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Declared {
    /// What the CLI writes, by type and subtype: `assistant`, `result/success`, `system/init`.
    pub messages: Kinds,
    /// The CLI's requests, by the subtype of the request.
    pub requests: Kinds,
    /// A host's requests, by the subtype of the request. Their fields are not declared: methods
    /// write them.
    pub host_requests: Kinds,
    /// The CLI's replies to a host's requests, by the subtype of the request.
    pub replies: Kinds,
    /// The inputs of hooks, by event.
    pub hook_inputs: Kinds,
    /// The outputs of hooks: under [`EVERY_EVENT`] the common fields, and by event the fields of
    /// `hookSpecificOutput`.
    pub hook_outputs: Kinds,
    /// The inputs of the built-in tools that have types, by tool.
    pub tool_inputs: Kinds,
    /// Their outputs, by tool.
    pub tool_outputs: Kinds,
}

/// The name of the kind with the output fields of every event.
pub const EVERY_EVENT: &str = "every event";

/// What this version of the crate declares of the wire.
///
/// ```
/// let declared = claude_wire::wire::declared::declared();
/// assert!(declared.messages["system/init"].has("tools[]"));
/// assert!(declared.hook_inputs["PreToolUse"].has("tool_input"));
/// ```
pub fn declared() -> Declared {
    let mut messages = Body::declared();
    messages.extend(System::declared());
    // Every message has these; the frame reads them.
    for shape in messages.values_mut() {
        ["type", "uuid", "session_id"].into_iter().for_each(|field| shape.add(field));
    }
    messages.extend(ControlFrame::declared());
    let mut hook_outputs = HookInput::declared_outputs();
    for shape in hook_outputs.values_mut() {
        shape.add("hookEventName");
    }
    hook_outputs.insert(EVERY_EVENT.to_owned(), declared_for_every_event());
    let [tool_inputs, tool_outputs] = tools::declared();
    Declared {
        messages: messages.into_iter().flat_map(|(kind, shape)| by_subtype(kind, shape)).collect(),
        requests: CliRequest::declared(),
        host_requests: RequestName::KNOWN
            .iter()
            .map(|name| ((*name).to_owned(), Shape::default()))
            .collect(),
        replies: requests::replies(),
        hook_inputs: HookInput::declared(),
        hook_outputs,
        tool_inputs,
        tool_outputs,
    }
}

/// A type whose subtype is read as one of its fields is one kind for each subtype.
fn by_subtype(kind: String, shape: Shape) -> Vec<(String, Shape)> {
    let subtypes: Vec<_> = shape.words("subtype").map(String::from).collect();
    match subtypes.is_empty() {
        true => vec![(kind, shape)],
        false => {
            subtypes.iter().map(|subtype| (format!("{kind}/{subtype}"), shape.clone())).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_fields_and_words_come_from_the_declarations() {
        let declared = declared();
        let init = &declared.messages["system/init"];
        assert!(
            init.has("mcp_servers[].name") && init.has("uuid") && !init.has("mcp_servers.name")
        );
        assert!(init.words("permissionMode").any(|word| word == "plan"));
        assert!(declared.messages["result/success"].has("modelUsage.*.costUSD"));
        let assistant = &declared.messages["assistant"];
        assert!(assistant.words("message.content[].type").any(|word| word == "tool_use"));
        assert!(assistant.is_any("message.content[].input"));
        assert!(declared.messages.contains_key("control_cancel_request"));
        assert!(declared.requests["can_use_tool"].has("permission_suggestions[].rules[].toolName"));
        assert!(declared.host_requests.contains_key("dictate"));
        assert!(declared.replies["initialize"].has("models[].displayName"));
        assert!(declared.hook_inputs["Stop"].has("transcript_path"));
        assert!(declared.hook_outputs["PreToolUse"].has("permissionDecision"));
        assert!(declared.hook_outputs[EVERY_EVENT].has("continue"));
    }
}
