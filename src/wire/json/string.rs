//! The text of a JSON string, with the odd cases degraded and never refused.

use std::borrow::Cow;

use super::run::plain_end;
use super::skip::skip_string;

/// Decodes the content of a scanned JSON string (without its quotes).
///
/// A lone surrogate escape and a byte that is not UTF-8 each become U+FFFD.
pub(super) fn unescape(content: &[u8]) -> Cow<'_, str> {
    match memchr::memchr(b'\\', content) {
        Some(_) => decode(content, 0).0,
        None => lossy(content),
    }
}

/// Decodes the string of a scanned line whose content starts at `start`; also tells where the content ends: at its closing quote.
#[inline]
pub(super) fn decode(line: &[u8], start: usize) -> (Cow<'_, str>, usize) {
    let end = plain_end(line, start);
    match line.get(end) {
        Some(b'"') => (lossy(&line[start..end]), end),
        _ => decode_escaped(line, start, end.min(line.len())),
    }
}

#[inline(never)]
fn decode_escaped(line: &[u8], start: usize, first: usize) -> (Cow<'_, str>, usize) {
    // An escape is never shorter than what it stands for: one allocation, even for megabytes.
    let mut text = Vec::with_capacity(skip_string(line, first).saturating_sub(start));
    let mut from = start;
    let mut end = first;
    loop {
        match line.get(end) {
            Some(b'\\') => {
                text.extend_from_slice(&line[from..end]);
                from = (end + escape(&line[end..], &mut text)).min(line.len());
                end = from;
            }
            None | Some(b'"') => break,
            // A control byte cannot stand in a scanned string; it is copied as it is.
            Some(_) => end += 1,
        }
        end = plain_end(line, end);
    }
    text.extend_from_slice(&line[from..end]);
    // An escape stands for a whole character: the bytes around it are good or bad as they were before.
    let text = String::from_utf8(text).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned());
    (Cow::Owned(text), end)
}

#[inline]
fn lossy(content: &[u8]) -> Cow<'_, str> {
    // The check alone is faster than the replacement, and nearly every string passes it.
    std::str::from_utf8(content).map_or_else(|_| String::from_utf8_lossy(content), Cow::Borrowed)
}

/// Writes the character that the escape at the start of `content` stands for, and tells how many bytes the escape takes.
fn escape(content: &[u8], text: &mut Vec<u8>) -> usize {
    let byte = match content.get(1) {
        Some(b'b') => 0x8,
        Some(b'f') => 0xc,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => {
            let (char, used) = unicode(content);
            text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
            return used;
        }
        // A quote, a backslash or a slash: the scan has seen to that.
        Some(&other) => other,
        None => b'\\',
    };
    text.push(byte);
    2
}

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
    use super::*;
    use proptest::prelude::*;

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
        // An escape between two halves of a character does not join them, nor does a bad byte eat an escape.
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
