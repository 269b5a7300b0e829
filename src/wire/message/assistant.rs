//! `assistant`: the model's output, one line per content block, with the CLI's additions.

use std::collections::BTreeMap;

use super::vocabulary::{ApiErrorKind, StopReason, ThinkingDisplay};
use crate::wire::content::{ContentBlock, ToolUseBlock};
use crate::wire::json::RawJson;
use crate::wire::usage::{ContextUsage, RateLimitInfo, Usage, UsageReport};

object! {
    /// The model's output (`assistant`, CLI 2.1.329).
    ///
    /// While a reply streams in, the CLI sends one such message per content block, all with one
    /// `message.id`; `stop_reason` is then `None` and `usage` provisional. Messages that the CLI
    /// makes up itself (API errors, local commands) have the model `<synthetic>`.
    pub struct AssistantMessage {
        /// The message of the API.
        pub message: ApiMessage = "message" required,
        /// The tool call of the sub-agent that said this; `None` for the main thread.
        pub parent_tool_use_id: Option<String> = "parent_tool_use_id",
        /// Set if the message is about a failed API call.
        pub error: Option<ApiErrorKind> = "error",
        /// True for a message that the CLI made from an API error.
        pub is_api_error_message: Option<bool> = "is_api_error_message",
        /// A failure without an HTTP status, such as `connection_failed`.
        pub api_error: Option<String> = "api_error",
        /// The HTTP status of the failed call.
        pub api_error_status: Option<u16> = "api_error_status",
        /// The API's error type, such as `invalid_request_error`.
        pub api_error_type: Option<String> = "api_error_type",
        /// Details of the failure.
        pub api_error_params: Option<Box<ApiErrorParams>> = "api_error_params",
        /// The API's id of the request.
        pub request_id: Option<String> = "request_id",
        /// When the block was completed, ISO 8601.
        pub timestamp: Option<String> = "timestamp",
        /// The prompt that is answered, by the uuid its sender gave it; on the first line of a
        /// reply only.
        pub user_message_uuid: Option<String> = "user_message_uuid",
        /// All prompts consumed so far, by the uuids their sender gave them.
        pub user_message_uuids: Option<Vec<String>> = "user_message_uuids",
        /// Why the turn continues one that a restart cut off.
        pub resume_reason: Option<String> = "resume_reason" declared,
        /// True if the turn continues one that ended during its thinking.
        pub resumed_from_incomplete_thinking: Option<bool> = "resumed_from_incomplete_thinking" declared,
        /// Messages to discard, by uuid.
        pub supersedes: Option<Vec<String>> = "supersedes" declared,
        /// The message that a refusal retracted, by its API id.
        pub refused_message_id: Option<String> = "refused_message_id",
        /// True if an interrupt cut the reply off.
        pub aborted: Option<bool> = "aborted",
        /// The sub-agent, which is its `task_id`.
        pub agent_id: Option<String> = "agent_id",
        /// The sub-agent's type.
        pub subagent_type: Option<String> = "subagent_type",
        /// A short description of the sub-agent's task.
        pub task_description: Option<String> = "task_description",
        /// How long the thinking of this block took, in milliseconds.
        pub thinking_duration_ms: Option<f64> = "thinking_duration_ms",
        /// How the thinking is shown.
        pub thinking_display: Option<ThinkingDisplay> = "thinking_display",
        /// Display names of the tools that this message calls.
        pub tool_use_meta: Vec<ToolUseMeta> = "tool_use_meta",
        /// The original text of a local command.
        pub local_command_source: Option<String> = "local_command_source",
        /// The local command that ran.
        pub local_command_run: Option<LocalCommandRun> = "local_command_run",
        /// How the local command ended.
        pub local_command_outcome: Option<LocalCommandOutcome> = "local_command_outcome",
        /// The reply to `/context`, structured.
        pub context_usage: Option<Box<ContextUsage>> = "context_usage" declared,
        /// The reply to `/usage`, structured.
        pub usage_report: Option<Box<UsageReport>> = "usage_report" declared,
        /// The API's own code for the error, from its details.
        pub api_error_code: Option<String> = "api_error_code" declared,
        /// Set if Anthropic's own API sent the error.
        pub api_error_origin: Option<ApiErrorOrigin> = "api_error_origin" declared,
        /// The raw text of the error.
        pub error_details: Option<String> = "error_details" declared,
        /// The model that advised.
        pub advisor_model: Option<String> = "advisor_model" declared,
        /// The agent that it is attributed to.
        pub attribution_agent: Option<String> = "attribution_agent" declared,
        /// The MCP server that it is attributed to.
        pub attribution_mcp_server: Option<String> = "attribution_mcp_server" declared,
        /// The MCP tool that it is attributed to.
        pub attribution_mcp_tool: Option<String> = "attribution_mcp_tool" declared,
        /// The plugin that it is attributed to.
        pub attribution_plugin: Option<String> = "attribution_plugin" declared,
        /// The skill that it is attributed to.
        pub attribution_skill: Option<String> = "attribution_skill" declared,
        /// The calls of a batch that these calls were made from.
        pub batch_tool_uses: Vec<BatchToolUse> = "batch_tool_uses" declared,
        /// True for an earlier message that is sent again.
        pub historical: Option<bool> = "historical" declared,
        /// True if it was not written by a model.
        pub is_meta: Option<bool> = "is_meta" declared,
        /// True if it is shown, and never sent to the API.
        pub is_virtual: Option<bool> = "is_virtual" declared,
        /// The indexes of thinking blocks that narrate the work.
        pub narration_block_indexes: Option<Vec<u64>> = "narration_block_indexes" declared,
        /// How to show the hint after such a block.
        pub narration_hint: Option<NarrationHint> = "narration_hint" declared,
        /// The original tool inputs from the API, by call, if the message has changed ones.
        pub wire_tool_inputs: Option<BTreeMap<String, RawJson>> = "wire_tool_inputs" declared,
        /// What the CLI read from its process to change these inputs.
        pub wire_ingest_context: Option<BTreeMap<String, RawJson>> = "wire_ingest_context" declared,
    }
}

