//! Placeholders: what replaces a secret, and how readers recognise it.
//!
//! | what | placeholder |
//! |---|---|
//! | an e-mail address | `user1@redacted.invalid` |
//! | a host | `host1.redacted.invalid` |
//! | a key with a known prefix | the prefix, `REDACTED`, the number, and `x` up to the key's length: `sk-ant-REDACTED1xxxx` |
//! | all else; in old recordings all | `<kind:1>` |
//!
//! No address or host of that name can exist (RFC 2606), and programs that check the form of an
//! address, a host or a key accept these.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use sha2::{Digest as _, Sha256};

use super::patterns::{PATTERNS, Then};
use super::text::{Text, is_word};

/// The kinds of matches: those with placeholders, and those without.
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

/// The kind of a match that is reported and not replaced.
pub(super) const RANDOM: &str = "random";

/// The kinds of placeholders: `<key:1>`, `<token:1>`, and so on.
const KINDS: &[&str] = {
    let [kinds @ .., _] = &FINDINGS;
    kinds
};

/// The end of an address or a host that is a placeholder.
const DOMAIN: &str = "redacted.invalid";
/// The mark of a placeholder inside a key.
const MARK: &str = "REDACTED";

/// Every placeholder contains one of these.
pub(super) const MARKS: [&str; 3] = ["<", MARK, DOMAIN];

/// The most texts that keep their number. Later ones get a new number each time.
const MOST: usize = 100_000;

/// Assigns placeholders; the same text has the same one throughout a recording.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// By digest: a secret is not kept longer than necessary.
    given: HashMap<[u8; 16], (&'static str, u64)>,
    last: HashMap<&'static str, u64>,
}

impl Numbers {
    /// Continues after the numbers that a text already has.
    pub(super) fn take_in(&mut self, found: impl IntoIterator<Item = Placeholder>) {
        for Placeholder { kind, number, .. } in found {
            let last = self.last.entry(kind).or_default();
            *last = number.max(*last);
        }
    }

    /// The placeholder for a text, found as it is or in another form, which has no shape to keep.
    /// The kind is the one under which the text was first seen.
    pub(super) fn placeholder(
        &mut self,
        kind: &'static str,
        text: &[u8],
        as_it_is: bool,
    ) -> (&'static str, String) {
        let digest = Sha256::digest(text);
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        let (kind, number) = self.given.get(&key).copied().unwrap_or_else(|| {
            let last = self.last.entry(kind).or_default();
            *last += 1;
            if self.given.len() < MOST {
                self.given.insert(key, (kind, *last));
            }
            (kind, *last)
        });
        (kind, if as_it_is { shaped(kind, number, text) } else { format!("<{kind}:{number}>") })
    }
}

/// The placeholder of a kind with a number, in the shape of the original.
fn shaped(kind: &str, number: u64, text: &[u8]) -> String {
    let prefix = if kind == "key" {
        key_prefixes()
            .filter(|prefix| text.starts_with(prefix.as_bytes()))
            .max_by_key(|prefix| prefix.len())
    } else {
        None
    };
    match (kind, prefix) {
        ("email", _) => format!("user{number}@{DOMAIN}"),
        ("host", _) => format!("host{number}.{DOMAIN}"),
        (_, Some(prefix)) => {
            format!("{:x<len$}", format!("{prefix}{MARK}{number}"), len = text.len())
        }
        _ => format!("<{kind}:{number}>"),
    }
}

/// How the original keys of a placeholder with this prefix begin.
fn key_prefixes() -> impl Iterator<Item = &'static str> {
    PATTERNS
        .iter()
        .filter(|row| matches!(row.then, Then::Key(_)))
        .flat_map(|row| row.anchors.iter().copied())
}

/// Whether a text begins like such a key.
pub(super) fn begins_as_key(text: &[u8]) -> bool {
    key_prefixes().any(|prefix| text.starts_with(prefix.as_bytes()))
}

/// A placeholder in a text.
#[derive(Debug, PartialEq)]
pub(super) struct Placeholder {
    pub(super) kind: &'static str,
    pub(super) number: u64,
    pub(super) range: Range<usize>,
}

/// Whether a text is a placeholder and nothing else.
pub(super) fn is_placeholder(text: &[u8]) -> bool {
    placeholders(text).next().is_some_and(|found| found.range == (0..text.len()))
}

/// The length of a text without placeholders. An escape before one is not a part of it.
pub(super) fn own_length(text: &[u8]) -> usize {
    let text = Text::new(text);
    text.len() - placeholders(text.plain()).map(|found| found.range.len()).sum::<usize>()
}

