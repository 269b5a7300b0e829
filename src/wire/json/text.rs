//! The bytes of a line, and what is known of them: text is checked once, and not again for every string in it.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use bytestring::ByteString;

/// The bytes of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// UTF-8, as nearly every line is.
    Good(ByteString),
    /// Bytes that are not UTF-8.
    Bad(Bytes),
}

impl Text {
    pub(crate) fn new(bytes: Bytes) -> Self {
        ByteString::try_from(bytes.clone()).map_or_else(|_| Self::Bad(bytes), Self::Good)
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        match self {
            Self::Good(text) => text.as_bytes(),
            Self::Bad(bytes) => bytes,
        }
    }

    pub(crate) fn is_utf8(&self) -> bool {
        matches!(self, Self::Good(_))
    }

    pub(crate) fn lossy(&self) -> Cow<'_, str> {
        match self {
            Self::Good(text) => Cow::Borrowed(text),
            Self::Bad(bytes) => String::from_utf8_lossy(bytes),
        }
    }

    /// A part of the line; checked anew, so it is not for every line.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        Self::new(self.bytes().slice(range))
    }

    pub(crate) fn source(&self) -> Source<'_> {
        match self {
            Self::Good(text) => Source { bytes: text.as_bytes(), text: Some(text) },
            Self::Bad(bytes) => Source { bytes, text: None },
        }
    }
}

/// What strings are read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    bytes: &'a Bytes,
    /// The same bytes, where they are known to be text.
    text: Option<&'a str>,
}

impl<'a> Source<'a> {
    #[inline]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// A part of the line, which it keeps alive.
    pub(super) fn slice(&self, range: Range<usize>) -> Bytes {
        self.bytes.slice(range)
    }

    /// A part as text; bytes that are not UTF-8 read as U+FFFD.
    #[inline]
    pub(super) fn text(&self, range: Range<usize>) -> Cow<'a, str> {
        match self.text.and_then(|text| text.get(range.clone())) {
            Some(text) => Cow::Borrowed(text),
            None => lossy(self.bytes.get(range).unwrap_or_default()),
        }
    }
}

/// Bytes of which nothing is known yet.
impl<'a> From<&'a Bytes> for Source<'a> {
    fn from(bytes: &'a Bytes) -> Self {
        Self { bytes, text: None }
    }
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // The check alone is faster than the replacement, and nearly every string passes it.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
