//! Which parts of a recording's texts must not stay.

use std::ops::Range;
use std::sync::Arc;

use super::known::{Known, Needle};
use super::members;
use super::numbers::{is_placeholder, own_length};
use super::shapes::SHAPES;
use super::text::{Text, Words, places, words};
use crate::recording::payload::Payload;
use crate::recording::strings::{JsonString, strings};

/// Members of the CLI's control replies that describe its commands, agents, tools and models at length, or instruct them.
const TEXT_MEMBERS: [&str; 6] =
    ["description", "argumentHint", "whenToUse", "prompt", "systemPrompt", "system_prompt"];

/// Longer texts under [`TEXT_MEMBERS`] are replaced, in bytes.
const LONGEST_TEXT: usize = 40;

/// How the CLI's own long notes begin that it puts in the place of a tool's result or a prompt.
const NOTES: [&str; 4] = [
    "Async agent launched successfully.",
    "Output token limit hit.",
    "Your response above was cut off",
    "<system-reminder>",
];

/// How those begin that it puts after a tool's own words, or after a short text that hosts may compare (`The user doesn't want to proceed
/// with this tool use. ...`, which stays).
const ADDED_NOTES: [&str; 2] = [
    "This tool's input schema was not in your prompt",
    "Correction to the text above: this call was stopped",
];

static ADDED_NOTE_WORDS: Words = Words::new(|| words(ADDED_NOTES));

/// A place that a rule found.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) range: Range<usize>,
    pub(super) kind: &'static str,
    /// The known text that stands there in another form.
    pub(super) text: Option<Arc<[u8]>>,
}

/// Of a line that crossed a pipe; `out` for one from the CLI.
pub(super) fn in_line(line: &Payload, out: bool, known: &Known) -> Vec<Place> {
    if line.json().is_some() {
        in_json(line.bytes(), out, known)
    } else {
        in_text(line.bytes(), &known.within(line.bytes()))
    }
}

/// Of a text of the host's that may be JSON: an argument, the value of a variable.
pub(super) fn in_argument(text: &[u8], known: &Known) -> Vec<Place> {
    in_line(&Payload::line(text.to_vec()), false, known)
}

/// All of a text, unless there is nothing, or a placeholder already.
pub(super) fn whole(text: &[u8], kind: &'static str) -> Vec<Place> {
    if text.is_empty() || is_placeholder(text) {
        return Vec::new();
    }
    vec![Place { range: 0..text.len(), kind, text: None }]
}

fn in_json(json: &[u8], out: bool, known: &Known) -> Vec<Place> {
    let strings = strings(json);
    let (describes, identifies) = if out { told_by(json, &strings.values) } else { (false, false) };
    let line = Line { json, out, describes, identifies, values: &strings.values };
    // What stands in the line, and the kind of what is replaced as a whole.
    let named = strings
        .values
        .iter()
        .enumerate()
        .map(|(index, JsonString { value, .. })| (value.clone(), line.kind_of(index)));
    let mut spans: Vec<_> =
        named.chain(strings.keys.iter().map(|key| (key.clone(), None))).collect();
    spans.sort_by_key(|(span, _)| span.start);

    // The line is searched once, and not each of its strings; nothing that is found goes beyond its string.
    let mut found = candidates(json, &known.within(json));
    if out {
        found.extend(places(&ADDED_NOTE_WORDS, json).map(|(_, start)| Place {
            range: start..json.len(),
            kind: "text",
            text: None,
        }));
        found.sort_by_key(|place| place.range.start);
    }
    let mut found = found.into_iter().peekable();
    let mut places = Vec::new();
    for (span, kind) in spans {
        while found.next_if(|place| place.range.start < span.start).is_some() {}
        let inside = std::iter::from_fn(|| found.next_if(|place| place.range.start < span.end));
        match kind {
            Some(kind) => {
                inside.for_each(drop);
                let whole = whole(&json[span.clone()], kind).into_iter();
                places.extend(whole.map(|place| Place {
                    range: span.start + place.range.start..span.start + place.range.end,
                    ..place
                }));
            }
            None => places.extend(merged(inside.map(|place| Place {
                range: place.range.start..place.range.end.min(span.end),
                ..place
            }))),
        }
    }
    places
}

