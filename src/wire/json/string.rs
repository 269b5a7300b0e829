//! The text of a JSON string, with the odd cases degraded and never refused.

use std::borrow::Cow;

/// Decodes the content of a scanned JSON string (without its quotes).
///
/// A lone surrogate escape and a byte that is not UTF-8 each become U+FFFD.
pub(super) fn unescape(content: &[u8]) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', content) else {
        return String::from_utf8_lossy(content);
    };
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    let mut next = Some(first);
    while let Some(at) = next {
        text.push_str(&String::from_utf8_lossy(&rest[..at]));
        let (char, used) = escape(&rest[at..]);
        text.push(char);
        rest = &rest[(at + used).min(rest.len())..];
        next = memchr::memchr(b'\\', rest);
    }
    text.push_str(&String::from_utf8_lossy(rest));
    Cow::Owned(text)
}

/// The character that the escape at the start of `text` stands for, and how many bytes it takes.
fn escape(text: &[u8]) -> (char, usize) {
    let char = match text.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(text),
        Some(&other) => char::from(other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (char, 2)
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
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&json.as_bytes()[1..json.len() - 1]), text);
        }
    }
}
