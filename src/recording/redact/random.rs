//! Words that look as if they were drawn by chance, as keys of services that nobody knows here do.
//!
//! Nothing is replaced for it: such a word is as often a hash or a name, and a person must look. What is known to be no secret is passed
//! over: UUIDs, ids of messages and requests, hashes that are called so, images.

use std::ops::Range;

use super::text::{Text, is_json};
use crate::recording::strings::strings;

/// The shortest word of letters and digits, and of hexadecimal digits, in bytes.
const SHORTEST: [usize; 2] = [24, 32];

/// Longer words are data, in bytes.
const LONGEST: usize = 256;

/// How ids begin that the API and the CLI give.
const IDS: [&str; 9] =
    ["msg_", "msgbatch_", "toolu_", "srvtoolu_", "mcptoolu_", "req_", "call_", "file_", "session_"];

/// What the names of hashes have in them; also words shortly before a hash in a text.
const HASHES: [&str; 11] = [
    "hash",
    "sha1",
    "sha2",
    "sha3",
    "sha5",
    "md5",
    "digest",
    "checksum",
    "commit",
    "fingerprint",
    "certificate",
];

/// How far before a hash, and into it (`sha512-...`), its name may be, in bytes.
const NEAR: [usize; 2] = [24, 7];

/// Names of members that hold images and other files in base64.
const DATA: [&str; 3] = ["data", "base64", "blob"];

/// Where such words are in a text, or in the strings of a JSON text.
pub(super) fn random(text: &[u8]) -> Vec<Range<usize>> {
    let seen = Text::new(text);
    let mut found: Vec<Range<usize>> =
        words(&seen.plain).filter(|word| is_random(&seen.plain[word.clone()])).collect();
    found.retain(|word| !is_called_a_hash(&seen.plain, word));
    if !found.is_empty() && is_json(text) {
        let strings = strings(text);
        let named = |word: &Range<usize>| {
            strings
                .values
                .iter()
                .find(|string| string.value.start <= word.start && word.end <= string.value.end)
        };
        found.retain(|word| {
            !named(word).is_some_and(|string| is_harmless(&text[string.key.clone()]))
        });
    }
    found
}

/// Runs of what such words are made of.
fn words(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.iter().position(is_part)?;
        let end = start + text[start..].iter().take_while(|byte| is_part(byte)).count();
        at = end;
        Some(start..end)
    })
}

fn is_random(word: &[u8]) -> bool {
    let [mixed, hex] = SHORTEST;
    if !(mixed..=LONGEST).contains(&word.len())
        || IDS.iter().any(|id| word.starts_with(id.as_bytes()))
        || has_uuid(word)
    {
        return false;
    }
    let has = |is: fn(&u8) -> bool| word.iter().any(is);
    let (digits, lower, upper) =
        (has(u8::is_ascii_digit), has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase));
    let is_hex =
        word.len() >= hex && word.iter().all(u8::is_ascii_hexdigit) && digits && (lower != upper);
    is_hex || (digits && lower && upper && changes_often(word))
}

/// Whether capitals, small letters and digits follow one another as by chance, where every second neighbour is of another kind; in names and
/// in words that are put together, it is every fourth. And numbers stand in more than one place.
fn changes_often(word: &[u8]) -> bool {
    let kind =
        |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_lowercase(), byte.is_ascii_uppercase());
    let pairs = word.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_alphanumeric));
    let (all, changes) = pairs.fold((0, 0), |(all, changes), pair| {
        (all + 1, changes + usize::from(kind(pair[0]) != kind(pair[1])))
    });
    let numbers = word
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .filter(|run| run[0].is_ascii_digit())
        .count();
    changes * 5 >= all * 2 && all * 2 > word.len() && numbers > 1
}

/// `0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f`, and what stands around it.
fn has_uuid(word: &[u8]) -> bool {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let is_uuid = |part: &[u8]| {
        (0..36).all(|at| {
            if HYPHENS.contains(&at) { part[at] == b'-' } else { part[at].is_ascii_hexdigit() }
        })
    };
    word.windows(36).any(is_uuid)
}

/// Whether the text says that the word is a hash, or the data of an image.
fn is_called_a_hash(text: &[u8], word: &Range<usize>) -> bool {
    let near = text[word.start.saturating_sub(NEAR[0])..word.start + NEAR[1]].to_ascii_lowercase();
    text[..word.start].ends_with(b"base64,") || has_any(&near, &HASHES)
}

/// Whether what stands under this name is an id, a hash, or data.
fn is_harmless(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let is_id = ["id", "ids", "uuid", "uuids"].iter().any(|end| name.ends_with(end.as_bytes()));
    is_id || DATA.iter().any(|data| name == data.as_bytes()) || has_any(&name, &HASHES)
}

fn has_any(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: &str = "q7Rt2XvB9kLm4ZpW8sYd3NcH";
    const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015";

    fn found(text: &str) -> Vec<&str> {
        random(text.as_bytes()).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn words_of_chance_are_found_in_texts_and_strings() {
        assert_eq!(found(&format!("use {MIXED}, then {HEX}.")), [MIXED, HEX]);
        assert_eq!(found(&format!(r#"{{"a":["\n{MIXED}\n"],"{HEX}":1}}"#)), [MIXED, HEX]);
        assert_eq!(found(&format!("abc_live_{MIXED}")).len(), 1);
        assert_eq!(found("Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFi").len(), 1);
    }

    #[test]
    fn names_ids_and_hashes_are_not_taken_for_chance() {
        for text in [
            "cacheCreationEphemeral5mInputTokens mcp_call_result_not_for_model_v1 launchEnvLeftOwnFilesInPlace2",
            "-home-Ann-src-Work-13-529-then-Ok claude-opus-5-5-20261101 THE_LONGEST_OF_ALL_VARIABLES_2",
            "Session_ff13d177-e03d-48c6-835a-0eda178769b9 FF13D177-E03D-48C6-835A-0EDA178769B9",
            "0123456789012345678901234567890123456789 abcdefabcdefabcdefabcdefabcdefabcdef",
            &format!("toolu_01{MIXED} /x/msg_01{MIXED}.txt req_{MIXED}"),
            &format!(
                "commit {HEX}, SHA256: {HEX}, sha512-{MIXED}{MIXED} data:image/png;base64,{MIXED}"
            ),
            &format!(
                r#"{{"session_id":"{MIXED}","fileHash":"{HEX}","sha256":"{HEX}","source":{{"data":"{MIXED}"}}}}"#
            ),
            &MIXED[..23],
            &HEX[..31],
            &MIXED.repeat(11),
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