/// Of a text that is no JSON, or a part of one.
pub(super) fn in_text(text: &[u8], needles: &[&Needle]) -> Vec<Place> {
    merged(candidates(text, needles))
}

/// Where known texts and shapes are, by their start.
fn candidates(text: &[u8], needles: &[&Needle]) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::new();
    for needle in needles {
        found.extend(needle.find(text).into_iter().map(|range| Place {
            range,
            kind: needle.kind,
            text: Some(Arc::clone(&needle.text)),
        }));
    }
    let text = Text::new(text);
    for shape in SHAPES {
        found.extend((shape.find)(&text).into_iter().map(|range| Place {
            range,
            kind: shape.kind,
            text: None,
        }));
    }
    // A stable sort: of those that begin together, the known ones and the first shapes stay first.
    found.sort_by_key(|place| place.range.start);
    found
}

/// Two that overlap are one: of the kind that comes first, and nothing of either is left.
fn merged(found: impl IntoIterator<Item = Place>) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for place in found.into_iter().filter(|place| !place.range.is_empty()) {
        match places.last_mut() {
            Some(last) if place.range.start < last.range.end => {
                if last.range.end < place.range.end {
                    last.range.end = place.range.end;
                    last.text = None;
                }
            }
            _ => places.push(place),
        }
    }
    places
}

/// What a line from the CLI tells about the CLI itself: whether it lists what it can do, in its own words; whether it says who is logged in
/// (the replies to `initialize`, to questions for the settings and the like, the first message of a session, `auth_status`).
fn told_by(json: &[u8], values: &[JsonString]) -> (bool, bool) {
    let is = |key: &[u8], value: &[u8]| values.iter().any(|string| string.is(json, 1, key, value));
    let (reply, system) = (is(b"type", b"control_response"), is(b"type", b"system"));
    let describes = reply || (system && is(b"subtype", b"commands_changed"));
    (describes, reply || (system && is(b"subtype", b"init")) || is(b"type", b"auth_status"))
}

/// A line that is JSON.
struct Line<'a> {
    json: &'a [u8],
    out: bool,
    describes: bool,
    identifies: bool,
    values: &'a [JsonString],
}

impl Line<'_> {
    /// The kind of thing that a string is as a whole.
    fn kind_of(&self, index: usize) -> Option<&'static str> {
        let JsonString { key, value, .. } = self.values.get(index)?;
        let (key, text) = (&self.json[key.clone()], &self.json[value.clone()]);
        match key {
            b"signature"
                if self.has_sibling(index, b"type", &[b"thinking", b"signature_delta"]) =>
            {
                return Some("signature");
            }
            b"data" if self.has_sibling(index, b"type", &[b"redacted_thinking"]) => {
                return Some("signature");
            }
            b"value" if self.has_sibling(index, b"label", &[b"Organization"]) => {
                return Some("organization");
            }
            _ => {}
        }
        let is_text = (self.describes && is_description(key, text))
            || (self.out && NOTES.iter().any(|note| text.starts_with(note.as_bytes())));
        if members::is_secret(key) || (members::may_be_secret(key) && members::looks_secret(text)) {
            return Some("secret");
        }
        self.identifies.then(|| members::identity(key)).flatten().or(is_text.then_some("text"))
    }

    /// Whether the same object has one of these values under this key; siblings stand near.
    fn has_sibling(&self, index: usize, key: &[u8], values: &[&[u8]]) -> bool {
        let object = self.values[index].object;
        let near = self.values.iter().take(index + 4).skip(index.saturating_sub(4));
        near.filter(|sibling| sibling.object == object && object > 0).any(|sibling| {
            &self.json[sibling.key.clone()] == key
                && values.contains(&&self.json[sibling.value.clone()])
        })
    }
}

/// Under a name for descriptions, and too long to be a name; or blanked with dots by an earlier scrubber.
fn is_description(key: &[u8], text: &[u8]) -> bool {
    let blanked = text.len() > 3 && text.iter().all(|byte| *byte == b'.');
    TEXT_MEMBERS.iter().any(|name| key == name.as_bytes())
        && (blanked || own_length(text) > LONGEST_TEXT)
}
