//! The uuids of prompts in texts of the CLI.
//!
//! Next to the fields that name a prompt (`ids.rs`), the CLI mentions it in others: in the rows of a
//! transcript (`uuid`, `parentUuid`, `turnAttributionKey`), in what a compaction kept, in a refusal.
//! Wherever the recorded uuid of a prompt stands, the live one takes its place. Only what has the
//! form of a uuid is searched for: other ids may be words. For a prompt without a uuid the CLI makes
//! one up where it needs one, and so does a replay.

use std::ops::Range;

use memchr::memchr;

use crate::common::is_uuid;

/// The length of a uuid, and of its part before the first dash.
const UUID: usize = 36;
const FIRST: usize = 8;

/// The uuids in a line, each with its place.
pub(super) fn uuids(line: &[u8]) -> Vec<(Range<usize>, &str)> {
    let is_part = |at: usize| line.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let mut found = Vec::new();
    let mut from = FIRST;
    while let Some(dash) = line.get(from..).and_then(|rest| memchr(b'-', rest)) {
        let start = from + dash - FIRST;
        let span = start..start + UUID;
        // The letter of an escape, such as that of a line break, is not part of what follows.
        let is_escape = start > 1 && line[start - 2] == b'\\';
        let begins = start == 0 || !is_part(start - 1) || is_escape;
        let uuid = line.get(span.clone()).filter(|uuid| is_uuid(uuid));
        match uuid.and_then(|uuid| std::str::from_utf8(uuid).ok()) {
            Some(uuid) if begins && !is_part(span.end) => {
                from = span.end + FIRST;
                found.push((span, uuid));
            }
            _ => from += dash + 1,
        }
    }
    found
}

/// The uuid that a replay makes up for a prompt without one, which was recorded with this one.
/// `None`: that is not a uuid. It is the same in each run, and that of no other prompt.
pub(super) fn made_up(recorded: &str) -> Option<String> {
    const KEPT: Range<usize> = 14..24;
    if !is_uuid(recorded.as_bytes()) {
        return None;
    }
    // The version and the variant stay.
    let other = recorded.char_indices().map(|(at, letter)| match letter.to_digit(16) {
        Some(digit) if !KEPT.contains(&at) => char::from_digit(15 - digit, 16).unwrap_or(letter),
        _ => letter,
    });
    Some(other.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
    const B: &str = "9f8e7d6c-1111-4111-9111-9f8e7d6c5b4a";

    #[test]
    fn uuids_are_found_where_they_are_whole() {
        for (line, expected) in [
            (A.to_owned(), vec![A]),
            (format!("-{A}-{B}-"), vec![A, B]),
            (format!(r#"{{"a":"{A}","b":["{B}"],"{A}":"x {B}."}}"#), vec![A, B, A, B]),
            (format!("{A}{B}"), vec![]),
            (format!("x{A} {B}y {A}"), vec![A]),
            (format!(r"line\n{A}\t{B}"), vec![A, B]),
            (format!("ä-{A}-ö"), vec![A]),
            (A[1..].to_owned(), vec![]),
            (A[..35].to_owned(), vec![]),
            ("-".repeat(100), vec![]),
            (String::new(), vec![]),
            ("a-b".to_owned(), vec![]),
        ] {
            let found = uuids(line.as_bytes());
            let texts: Vec<_> = found.iter().map(|(_, uuid)| *uuid).collect();
            assert_eq!(texts, expected, "{line}");
            assert!(found.iter().all(|(span, uuid)| &line[span.clone()] == *uuid), "{line}");
        }
    }

    #[test]
    fn a_made_up_uuid_is_another_one_of_the_same_version() {
        let [a, b] = [A, B].map(|uuid| made_up(uuid).unwrap());
        assert!(is_uuid(a.as_bytes()) && is_uuid(b.as_bytes()) && a != b && a != A && b != B);
        assert_eq!(a[14..24], A[14..24]);
        assert_eq!(made_up(A).unwrap(), a);
        for other in ["", "old", &A[1..], &format!("{A}0")] {
            assert_eq!(made_up(other), None, "{other}");
        }
    }
}
