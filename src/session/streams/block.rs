//! One block of a reply.

use serde_json::Value;

use super::deltas::ContentDelta;
use crate::wire::{ContentBlock, RawJson};

/// One block of a reply, and what is known about it so far.
pub(super) struct Block {
    /// The message to which it belongs, if the CLI names it.
    pub(super) message: Option<String>,
    /// The stream in which it came; `None` if only the whole block came.
    pub(super) stream: Option<u64>,
    /// Its index in the message, as counted by the stream.
    pub(super) place: u64,
    pub(super) kind: Kind,
    /// Its text, its thinking, or its input as JSON text, received so far.
    pub(super) text: String,
    pub(super) state: State,
    /// Whether it began with a `content_block_start`.
    pub(super) announced: bool,
    /// Whether its `content_block_stop` has come.
    pub(super) closed: bool,
    /// Whether its end was reported.
    pub(super) stopped: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thinking,
    Tool { id: String, name: String },
    Other,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Streamed, and not confirmed yet.
    Open,
    /// Confirmed by a message with this uuid.
    Whole(Option<String>),
    /// Streamed, and apparently abandoned. It may come back.
    Void,
    /// Streamed again, or abandoned or withdrawn by the CLI.
    Gone,
}

impl Block {
    pub(super) fn is_unconfirmed(&self) -> bool {
        matches!(self.state, State::Open | State::Void)
    }

    /// Whether it is part of the reply.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, State::Open | State::Whole(_))
    }

    /// Whether the reader has seen any of it.
    pub(super) fn is_shown(&self) -> bool {
        self.is_live() && (self.stopped || self.kind.is_tool() || !self.text.is_empty())
    }

    /// All of it, received so far.
    pub(super) fn deltas(&self, index: usize) -> impl Iterator<Item = ContentDelta> {
        let start = match &self.kind {
            Kind::Tool { id, name } => {
                let (tool_use_id, name) = (id.clone(), name.clone());
                Some(ContentDelta::ToolUse { index, tool_use_id, name })
            }
            _ => None,
        };
        let stop = self.stopped.then_some(ContentDelta::BlockStop { index });
        start.into_iter().chain(self.kind.delta(index, &self.text)).chain(stop)
    }
}

impl Kind {
    pub(super) fn of(block: &ContentBlock) -> Self {
        match block {
            ContentBlock::Text(_) => Self::Text,
            ContentBlock::Thinking(_) => Self::Thinking,
            ContentBlock::ToolUse(call) => {
                Self::Tool { id: call.id.clone(), name: call.name.clone() }
            }
            ContentBlock::ServerToolUse(call) => {
                Self::Tool { id: call.id.clone(), name: call.name.clone() }
            }
            _ => Self::Other,
        }
    }

    /// A tool call of which only a piece of its input has come.
    pub(super) fn unnamed_tool() -> Self {
        Self::Tool { id: String::new(), name: String::new() }
    }

    pub(super) fn is_tool(&self) -> bool {
        matches!(self, Self::Tool { .. })
    }

    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The delta of a piece, if there is anything to report.
    pub(super) fn delta(&self, index: usize, piece: &str) -> Option<ContentDelta> {
        if piece.is_empty() {
            return None;
        }
        let piece = piece.to_owned();
        match self {
            Self::Text => Some(ContentDelta::Text { index, text: piece }),
            Self::Thinking => Some(ContentDelta::Thinking { index, thinking: piece }),
            Self::Tool { id, .. } => {
                let tool_use_id = id.clone();
                Some(ContentDelta::InputJson { index, tool_use_id, partial_json: piece })
            }
            Self::Other => None,
        }
    }
}

/// The input of a tool call that has none. No piece of it is streamed.
pub(super) const NO_INPUT: &str = "{}";

/// The text of a whole block, as its pieces would give it.
pub(super) fn text_of(block: &ContentBlock) -> String {
    let input = match block {
        ContentBlock::Text(block) => return block.text.clone(),
        ContentBlock::Thinking(block) => return block.thinking.clone(),
        ContentBlock::ToolUse(call) => &call.input,
        ContentBlock::ServerToolUse(call) => &call.input,
        _ => return String::new(),
    };
    input.as_ref().map_or_else(|| NO_INPUT.into(), |input: &RawJson| input.text().into_owned())
}

/// What the whole block adds to its pieces; `None` if they do not match.
pub(super) fn beyond<'a>(kind: &Kind, pieces: &str, whole: &'a str) -> Option<&'a str> {
    whole.strip_prefix(pieces).or_else(|| {
        // The CLI does not write an input exactly like its pieces: the spaces differ.
        let value = |text: &str| serde_json::from_str::<Value>(text).ok();
        (kind.is_tool() && value(pieces)? == value(whole)?).then_some("")
    })
}
