//! What a field of a line is to the recorder and to a replay. Both ask here, so that a replay never
//! compares literally what the recorder replaced.
//!
//! | field | the recorder | a replay |
//! |---|---|---|
//! | the id of a tool call | keeps it, whatever its form | does not compare it in an answer |
//! | another id | keeps it, if it has the form of one | pairs it with the live one, or leaves it out |
//! | `type`, `subtype` | keeps it | compares it |
//! | what [`left_out`] names | redacts secrets in it | does not compare it |
//! | anything else | redacts secrets in it | compares it: [`fits`], where a placeholder matches every text |

use super::placeholder::begins_as_key;
#[cfg(feature = "player")]
use super::placeholder::{fits_redacted, is_placeholder, placeholders};
use crate::common::is_uuid;

/// What a field is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The id of a tool call.
    ToolUse,
    /// The id of a message, a prompt, a request, a task and the like.
    Id,
    /// The kind of a line or a block.
    Kind,
    Content,
}

/// The role of a field. An `id` next to a `type` that ends with `tool_use` is that of a tool call,
/// which [`is_tool_use`] finds.
pub(crate) fn role(name: &[u8]) -> Role {
    match name {
        b"type" | b"subtype" => Role::Kind,
        b"uuid"
        | b"uuids"
        | b"id"
        | b"session_id"
        | b"sessionId"
        | b"request_id"
        | b"message_id"
        | b"api_message_id"
        | b"message_uuid"
        | b"user_message_id"
        | b"user_message_uuid"
        | b"user_message_uuids"
        | b"command_uuid"
        | b"still_queued"
        | b"cancelled"
        | b"callback_id"
        | b"hookCallbackIds"
        | b"task_id"
        | b"agent_id"
        | b"agentId"
        | b"hook_id"
        | b"turnAttributionKey" => Role::Id,
        _ if names_tool_use(name) => Role::ToolUse,
        _ => Role::Content,
    }
}

/// `tool_use_id`, `toolUseID`, `parent_tool_use_id`, `sourceToolUseID` and the like, and lists of
/// them.
fn names_tool_use(name: &[u8]) -> bool {
    const WORDS: &[u8] = b"tooluseid";
    let letters = name.iter().rev().filter(|byte| **byte != b'_').map(u8::to_ascii_lowercase);
    let letters = letters.clone().skip(usize::from(letters.clone().next() == Some(b's')));
    letters.clone().take(WORDS.len()).eq(WORDS.iter().rev().copied())
}

/// Whether blocks of this `type` are tool calls: `tool_use`, `server_tool_use`, `mcp_tool_use`.
pub(crate) fn is_tool_use(kind: &[u8]) -> bool {
    kind.ends_with(b"tool_use")
}

/// Whether a recorder keeps this string whatever else it looks like. `kind` is the `type` next to
/// it.
pub(crate) fn is_kept<'a>(
    name: &[u8],
    text: &[u8],
    kind: impl FnOnce() -> Option<&'a [u8]>,
) -> bool {
    match role(name) {
        Role::ToolUse => true,
        Role::Kind => has_form_of_id(text),
        Role::Id => {
            // The ids of the CLI first: to look for the beginning of a key takes longer.
            let is_known =
                || is_uuid(text) || text.starts_with(b"msg_") || text.starts_with(b"toolu_");
            (has_form_of_id(text) && (is_known() || !begins_as_key(text)))
                || (name == b"id" && kind().is_some_and(is_tool_use))
        }
        Role::Content => false,
    }
}

fn has_form_of_id(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b':');
    text.len() <= 128 && text.iter().all(is_part)
}

/// Whether a live text may come in the place of a recorded one: the same text, where placeholders
/// match every text. One that is a placeholder as a whole also matches a value that is not a text.
#[cfg(feature = "player")]
pub(crate) fn fits(recorded: &str, live: Option<&str>) -> bool {
    is_placeholder(recorded.as_bytes()) || live.is_some_and(|live| fits_redacted(recorded, live))
}

/// Whether something was redacted in a recorded text.
#[cfg(feature = "player")]
pub(crate) fn is_redacted(text: &str) -> bool {
    placeholders(text.as_bytes()).next().is_some()
}

/// A line of the host, by what decides which of its fields are compared.
#[derive(Clone, Copy, Debug)]
#[cfg(feature = "player")]
pub(crate) enum HostPart<'a> {
    /// A `user` line.
    Prompt,
    /// The `request` of a control request.
    Request,
    /// The same, with a JSON-RPC message.
    McpRequest,
    /// The `response` of an answer to a request of the CLI.
    Answer {
        /// Whether it is a success.
        is_success: bool,
    },
    /// The same, to a JSON-RPC message of this method.
    McpAnswer {
        /// Whether it is a success.
        is_success: bool,
        method: &'a str,
    },
    /// Another line.
    Other,
}

