//! `stream_event`: a reply while it is streamed.

use super::content::ContentBlock;
use super::decode::{At, Decode, Shape, Sink, Tagged};
use super::delta;
use super::frame::Frame;
use super::json::{Kind, RawJson, Reader};
use super::message::{ApiMessage, InputTransformation, StopReason, ThinkingDisplay};
use super::spans::DeltaKind;
use super::usage::Usage;

object! {
    /// An event of the API's stream (`stream_event`, CLI 2.1.329); sent if partial messages are
    /// enabled.
    ///
    /// The whole `assistant` message of a block comes before the `content_block_stop` of that
    /// block.
    pub struct StreamEvent {
        /// The event.
        pub event: ApiEvent = "event" required,
        /// The tool call of the sub-agent that is streaming; `None` for the main thread.
        pub parent_tool_use_id: Option<String> = "parent_tool_use_id",
        /// The message that the event is part of.
        pub api_message_id: Option<String> = "api_message_id",
        /// Time to the first token, in milliseconds; on `message_start`.
        pub ttft_ms: Option<f64> = "ttft_ms",
        /// How the thinking is shown.
        pub thinking_display: Option<ThinkingDisplay> = "thinking_display",
        /// The prompt that is answered, by the uuid its sender gave it; on the first event of a
        /// reply only.
        pub user_message_uuid: Option<String> = "user_message_uuid",
        /// All prompts consumed so far, by the uuids their sender gave them.
        pub user_message_uuids: Option<Vec<String>> = "user_message_uuids",
        /// Why the turn continues one that a restart cut off.
        pub resume_reason: Option<String> = "resume_reason" declared,
        /// On the `message_stop` that the CLI makes up when a stream breaks off: what to discard.
        pub abandoned_blocks: Option<AbandonedBlocks> = "abandoned_blocks",
        /// Rows that are still to come; on `message_start`.
        pub owed_rows: Option<Vec<RawJson>> = "owed_rows",
        /// True on `message_start` if adjacent texts come as one block.
        pub text_runs_joined: Option<bool> = "text_runs_joined" declared,
    }
}

object! {
    /// Blocks of a stream that broke off (`abandoned_blocks`, CLI 2.1.329).
    pub struct AbandonedBlocks {
        /// The message they belong to.
        pub api_message_id: Option<String> = "api_message_id",
        /// The first block that was abandoned; all later ones were too.
        pub from_block_index: Option<u64> = "from_block_index",
    }
}

tagged! {
    /// An event of the Messages API's stream (`event`).
    ///
    /// Unlike other objects of the wire, events and their deltas keep no raw text: they are by far
    /// the most frequent, and keeping it made reading them a sixth slower. Their line has it:
    /// [`Frame::field`](crate::wire::Frame::field)`("event")`.
    pub enum ApiEvent {
        /// A message begins.
        MessageStart(Box<MessageStart>) = "message_start",
        /// A block begins.
        ContentBlockStart(Box<ContentBlockStart>) = "content_block_start",
        /// A piece of a block.
        ContentBlockDelta(ContentBlockDelta) = "content_block_delta",
        /// A block is complete.
        ContentBlockStop(ContentBlockStop) = "content_block_stop",
        /// How the message ended.
        MessageDelta(Box<MessageDelta>) = "message_delta",
        /// The message is complete.
        MessageStop(RawJson) = "message_stop",
        /// A sign of life (declared, not seen).
        Ping(RawJson) = "ping",
    } else {
        /// A type that this version of the crate does not know, or an event without one.
        Unknown(UnknownApiEvent),
    }
}

/// An event or a delta of a type that this version of the crate does not know.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct UnknownApiEvent {
    /// Its `type`; `None` if that is not a string.
    pub event_type: Option<String>,
    /// The whole object as it was on the wire.
    pub raw: RawJson,
}

object! {
    /// A message begins (`message_start`, CLI 2.1.329).
    pub struct MessageStart without "type" {
        /// The message, still empty.
        pub message: ApiMessage = "message",
    }
}

object! {
    /// A block begins (`content_block_start`, CLI 2.1.329).
    pub struct ContentBlockStart without "type" {
        /// The block's place in the message.
        pub index: u64 = "index",
        /// The block, still empty.
        pub content_block: Option<ContentBlock> = "content_block",
    }
}

object! {
    /// A piece of a block (`content_block_delta`, CLI 2.1.329).
    pub struct ContentBlockDelta without "type" {
        /// The block's place in the message.
        pub index: u64 = "index",
        /// The piece.
        pub delta: Delta = "delta" required,
    }
}

object! {
    /// A block is complete (`content_block_stop`, CLI 2.1.329).
    pub struct ContentBlockStop without "type" {
        /// The block's place in the message.
        pub index: u64 = "index",
    }
}

object! {
    /// How the message ended (`message_delta`, CLI 2.1.329).
    pub struct MessageDelta without "type" {
        /// The fields that changed.
        pub delta: MessageChange = "delta",
        /// Final tokens of the message.
        pub usage: Option<Usage> = "usage",
        /// What the API cut from the context.
        pub context_management: Option<RawJson> = "context_management",
        /// What the API changed in the request.
        pub input_transformations: Vec<InputTransformation> = "input_transformations" v2_1_332 declared,
    }
}

object! {
    /// What changed at the end of a message (`delta` of `message_delta`, CLI 2.1.329).
    pub struct MessageChange {
        /// Why the model stopped.
        pub stop_reason: Option<StopReason> = "stop_reason",
        /// The sequence that stopped it.
        pub stop_sequence: Option<String> = "stop_sequence",
        /// Details of the stop.
        pub stop_details: Option<RawJson> = "stop_details",
        /// The code container of the reply.
        pub container: Option<RawJson> = "container",
    }
}

