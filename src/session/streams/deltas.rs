//! The pieces of a reply while it is written, and what to do if it starts over.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;

/// A piece of a reply while it is written.
///
/// Every piece names its block by the block's index in the reply of the turn, counted from 0 over
/// all messages of the main thread. Blocks without pieces (`redacted_thinking`, results of server
/// tools) have an index, too. Everything from [`Restart`](Self::Restart) on is void, so a reader
/// with a list of blocks truncates it there and continues:
///
/// ```
/// use claude_wire::session::ContentDelta;
///
/// fn show(blocks: &mut Vec<String>, delta: ContentDelta) {
///     if let ContentDelta::Restart { index } = delta {
///         return blocks.truncate(index);
///     }
///     blocks.resize(blocks.len().max(delta.index() + 1), String::new());
///     match delta {
///         ContentDelta::Text { index, text } => blocks[index].push_str(&text),
///         ContentDelta::InputJson { index, partial_json, .. } => blocks[index].push_str(&partial_json),
///         _ => {}
///     }
/// }
///
/// let mut blocks = Vec::new();
/// for text in ["Hel", "lo wor"] {
///     show(&mut blocks, ContentDelta::Text { index: 0, text: text.into() });
/// }
/// show(&mut blocks, ContentDelta::Restart { index: 0 });
/// show(&mut blocks, ContentDelta::Text { index: 0, text: "Hello".into() });
/// assert_eq!(blocks, ["Hello"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentDelta {
    /// A piece of text.
    Text {
        /// The block.
        index: usize,
        /// The piece.
        text: String,
    },
    /// A piece of thinking.
    Thinking {
        /// The block.
        index: usize,
        /// The piece.
        thinking: String,
    },
    /// A tool call begins. Its input follows.
    ToolUse {
        /// The block.
        index: usize,
        /// The id of the call; empty if the CLI has not named it yet.
        tool_use_id: String,
        /// The tool, such as `Bash` or `mcp__server__tool`.
        name: String,
    },
    /// A piece of a tool's input. All pieces of a block together are JSON: `{}` for no input.
    InputJson {
        /// The block.
        index: usize,
        /// The call.
        tool_use_id: String,
        /// The piece: JSON text, not complete by itself.
        partial_json: String,
    },
    /// A block is complete. Comes again if its whole block turns out to have more than its pieces.
    BlockStop {
        /// The block.
        index: usize,
    },
    /// The reply starts over: all blocks from this one on are void, and may come again.
    ///
    /// This happens if the API's stream breaks off and the CLI repeats the call, or if the CLI
    /// withdraws a message.
    Restart {
        /// The first void block.
        index: usize,
    },
}

impl ContentDelta {
    /// Returns the index of the block in the reply of the turn, from 0.
    pub fn index(&self) -> usize {
        match self {
            Self::Text { index, .. }
            | Self::Thinking { index, .. }
            | Self::ToolUse { index, .. }
            | Self::InputJson { index, .. }
            | Self::BlockStop { index }
            | Self::Restart { index } => *index,
        }
    }

    /// Adds a delta to the previous ones; those that a restart makes void are removed. The restart is
    /// kept if its reader has deltas that are not in the list.
    pub(super) fn gather(all: &mut Vec<Self>, delta: Self, is_rest: bool) {
        if let Self::Restart { index } = delta {
            all.retain(|delta| delta.index() < index);
            if !is_rest {
                return;
            }
        }
        all.push(delta);
    }
}

/// A piece of text. It dereferences to the text that it adds.
///
/// In most cases it only adds text. But a reply may start over, if the API's stream breaks off and
/// the CLI repeats the call, or withdraws a message: then the next piece says how much of the
/// previous text is kept ([`starts_over_at`](Self::starts_over_at)). That piece may be empty.
/// [`apply_to`](Self::apply_to) handles both cases:
///
/// ```
/// use claude_wire::{Scenario, Session, reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let session = Session::builder().transport(Scenario::new().on_prompt("Hello", reply().text("Hi!"))).start()?;
/// let mut shown = String::new();
/// let mut text = session.query("Hello").text_deltas();
/// while let Some(piece) = text.next().await {
///     piece?.apply_to(&mut shown);
///     // Show `shown` again, or only the piece if it does not start over.
/// }
/// assert_eq!(shown, "Hi!");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct TextPiece {
    text: String,
    starts_over_at: Option<usize>,
    /// How many bytes at the end of all previous text are void.
    void: usize,
}