object! {
    /// A message of the Messages API (`message` of an assistant line and of `message_start`, CLI
    /// 2.1.329).
    pub struct ApiMessage {
        /// The API's id; several lines share it.
        pub id: Option<String> = "id",
        /// Always `message`.
        pub object: Option<String> = "type",
        /// Always `assistant`.
        pub role: Option<String> = "role",
        /// The model, or `<synthetic>`.
        pub model: Option<String> = "model" required,
        /// The content blocks, in order.
        pub content: Vec<ContentBlock> = "content" required,
        /// Why the model stopped; `None` while it streams.
        pub stop_reason: Option<StopReason> = "stop_reason",
        /// The sequence that stopped it.
        pub stop_sequence: Option<String> = "stop_sequence",
        /// Details of the stop.
        pub stop_details: Option<RawJson> = "stop_details",
        /// Tokens; provisional while the reply streams.
        pub usage: Option<Usage> = "usage",
        /// What the API cut from the context.
        pub context_management: Option<RawJson> = "context_management",
        /// The code container of the reply.
        pub container: Option<RawJson> = "container",
        /// What the API changed in the request.
        pub input_transformations: Vec<InputTransformation> = "input_transformations" v2_1_332 declared,
        /// Diagnostics of the API.
        pub diagnostics: Option<RawJson> = "diagnostics",

    }
}

object! {
    /// How to show one tool call (`tool_use_meta`, CLI 2.1.329; seen for MCP tools).
    pub struct ToolUseMeta {
        /// The call.
        pub id: String = "id",
        /// The tool's name for display.
        pub display_name: Option<String> = "display_name",
        /// The server's name for display.
        pub server_display_name: Option<String> = "server_display_name",
        /// The tool's name without its server.
        pub tool_name: Option<String> = "tool_name",
        /// True if the call publishes an artifact.
        pub artifact_publish: Option<bool> = "artifact_publish" declared,
        /// The server's icon.
        pub icon_url: Option<String> = "icon_url" declared,
        /// The server.
        pub server_id: Option<String> = "server_id" declared,
        /// A stamp of the server's id.
        pub server_id_stamp: Option<String> = "server_id_stamp" declared,
    }
}

