//! `assistant`: what the model said, one line per content block.

use super::block::{ContentBlock, ToolUseBlock};
use super::report::{ContextUsage, UsageReport};
use super::usage::Usage;
use super::vocabulary::{ApiErrorKind, StopReason, ThinkingDisplay};
use crate::wire::json::RawJson;

object! {
    /// What the model said (`assistant`, CLI 2.1.329).
    ///
    /// While a reply streams in, the CLI sends one such message per content block, all with one `message.id`; `stop_reason` is then `None` and
    /// `usage` provisional. Messages that the CLI makes up itself (API errors, local commands) carry the model `<synthetic>`.
    pub struct AssistantMessage {
        /// The message of the API.
        pub message: ApiMessage = "message" required,
        /// The tool call of the sub-agent that said this; `None` for the main thread.
        pub parent_tool_use_id: Option<String> = "parent_tool_use_id",
        /// Set when the message tells of a failed API call.
        pub error: Option<ApiErrorKind> = "error",
        /// True for a message that the CLI made out of an API error.
        pub is_api_error_message: Option<bool> = "is_api_error_message",
        /// A failure without an HTTP status, such as `connection_failed`.
        pub api_error: Option<String> = "api_error",
        /// The HTTP status of the failed call.
        pub api_error_status: Option<u16> = "api_error_status",
        /// The API's own word for the error, such as `invalid_request_error`.
        pub api_error_type: Option<String> = "api_error_type",
        /// Details of the failure.
        pub api_error_params: Option<RawJson> = "api_error_params",
        /// The API's id of the request.
        pub request_id: Option<String> = "request_id",
        /// When the block was complete, ISO 8601.
        pub timestamp: Option<String> = "timestamp",
        /// The prompt that is answered, by the uuid its sender gave it; on the first line of a reply only.
        pub user_message_uuid: Option<String> = "user_message_uuid",
        /// All prompts consumed so far, by the uuids their sender gave them.
        pub user_message_uuids: Option<Vec<String>> = "user_message_uuids",
        /// Why the turn goes on from one that a restart cut off.
        pub resume_reason: Option<String> = "resume_reason" declared,
        /// True when a turn is continued that ended inside its thinking.
        pub resumed_from_incomplete_thinking: Option<bool> = "resumed_from_incomplete_thinking" declared,
        /// Messages to forget now, by uuid.
        pub supersedes: Option<Vec<String>> = "supersedes" declared,
        /// The message that a refusal took back, by its API id.
        pub refused_message_id: Option<String> = "refused_message_id",
        /// True when an interrupt cut the reply off.
        pub aborted: Option<bool> = "aborted",
        /// The sub-agent, which is its `task_id`.
        pub agent_id: Option<String> = "agent_id",
        /// The sub-agent's type.
        pub subagent_type: Option<String> = "subagent_type",
        /// What the sub-agent was told to do, in short.
        pub task_description: Option<String> = "task_description",
        /// How long the thinking of this block took, in milliseconds.
        pub thinking_duration_ms: Option<f64> = "thinking_duration_ms",
        /// How the thinking is shown.
        pub thinking_display: Option<ThinkingDisplay> = "thinking_display",
        /// Names for display of the tools that this message calls.
        pub tool_use_meta: Vec<ToolUseMeta> = "tool_use_meta",
        /// The text that a local command was made from.
        pub local_command_source: Option<String> = "local_command_source",
        /// The local command that ran: an object with `command` and `args`.
        pub local_command_run: Option<RawJson> = "local_command_run",
        /// How the local command ended: an object with a `kind`.
        pub local_command_outcome: Option<RawJson> = "local_command_outcome",
        /// The reply to `/context`, structured.
        pub context_usage: Option<Box<ContextUsage>> = "context_usage" declared,
        /// The reply to `/usage`, structured.
        pub usage_report: Option<Box<UsageReport>> = "usage_report" declared,
    }
}

object! {
    /// A message of the Messages API (`message` of an assistant line and of `message_start`, CLI 2.1.329).
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

    /// True if and only if the CLI made this message up: no model said it.
    pub fn is_synthetic(&self) -> bool {
        self.message.model.as_deref() == Some("<synthetic>")
    }
}
