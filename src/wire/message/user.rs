//! `user`: what the CLI adds on the user's side, chiefly tool results.

use super::block::{ContentBlock, ToolResultBlock};
use super::origin::{Origin, stated_origin};
use super::vocabulary::Priority;
use crate::wire::decode::{At, Decode, Shape, Sink};
use crate::wire::json::{Kind, RawJson, Reader};

object! {
    /// A message on the user's side (`user`, CLI 2.1.329): tool results, texts that the CLI adds, and prompts played back.
    pub struct UserMessage {
        /// The message of the API.
        pub message: UserApiMessage = "message" required,
        /// The tool call of the sub-agent that this belongs to; `None` for the main thread.
        pub parent_tool_use_id: Option<String> = "parent_tool_use_id",
        /// True when no user typed it.
        pub is_synthetic: Option<bool> = "isSynthetic",
        /// True when an earlier prompt is played back; `false` was seen too, on a summary after compaction.
        pub is_replay: Option<bool> = "isReplay",
        /// The tool's whole output; its shape is the tool's own, and often a string where the tool failed.
        pub tool_use_result: Option<RawJson> = "tool_use_result",
        /// How each tool call of this message was allowed, or why it did not run.
        pub tool_result_meta: Vec<ToolResultMeta> = "tool_result_meta",
        /// The message that a refusal took back, by its API id.
        pub refused_message_id: Option<String> = "refused_message_id",
        /// Its place in the queue.
        pub priority: Option<Priority> = "priority" declared,
        /// Where it comes from.
        pub origin: Option<Origin> = "origin" => stated_origin,
        /// False for a message that starts no turn.
        pub should_query: Option<bool> = "shouldQuery" declared,
        /// When it was made, ISO 8601.
        pub timestamp: Option<String> = "timestamp",
        /// True when the text is delivered verbatim.
        pub client_composed: Option<bool> = "client_composed" declared,
        /// Pasted items, each a string or blocks.
        pub pasted_content: Option<Vec<RawJson>> = "pasted_content" declared,
        /// Pastes that are still in the text.
        pub inline_pastes: Option<Vec<String>> = "inline_pastes" declared,
        /// The sub-agent, which is its `task_id`.
        pub agent_id: Option<String> = "agent_id",
        /// The sub-agent's type.
        pub subagent_type: Option<String> = "subagent_type",
        /// What the sub-agent was told to do, in short.
        pub task_description: Option<String> = "task_description",
        /// Files that came with a prompt that is played back.
        pub file_attachments: Option<Vec<RawJson>> = "file_attachments" declared,
    }
}

object! {
    /// A message of the Messages API on the user's side (`message` of a user line, CLI 2.1.329).
    pub struct UserApiMessage {
        /// Always `user`.
        pub role: Option<String> = "role",
        /// A text, or blocks.
        pub content: UserContent = "content" required,
    }
}

object! {
    /// How one tool call was decided (`tool_result_meta`, CLI 2.1.329).
    pub struct ToolResultMeta {
        /// The tool call.
        pub id: String = "id",
        /// Why the tool did not run.
        pub non_execution_kind: Option<NonExecutionKind> = "non_execution_kind",
        /// Who allowed or refused it.
        pub permission_decision: Option<ToolPermissionDecision> = "permission_decision",
    }
}

object! {
    /// Who allowed or refused a tool call (`permission_decision`, CLI 2.1.329).
    pub struct ToolPermissionDecision {
        /// `accept` or `reject`.
        pub decision: String = "decision",
        /// Where the decision was made, such as `config`.
        pub source: Option<String> = "source",
        /// The kind of reason, such as `rule`.
        pub reason_type: Option<String> = "reason_type",
    }
}

open_enum! {
    /// Why a tool did not run (`non_execution_kind`).
    pub enum NonExecutionKind {
        PermissionRule = "permission-rule",
        UserRejected = "user-rejected",
        Interrupted = "interrupted",
        Cancelled = "cancelled",
    }
}

/// The content of a user message: both shapes are legal.
#[derive(Clone, Debug, PartialEq)]
pub enum UserContent {
    /// A bare string.
    Text(String),
    /// Content blocks.
    Blocks(Vec<ContentBlock>),
}

impl UserContent {
    /// The string, or the texts of the text blocks, joined.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Blocks(blocks) => blocks.iter().filter_map(ContentBlock::as_text).collect(),
        }
    }

    /// The blocks; empty for a bare string.
    pub fn blocks(&self) -> &[ContentBlock] {
        match self {
            Self::Text(_) => &[],
            Self::Blocks(blocks) => blocks,
        }
    }
}

impl Default for UserContent {
    fn default() -> Self {
        Self::Blocks(Vec::new())
    }
}

impl Decode for UserContent {
    const EXPECTED: &'static str = "a string or an array";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        match reader.kind() {
            Kind::String => reader.string().map(|text| Self::Text(text.into_owned())),
            Kind::Array => ContentBlock::decode_list(reader, at, sink).map(Self::Blocks),
            _ => sink.wrong(at, Self::EXPECTED, reader),
        }
    }

    fn declare(at: &str, shape: &mut Shape) {
        Vec::<ContentBlock>::declare(at, shape);
    }
}

impl UserMessage {
    /// The tool results of this message, in order.
    pub fn tool_results(&self) -> impl Iterator<Item = &ToolResultBlock> {
        self.message.content.blocks().iter().filter_map(ContentBlock::as_tool_result)
    }
}