impl TextPiece {
    /// Returns the text that it adds.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// If the reply starts over with this piece, returns how much of the text of all previous
    /// pieces is kept, in bytes, always at a character boundary. The rest is void. `None` if all of
    /// it is kept.
    pub fn starts_over_at(&self) -> Option<usize> {
        self.starts_over_at
    }

    /// Updates a text that consists of all previous pieces.
    pub fn apply_to(&self, shown: &mut String) {
        if let Some(stays) = self.starts_over_at.filter(|stays| *stays < shown.len()) {
            let is_boundary = |at: &usize| shown.is_char_boundary(*at);
            shown.truncate((0..=stays).rev().find(is_boundary).unwrap_or(0));
        }
        shown.push_str(&self.text);
    }

    /// Adds a piece to the previous ones; void text is removed. If the void text begins in pieces that
    /// are not in the list, because its reader took them before, the first piece says so.
    pub(super) fn gather(all: &mut Vec<Self>, mut piece: Self, _is_rest: bool) {
        let mut excess = std::mem::take(&mut piece.void);
        let starts_over_at = piece.starts_over_at.take();
        while let Some(last) = all.last_mut().filter(|_| excess > 0) {
            let left = last.text.len().saturating_sub(excess);
            excess -= last.text.len() - left;
            last.text.truncate(left);
            if left == 0 {
                piece.starts_over_at = all.pop().and_then(|last| last.starts_over_at);
            }
        }
        if excess > 0 {
            piece.starts_over_at = starts_over_at;
        }
        if !piece.text.is_empty() || piece.starts_over_at.is_some() {
            all.push(piece);
        }
    }
}

impl Deref for TextPiece {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for TextPiece {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl From<TextPiece> for String {
    fn from(piece: TextPiece) -> Self {
        piece.text
    }
}

/// The text that it adds.
impl fmt::Display for TextPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Shown as a string, with what is kept if the reply starts over.
impl fmt::Debug for TextPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.starts_over_at {
            None => fmt::Debug::fmt(&self.text, f),
            Some(stays) => write!(f, "(starts over at {stays}) {:?}", self.text),
        }
    }
}

/// Equal to a text if it only adds that text.
impl PartialEq<str> for TextPiece {
    fn eq(&self, text: &str) -> bool {
        self.starts_over_at.is_none() && self.text == text
    }
}

impl PartialEq<&str> for TextPiece {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

impl PartialEq<String> for TextPiece {
    fn eq(&self, text: &String) -> bool {
        self == text.as_str()
    }
}

/// The texts, or the thinking, of a reply as one text.
#[derive(Default)]
pub(super) struct Line {
    /// The length of each block in bytes.
    lengths: Vec<usize>,
    /// How many bytes are void since the last piece.
    void: usize,
}

impl Line {
    /// Applies all deltas; `text` selects the relevant ones.
    pub(super) fn take(
        &mut self,
        deltas: &mut VecDeque<ContentDelta>,
        text: fn(ContentDelta) -> Option<String>,
        ready: &mut VecDeque<TextPiece>,
    ) {
        for delta in deltas.drain(..) {
            let index = delta.index();
            if let ContentDelta::Restart { .. } = delta {
                self.void += self.lengths.drain(self.lengths.len().min(index)..).sum::<usize>();
            } else if let Some(text) = text(delta) {
                let piece = self.piece(text);
                self.lengths.resize(self.lengths.len().max(index + 1), 0);
                self.lengths[index] += piece.text.len();
                ready.push_back(piece);
            }
        }
        // Void text must not be shown until something replaces it.
        if self.void > 0 {
            ready.push_back(self.piece(String::new()));
        }
    }

    /// A piece that comes after all text that is kept.
    fn piece(&mut self, text: String) -> TextPiece {
        let void = std::mem::take(&mut self.void);
        let starts_over_at = (void > 0).then(|| self.lengths.iter().sum());
        TextPiece { text, starts_over_at, void }
    }
}
