//! A content block of any kind.

use std::borrow::Cow;

use super::api_block::*;
use super::plain_block::*;
use crate::wire::decode::{At, Decode, Shape, Sink, Tagged, decode_items, member};
use crate::wire::json::{Kind, RawJson, Reader};

tagged! {
    /// One block of a message's content. [`raw`](Self::raw) returns its JSON, unchanged, for every
    /// kind.
    ///
    /// ```
    /// use claude_wire::wire::{ContentBlock, Frame, Message};
    ///
    /// let line = r#"{"type":"assistant","message":{"model":"m","content":[{"type":"text","text":"Hi"},{"type":"hologram","depth":3}]}}"#;
    /// let message = Message::new(Frame::parse(line)?);
    /// let [ContentBlock::Text(text), ContentBlock::Unknown(other)] = &message.as_assistant().unwrap().message.content[..] else { panic!() };
    /// assert_eq!(text.text, "Hi");
    /// assert_eq!(other.block_type, "hologram");
    /// assert_eq!(other.raw.pointer("/depth").unwrap().text(), "3");
    /// # Ok::<(), claude_wire::wire::JsonError>(())
    /// ```
    pub enum ContentBlock {
        /// A text.
        Text(TextBlock) = "text",
        /// The model's thinking.
        Thinking(ThinkingBlock) = "thinking",
        /// The model's thinking, encrypted.
        RedactedThinking(RedactedThinkingBlock) = "redacted_thinking",
        /// The model calls a tool.
        ToolUse(ToolUseBlock) = "tool_use",
        /// The result of a tool.
        ToolResult(ToolResultBlock) = "tool_result",
        /// A tool that was found.
        ToolReference(ToolReferenceBlock) = "tool_reference",
        /// A tool that runs on the API's side.
        ServerToolUse(ServerToolUseBlock) = "server_tool_use" | "mcp_tool_use",
        /// The tools of an MCP server on the API's side.
        McpToolListing(McpToolListingBlock) = "mcp_tool_listing",
        /// A file in the code container.
        ContainerUpload(ContainerUploadBlock) = "container_upload",
        /// The API's summary of the compacted conversation.
        Compaction(CompactionBlock) = "compaction",
        /// Another model continues from here.
        Fallback(FallbackBlock) = "fallback",
        /// A search result.
        SearchResult(SearchResultBlock) = "search_result",
        /// A message of the system within the conversation.
        MidConversationSystem(RawJson) = "mid_conv_system",
        /// An image.
        Image(MediaBlock) = "image",
        /// A document.
        Document(MediaBlock) = "document",
    } else {
        /// The result of a tool that ran on the API's side: any other type that ends in
        /// `_tool_result`.
        ServerToolResult(ServerToolResultBlock),
        /// A type that this version of the crate does not know.
        Unknown(UnknownBlock),
        /// Not a block: not an object, or without a string `type`. Listed as a defect.
        Invalid(RawJson),
    }
}

/// A block of a type that this version of the crate does not know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UnknownBlock {
    /// The block's `type`.
    pub block_type: String,
    /// The whole block as it was on the wire.
    pub raw: RawJson,
}

impl ContentBlock {
    /// The block as it was on the wire.
    pub fn raw(&self) -> &RawJson {
        match self {
            Self::Text(block) => &block.raw,
            Self::Thinking(block) => &block.raw,
            Self::RedactedThinking(block) => &block.raw,
            Self::ToolUse(block) => &block.raw,
            Self::ToolResult(block) => &block.raw,
            Self::ToolReference(block) => &block.raw,
            Self::McpToolListing(block) => &block.raw,
            Self::ContainerUpload(block) => &block.raw,
            Self::Compaction(block) => &block.raw,
            Self::Fallback(block) => &block.raw,
            Self::SearchResult(block) => &block.raw,
            Self::MidConversationSystem(raw) => raw,
            Self::ServerToolUse(block) => &block.raw,
            Self::ServerToolResult(block) => &block.raw,
            Self::Image(block) | Self::Document(block) => &block.raw,
            Self::Unknown(block) => &block.raw,
            Self::Invalid(raw) => raw,
        }
    }

    /// The text of a `text` block.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(block) => Some(&block.text),
            _ => None,
        }
    }

    /// The text of a `thinking` block.
    pub fn as_thinking(&self) -> Option<&str> {
        match self {
            Self::Thinking(block) => Some(&block.thinking),
            _ => None,
        }
    }

    /// A `tool_use` block.
    pub fn as_tool_use(&self) -> Option<&ToolUseBlock> {
        match self {
            Self::ToolUse(block) => Some(block),
            _ => None,
        }
    }

    /// A `tool_result` block.
    pub fn as_tool_result(&self) -> Option<&ToolResultBlock> {
        match self {
            Self::ToolResult(block) => Some(block),
            _ => None,
        }
    }
}

impl ToolResultBlock {
    /// The content as text: the string, or the text blocks of the array, one per line. Empty when
    /// there is neither.
    pub fn text(&self) -> Cow<'_, str> {
        let Some(content) = &self.content else { return Cow::Borrowed("") };
        content.as_str().unwrap_or_else(|| {
            let blocks = self.blocks();
            let texts: Vec<_> = blocks.iter().filter_map(ContentBlock::as_text).collect();
            Cow::Owned(texts.join("\n"))
        })
    }

    /// The content as blocks; a string reads as one text block.
    pub fn blocks(&self) -> Vec<ContentBlock> {
        let Some(content) = &self.content else { return Vec::new() };
        ContentBlock::decode_list(&mut content.cursor().reader(), &At::Root, &mut Sink::default())
            .unwrap_or_default()
    }
}

impl Decode for ContentBlock {
    const EXPECTED: &'static str = "a content block";

    /// Never `None`: an unreadable block keeps its place in the message.
    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        let start = reader.position();
        if reader.kind() != Kind::Object {
            sink.wrong::<()>(at, "an object", reader);
            return Some(Self::Invalid(reader.since(start)));
        }
        let Some(block) = Tagged::of(reader, at, sink) else {
            return Some(Self::Invalid(reader.skip().raw()));
        };
        if let Some(known) = Self::known(&block, reader, at, sink) {
            return Some(known);
        }
        if block.name().ends_with("_tool_result") {
            return Decode::decode(reader, at, sink).map(Self::ServerToolResult);
        }
        sink.unknown_word(&at.key("type"), block.name());
        let raw = reader.skip().raw();
        Some(Self::Unknown(UnknownBlock { block_type: block.name().into(), raw }))
    }

    fn declare(at: &str, shape: &mut Shape) {
        Self::declare_known(at, shape);
        for kind in SERVER_TOOL_RESULTS {
            shape.add_word(&member(at, "type"), kind);
        }
        ServerToolResultBlock::declare(at, shape);
    }

    /// A bare string violates the contract, but its text is readable: it counts as one text block.
    fn decode_list(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Vec<Self>> {
        let mut ahead = reader.clone();
        match reader.kind() {
            Kind::Array => decode_items(reader, at, sink),
            Kind::String => {
                let text = ahead.string().unwrap_or_default().into_owned();
                let raw = reader.clone().skip().raw();
                sink.wrong::<()>(at, "an array", reader);
                Some(vec![Self::Text(TextBlock { text, raw, ..TextBlock::default() })])
            }
            _ => sink.wrong(at, "an array", reader),
        }
    }
}