object! {
    /// A call of a batch (an item of `batch_tool_uses`, CLI 2.1.329, declared, not seen).
    pub struct BatchToolUse {
        /// The call.
        pub id: String = "id" declared,
        /// The tool.
        pub name: String = "name" declared,
    }
}

open_enum! {
    /// How to show the hint after a block that narrates the work (`narration_hint`).
    pub enum NarrationHint {
        Hidden = "hidden",
        Faint = "faint",
    }
}

object! {
    /// Something that the API changed in a request (an item of `input_transformations`, CLI
    /// 2.1.332, declared, not seen).
    pub struct InputTransformation {
        /// What was done, such as `thinking_dropped`.
        pub kind: String = "type" v2_1_332 declared,
        /// Where, such as `messages.3.content.0`.
        pub path: String = "path" v2_1_332 declared,
        /// Why, such as `model_binding_mismatch`.
        pub reason: String = "reason" v2_1_332 declared,
    }
}

impl AssistantMessage {
    /// The texts of the text blocks, joined.
    pub fn text(&self) -> String {
        self.message.content.iter().filter_map(ContentBlock::as_text).collect()
    }

    /// The tools that this message calls, in order.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUseBlock> {
        self.message.content.iter().filter_map(ContentBlock::as_tool_use)
    }

    /// True if the CLI made this message up, without a model.
    pub fn is_synthetic(&self) -> bool {
        self.message.model.as_deref() == Some("<synthetic>")
    }
}

object! {
    /// A local command that ran (`local_command_run`, CLI 2.1.329).
    pub struct LocalCommandRun {
        /// The command, without the slash.
        pub command: String = "command",
        /// The text after the command.
        pub args: String = "args",
        /// The plugin that it is from.
        pub plugin: Option<String> = "plugin" declared,
    }
}

object! {
    /// How a local command ended (`local_command_outcome`, CLI 2.1.329, declared, not seen).
    pub struct LocalCommandOutcome {
        /// How.
        pub kind: LocalCommandEnd = "kind" declared,
        /// The command that was probably meant.
        pub suggestion: Option<String> = "suggestion" declared,
    }
}

open_enum! {
    /// How a local command ended (`kind` of a `local_command_outcome`).
    pub enum LocalCommandEnd {
        UnavailableHeadless = "unavailable_headless",
        Unknown = "unknown",
        Failed = "failed",
        RestartRequired = "restart_required",
    }
}

object! {
    /// Details of an API error (`api_error_params`, CLI 2.1.329). Which are set depends on the
    /// error.
    pub struct ApiErrorParams: raw {
        /// What cut the reply off.
        pub cut: Option<OutputCut> = "cut",
        /// The effort that the model does not support.
        pub effort: Option<String> = "effort" declared,
        /// The provider of the model.
        pub provider: Option<String> = "provider" declared,
        /// What may help with the credentials of a provider.
        pub remedy: Option<String> = "remedy" declared,
        /// What kind of medium was refused.
        pub media: Option<String> = "media" declared,
        /// Why it was refused.
        pub media_reason: Option<String> = "media_reason" declared,
        /// The limits of the plan.
        pub rate_limit_info: Option<Box<RateLimitInfo>> = "rate_limit_info" v2_1_332,
        /// The wording for an account on hold.
        pub hold_wording: Option<HoldWording> = "hold_wording" v2_1_332 declared,
        /// True if an administrator must act.
        pub hold_admin_required: Option<bool> = "hold_admin_required" v2_1_332 declared,
        /// Where to act.
        pub hold_url: Option<String> = "hold_url" v2_1_332 declared,
    }
}

open_enum! {
    /// What cut a reply off (`cut`).
    pub enum OutputCut {
        OutputLimit = "output_limit",
        ContextWindow = "context_window",
    }
}

open_enum! {
    /// The wording for an account on hold (`hold_wording`).
    pub enum HoldWording {
        VerifyNow = "verify_now",
        OwnerMustVerify = "owner_must_verify",
        Contact = "contact",
    }
}

open_enum! {
    /// Who sent an error of the API (`api_error_origin`).
    pub enum ApiErrorOrigin {
        FirstParty = "first_party",
    }
}
