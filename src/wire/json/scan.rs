//! A strict, iterative scan over one JSON value: no recursion, no allocation up to 64 levels.

use std::ops::Range;

use super::skip::{plain_end, skip_space};

/// Where and why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text ended inside a value.
    End,
    /// The byte at this offset is not allowed here.
    Byte(usize),
}

/// The end of the JSON value that starts at or after `at` (leading white space is allowed).
pub(crate) fn value_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    let at = skip_space(text, at);
    match text.get(at) {
        Some(b'"') => string_end(text, at + 1),
        Some(b'{' | b'[') => container_end(text, at),
        Some(b't') => literal_end(text, at, b"true"),
        Some(b'f') => literal_end(text, at, b"false"),
        Some(b'n') => literal_end(text, at, b"null"),
        Some(b'-' | b'0'..=b'9') => number_end(text, at),
        Some(_) => Err(Fault::Byte(at)),
        None => Err(Fault::End),
    }
}

/// The end of the object or array at `at`, with everything in it.
fn container_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    walk(text, at, |_, _| {})
}

/// The end of the object at `at`. Calls `member` for each of its members, with the span of the
/// key, without quotes, and of the value.
pub(crate) fn object_end(
    text: &[u8],
    at: usize,
    member: impl FnMut(Range<usize>, Range<usize>),
) -> Result<usize, Fault> {
    match text.get(at) {
        Some(b'{') => walk(text, at, member),
        Some(_) => Err(Fault::Byte(at)),
        None => Err(Fault::End),
    }
}

/// The end of the value at `at`. Calls `member` for the members of the outermost object.
#[inline]
fn walk(
    text: &[u8],
    at: usize,
    mut member: impl FnMut(Range<usize>, Range<usize>),
) -> Result<usize, Fault> {
    let mut open = Nesting::default();
    let mut at = at;
    let mut before_key = false;
    let mut key = 0..0;
    let mut value = at;
    loop {
        if before_key {
            let end = key_string_end(text, at)?;
            let colon = skip_space(text, end);
            match text.get(colon) {
                Some(b':') => {}
                Some(_) => return Err(Fault::Byte(colon)),
                None => return Err(Fault::End),
            }
            let start = skip_space(text, colon + 1);
            if open.depth == 1 {
                key = at + 1..end - 1;
                value = start;
            }
            at = start;
        }
        match text.get(at) {
            Some(b'"') => at = string_end(text, at + 1)?,
            Some(b'{') => {
                at = skip_space(text, at + 1);
                if text.get(at) == Some(&b'}') {
                    at += 1;
                } else {
                    open.push(true);
                    before_key = true;
                    continue;
                }
            }
            Some(b'[') => {
                at = skip_space(text, at + 1);
                if text.get(at) == Some(&b']') {
                    at += 1;
                } else {
                    open.push(false);
                    before_key = false;
                    continue;
                }
            }
            Some(b't') => at = literal_end(text, at, b"true")?,
            Some(b'f') => at = literal_end(text, at, b"false")?,
            Some(b'n') => at = literal_end(text, at, b"null")?,
            Some(b'-' | b'0'..=b'9') => at = number_end(text, at)?,
            Some(_) => return Err(Fault::Byte(at)),
            None => return Err(Fault::End),
        }
        // A value ended at `at`: close its containers, or go on to the next value.
        loop {
            if open.depth == 0 {
                return Ok(at);
            }
            let in_object = open.is_object();
            if open.depth == 1 && in_object {
                member(key.clone(), value..at);
            }
            at = skip_space(text, at);
            match text.get(at) {
                Some(b',') => {
                    at = skip_space(text, at + 1);
                    before_key = in_object;
                    break;
                }
                Some(b'}') if in_object => {}
                Some(b']') if !in_object => {}
                Some(_) => return Err(Fault::Byte(at)),
                None => return Err(Fault::End),
            }
            open.pop();
            at += 1;
        }
    }
}

/// The offset after the closing quote of the key that starts at `at`.
#[inline]
fn key_string_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    match text.get(at) {
        Some(b'"') => string_end(text, at + 1),
        Some(_) => Err(Fault::Byte(at)),
        None => Err(Fault::End),
    }
}

/// The offset after the closing quote of the string whose content starts at `at`.
#[inline]
pub(crate) fn string_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    let end = plain_end(text, at);
    if text.get(end) == Some(&b'"') { Ok(end + 1) } else { escaped_string_end(text, end) }
}

#[inline(never)]
fn escaped_string_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = at;
    loop {
        at = plain_end(text, at);
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape_end(text, at)?,
            Some(_) => return Err(Fault::Byte(at)),
            None => return Err(Fault::End),
        }
    }
}

#[inline]
fn escape_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    match text.get(at + 1) {
        Some(byte) if SHORT_ESCAPES[usize::from(*byte)] => Ok(at + 2),
        Some(b'u') => unicode_escape_end(text, at + 2),
        Some(_) => Err(Fault::Byte(at + 1)),
        None => Err(Fault::End),
    }
}

