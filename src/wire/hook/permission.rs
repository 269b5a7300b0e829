//! Permission questions and denials.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::traits::{Decides, HookSpecific};
use crate::wire::control::{McpProvenance, McpSkill, ToolKind};
use crate::wire::decode::{Decode, Shape};
use crate::wire::json::RawJson;
use crate::wire::permission::PermissionUpdate;

event! {
    /// The user is about to be asked whether a tool may run (`PermissionRequest`, CLI 2.1.329). The
    /// hook may answer instead.
    PermissionRequest -> PermissionRequestOutput {
        /// The tool.
        pub tool_name: String = "tool_name" required,
        /// Its input.
        pub tool_input: RawJson = "tool_input",
        /// Permission updates that "always allow" would send back.
        pub permission_suggestions: Vec<PermissionUpdate> = "permission_suggestions",
        /// The MCP server of the tool.
        pub mcp_server: Option<McpProvenance> = "mcp_server" declared,
        /// The kind of tool, if a special dialog fits.
        pub tool_kind: Option<ToolKind> = "tool_kind" v2_1_332 declared,
        /// The skill of an MCP server that is to be loaded.
        pub mcp_skill: Option<McpSkill> = "mcp_skill" v2_1_332 declared,
    }
}

/// A hook's answer to a permission question (`decision`, CLI 2.1.329).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PermissionRequestOutput {
    /// `allow`.
    Allow {
        /// `updatedInput`: the input that replaces the requested one, an object.
        input: Option<RawJson>,
        /// `updatedPermissions`.
        updates: Vec<PermissionUpdate>,
    },
    /// `deny`.
    Deny {
        /// `message`.
        message: Option<String>,
        /// `interrupt`: also end the turn.
        interrupt: bool,
    },
}

impl HookSpecific for PermissionRequestOutput {
    fn declare(shape: &mut Shape) {
        shape.add_word("decision.behavior", "allow");
        shape.add_word("decision.behavior", "deny");
        shape.add_any("decision.updatedInput");
        shape.add("decision.updatedPermissions");
        Vec::<PermissionUpdate>::declare("decision.updatedPermissions", shape);
        shape.add("decision.message");
        shape.add("decision.interrupt");
    }
}

impl Decides for PermissionRequestOutput {
    fn of_allow() -> Self {
        Self::Allow { input: None, updates: Vec::new() }
    }

    fn of_deny(reason: String) -> Self {
        Self::Deny { message: Some(reason), interrupt: false }
    }
}

impl Serialize for PermissionRequestOutput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("hookEventName", "PermissionRequest")?;
        map.serialize_entry("decision", &Verdict(self))?;
        map.end()
    }
}

/// The object `decision`.
struct Verdict<'a>(&'a PermissionRequestOutput);

impl Serialize for Verdict<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            PermissionRequestOutput::Allow { input, updates } => {
                map.serialize_entry("behavior", "allow")?;
                if let Some(input) = input {
                    map.serialize_entry("updatedInput", input)?;
                }
                if !updates.is_empty() {
                    map.serialize_entry("updatedPermissions", updates)?;
                }
            }
            PermissionRequestOutput::Deny { message, interrupt } => {
                map.serialize_entry("behavior", "deny")?;
                if let Some(message) = message {
                    map.serialize_entry("message", message)?;
                }
                if *interrupt {
                    map.serialize_entry("interrupt", &true)?;
                }
            }
        }
        map.end()
    }
}

event! {
    /// A tool was denied without a question (`PermissionDenied`, CLI 2.1.329, declared, not seen).
    PermissionDenied -> PermissionDeniedOutput {
        /// The tool.
        pub tool_name: String = "tool_name" required declared,
        /// Its input.
        pub tool_input: RawJson = "tool_input" declared,
        /// The tool call.
        pub tool_use_id: String = "tool_use_id" declared,
        /// Why.
        pub reason: String = "reason" declared,
        /// The MCP server of the tool.
        pub mcp_server: Option<McpProvenance> = "mcp_server" declared,
    }
}

output! {
    /// A hook's answer to a denial.
    PermissionDeniedOutput of "PermissionDenied" {
        /// True lets the model try again.
        retry: bool = "retry",
    }
}