/// All placeholders of a text, in order.
pub(super) fn placeholders(text: &[u8]) -> impl Iterator<Item = Placeholder> + '_ {
    static ALL: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MARKS).ok());
    let marks = ALL.iter().flat_map(move |all| all.find_iter(text));
    marks.filter_map(|mark| placeholder_at(text, mark.pattern().as_usize(), mark.range()))
}

/// The placeholder around one of [`MARKS`], if there is one.
pub(super) fn placeholder_at(text: &[u8], mark: usize, range: Range<usize>) -> Option<Placeholder> {
    match MARKS[mark] {
        MARK if text[range.clone()] == *MARK.as_bytes() => key_at(text, range),
        DOMAIN => under_domain(text, range),
        _ => in_brackets(text, range.start),
    }
}

/// `<kind:1>`.
fn in_brackets(text: &[u8], start: usize) -> Option<Placeholder> {
    let rest = &text[start + 1..];
    let rest = if text[start] == b'<' { rest } else { return None };
    let is =
        |kind: &&&str| rest.starts_with(kind.as_bytes()) && rest.get(kind.len()) == Some(&b':');
    let kind = KINDS.iter().find(is)?;
    let digits = digits(&rest[kind.len() + 1..]);
    let end = start + kind.len() + digits.len() + 3;
    (!digits.is_empty() && text.get(end - 1) == Some(&b'>')).then(|| Placeholder {
        kind,
        number: number(digits),
        range: start..end,
    })
}

/// `sk-ant-REDACTED1xx`.
fn key_at(text: &[u8], mark: Range<usize>) -> Option<Placeholder> {
    let before = &text[..mark.start];
    let prefix =
        key_prefixes().filter(|prefix| before.ends_with(prefix.as_bytes())).map(str::len).max()?;
    let digits = digits(&text[mark.end..]);
    let end = mark.end + digits.len();
    let padded = end + text[end..].iter().take_while(|byte| **byte == b'x').count();
    let start = mark.start - prefix;
    let begins = !before[..start].last().is_some_and(|byte| is_word(*byte));
    (begins && !digits.is_empty()).then(|| Placeholder {
        kind: "key",
        number: number(digits),
        range: start..padded,
    })
}

/// `user1@redacted.invalid`, `host1.redacted.invalid`.
fn under_domain(text: &[u8], domain: Range<usize>) -> Option<Placeholder> {
    let (sign, before) = text[..domain.start].split_last()?;
    let (kind, name) = match sign {
        b'@' => ("email", &b"user"[..]),
        b'.' => ("host", &b"host"[..]),
        _ => return None,
    };
    let digits =
        before.len() - before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = before[..digits].strip_suffix(name)?;
    let is_part = |byte: &u8| is_word(*byte) || *byte == b'.';
    let goes_on = match &text[domain.end..] {
        [b'.', next, ..] => is_word(*next),
        [next, ..] => is_word(*next),
        [] => false,
    };
    let is_whole = !rest.last().is_some_and(is_part) && !goes_on && digits < before.len();
    is_whole.then(|| Placeholder {
        kind,
        number: number(&before[digits..]),
        range: rest.len()..domain.end,
    })
}

fn digits(text: &[u8]) -> &[u8] {
    &text[..text.iter().take_while(|byte| byte.is_ascii_digit()).count()]
}

/// 0 for a number that is too long for a placeholder.
fn number(digits: &[u8]) -> u64 {
    std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u32>().ok()).map_or(0, u64::from)
}

