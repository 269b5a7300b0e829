//! The items of the line codec.

use std::borrow::Cow;

use bytes::Bytes;

use super::json::Text;

/// One item of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A line within the limit, or the tail of the stream.
    Line(Line),
    /// A line over the limit; its bytes were dropped.
    TooLong(TooLong),
}

/// A line: its bytes, and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    text: Text,
    offset: u64,
    len: usize,
    terminated: bool,
}

impl Line {
    pub(crate) fn cut(text: Text, offset: u64, len: usize, terminated: bool) -> Self {
        Self { text, offset, len, terminated }
    }

    /// A separate terminated line, as if at the start of a stream.
    ///
    /// ```
    /// use claude_wire::wire::{Line, Outcome, classify};
    ///
    /// assert!(matches!(classify(Line::new(r#"{"type":"keep_alive"}"#)), Outcome::Control(_)));
    /// ```
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { offset: 0, len: bytes.len() + 1, terminated: true, text: Text::new(bytes) }
    }

    /// The bytes without the newline, and without a carriage return before the newline.
    pub fn bytes(&self) -> &Bytes {
        self.text.bytes()
    }

    pub(crate) fn as_text(&self) -> &Text {
        &self.text
    }

    pub(crate) fn into_text(self) -> Text {
        self.text
    }

    /// The text; bytes that are not UTF-8 read as U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        self.text.lossy()
    }

    /// The offset of the line, in bytes from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes of the stream the line took, its newline (and carriage return) included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if the line has no content.
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// True if every byte belongs to valid UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.text.is_utf8()
    }

    /// False for the tail of a stream that ended without a newline.
    pub fn is_terminated(&self) -> bool {
        self.terminated
    }
}

/// A line over the codec's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    offset: u64,
    len: u64,
    terminated: bool,
}

impl TooLong {
    pub(crate) fn new(offset: u64, len: u64, terminated: bool) -> Self {
        Self { offset, len, terminated }
    }

    /// The offset of the line, in bytes from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The length of the line in bytes, without its newline.
    #[expect(clippy::len_without_is_empty, reason = "an over-long line is never empty")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// False if the stream ended inside the line.
    pub fn is_terminated(&self) -> bool {
        self.terminated
    }
}
