//! The CLI's requests to the host.

use std::collections::BTreeMap;

use crate::wire::decode::{At, Decode, Shape, Sink, declared};
use crate::wire::json::{Cursor, RawJson, Reader};
use crate::wire::permission::{DecisionReasonCode, PermissionUpdate};

use super::remote::*;

/// Declares the requests of the CLI: a name and a variant for each.
macro_rules! requests {
    ($($(#[$meta:meta])* $variant:ident($body:ty) = $wire:literal,)*) => {
        string_enum! {
            /// The name of a request of the CLI (`request.subtype` of its `control_request`).
            pub enum CliRequestName {
                $($(#[$meta])* $variant = $wire,)*
            }
        }

        /// A request of the CLI, typed by its subtype.
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub enum CliRequest {
            $($(#[$meta])* #[doc = ""] #[doc = concat!("Subtype `", $wire, "`.")] $variant($body),)*
            /// A subtype that this version of the crate does not know, or none.
            #[default]
            Unknown,
        }

        impl CliRequest {
            fn known(
                subtype: &str,
                reader: &mut Reader<'_>,
                at: &At<'_>,
                sink: &mut Sink,
            ) -> Option<Self> {
                match subtype {
                    $($wire => <$body>::decode(reader, at, sink).map(Self::$variant),)*
                    other => {
                        sink.unknown_word(&at.key("subtype"), other);
                        None
                    }
                }
            }

            /// The fields of each request, by its subtype.
            pub(in crate::wire) fn declared() -> BTreeMap<String, Shape> {
                BTreeMap::from([$(($wire.to_owned(), declared::<$body>("subtype"))),*])
            }

            #[cfg(any(test, feature = "fuzzing"))]
            pub(crate) fn agrees(&self, request: &serde_json::Value) -> bool {
                use crate::wire::agree::Agree;
                let subtype = request["subtype"].as_str();
                match self {
                    $(Self::$variant(body) => subtype == Some($wire) && body.agrees(request),)*
                    Self::Unknown => !subtype.is_some_and(|subtype| matches!(subtype, $($wire)|*)),
                }
            }
        }
    };
}

requests! {
    /// Asks for permission to run a tool.
    CanUseTool(Box<CanUseTool>) = "can_use_tool",
    /// A hook that the host registered.
    HookCallback(HookCallback) = "hook_callback",
    /// JSON-RPC for an MCP server in the host's process.
    McpMessage(McpMessage) = "mcp_message",
    /// An MCP server asks the user.
    Elicitation(Box<ElicitRequest>) = "elicitation",
    /// A dialog of a kind that the host declared.
    UserDialog(DialogRequest) = "request_user_dialog",
    /// A fresh credential of a provider.
    HostAuthTokenRefresh(HostAuthTokenRefresh) = "host_auth_token_refresh",
    /// A fresh access token.
    OauthTokenRefresh(OauthTokenRefresh) = "oauth_token_refresh",
    /// The secret of a session's work.
    RemoteControlWorkSecret(RemoteControlWorkSecret) = "remote_control_work_secret",
    /// A tool call for the machine that announced the tool.
    RemoteToolCall(Box<RemoteToolCall>) = "remote_tool_call",
    /// A call of the session itself for that machine.
    RemotePlumbingCall(Box<RemotePlumbingCall>) = "remote_plumbing_call",
    /// Asks whether that machine still exists.
    RemoteToolsProbe(RemoteToolsProbe) = "remote_tools_probe",
    /// Announce the tools again.
    RemoteToolsReannounce(RemoteToolsReannounce) = "remote_tools_reannounce",
    /// A plugin copies a text.
    UiCopy(UiCopy) = "ui_copy",
    /// A plugin writes into the user's draft.
    UiPromptFill(Box<UiPromptFill>) = "ui_prompt_fill",
    /// A plugin changes how the user's draft looks.
    UiPromptPaint(UiPromptPaint) = "ui_prompt_paint",
    /// Asks for the user's draft.
    UiPromptRead(UiPromptRead) = "ui_prompt_read",
    /// A plugin suggests a prompt.
    UiPromptSuggest(UiPromptSuggest) = "ui_prompt_suggest",
    /// Asks what the user has selected.
    UiReadSelection(UiReadSelection) = "ui_read_selection",
}

object! {
    /// Asks for permission to run a tool (`can_use_tool`, CLI 2.1.329).
    pub struct CanUseTool: subtyped {
        /// The tool, such as `Bash` or `mcp__server__tool`.
        pub tool_name: String = "tool_name" required,
        /// The tool's input, whatever its shape.
        pub input: RawJson = "input",
        /// The tool call.
        pub tool_use_id: Option<String> = "tool_use_id",
        /// Permission updates that "always allow" would send back.
        pub permission_suggestions: Vec<PermissionUpdate> = "permission_suggestions",
        /// The path that needs permission.
        pub blocked_path: Option<String> = "blocked_path",
        /// Why it is asked; may contain terminal escapes.
        pub decision_reason: Option<String> = "decision_reason" v2_1_332,
        /// The kind of reason, such as `rule` or `safetyCheck`.
        pub decision_reason_type: Option<String> = "decision_reason_type" v2_1_332,
        /// A code for the reason.
        pub decision_reason_code: Option<DecisionReasonCode> = "decision_reason_code" declared,
        /// False if a safety check wants a human.
        pub classifier_approvable: Option<bool> = "classifier_approvable" declared,
        /// True if "don't ask again" must not be offered.
        pub suppress_always_allow_rule: Option<bool> = "suppress_always_allow_rule" declared,
        /// True if "yes" must not be preselected.
        pub default_to_no: Option<bool> = "default_to_no" declared,
        /// The rule that requires the question.
        pub matched_ask_rule: Option<MatchedAskRule> = "matched_ask_rule" declared,
        /// The MCP server of the tool.
        pub mcp_server: Option<McpProvenance> = "mcp_server" v2_1_332,
        /// A title for display.
        pub title: Option<String> = "title" declared,
        /// The tool's name for display.
        pub display_name: Option<String> = "display_name",
        /// What the call does, for display.
        pub description: Option<String> = "description",
        /// The sub-agent that asks.
        pub agent_id: Option<String> = "agent_id" v2_1_332,
        /// True if one keypress is not enough.
        pub requires_user_interaction: Option<bool> = "requires_user_interaction" v2_1_332,
        /// True if the server's policy only allows the host to ask.
        pub server_policy_ask_only: Option<RawJson> = "server_policy_ask_only" v2_1_332,
        /// The plugin that the tool belongs to.
        pub plugin: Option<RawJson> = "plugin" declared,
        /// What the server asks.
        pub server_prompt: Option<RawJson> = "server_prompt" declared,
        /// A folder on another computer.
        pub computer_folder: Option<ComputerFolder> = "computer_folder" declared,
        /// The kind of tool, if a special dialog fits.
        pub tool_kind: Option<ToolKind> = "tool_kind" declared,
        /// The skill of an MCP server that is to be loaded.
        pub mcp_skill: Option<McpSkill> = "mcp_skill" v2_1_332 declared,
        /// The event of the hook that asks, such as `PreToolUse`.
        pub decision_reason_hook_event: Option<String> = "decision_reason_hook_event" v2_1_332,
        /// Where that hook is from, such as `settings` or `plugin:name`.
        pub decision_reason_hook_source: Option<String> = "decision_reason_hook_source" v2_1_332,
        /// The plugin of that hook.
        pub decision_reason_hook_plugin_id: Option<String> = "decision_reason_hook_plugin_id" declared,
        /// The source of the rule that asks.
        pub decision_reason_rule_source: Option<String> = "decision_reason_rule_source" v2_1_332,
        /// True if the automatic check passed it on to a person.
        pub auto_modes_check_raised: Option<bool> = "auto_modes_check_raised" declared,
        /// True if "don't ask again" is offered for such calls elsewhere.
        pub rule_usually_offered: Option<bool> = "rule_usually_offered" declared,
        /// How such questions wait for each other.
        pub provenance_prompt_line: Option<PromptLine> = "provenance_prompt_line" declared,
    }
}

object! {
    /// A rule that requires a question (`matched_ask_rule`, CLI 2.1.329, declared, not seen).
    pub struct MatchedAskRule {
        /// Where the rule is from.
        pub source: String = "source" declared,
        /// The tool.
        pub tool_name: String = "tool_name" declared,
        /// The rule's text in parentheses.
        pub rule_content: Option<String> = "rule_content" declared,
    }
}

object! {
    /// An MCP server (`mcp_server`, CLI 2.1.332). Decide trust by the source, not by the name.
    pub struct McpProvenance {
        /// Its name.
        pub name: String = "name" v2_1_332,
        /// Where its configuration came from.
        pub source: String = "source" v2_1_332,
    }
}

object! {
    /// A folder on another computer (`computer_folder`, CLI 2.1.329, declared, not seen).
    pub struct ComputerFolder {
        /// The folder.
        pub path: String = "path" declared,
        /// The computer.
        pub computer_name: String = "computer_name" declared,
    }
}

object! {
    /// A hook that the host registered (`hook_callback`, CLI 2.1.329).
    pub struct HookCallback: subtyped {
        /// The host's name for the hook.
        pub callback_id: String = "callback_id" required,
        /// The hook's input; its `hook_event_name` is the event.
        pub input: RawJson = "input",
        /// The tool call; a new uuid if there is none.
        pub tool_use_id: Option<String> = "tool_use_id",
        /// When it was sent, in milliseconds since 1970 by the CLI's clock.
        pub issued_at: Option<f64> = "issued_at" declared,
        /// How long the CLI waits for an answer, in milliseconds.
        pub deadline_ms: Option<f64> = "deadline_ms" declared,
    }
}

object! {
    /// JSON-RPC for an MCP server in the host's process (`mcp_message`, CLI 2.1.329). The host must
    /// answer notifications too.
    pub struct McpMessage: subtyped {
        /// The server.
        pub server_name: String = "server_name" required,
        /// The JSON-RPC message.
        pub message: RawJson = "message",
    }
}

object! {
    /// An MCP server asks the user (`elicitation`, CLI 2.1.332).
    pub struct ElicitRequest: subtyped {
        /// The server.
        pub mcp_server_name: String = "mcp_server_name" v2_1_332,
        /// The question.
        pub message: String = "message" v2_1_332,
        /// A form or a URL.
        pub mode: Option<ElicitationMode> = "mode" v2_1_332,
        /// The URL.
        pub url: Option<String> = "url" declared,
        /// Identifies the elicitation.
        pub elicitation_id: Option<String> = "elicitation_id" declared,
        /// The JSON schema of the answer.
        pub requested_schema: Option<RawJson> = "requested_schema" v2_1_332,
        /// The order in which to ask for the properties.
        pub property_order: Option<Vec<String>> = "property_order" v2_1_332,
        /// A title for display.
        pub title: Option<String> = "title" declared,
        /// The server's name for display.
        pub display_name: Option<String> = "display_name" declared,
        /// More text for display.
        pub description: Option<String> = "description" declared,
    }
}

object! {
    /// A skill of an MCP server (`mcp_skill`, CLI 2.1.332, declared, not seen).
    pub struct McpSkill {
        /// The skill.
        pub name: String = "name" v2_1_332 declared,
        /// The version to approve.
        pub version: String = "version" v2_1_332 declared,
        /// Where it is.
        pub uri: Option<String> = "uri" v2_1_332 declared,
        /// The server's description of it.
        pub server_description: Option<String> = "server_description" v2_1_332 declared,
    }
}

open_enum! {
    /// The kind of tool, if a special dialog fits (`tool_kind`).
    pub enum ToolKind {
        Browser = "browser",
        McpSkill = "mcp_skill",
    }
}

open_enum! {
    /// How questions wait for each other (`provenance_prompt_line`).
    pub enum PromptLine {
        OneAtATime = "one_at_a_time",
        AllAtOnce = "all_at_once",
    }
}

open_enum! {
    /// How an elicitation asks (`mode`).
    pub enum ElicitationMode {
        Form = "form",
        Url = "url",
    }
}

object! {
    /// A dialog (`request_user_dialog`, CLI 2.1.329, declared, not seen).
    pub struct DialogRequest: subtyped {
        /// The kind of dialog.
        pub dialog_kind: String = "dialog_kind" declared,
        /// What the dialog shows.
        pub payload: RawJson = "payload" declared,
        /// The tool call.
        pub tool_use_id: Option<String> = "tool_use_id" declared,
    }
}

impl CliRequest {
    /// The typed request. Fields that are missing or of the wrong type are empty.
    pub fn of(body: &RawJson) -> Self {
        Self::decode(body.cursor(), &At::Root, &mut Sink::default()).1
    }

    /// The subtype and the typed request. A request without a subtype is listed as a defect.
    pub(super) fn decode(value: Cursor<'_>, at: &At<'_>, sink: &mut Sink) -> (String, Self) {
        let Some(subtype) = value.get("subtype").filter(|subtype| !subtype.is_null()) else {
            sink.missing(&at.key("subtype"), String::EXPECTED);
            return Default::default();
        };
        let Some(subtype) = String::decode(&mut subtype.reader(), &at.key("subtype"), sink) else {
            return Default::default();
        };
        let reader = &mut value.reader();
        let body = Self::known(&subtype, reader, at, sink);
        (subtype, body.unwrap_or_default())
    }
}