/// Whether `text` may be the original of `redacted`: the same text, where each placeholder of
/// [`scrub`](super::scrub) (`mail user1@redacted.invalid now`), or of an older version (`mail
/// <email:1> now`), matches any text that is not empty.
///
/// ```
/// use claude_wire::recording::fits_redacted;
///
/// assert!(fits_redacted("mail user1@redacted.invalid now", "mail ann@example.org now"));
/// assert!(fits_redacted("mail <email:1> now", "mail ann@example.org now"));
/// assert!(!fits_redacted("mail <email:1> now", "mail ann@example.org later"));
/// ```
pub fn fits_redacted(redacted: &str, text: &str) -> bool {
    let mut places = placeholders(redacted.as_bytes()).map(|found| found.range);
    let Some(first) = places.next() else { return redacted == text };
    let Some(mut rest) = text.strip_prefix(&redacted[..first.start]) else { return false };
    let mut literal = first.end;
    loop {
        // The placeholder matches at least one character.
        let second = rest.char_indices().nth(1).map(|(at, _)| &rest[at..]);
        let Some(after) = second.or((!rest.is_empty()).then_some("")) else { return false };
        let Some(next) = places.next() else { return after.ends_with(&redacted[literal..]) };
        let between = &redacted[literal..next.start];
        // The first match is enough: the placeholder covers what is skipped.
        let Some(at) = after.find(between) else { return false };
        rest = &after[at + between.len()..];
        literal = next.end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_differ_from_other_texts() {
        for text in [
            "<key:1>",
            "<text:99999999999999999999>",
            "<organization:12>",
            "user1@redacted.invalid",
            "host12.redacted.invalid",
            "sk-ant-REDACTED1",
            "sk-ant-api03-REDACTED22xxxxx",
            "ghp_REDACTED3xx",
        ] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
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
            "ann@redacted.invalid",
            "user@redacted.invalid",
            "xuser1@redacted.invalid",
            "user1@redacted.invalid.org",
            "user1@redacted.invalidx",
            "my.host1.redacted.invalid",
            "REDACTED1",
            "sk-ant-REDACTED",
            "sk-ant-REDACTED1y",
            "sk-ant-redacted1",
            "task-ant-REDACTED1",
            "odd-REDACTED1",
        ] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
        assert_eq!(own_length(b"a<key:1>b<email:22><i>user1@redacted.invalid."), 6);
    }

    #[test]
    fn numbers_continue_and_equal_texts_share_one() {
        let mut numbers = Numbers::default();
        let there = b"<key:7><key:3> <key:99999999999999999999> <email:2> user4@redacted.invalid sk-ant-REDACTED8x";
        numbers.take_in(placeholders(there));
        assert_eq!(numbers.placeholder("key", b"a", true), ("key", "<key:9>".to_owned()));
        assert_eq!(numbers.placeholder("token", b"a", true).1, "<key:9>");
        assert_eq!(numbers.placeholder("token", b"b", true).1, "<token:1>");
        assert_eq!(numbers.placeholder("email", b"ann@x.io", true).1, "user5@redacted.invalid");
        assert_eq!(
            numbers.placeholder("email", b"ann@x.io", false).1,
            "<email:5>",
            "of its base64"
        );
        assert_eq!(numbers.placeholder("host", b"10.0.0.1", true).1, "host1.redacted.invalid");
    }

    #[test]
    fn a_key_keeps_its_prefix_and_length() {
        let mut numbers = Numbers::default();
        let mut placeholder = |text: &str| numbers.placeholder("key", text.as_bytes(), true).1;
        assert_eq!(placeholder("sk-ant-api03-a1b2c3d4e5f6g7h8"), "sk-ant-api03-REDACTED1xxxxxxx");
        assert_eq!(placeholder("ghp_a1b2c3d4e5f6g7h8i9j0"), "ghp_REDACTED2xxxxxxxxxxx");
        assert_eq!(placeholder("sk-ant-a"), "sk-ant-REDACTED3", "a short one grows");
        assert_eq!(placeholder("bm8gcHJlZml4"), "<key:4>");
    }

    #[test]
    fn a_placeholder_matches_any_nonempty_text() {
        for (recorded, actual) in [
            ("hi", "hi"),
            ("<key:1>", "k"),
            ("mail <email:1> now", "mail ann@x.io now"),
            ("mail user1@redacted.invalid now", "mail ann@x.io now"),
            ("user1@redacted.invalid", "user1@redacted.invalid"),
            ("key sk-ant-REDACTED1xxx, host1.redacted.invalid.", "key sk-ant-oat01-a, 10.0.0.1."),
            ("<email:1>, <email:2>.", "a@b.cd, e@f.gh."),
            ("user1@redacted.invalid<email:2>", "ab"),
            ("if a < b: <key:1> else <key:1>", "if a < b: ü else ü"),
            ("<key:1><key:2>", "ab"),
            ("<user:1>/x/x", "ann/x/x/x"),
        ] {
            assert!(fits_redacted(recorded, actual), "{recorded} / {actual}");
        }
        for (recorded, actual) in [
            ("hi", "ho"),
            ("<key:1>", ""),
            ("user1@redacted.invalid", ""),
            ("mail <email:1> now", "mail  now"),
            ("mail user1@redacted.invalid now", "mail ann@x.io later"),
            ("mail <email:1>", "post ann@x.io"),
            ("<key:1>, <key:2>", "a, "),
            ("<key:1><key:2>", "a"),
            ("a<b>", "a<c>"),
            ("<odd:1>", "anything"),
            ("user@redacted.invalid", "anything"),
        ] {
            assert!(!fits_redacted(recorded, actual), "{recorded} / {actual}");
        }
    }
}
