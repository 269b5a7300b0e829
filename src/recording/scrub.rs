//! Scrubbing: what must not leave the host, and what nobody may pass on.
//!
//! A rule finds places in a line's bytes; a placeholder (`<kind:1>`) takes the place, and nothing else in the line changes.
//! The same text gets the same number throughout a recording.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::event::EventKind;
use super::file::Recording;
use super::patterns::{Pattern, REPLACED, REPORTED};
use super::payload::Payload;
use super::strings::{JsonString, strings};
use super::vars::{Root, hide};

/// Names of members whose whole value is a secret, in lower case.
const SECRET_KEYS: [&str; 10] = [
    "api_key",
    "apikey",
    "access_token",
    "accesstoken",
    "authorization",
    "client_secret",
    "password",
    "refresh_token",
    "refreshtoken",
    "x-api-key",
];

/// Ends of names of environment variables whose value is a secret.
const SECRET_ENV: [&str; 4] = ["_KEY", "_TOKEN", "_SECRET", "_PASSWORD"];

/// Members of the CLI's control replies that describe its commands, agents, tools and models at length, or instruct them.
const TEXT_KEYS: [&str; 6] = ["description", "argumentHint", "whenToUse", "prompt", "systemPrompt", "system_prompt"];

/// Longer texts under [`TEXT_KEYS`] are replaced, in bytes.
const LONGEST_TEXT: usize = 40;

/// The kinds of placeholders.
const KINDS: [&str; 5] = ["key", "token", "email", "secret", "text"];

/// How the CLI's own long notes begin that it puts in the place of a tool's result or a prompt.
const NOTES: [&str; 3] = ["Async agent launched successfully.", "Output token limit hit.", "Your response above was cut off"];

/// Something that [`scrub`] would replace, or that it cannot and a person must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The line in the recording's file, from 1: the header, then the events.
    pub line: usize,
    /// The rule: `key`, `token`, `email`, `secret`, `text` or `path`.
    pub kind: &'static str,
}

/// Replaces what should not be in a recording that is shared, and tells how often for each kind of thing.
///
/// | kind | what | becomes |
/// |---|---|---|
/// | `path` | the paths in `roots`, and their slugs | `${cwd}`, ...: see [`Recording::expand`] |
/// | `key` | API keys, `sk-ant-...` | `<key:1>` |
/// | `token` | what follows `Bearer` | `<token:1>` |
/// | `email` | e-mail addresses | `<email:1>` |
/// | `secret` | values of members such as `authorization`, and of variables such as `*_TOKEN` | `<secret:1>` |
/// | `text` | long descriptions and prompts in the CLI's control replies, and its notes to the model | `<text:1>` |
///
/// The sum is added to the header's `redactions`. A second run finds nothing. Names, numbers, ids (also process ids) and
/// everything else stay, byte for byte.
pub fn scrub(recording: &mut Recording, roots: &[Root]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    let hidden = hide(recording, roots);
    if hidden > 0 {
        counts.insert("path", hidden);
    }
    let mut names = Names::taken_in(recording);
    let header = &mut recording.header;
    for (name, text) in &mut header.env {
        let places = if is_secret_env(name) { whole(text.as_bytes(), "secret") } else { matches(text.as_bytes(), REPLACED) };
        replace_text(text, places, &mut names, &mut counts);
    }
    for text in header.argv.iter_mut().flatten() {
        let places = matches(text.as_bytes(), REPLACED);
        replace_text(text, places, &mut names, &mut counts);
    }
    for event in &mut recording.events {
        let out = matches!(event.kind, EventKind::Out(_));
        if let Some(payload) = event.payload_mut() {
            let places = places(payload, out);
            if !places.is_empty() {
                let bytes = replace(payload.bytes(), places, &mut names, &mut counts);
                *payload = Payload::line(bytes).with_eol(payload.eol());
            }
        } else if let EventKind::Mark(text) = &mut event.kind {
            let places = matches(text.as_bytes(), REPLACED);
            replace_text(text, places, &mut names, &mut counts);
        }
    }
    *recording.header.redactions.get_or_insert_default() += counts.values().sum::<u64>();
    counts
}

/// What a scrubbed recording should not hold any more: all that [`scrub`] would replace, and paths of home folders
/// (kind `path`) that no root was given for.
pub fn lint(recording: &Recording) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |line: usize, places: Vec<Place>| {
        findings.extend(places.into_iter().map(|place| Finding { line, kind: place.kind }));
    };
    let header = &recording.header;
    for rules in [REPLACED, REPORTED] {
        for text in header.argv.iter().flatten().chain(header.env.values()) {
            note(1, matches(text.as_bytes(), rules));
        }
    }
    for (_, text) in header.env.iter().filter(|(name, _)| is_secret_env(name)) {
        note(1, whole(text.as_bytes(), "secret"));
    }
    for (line, event) in (2..).zip(&recording.events) {
        match &event.kind {
            EventKind::Mark(text) => note(line, matches(text.as_bytes(), REPLACED)),
            kind => {
                if let Some(payload) = event.payload() {
                    note(line, places(payload, matches!(kind, EventKind::Out(_))));
                    note(line, matches(payload.bytes(), REPORTED));
                }
            }
        }
    }
    findings
}

/// A place that a rule found.
struct Place {
    range: Range<usize>,
    kind: &'static str,
}

