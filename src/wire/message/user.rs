//! `user`: messages on the user's side, mostly tool results.

use super::origin::{Origin, stated_origin};
use super::vocabulary::Priority;
use crate::wire::content::{ContentBlock, ToolResultBlock, ToolResultMeta};
use crate::wire::decode::{At, Decode, Shape, Sink};
use crate::wire::json::{Kind, RawJson, Reader};
use crate::wire::permission::PermissionMode;
use crate::wire::system::tasks::ResourceLink;

object! {
    /// A message on the user's side (`user`, CLI 2.1.329): tool results, texts that the CLI adds,
    /// and replayed prompts.
    pub struct UserMessage {
        /// The message of the API.
        pub message: UserApiMessage = "message" required,
        /// The tool call of the sub-agent that this belongs to; `None` for the main thread.
        pub parent_tool_use_id: Option<String> = "parent_tool_use_id",
        /// True if it was not typed by a user.
        pub is_synthetic: Option<bool> = "isSynthetic",
        /// True if an earlier prompt is replayed; `false` was seen too, on a summary after
        /// compaction.
        pub is_replay: Option<bool> = "isReplay",
        /// The tool's whole output; its shape depends on the tool, and is often a string if the
        /// tool failed.
        pub tool_use_result: Option<RawJson> = "tool_use_result",
        /// How each tool call of this message was allowed, or why it did not run.
        pub tool_result_meta: Vec<ToolResultMeta> = "tool_result_meta",
        /// The message that a refusal retracted, by its API id.
        pub refused_message_id: Option<String> = "refused_message_id",
        /// Its position in the queue.
        pub priority: Option<Priority> = "priority" declared,
        /// Where it comes from.
        pub origin: Option<Origin> = "origin" => stated_origin,
        /// False for a message that does not start a turn.
        pub should_query: Option<bool> = "shouldQuery" declared,
        /// When it was made, ISO 8601.
        pub timestamp: Option<String> = "timestamp",
        /// True if the text is delivered verbatim.
        pub client_composed: Option<bool> = "client_composed" declared,
        /// Pasted items, each a string or blocks.
        pub pasted_content: Option<Vec<UserContent>> = "pasted_content" declared,
        /// Pastes that are still in the text.
        pub inline_pastes: Option<Vec<String>> = "inline_pastes" declared,
        /// The sub-agent, which is its `task_id`.
        pub agent_id: Option<String> = "agent_id",
        /// The sub-agent's type.
        pub subagent_type: Option<String> = "subagent_type",
        /// A short description of the sub-agent's task.
        pub task_description: Option<String> = "task_description",
        /// The files of a replayed prompt.
        pub file_attachments: Option<Vec<RawJson>> = "file_attachments" declared,
        /// True for what the CLI adds before it asks another model after a refusal; do not show it
        /// as the user's.
        pub refusal_retry: Option<bool> = "refusal_retry" v2_1_332,
        /// Messages to discard, by uuid.
        pub retracted_message_uuids: Option<Vec<String>> = "retracted_message_uuids" declared,
        /// How wide the sender's screen is, in pixels.
        pub client_content_width: Option<u64> = "client_content_width" declared,
        /// The platform of the sender's client, such as `ios`.
        pub client_platform: Option<String> = "client_platform" declared,
        /// True for an earlier message that is sent again.
        pub historical: Option<bool> = "historical" declared,
        /// The images of this message, by the numbers under which they were pasted.
        pub image_paste_ids: Option<Vec<u64>> = "image_paste_ids" declared,
        /// How it came in, according to the server.
        pub inbound_origin: Option<String> = "inbound_origin" declared,
        /// The host's own label for what started the turn.
        pub initiator: Option<String> = "initiator" declared,
        /// The message that an interrupt cut off, by its API id.
        pub interrupted_message_id: Option<String> = "interrupted_message_id" declared,
        /// True for the summary after a compaction.
        pub is_compact_summary: Option<bool> = "is_compact_summary" declared,
        /// True if the CLI made it up.
        pub is_meta: Option<bool> = "is_meta" declared,
        /// True if it is shown, and never sent to the API.
        pub is_virtual: Option<bool> = "is_virtual" declared,
        /// True if it is in the transcript, but not shown live.
        pub is_visible_in_transcript_only: Option<bool> = "is_visible_in_transcript_only" declared,
        /// A permission question that stays open after it; from a host only.
        pub keeps_request_id: Option<String> = "keeps_request_id" declared,
        /// An MCP tool's answer, in addition to what the model sees.
        pub mcp_meta: Option<McpMeta> = "mcp_meta" declared,
        /// The permission mode in which it was sent.
        pub permission_mode: Option<PermissionMode> = "permission_mode" declared,
        /// The plan to carry out.
        pub plan_content: Option<String> = "plan_content" declared,
        /// The plugin that wrote it.
        pub plugin_prompt: Option<PluginPrompt> = "plugin_prompt" declared,
        /// How long an interrupt puts it back in the queue, in milliseconds; from a host only.
        pub requeue_if_interrupted_within_ms: Option<f64> = "requeue_if_interrupted_within_ms" declared,
        /// True if the host itself wrote it.
        pub seeded_summon: Option<bool> = "seeded_summon" declared,
        /// When the server received it, in milliseconds since 1970.
        pub server_received_wall_ms: Option<f64> = "server_received_wall_ms" declared,
        /// The message that has the call of this tool result.
        pub source_tool_assistant_uuid: Option<String> = "source_tool_assistant_uuid" declared,
        /// The call that made this message.
        pub source_tool_use_id: Option<String> = "source_tool_use_id" declared,
        /// What a summary covers.
        pub summarize_metadata: Option<SummarizeMetadata> = "summarize_metadata" declared,
        /// True if the text was not typed by a person.
        pub text_not_typed: Option<bool> = "text_not_typed" declared,
        /// States of the views of MCP apps, sent with a prompt.
        pub tool_states: Option<Vec<RawJson>> = "tool_states" declared,
        /// True if the user typed the keyword that raises the effort.
        pub ultrathink_typed: Option<bool> = "ultrathink_typed" declared,
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
    /// An MCP tool's answer, in addition to what the model sees (`mcp_meta`, CLI 2.1.329, declared,
    /// not seen).
    pub struct McpMeta {
        /// The protocol's `_meta`.
        pub meta: Option<RawJson> = "_meta" declared,
        /// The structured answer.
        pub structured_content: Option<RawJson> = "structured_content" declared,
        /// The resources that it links to.
        pub resource_links: Vec<ResourceLink> = "resource_links" declared,
    }
}

object! {
    /// The plugin that wrote a prompt (`plugin_prompt`, CLI 2.1.329, declared, not seen).
    pub struct PluginPrompt {
        /// The plugin.
        pub name: String = "name" declared,
        /// Its text.
        pub text: String = "text" declared,
    }
}

object! {
    /// What a summary covers (`summarize_metadata`, CLI 2.1.329, declared, not seen).
    pub struct SummarizeMetadata {
        /// How many messages.
        pub messages_summarized: u64 = "messages_summarized" declared,
        /// The subject that the user wants.
        pub user_context: Option<String> = "user_context" declared,
        /// Which messages.
        pub direction: Option<SummaryDirection> = "direction" declared,
    }
}

open_enum! {
    /// Which messages a summary covers (`direction`): those from a point on, or up to it.
    pub enum SummaryDirection {
        From = "from",
        UpTo = "up_to",
    }
}

/// The content of a user message: a string, or blocks.
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
    /// The scheduled prompt that the tool of this message created.
    pub fn scheduled_prompt(&self) -> Option<ScheduledPrompt> {
        ScheduledPrompt::of(self.tool_use_result.as_ref()?)
    }

