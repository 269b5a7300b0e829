//! What a recording should not contain: all that would be replaced, and words that look random.

use std::fmt;
use std::ops::Range;

use super::finder::Place;
use super::line::{is_file, read};
use super::placeholder::{FINDINGS, RANDOM};
use super::redaction::Redaction;
use super::redactor::{Held, Redactor};
use super::text::{Text, changes_often, is_word};
use crate::common::is_uuid;
use crate::recording::file::Recording;

/// Something that [`scrub`](super::scrub) would replace, or, of the kind `random`, something to
/// check by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The line in the recording's file, from 1: the header, then the events.
    pub line: usize,
    /// The rule: `key`, `email` and so on, as in the table of [`Redaction`]; `random` for a word
    /// that may be a key of an unknown kind.
    pub kind: &'static str,
    /// The place in the line: `argv[2]`, `env.NAME`, `vars.NAME`; in JSON that crossed a pipe the
    /// path, such as `message.content[0].text`; else the byte.
    pub place: String,
    /// What was found, masked: its beginning if it is long, and its length. Safe to show.
    pub excerpt: String,
}

/// `line 3: email in message.content[0].text: ann*** (15 bytes)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} in {}: {}", self.line, self.kind, self.place, self.excerpt)
    }
}

impl Finding {
    /// The kinds of findings, in no particular order.
    pub fn kinds() -> &'static [&'static str] {
        &FINDINGS
    }
}

impl Redaction {
    /// Returns what a recording should not contain: all that [`scrub`](Self::scrub) would replace,
    /// except the roots; and words that look random, which it leaves, since they may be hashes or
    /// names.
    pub fn lint(&self, recording: &Recording) -> Vec<Finding> {
        find(self, recording)
    }
}

/// Returns what a recording should not contain, by the rules alone: [`Redaction::lint`] of an empty
/// redaction.
pub fn lint(recording: &Recording) -> Vec<Finding> {
    Redaction::new().lint(recording)
}

fn find(redaction: &Redaction, recording: &Recording) -> Vec<Finding> {
    let mut redactor = Redactor::new(redaction);
    let header = &recording.header;
    redactor.study(header, &recording.events);

    let mut findings = Vec::new();
    let argv = header
        .argv
        .iter()
        .flatten()
        .enumerate()
        .map(|(index, text)| (format!("argv[{index}]"), text));
    let env = header.env.iter().map(|(name, text)| (format!("env.{name}"), text));
    let vars = header.vars.iter().map(|(name, text)| (format!("vars.{name}"), text));
    let unknown = header.unknown();
    let unknown = unknown.iter().map(|text| (String::new(), text));
    for ((name, text), places) in
        argv.chain(env).chain(vars).chain(unknown).zip(redactor.in_header(header))
    {
        let mut found = findings_in(1, text.as_bytes(), &places);
        if !name.is_empty() {
            found.iter_mut().for_each(|finding| finding.place.clone_from(&name));
        }
        findings.append(&mut found);
    }
    let mut lines = 2..;
    let mut take = |held: Held| {
        let Held { event, edits, unknown, .. } = held;
        let line = lines.next().unwrap_or_default();
        let text = event.text();
        let taken: Vec<&Range<usize>> = edits.iter().map(|edit| &edit.range).collect();
        // A match that continues in the next deltas is reported with all of its text.
        let found = edits.iter().filter_map(|edit| Some((edit.range.start, edit.found.as_ref()?)));
        let found = found.map(|(start, (place, found))| (start, place.kind, found.as_slice()));
        findings.extend(named(line, &text, found.chain(by_chance(&text, &taken)).collect()));
        if let Some((text, places)) = &unknown {
            findings.extend(findings_in(line, text.as_bytes(), places));
        }
    };
    for event in &recording.events {
        redactor.push(event.clone());
        redactor.found(false).for_each(&mut take);
    }
    redactor.found(true).for_each(&mut take);
    findings
}

fn findings_in(line: usize, text: &[u8], places: &[Place]) -> Vec<Finding> {
    let taken: Vec<&Range<usize>> = places.iter().map(|place| &place.range).collect();
    let found =
        places.iter().map(|place| (place.range.start, place.kind, &text[place.range.clone()]));
    named(line, text, found.chain(by_chance(text, &taken)).collect())
}

/// A match: its start, its kind, its text.
type Found<'a> = (usize, &'static str, &'a [u8]);

/// Words that look random, except those already found by a rule.
fn by_chance<'a>(text: &'a [u8], taken: &[&Range<usize>]) -> Vec<Found<'a>> {
    let mut places = random(text);
    places.retain(|word| {
        taken.iter().all(|taken| word.end <= taken.start || taken.end <= word.start)
    });
    places.into_iter().map(|word| (word.start, RANDOM, &text[word])).collect()
}

fn named(line: usize, text: &[u8], mut found: Vec<Found<'_>>) -> Vec<Finding> {
    if found.is_empty() {
        return Vec::new();
    }
    found.sort_by_key(|(start, ..)| *start);
    let strings = read(text);
    let path = |start| {
        strings.as_ref().map(|strings| strings.path(text, start)).filter(|path| !path.is_empty())
    };
    let place = |start| path(start).unwrap_or_else(|| format!("byte {start}"));
    let finding = |(start, kind, text): Found<'_>| Finding {
        line,
        kind,
        place: place(start),
        excerpt: masked(text),
    };
    found.into_iter().map(finding).collect()
}