fn places(payload: &Payload, out: bool) -> Vec<Place> {
    let bytes: &[u8] = payload.bytes();
    if payload.json().is_none() {
        return matches(bytes, REPLACED);
    }
    let strings = strings(bytes);
    let is_reply = out && strings.iter().any(|string| string.is(bytes, 1, b"type", b"control_response"));
    let mut places = Vec::new();
    for JsonString { key, value, .. } in strings {
        let (key, text) = (&bytes[key], &bytes[value.clone()]);
        let found = if is_secret_key(key) {
            whole(text, "secret")
        } else if (is_reply && is_description(key, text)) || (out && is_note(text)) {
            whole(text, "text")
        } else {
            matches(text, REPLACED)
        };
        places.extend(
            found
                .into_iter()
                .map(|place| Place { range: value.start + place.range.start..value.start + place.range.end, kind: place.kind }),
        );
    }
    places
}

fn is_secret_key(key: &[u8]) -> bool {
    SECRET_KEYS.iter().any(|name| key.eq_ignore_ascii_case(name.as_bytes()))
}

/// Under a key for descriptions, and too long to be a name; or blanked with dots by an earlier scrubber.
fn is_description(key: &[u8], text: &[u8]) -> bool {
    let blanked = text.len() > 3 && text.iter().all(|byte| *byte == b'.');
    TEXT_KEYS.iter().any(|name| key == name.as_bytes()) && (blanked || own_length(text) > LONGEST_TEXT)
}

/// The length without placeholders: a text must not become long because it was scrubbed.
fn own_length(text: &[u8]) -> usize {
    let placeholder = |at: usize| {
        let end = at + memchr::memchr(b'>', &text[at..])? + 1;
        KINDS.iter().any(|kind| is_placeholder(&text[at..end], kind)).then_some(end - at)
    };
    text.len() - memchr::memchr_iter(b'<', text).filter_map(placeholder).sum::<usize>()
}

fn is_note(text: &[u8]) -> bool {
    NOTES.iter().any(|opening| text.starts_with(opening.as_bytes()))
}

fn is_secret_env(name: &str) -> bool {
    SECRET_ENV.iter().any(|end| name.ends_with(end))
}

/// All of a text, unless there is nothing, or a placeholder already.
fn whole(text: &[u8], kind: &'static str) -> Vec<Place> {
    if text.is_empty() || is_placeholder(text, kind) {
        return Vec::new();
    }
    vec![Place { range: 0..text.len(), kind }]
}

fn is_placeholder(text: &[u8], kind: &str) -> bool {
    let number = text.strip_prefix(format!("<{kind}:").as_bytes()).and_then(|rest| rest.strip_suffix(b">"));
    number.is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

/// Where the patterns match; where two do, the first of the table wins.
fn matches(text: &[u8], rules: &[Pattern]) -> Vec<Place> {
    let text = super::patterns::without_escapes(text);
    let mut places: Vec<Place> = Vec::new();
    for rule in rules {
        for range in (rule.find)(&text) {
            if places.iter().all(|place| place.range.end <= range.start || range.end <= place.range.start) {
                places.push(Place { range, kind: rule.kind });
            }
        }
    }
    places.sort_by_key(|place| place.range.start);
    places
}

fn replace(text: &[u8], places: Vec<Place>, names: &mut Names, counts: &mut BTreeMap<&'static str, u64>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for Place { range, kind } in places {
        out.extend_from_slice(&text[copied..range.start]);
        out.extend_from_slice(names.placeholder(kind, &text[range.clone()]).as_bytes());
        copied = range.end;
        *counts.entry(kind).or_default() += 1;
    }
    out.extend_from_slice(&text[copied..]);
    out
}

fn replace_text(text: &mut String, places: Vec<Place>, names: &mut Names, counts: &mut BTreeMap<&'static str, u64>) {
    if !places.is_empty() {
        *text = String::from_utf8_lossy(&replace(text.as_bytes(), places, names, counts)).into_owned();
    }
}

/// Which number stands for which text.
#[derive(Default)]
struct Names {
    numbers: HashMap<(&'static str, Vec<u8>), u64>,
    last: HashMap<&'static str, u64>,
}

impl Names {
    /// Goes on after the numbers that an earlier scrub gave.
    fn taken_in(recording: &Recording) -> Self {
        let mut names = Self::default();
        for kind in KINDS {
            let opening = format!("<{kind}:");
            let header = &recording.header;
            let strings = header.argv.iter().flatten().chain(header.env.values()).map(String::as_bytes);
            let payloads = recording.events.iter().filter_map(|event| event.payload()).map(|payload| &payload.bytes()[..]);
            let last = strings.chain(payloads).flat_map(|text| numbers_after(text, opening.as_bytes())).max();
            names.last.insert(kind, last.unwrap_or(0));
        }
        names
    }

    fn placeholder(&mut self, kind: &'static str, text: &[u8]) -> String {
        let last = self.last.entry(kind).or_default();
        let number = self.numbers.entry((kind, text.to_vec())).or_insert_with(|| {
            *last += 1;
            *last
        });
        format!("<{kind}:{number}>")
    }
}

fn numbers_after<'a>(text: &'a [u8], opening: &'a [u8]) -> impl Iterator<Item = u64> + 'a {
    memchr::memmem::find_iter(text, opening).filter_map(move |at| {
        let digits = text[at + opening.len()..].split(|byte| !byte.is_ascii_digit()).next()?;
        std::str::from_utf8(digits).ok()?.parse::<u32>().ok().map(u64::from)
    })
}