    /// The tool results of this message, in order.
    pub fn tool_results(&self) -> impl Iterator<Item = &ToolResultBlock> {
        self.message.content.blocks().iter().filter_map(ContentBlock::as_tool_result)
    }
}

object! {
    /// The common fields of transcript lines (an item of `entries` of a `transcript_mirror`, CLI
    /// 2.1.332). The rest depends on the type, and is in `raw`.
    pub struct TranscriptRow: raw {
        /// The kind of line, such as `user` or `attachment`.
        pub kind: String = "type",
        /// The line.
        pub uuid: Option<String> = "uuid",
        /// The line before.
        pub parent_uuid: Option<String> = "parentUuid",
        /// The session.
        pub session_id: Option<String> = "sessionId",
        /// When it was written, ISO 8601.
        pub timestamp: Option<String> = "timestamp",
        /// True for the line of a sub-agent.
        pub is_sidechain: Option<bool> = "isSidechain",
        /// Where the line is from, such as `local`.
        pub row_source: Option<String> = "rowSource" v2_1_332,
        /// When its prompt was sent, in milliseconds since 1970.
        pub sent_at_ms: Option<f64> = "sentAtMs" v2_1_332,
    }
}

impl TranscriptRow {
    /// Reads a line of a transcript. Fields that are missing or of the wrong type are empty.
    pub fn of(entry: &RawJson) -> Self {
        Self::decode(&mut entry.cursor().reader(), &At::Root, &mut Sink::default())
            .unwrap_or_default()
    }
}

object! {
    /// A scheduled prompt, as the tool that made it reports it (`tool_use_result`, CLI 2.1.329).
    pub struct ScheduledPrompt: raw {
        /// Identifies it.
        pub id: String = "id",
        /// When it runs, in words.
        pub human_schedule: String = "humanSchedule",
        /// True if it repeats.
        pub recurring: bool = "recurring",
        /// True if it outlives the session.
        pub durable: Option<bool> = "durable",
        /// When it runs next, in milliseconds since 1970.
        pub next_fire_at: Option<f64> = "nextFireAt",
        /// Its maximum age, in milliseconds; 0 for no limit.
        pub max_age_ms: Option<f64> = "maxAgeMs" v2_1_332,
        /// How many others run once, at the same time.
        pub other_one_shots: Option<RawJson> = "otherOneShots" declared,
    }
}

impl ScheduledPrompt {
    /// The scheduled prompt, if a `tool_use_result` is one.
    pub fn of(result: &RawJson) -> Option<Self> {
        let value = result.cursor();
        (value.get("humanSchedule")?.kind() == Kind::String)
            .then(|| Self::decode(&mut value.reader(), &At::Root, &mut Sink::default()))?
    }
}