/// Masks a text: enough to find it again, too little to use it.
fn masked(text: &[u8]) -> String {
    let shown = if text.len() < 12 { 0 } else { 3 };
    let text_of = String::from_utf8_lossy(text);
    let shown: String =
        text_of.chars().take(shown).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{shown}*** ({} bytes)", text.len())
}

/// The shortest word of letters and digits, and of hexadecimal digits, in bytes; the latter also
/// after a prefix.
const SHORTEST: [usize; 3] = [24, 32, 24];

/// Longer words are data. In bytes.
const LONGEST: usize = 256;

/// Prefixes of the ids of the API and the CLI.
const IDS: [&str; 9] =
    ["msg_", "msgbatch_", "toolu_", "srvtoolu_", "mcptoolu_", "req_", "call_", "file_", "session_"];

/// Parts of the names of hashes; also words shortly before a hash in a text.
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

/// Returns the words in a text, or in the strings of a JSON text, that look random, as keys of
/// services that are not in the table do.
///
/// They are not replaced: such a word is often a hash or a name, and you must check it. UUIDs, ids
/// of messages and requests, images, and hashes named as such are skipped.
fn random(text: &[u8]) -> Vec<Range<usize>> {
    let Some(strings) = read(text) else { return random_in(text) };
    let values = strings.values.iter().filter(|string| {
        let key = &text[string.key.clone()];
        !is_harmless(key) && !is_file(key, &text[string.value.clone()])
    });
    let spans = values.chain(&strings.keys).map(|string| string.value.clone());
    let within = |span: Range<usize>| {
        let words = random_in(&text[span.clone()]);
        words.into_iter().map(move |word| span.start + word.start..span.start + word.end)
    };
    spans.flat_map(within).collect()
}

fn random_in(text: &[u8]) -> Vec<Range<usize>> {
    let seen = Text::new(text);
    let is_found = |word: &Range<usize>| {
        is_random(seen.get(word.clone())) && !is_called_a_hash(seen.plain(), word)
    };
    words(seen.plain()).filter(is_found).collect()
}

/// Runs of the bytes that such words consist of.
fn words(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let is_part = |byte: &u8| is_word(*byte) || *byte == b'+';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.iter().position(is_part)?;
        let end = start + text[start..].iter().take_while(|byte| is_part(byte)).count();
        at = end;
        Some(start..end)
    })
}

fn is_random(word: &[u8]) -> bool {
    let [mixed, hex, after_prefix] = SHORTEST;
    let is_id =
        || IDS.iter().any(|id| word.starts_with(id.as_bytes())) || word.windows(36).any(is_uuid);
    if !(mixed..=LONGEST).contains(&word.len()) || is_id() {
        return false;
    }
    let kinds = |word: &[u8]| {
        let has = |is: fn(&u8) -> bool| word.iter().any(is);
        (has(u8::is_ascii_digit), has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase))
    };
    // `abc_live_0123abcd...`, `SK0123abcd...`.
    let end = word.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (digits, lower, upper) = kinds(&word[word.len() - end..]);
    let least = if word[..word.len() - end].last().is_some_and(|byte| !byte.is_ascii_alphanumeric())
    {
        after_prefix
    } else {
        hex
    };
    let is_hex = end >= least && digits && lower != upper;
    let (digits, lower, upper) = kinds(word);
    let numbers = word
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .filter(|run| run[0].is_ascii_digit());
    is_hex || (digits && lower && upper && changes_often(word) && numbers.count() > 1)
}

/// Whether the text calls the word a hash, or the data of an image.
fn is_called_a_hash(text: &[u8], word: &Range<usize>) -> bool {
    let near = text[word.start.saturating_sub(NEAR[0])..word.start + NEAR[1]].to_ascii_lowercase();
    text[..word.start].ends_with(b"base64,") || has_any(&near, &HASHES)
}

/// Whether what is under this name is an id, a hash, or data.
fn is_harmless(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let is_id = ["id", "ids", "uuid", "uuids"].iter().any(|end| name.ends_with(end.as_bytes()));
    is_id
        || [&b"data"[..], b"base64", b"blob"].contains(&name.as_slice())
        || has_any(&name, &HASHES)
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
    fn random_words_are_found_in_texts_and_strings() {
        assert_eq!(found(&format!("use {MIXED}, then {HEX}.")), [MIXED, HEX]);
        assert_eq!(found(&format!(r#"{{"a":["\n{MIXED}\n"],"{HEX}":1}}"#)), [MIXED, HEX]);
        assert_eq!(found(&format!("abc_live_{MIXED}")).len(), 1);
        assert_eq!(found("Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFi").len(), 1);
    }

    #[test]
    fn hexadecimal_digits_after_a_prefix_are_random() {
        for prefix in ["dapi", "SK", "key-", "sbp_", "abc_live_", "xkeysib-"] {
            for hex in [HEX, &HEX.to_uppercase()] {
                assert_eq!(found(&format!("use {prefix}{hex}, then")), [format!("{prefix}{hex}")]);
            }
        }
        assert_eq!(found(&format!("use tok_{}", &HEX[..24])).len(), 1);
        assert_eq!(found(&format!("use tok_{} a{}", &HEX[..23], &HEX[..30])), [""; 0]);
    }

    #[test]
    fn names_ids_and_hashes_are_not_random() {
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