/// Why a replay does not compare a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(feature = "player")]
pub(crate) enum LeftOut {
    Id,
    ToolUse,
    Time,
    /// A field of a prompt that does not change what is asked.
    NotAsked,
    /// The text of an error.
    ErrorText,
    /// What an MCP server says without being called.
    Protocol,
}

#[cfg(feature = "player")]
impl LeftOut {
    /// The reason, for a report.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Id => "an id",
            Self::ToolUse => "the id of a tool call",
            Self::Time => "a time",
            Self::NotAsked => "does not change what is asked",
            Self::ErrorText => "the text of an error",
            Self::Protocol => {
                "of MCP, only results of tools/call and the tools of tools/list are compared"
            }
        }
    }
}

/// Why a replay does not compare the field at this path of a line of the host; `None`: it does. Of
/// an `initialize` this knows nothing: its fields belong to the launch.
#[cfg(feature = "player")]
pub(crate) fn left_out(part: HostPart<'_>, path: &[&str]) -> Option<LeftOut> {
    let is_id = |name: &str| role(name.as_bytes()) == Role::Id;
    match (part, path) {
        (
            HostPart::Prompt,
            ["message" | "parent_tool_use_id" | "priority" | "isSynthetic" | "shouldQuery", ..],
        ) => None,
        (HostPart::Prompt, [name, ..]) if is_id(name) => Some(LeftOut::Id),
        (HostPart::Prompt, [_, ..]) => Some(LeftOut::NotAsked),
        (HostPart::Request | HostPart::McpRequest, ["expires_at", ..]) => Some(LeftOut::Time),
        (HostPart::McpRequest, ["message", "id", ..]) => Some(LeftOut::Id),
        (HostPart::Request | HostPart::McpRequest, _) => None,
        (HostPart::Answer { .. } | HostPart::McpAnswer { .. }, ["request_id", ..]) => {
            Some(LeftOut::Id)
        }
        (
            HostPart::Answer { is_success: false } | HostPart::McpAnswer { is_success: false, .. },
            [name, ..],
        ) => (*name != "subtype").then_some(LeftOut::ErrorText),
        (HostPart::McpAnswer { method, .. }, ["response", below @ ..]) => match (method, below) {
            ("tools/call" | "tools/list", [] | ["mcp_response"])
            | ("tools/call", ["mcp_response", "result", ..])
            | (
                "tools/list",
                ["mcp_response", "result"] | ["mcp_response", "result", "tools", ..],
            ) => None,
            _ => Some(LeftOut::Protocol),
        },
        (HostPart::Answer { .. }, ["response", name]) if role(name.as_bytes()) == Role::ToolUse => {
            Some(LeftOut::ToolUse)
        }
        (HostPart::Answer { .. } | HostPart::McpAnswer { .. }, _) => None,
        (HostPart::Other, [name]) if is_id(name) => Some(LeftOut::Id),
        (HostPart::Other | HostPart::Prompt, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_tool_calls_have_many_names() {
        for name in [
            "tool_use_id",
            "tool_use_ids",
            "toolUseID",
            "toolUseId",
            "toolUseIDs",
            "parent_tool_use_id",
            "parentToolUseID",
            "sourceToolUseID",
            "preceding_tool_use_ids",
        ] {
            assert_eq!(role(name.as_bytes()), Role::ToolUse, "{name}");
            assert!(is_kept(name.as_bytes(), b"ann@x.io 10.0.0.1", || None), "{name}");
        }
        for name in ["tool_use", "tool_use_idx", "use_id", "id", "s", ""] {
            assert_ne!(role(name.as_bytes()), Role::ToolUse, "{name}");
        }
    }

    #[test]
    fn ids_are_kept_by_name_and_form() {
        let kept = |name: &str, text: &str| is_kept(name.as_bytes(), text.as_bytes(), || None);
        let uuid = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
        for name in ["uuid", "turnAttributionKey", "user_message_id", "still_queued", "cancelled"] {
            assert!(kept(name, uuid), "{name}");
        }
        assert!(kept("subtype", "success") && kept("id", "msg_01AbC"));
        assert!(!kept("id", "ann@x.io") && !kept("id", "10.0.0.1") && !kept("name", "x"));
        assert!(!kept("id", "sk-ant-a1"));
        assert!(is_kept(b"id", b"sk-ant-a1", || Some(b"server_tool_use")));
        assert!(!is_kept(b"id", b"sk-ant-a1", || Some(b"tool_result")));
    }

    #[test]
    #[cfg(feature = "player")]
    fn placeholders_fit_every_text() {
        assert!(fits("<key:1>", None) && fits("<key:1>", Some("k")) && fits("a", Some("a")));
        assert!(fits("to user1@redacted.invalid", Some("to ann@x.io")));
        assert!(!fits("to user1@redacted.invalid", Some("for ann@x.io")) && !fits("a", None));
    }
}
