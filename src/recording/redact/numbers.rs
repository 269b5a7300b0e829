//! The placeholders, and which number stands for which text.

use std::collections::HashMap;
use std::ops::Range;

/// The kinds of what is found: those of placeholders, and what has none.
pub(super) const FINDINGS: [&str; 11] = [
    "key",
    "token",
    "secret",
    "email",
    "organization",
    "account",
    "user",
    "host",
    "signature",
    "text",
    RANDOM,
];

/// The kind of what is told of and not replaced.
pub(super) const RANDOM: &str = "random";

/// The kinds of placeholders: `<key:1>`, `<token:1>`, and so on.
const KINDS: &[&str] = {
    let [kinds @ .., _] = &FINDINGS;
    kinds
};

/// The same text has the same placeholder, throughout a recording.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    given: HashMap<Vec<u8>, (&'static str, u64)>,
    last: HashMap<&'static str, u64>,
}

impl Numbers {
    /// Goes on after the numbers that stand in a text already.
    pub(super) fn take_in(&mut self, text: &[u8]) {
        for (kind, number, _) in placeholders(text) {
            let last = self.last.entry(kind).or_default();
            *last = number.max(*last);
        }
    }

    /// The placeholder for a text; the kind is the one under which it was first seen.
    pub(super) fn placeholder(
        &mut self,
        kind: &'static str,
        text: &[u8],
    ) -> (&'static str, String) {
        let last = &mut self.last;
        let (kind, number) = *self.given.entry(text.to_vec()).or_insert_with(|| {
            let last = last.entry(kind).or_default();
            *last += 1;
            (kind, *last)
        });
        (kind, format!("<{kind}:{number}>"))
    }
}

/// Whether a text is a placeholder and nothing else.
pub(crate) fn is_placeholder(text: &[u8]) -> bool {
    text.first() == Some(&b'<')
        && placeholders(text).next().is_some_and(|(_, _, place)| place == (0..text.len()))
}

/// The length of a text without placeholders.
pub(super) fn own_length(text: &[u8]) -> usize {
    text.len() - placeholders(text).map(|(_, _, place)| place.len()).sum::<usize>()
}

pub(super) fn placeholders(
    text: &[u8],
) -> impl Iterator<Item = (&'static str, u64, Range<usize>)> + '_ {
    memchr::memchr_iter(b'<', text).filter_map(|at| {
        let rest = &text[at + 1..];
        let kind = KINDS.iter().copied().find(|kind| {
            rest.starts_with(kind.as_bytes()) && rest.get(kind.len()) == Some(&b':')
        })?;
        let digits = &rest[kind.len() + 1..];
        let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
        // A number that is too long is no number of ours, but a placeholder to look at.
        let number = std::str::from_utf8(&digits[..end]).ok()?.parse::<u32>().map_or(0, u64::from);
        (end > 0 && digits[end] == b'>').then_some((kind, number, at..at + kind.len() + end + 3))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_markup() {
        assert!(is_placeholder(b"<key:1>") && is_placeholder(b"<text:99999999999999999999>"));
        assert!(is_placeholder(b"<organization:12>"));
        for text in [
            "",
            "<key:1",
            "<key:>",
            "<b:1>",
            "<key:1> ",
            " <key:1>",
            "<key:1><key:2>",
            "<key:1x>",
            "<a<key:1>",
            "<odd:1>",
        ] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
        assert_eq!(own_length(b"a<key:1>b<email:22><i>"), 5);
    }

    #[test]
    fn numbers_go_on_and_one_text_has_one() {
        let mut numbers = Numbers::default();
        numbers.take_in(b"<key:7><key:3> <key:99999999999999999999>");
        assert_eq!(numbers.placeholder("key", b"a"), ("key", "<key:8>".to_owned()));
        assert_eq!(numbers.placeholder("token", b"a").1, "<key:8>");
        assert_eq!(numbers.placeholder("token", b"b").1, "<token:1>");
    }
}