/// What may follow a backslash, except `u`; a table, because a branch for each letter is hard to
/// predict.
const SHORT_ESCAPES: [bool; 256] = {
    let mut table = [false; 256];
    let letters = b"\"\\/bfnrt";
    let mut index = 0;
    while index < letters.len() {
        table[letters[index] as usize] = true;
        index += 1;
    }
    table
};

#[inline(never)]
fn unicode_escape_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    for digit in at..at + 4 {
        match text.get(digit) {
            Some(byte) if byte.is_ascii_hexdigit() => {}
            Some(_) => return Err(Fault::Byte(digit)),
            None => return Err(Fault::End),
        }
    }
    Ok(at + 4)
}

fn literal_end(text: &[u8], at: usize, word: &[u8]) -> Result<usize, Fault> {
    for (index, expected) in word.iter().enumerate() {
        match text.get(at + index) {
            Some(byte) if byte == expected => {}
            Some(_) => return Err(Fault::Byte(at + index)),
            None => return Err(Fault::End),
        }
    }
    Ok(at + word.len())
}

fn number_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    let mut at = at + usize::from(text.get(at) == Some(&b'-'));
    at = match text.get(at) {
        Some(b'0') => at + 1,
        _ => digits_end(text, at)?,
    };
    if text.get(at) == Some(&b'.') {
        at = digits_end(text, at + 1)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at = digits_end(text, at + 1 + sign)?;
    }
    match text.get(at) {
        // A leading zero: `01` is not a number, nor two numbers.
        Some(b'0'..=b'9') => Err(Fault::Byte(at)),
        _ => Ok(at),
    }
}

fn digits_end(text: &[u8], at: usize) -> Result<usize, Fault> {
    let digits =
        text.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (digits, text.get(at)) {
        (0, Some(_)) => Err(Fault::Byte(at)),
        (0, None) => Err(Fault::End),
        _ => Ok(at + digits),
    }
}

/// The open containers, one bit each, the innermost lowest: set for an object.
#[derive(Default)]
struct Nesting {
    depth: usize,
    bits: u64,
    /// The outer levels, 64 per word.
    outer: Vec<u64>,
}

impl Nesting {
    #[inline]
    fn push(&mut self, object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.bits);
        }
        self.bits = self.bits << 1 | u64::from(object);
        self.depth += 1;
    }

    #[inline]
    fn pop(&mut self) {
        self.depth -= 1;
        self.bits >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.bits = self.outer.pop().unwrap_or_default();
        }
    }

    #[inline]
    fn is_object(&self) -> bool {
        self.bits & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The reference: what `serde_json` accepts when it skips a value.
    fn reference(text: &[u8]) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
    }

    fn ours(text: &[u8]) -> bool {
        value_end(text, 0).is_ok_and(|end| skip_space(text, end) == text.len())
    }

    #[test]
    fn agrees_with_serde_json_on_a_table_of_nasty_texts() {
        for text in [
            "{}",
            "[]",
            " {} ",
            "0",
            "-0",
            "01",
            "-",
            "1.",
            "1.5e",
            "1e+5",
            "1e999",
            ".5",
            "+1",
            "NaN",
            "nul",
            "nullx",
            "true",
            "tru",
            "\"",
            "\"a",
            "\"\\ud83d\"",
            "\"\\u12\"",
            "\"\\x\"",
            "\"\u{1}\"",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{,}",
            "[1,]",
            "[1 2]",
            "{\"a\":1 \"b\":2}",
            "{\"a\":1}}",
            "[}",
            "{]",
            "{\"a\":[{}, {\"b\":[]}]}",
            "\u{feff}{}",
            "",
            " ",
            "{\"a\":1}{\"b\":2}",
            "{1:2}",
            "[\"\\\"\"]",
            "\"\u{7f}\"",
        ] {
            assert_eq!(ours(text.as_bytes()), reference(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn depth_has_no_limit() {
        for depth in [1, 63, 64, 65, 127, 128, 129, 5000] {
            let mut text = "[{\"a\":".repeat(depth);
            text.push('1');
            text.push_str(&"}]".repeat(depth));
            assert!(ours(text.as_bytes()), "{depth}");
            text.pop();
            assert_eq!(value_end(text.as_bytes(), 0), Err(Fault::End));
        }
    }

    #[test]
    fn a_fault_names_its_place() {
        assert_eq!(value_end(br#"{"a":tru}"#, 0), Err(Fault::Byte(8)));
        assert_eq!(value_end(br#"{"a":"b"#, 0), Err(Fault::End));
        assert_eq!(value_end(br#"{"a":NaN}"#, 0), Err(Fault::Byte(5)));
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_json_like_text(text in r#"[\{\}\[\],:"\\ua0-9eE+\-. tfn\x01é]{0,40}"#) {
            prop_assert_eq!(ours(text.as_bytes()), reference(text.as_bytes()));
        }

        #[test]
        fn agrees_with_serde_json_on_mutated_json(mut text in "\\PC{0,20}".prop_map(|s| serde_json::json!({"k": [s, {"n": 1.5e3, "t": [true, null]}]}).to_string().into_bytes()), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let index = at.index(text.len());
            text[index] = byte;
            prop_assert_eq!(ours(&text), reference(&text));
        }
    }
}
