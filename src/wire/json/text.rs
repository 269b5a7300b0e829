//! The text of a line and of the strings in it. A line is checked for UTF-8 once; invalid text is
//! replaced and never refused.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use bytestring::ByteString;

use super::skip::{plain_end, skip_escaped_string};

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

    /// A part of the line. It is checked again, so do not use it for every line.
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

/// The source of strings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    bytes: &'a Bytes,
    /// The same bytes, if they are known to be text.
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

/// Bytes that have not been checked yet.
impl<'a> From<&'a Bytes> for Source<'a> {
    fn from(bytes: &'a Bytes) -> Self {
        Self { bytes, text: None }
    }
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    // The check alone is faster than the replacement, and nearly every string passes it.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Decodes the string of a scanned line whose content starts at `start`. Also returns where the
/// content ends: at its closing quote.
///
/// A lone surrogate escape and a byte that is not UTF-8 each become U+FFFD.
#[inline]
pub(super) fn decode(line: Source<'_>, start: usize) -> (Cow<'_, str>, usize) {
    let start = start.min(line.bytes().len());
    let end = plain_end(line.bytes(), start);
    match line.bytes().get(end) {
        Some(b'"') => (line.text(start..end), end),
        _ => decode_escaped(line, start, end),
    }
}

#[inline(never)]
fn decode_escaped(line: Source<'_>, start: usize, first: usize) -> (Cow<'_, str>, usize) {
    let behind = skip_escaped_string(line.bytes(), first);
    let closed = behind > first && line.bytes().get(behind - 1) == Some(&b'"');
    let end = behind - usize::from(closed);
    // Replacing bytes that are not UTF-8 does not change any escape.
    (Cow::Owned(unescape(&line.text(start..end))), end)
}

fn unescape(content: &str) -> String {
    // An escape is never shorter than its character: one allocation, even for megabytes.
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    while let Some((run, escape)) =
        memchr::memchr(b'\\', rest.as_bytes()).and_then(|at| rest.split_at_checked(at))
    {
        let (char, used) = escaped(escape.as_bytes());
        text.push_str(run);
        text.push(char);
        rest = escape.get(used..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// The character of the escape at the start of `content`, and the length of the escape in bytes.
#[inline]
fn escaped(content: &[u8]) -> (char, usize) {
    match content.get(1) {
        Some(b'n') => ('\n', 2),
        Some(b'u') => unicode(content),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        // A quote, a backslash or a slash: the scan has checked that.
        Some(&other) => (char::from(other), 2),
        None => ('\\', 1),
    }
}

#[inline(never)]
fn unicode(text: &[u8]) -> (char, usize) {
    let high = hex(text, 2);
    let low = if text.get(6..8) == Some(b"\\u") { hex(text, 8) } else { 0 };
    if let (0xd800..=0xdbff, 0xdc00..=0xdfff) = (high, low) {
        let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

fn hex(text: &[u8], at: usize) -> u32 {
    let digits = text.get(at..at + 4).unwrap_or_default();
    digits.iter().fold(0, |code, &digit| code * 16 + char::from(digit).to_digit(16).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    /// The text of this content, both if the line is known to be UTF-8 and if not.
    fn unescape(content: &[u8]) -> String {
        let line = Bytes::from([b"\"", content, b"\","].concat());
        let (text, end) = decode(Source::from(&line), 1);
        assert_eq!(end, content.len() + 1);
        assert_eq!(decode(Text::new(line.clone()).source(), 1), (text.clone(), end));
        text.into_owned()
    }

    #[test]
    fn lone_surrogates_become_the_replacement_character() {
        assert_eq!(unescape(br"cut \ud83d"), "cut \u{fffd}");
        assert_eq!(unescape(br"\ud83dx\ude00"), "\u{fffd}x\u{fffd}");
        assert_eq!(unescape(br"\ud83d\ud83d\ude00!"), "\u{fffd}\u{1f600}!");
        assert_eq!(unescape(br"\ud83d\u0041"), "\u{fffd}A");
    }

    #[test]
    fn a_bad_byte_becomes_the_replacement_character() {
        assert_eq!(unescape(b"a\xffb\\n"), "a\u{fffd}b\n");
        // An escape between two halves of a character does not join them, and a bad byte does not
        // swallow an escape.
        assert_eq!(unescape(b"\xe2\x82\\n\xac"), "\u{fffd}\n\u{fffd}");
        assert_eq!(unescape(b"\xe2\\u00ac\x82"), "\u{fffd}\u{ac}\u{fffd}");
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&json.as_bytes()[1..json.len() - 1]), text);
        }
    }
}