tagged! {
    /// A piece of a block (`delta` of `content_block_delta`).
    pub enum Delta {
        /// A piece of text.
        Text(TextDelta) = "text_delta",
        /// A piece of a tool's input, as text.
        InputJson(InputJsonDelta) = "input_json_delta",
        /// A piece of thinking.
        Thinking(ThinkingDelta) = "thinking_delta",
        /// The signature of the thinking.
        Signature(SignatureDelta) = "signature_delta",
        /// A citation.
        Citations(CitationsDelta) = "citations_delta",
        /// The text of a compaction.
        Compaction(CompactionDelta) = "compaction_delta",
    } else {
        /// A type that this version of the crate does not know, or a delta without one.
        Unknown(UnknownApiEvent),
    }
}

object! {
    /// `text_delta` (CLI 2.1.329).
    pub struct TextDelta without "type" {
        /// The piece of text.
        pub text: String = "text" required,
    }
}

object! {
    /// `input_json_delta` (CLI 2.1.329).
    pub struct InputJsonDelta without "type" {
        /// The piece of JSON text; only all pieces together are JSON.
        pub partial_json: String = "partial_json" required,
    }
}

object! {
    /// `thinking_delta` (CLI 2.1.329).
    pub struct ThinkingDelta without "type" {
        /// The piece of thinking.
        pub thinking: String = "thinking" required,
        /// An estimate of the tokens so far.
        pub estimated_tokens: Option<u64> = "estimated_tokens",
    }
}

object! {
    /// `signature_delta` (CLI 2.1.329).
    pub struct SignatureDelta without "type" {
        /// The signature of the thinking.
        pub signature: String = "signature" required,
    }
}

object! {
    /// `citations_delta` (CLI 2.1.329, declared, not seen).
    pub struct CitationsDelta without "type" {
        /// One citation.
        pub citation: Option<RawJson> = "citation" v2_1_332,
    }
}

object! {
    /// `compaction_delta` (CLI 2.1.332, declared, not seen). It has the whole text, not a piece.
    pub struct CompactionDelta without "type" {
        /// The text.
        pub content: Option<String> = "content" v2_1_332 declared,
        /// The same, encrypted.
        pub encrypted_content: Option<String> = "encrypted_content" v2_1_332 declared,
    }
}

impl StreamEvent {
    /// The event of a delta in the shape that most lines have; `None` if the line has another field
    /// than the usual ones.
    pub(super) fn of_delta(frame: &Frame) -> Option<Self> {
        let usual = frame.delta().filter(|delta| !delta.has_more)?;
        let index = delta::index(frame.bytes())?;
        let text = frame.text_of(usual)?.into_owned();
        let delta = match usual.kind {
            DeltaKind::Text => Delta::Text(TextDelta { text }),
            DeltaKind::Thinking => {
                Delta::Thinking(ThinkingDelta { thinking: text, estimated_tokens: None })
            }
            DeltaKind::InputJson => Delta::InputJson(InputJsonDelta { partial_json: text }),
        };
        Some(Self {
            event: ApiEvent::ContentBlockDelta(ContentBlockDelta { index, delta }),
            parent_tool_use_id: frame.parent_tool_use_id().map(String::from),
            api_message_id: frame.text_at(usual.message),
            ..Self::default()
        })
    }
}

impl ApiEvent {
    /// The event's `type` as it is on the wire; empty if it has none.
    pub fn event_type(&self) -> &str {
        match self {
            Self::MessageStart(_) => "message_start",
            Self::ContentBlockStart(_) => "content_block_start",
            Self::ContentBlockDelta(_) => "content_block_delta",
            Self::ContentBlockStop(_) => "content_block_stop",
            Self::MessageDelta(_) => "message_delta",
            Self::MessageStop(_) => "message_stop",
            Self::Ping(_) => "ping",
            Self::Unknown(event) => event.event_type.as_deref().unwrap_or_default(),
        }
    }
}

impl Decode for ApiEvent {
    const EXPECTED: &'static str = "an object";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        if reader.kind() != Kind::Object {
            return sink.wrong(at, Self::EXPECTED, reader);
        }
        let Some(event) = Tagged::of(reader, at, sink) else {
            return Some(Self::Unknown(UnknownApiEvent {
                event_type: None,
                raw: reader.skip().raw(),
            }));
        };
        if let Some(known) = Self::known(&event, reader, at, sink) {
            return Some(known);
        }
        sink.unknown_word(&at.key("type"), event.name());
        let event_type = Some(event.name().into());
        Some(Self::Unknown(UnknownApiEvent { event_type, raw: reader.skip().raw() }))
    }

    fn declare(at: &str, shape: &mut Shape) {
        Self::declare_known(at, shape);
    }
}

impl Decode for Delta {
    const EXPECTED: &'static str = "an object";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        if reader.kind() != Kind::Object {
            return sink.wrong(at, Self::EXPECTED, reader);
        }
        let Some(delta) = Tagged::of(reader, at, sink) else {
            return Some(Self::Unknown(UnknownApiEvent {
                event_type: None,
                raw: reader.skip().raw(),
            }));
        };
        if let Some(known) = Self::known(&delta, reader, at, sink) {
            return Some(known);
        }
        sink.unknown_word(&at.key("type"), delta.name());
        let event_type = Some(delta.name().into());
        Some(Self::Unknown(UnknownApiEvent { event_type, raw: reader.skip().raw() }))
    }

    fn declare(at: &str, shape: &mut Shape) {
        Self::declare_known(at, shape);
    }
}

impl Default for ApiEvent {
    fn default() -> Self {
        Self::Unknown(UnknownApiEvent::default())
    }
}

impl Default for Delta {
    fn default() -> Self {
        Self::Unknown(UnknownApiEvent::default())
    }
}
