//! Which parts of a line are searched, and how.
//!
//! A line of JSON is walked once. A string may be a secret as a whole because of its name or place.
//! Ids and the data of files are skipped. In every other string the [`finder`](super::finder)
//! searches.

use std::cell::OnceCell;
use std::ops::Range;

use super::embedded::holds_secrets;
use super::fields::is_kept;
use super::finder::{Finder, Found, Place, merged};
use super::known::Known;
use super::names::{self, Named};
use super::placeholder::{Placeholder, is_placeholder, own_length, placeholders};
use super::text::{Text, looks_secret};
use crate::recording::strings::{JsonString, Strings, strings};

/// Members of the CLI's control replies that describe or instruct its commands, agents, tools and
/// models at length.
const TEXT_MEMBERS: [&[u8]; 6] =
    [b"description", b"argumentHint", b"whenToUse", b"prompt", b"systemPrompt", b"system_prompt"];

/// Longer texts under [`TEXT_MEMBERS`] are replaced. In bytes.
const LONGEST_TEXT: usize = 40;

/// Members of the entries of a mirrored transcript with the CLI's own text for the model. Text by
/// the model, such as the description of a command, is shorter.
const MIRRORED_MEMBERS: [&[u8]; 3] = [b"addedLines", b"description", b"systemPrompt"];

/// Longer texts of those are replaced. In bytes.
const LONGEST_MIRRORED: usize = 160;

/// The beginnings of the CLI's own long notes in place of a tool's result or a prompt.
const NOTES: [&[u8]; 6] = [
    b"Async agent launched successfully.",
    b"Output token limit hit.",
    b"This session is being continued from a previous conversation",
    b"Your response above was cut off",
    b"Your response above was stopped by a safety classifier",
    b"<system-reminder>",
];

/// Members that hold a file in base64.
const DATA: [&[u8]; 4] = [b"data", b"base64", b"blob", b"bytes"];

/// The shortest base64 text that is taken for a file, in bytes.
const SHORTEST_DATA: usize = 64;

/// What was found in a line.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) places: Vec<Place>,
    pub(super) placeholders: Vec<Placeholder>,
}

/// What to search with: the patterns, and the known texts.
#[derive(Clone, Copy)]
pub(super) struct Looking<'a> {
    pub(super) finder: &'a Finder,
    pub(super) known: &'a Known,
    /// Whether the CLI wrote it.
    pub(super) out: bool,
}

impl Looking<'_> {
    /// Searches a text that is not JSON, or a part of one.
    pub(super) fn in_text(&self, text: &Text<'_>) -> Found {
        let mut found = self.finder.find(text, self.out);
        if !self.known.is_empty() {
            let mut places = self.known.find(text.raw);
            places.append(&mut found.places);
            // A stable sort: of those that begin together, the known ones stay first.
            places.sort_by_key(|place| place.range.start);
            found.places = places;
        }
        let files = files(text);
        found.places = merged(found.places);
        found.places.retain(|place| {
            files.iter().all(|file| place.range.end <= file.start || file.end <= place.range.start)
        });
        found
    }

    /// Searches a line of JSON, except one delta of a longer text. `is_root`: a separate text, such
    /// as an argument.
    pub(super) fn in_json(
        &self,
        json: &[u8],
        strings: &Strings,
        piece: Option<&Range<usize>>,
        is_root: bool,
    ) -> Places {
        let about = if self.out { About::of(json, &strings.values) } else { About::default() };
        let has_holder =
            strings.keys.iter().any(|key| matches!(&json[key.value.clone()], b"env" | b"headers"));
        let line = Line {
            json,
            strings,
            about,
            out: self.out,
            has_holder,
            is_root,
            types: OnceCell::new(),
        };
        let mut found = Places::default();
        let (mut keys, mut values) =
            (strings.keys.iter().peekable(), strings.values.iter().enumerate().peekable());
        // In the order of the line.
        loop {
            let key_first = match (keys.peek(), values.peek()) {
                (Some(key), Some((_, value))) => key.value.start < value.value.start,
                (key, None) => key.is_some(),
                (None, Some(_)) => false,
            };
            if key_first && let Some(key) = keys.next() {
                // A plain name cannot be anything else.
                let span = key.value.clone();
                if span.len() >= 16
                    || json[span.clone()]
                        .iter()
                        .any(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
                {
                    self.in_span(json, span, &mut found);
                }
            } else if let Some((index, string)) = values.next() {
                if piece != Some(&string.value) {
                    self.in_value(&line, index, string, &mut found);
                }
            } else {
                return found;
            }
        }
    }

    fn in_value(&self, line: &Line<'_>, index: usize, string: &JsonString, found: &mut Places) {
        let span = string.value.clone();
        let (key, text) = (&line.json[string.key.clone()], &line.json[span.clone()]);
        if text.is_empty() || is_kept(key, text, || line.type_next_to(index)) {
            return;
        }
        match line.kind_of(index) {
            Some(_) if is_placeholder(text) => found.placeholders.extend(placeholders(text)),
            Some("secret") => {
                // A key of a known kind keeps its shape.
                let inside = self.in_text(&Text::new(text)).places;
                let kind = inside
                    .iter()
                    .find(|place| place.range == (0..text.len()) && place.kind == "key")
                    .map_or("secret", |_| "key");
                found.places.push(Place::new(span, kind));
            }
            Some(kind) => found.places.push(Place::new(span, kind)),
            None if is_file(key, text) => {}
            None => self.in_span(line.json, span, found),
        }
    }

    fn in_span(&self, json: &[u8], span: Range<usize>, found: &mut Places) {
        let inside = self.in_text(&Text::new(&json[span.clone()]));
        found.places.extend(inside.places.into_iter().map(|place| place.moved(span.start)));
        found.placeholders.extend(inside.placeholders);
    }
}

/// The subject of a line of the CLI.
#[derive(Clone, Copy, Debug, Default)]
struct About {
    /// It lists the CLI's capabilities, in its own words.
    describes: bool,
    /// It has entries of the transcript.
    mirrors: bool,
    /// It says who is logged in: replies to `initialize` and to requests for settings, the first
    /// message of a session, `auth_status`.
    identifies: bool,
}

impl About {
    fn of(json: &[u8], values: &[JsonString]) -> Self {
        let is =
            |key: &[u8], value: &[u8]| values.iter().any(|string| string.is(json, 1, key, value));
        let (reply, system) = (is(b"type", b"control_response"), is(b"type", b"system"));
        Self {
            mirrors: is(b"type", b"transcript_mirror"),
            describes: reply || (system && is(b"subtype", b"commands_changed")),
            identifies: reply || (system && is(b"subtype", b"init")) || is(b"type", b"auth_status"),
        }
    }
}

/// A line that is JSON.
struct Line<'a> {
    json: &'a [u8],
    strings: &'a Strings,
    about: About,
    out: bool,
    /// Whether it has an `env` or `headers` at all.
    has_holder: bool,
    is_root: bool,
    /// The `type` of each object, once one is asked for.
    types: OnceCell<Vec<Option<Range<usize>>>>,
}

impl Line<'_> {
    /// The kind of a string that is sensitive as a whole.
    fn kind_of(&self, index: usize) -> Option<&'static str> {
        let Self { json, strings, about, .. } = self;
        let string = &strings.values[index];
        let (key, text) = (&json[string.key.clone()], &json[string.value.clone()]);
        match key {
            b"signature"
                if matches!(self.type_next_to(index), Some(b"thinking" | b"signature_delta")) =>
            {
                return Some("signature");
            }
            b"data" if self.type_next_to(index) == Some(b"redacted_thinking") => {
                return Some("signature");
            }
            b"accountUuid" => return Some("account"),
            b"organizationUuid" | b"organizationName" => return Some("organization"),
            b"value" if self.has_sibling(index, b"label", |label| label == b"Organization") => {
                return Some("organization");
            }
            b"value" if self.has_sibling(index, b"name", |name| is_secret(name, text)) => {
                return Some("secret");
            }
            b"value" if self.has_sibling(index, b"key", |name| is_secret(name, text)) => {
                return Some("secret");
            }
            _ => {}
        }
        let in_holder = self.has_holder && holds_secrets(strings, json, string, self.is_root);
        if in_holder
            || is_secret(key, text)
            || self.is_in_list_of_secrets(index)
            || self.is_given_to_flag(index)
        {
            return Some("secret");
        }
        let is_note = self.out && NOTES.iter().any(|note| text.starts_with(note));
        let is_text = is_note
            || (about.describes && is_description(key, text))
            || (about.mirrors && self.is_mirrored_text(index, key, text));
        about.identifies.then(|| names::identity(key)).flatten().or(is_text.then_some("text"))
    }

    fn is_mirrored_text(&self, index: usize, key: &[u8], text: &[u8]) -> bool {
        let is_the_clis = MIRRORED_MEMBERS.contains(&key)
            || (key == b"content" && self.type_next_to(index) == Some(b"skill_listing"));
        is_the_clis && own_length(text) > LONGEST_MIRRORED
    }

    /// The `type` of the object that a string is a member of, wherever it is in the object.
    fn type_next_to(&self, index: usize) -> Option<&[u8]> {
        let types = self.types.get_or_init(|| {
            let mut types = vec![None; self.strings.parents.len()];
            for string in &self.strings.values {
                if let Some(parent) = string.parent
                    && &self.json[string.key.clone()] == b"type"
                {
                    types[parent] = Some(string.value.clone());
                }
            }
            types
        });
        let span = types.get(self.strings.values[index].parent?)?.clone()?;
        Some(&self.json[span])
    }

    /// Whether the same object has such a value under this key. Only nearby members are searched.
    fn has_sibling(&self, index: usize, key: &[u8], is: impl Fn(&[u8]) -> bool) -> bool {
        let values = &self.strings.values;
        let parent = values[index].parent;
        let near = values.iter().take(index + 4).skip(index.saturating_sub(4));
        near.filter(|sibling| sibling.parent == parent && parent.is_some()).any(|sibling| {
            &self.json[sibling.key.clone()] == key && is(&self.json[sibling.value.clone()])
        })
    }

    /// `"api_keys": ["VALUE"]`.
    fn is_in_list_of_secrets(&self, index: usize) -> bool {
        let string = &self.strings.values[index];
        let parent = string.parent.map(|parent| &self.strings.parents[parent]);
        let (key, text) = (&self.json[string.key.clone()], &self.json[string.value.clone()]);
        parent.is_some_and(|parent| !parent.is_object) && as_named(names::named_in_list(key), text)
    }

    /// `["--api-key", "VALUE"]`.
    fn is_given_to_flag(&self, index: usize) -> bool {
        let string = &self.strings.values[index];
        let before = index.checked_sub(1).map(|before| &self.strings.values[before]);
        let is_list = string.parent.is_some_and(|parent| !self.strings.parents[parent].is_object);
        before
            .filter(|before| {
                is_list && before.parent == string.parent && before.index + 1 == string.index
            })
            .is_some_and(|before| {
                let (flag, text) =
                    (&self.json[before.value.clone()], &self.json[string.value.clone()]);
                is_secret_flag(flag) && !text.starts_with(b"-")
            })
    }
}

/// Whether the argument after this one is a secret: `--api-key`.
pub(super) fn is_secret_flag(flag: &[u8]) -> bool {
    let is_flag = flag.starts_with(b"-") && flag.iter().all(|byte| super::text::is_word(*byte));
    is_flag && names::named(flag.trim_ascii_start()) != Named::Other
}

fn is_secret(key: &[u8], text: &[u8]) -> bool {
    as_named(names::named(key), text)
}

fn as_named(named: Named, text: &[u8]) -> bool {
    match named {
        Named::Secret => true,
        Named::Perhaps(least) => looks_secret(text, least),
        Named::Other => false,
    }
}

/// Whether it is under a name for descriptions and too long to be a name, or was blanked with dots
/// by an earlier scrubber.
fn is_description(key: &[u8], text: &[u8]) -> bool {
    let blanked = text.len() > 3 && text.iter().all(|byte| *byte == b'.');
    TEXT_MEMBERS.contains(&key) && (blanked || own_length(text) > LONGEST_TEXT)
}

/// Whether a string is a file in base64.
pub(super) fn is_file(key: &[u8], text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_".contains(byte);
    DATA.contains(&key) && text.len() >= SHORTEST_DATA && text.iter().all(is_part)
}

/// The files in a text: `data:image/png;base64,...`.
fn files(text: &Text<'_>) -> Vec<Range<usize>> {
    const MARK: &[u8] = b";base64,";
    let marks = memchr::memmem::find_iter(text.plain(), MARK).map(|at| at + MARK.len());
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    marks.map(|start| start..text.run(start, is_part)).collect()
}

/// The base64 files in a line, in which nothing may be replaced.
pub(in crate::recording) fn files_in(line: &[u8]) -> Vec<Range<usize>> {
    let mut found = files(&Text::new(line));
    let strings = read(line).unwrap_or_default();
    let is_file =
        |string: &&JsonString| is_file(&line[string.key.clone()], &line[string.value.clone()]);
    found.extend(strings.values.iter().filter(is_file).map(|string| string.value.clone()));
    found
}

/// A line of a text that comes in deltas: which delta it has, and what else it is.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    /// The thread (the tool use that started a sub-agent; none for the main one), the kind, and the
    /// range in the line.
    Piece {
        thread: Vec<u8>,
        kind: PieceKind,
        range: Range<usize>,
    },
    /// The end of a thread's text.
    End(Vec<u8>),
    /// The end of all texts.
    EndAll,
    Nothing,
}

/// The kind of text that a delta belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    Text,
    Thinking,
    Json,
}

/// What a line of the CLI means for the unfinished texts.
pub(super) fn part_of(json: &[u8], strings: &Strings) -> Part {
    let values = &strings.values;
    let top = |key: &[u8]| {
        values.iter().find(|string| string.depth == 1 && &json[string.key.clone()] == key)
    };
    let top = |key| top(key).map(|string| &json[string.value.clone()]);
    let thread = || top(b"parent_tool_use_id").unwrap_or_default().to_vec();
    match top(b"type") {
        Some(b"stream_event") => {}
        Some(b"assistant" | b"user") => return Part::End(thread()),
        Some(b"result") => return Part::EndAll,
        _ => return Part::Nothing,
    }
    let is_delta = values.iter().any(|string| string.is(json, 2, b"type", b"content_block_delta"));
    let delta =
        values.iter().find(|string| string.depth == 3 && &json[string.key.clone()] == b"type");
    let Some(delta) = delta.filter(|_| is_delta) else { return Part::End(thread()) };
    let (kind, key): (PieceKind, &[u8]) = match &json[delta.value.clone()] {
        b"text_delta" => (PieceKind::Text, b"text"),
        b"thinking_delta" => (PieceKind::Thinking, b"thinking"),
        b"input_json_delta" => (PieceKind::Json, b"partial_json"),
        _ => return Part::End(thread()),
    };
    match values
        .iter()
        .find(|string| string.parent == delta.parent && &json[string.key.clone()] == key)
    {
        Some(string) => Part::Piece { thread: thread(), kind, range: string.value.clone() },
        None => Part::Nothing,
    }
}

impl Part {
    /// The delta's range in the line, if there is one.
    pub(super) fn piece(&self) -> Option<&Range<usize>> {
        if let Self::Piece { range, .. } = self { Some(range) } else { None }
    }
}

/// The strings of a line, if it is JSON.
pub(super) fn read(line: &[u8]) -> Option<Strings> {
    let is_json = serde_json::from_slice::<&serde_json::value::RawValue>(line).is_ok();
    is_json.then(|| strings(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(line: &str) -> Part {
        part_of(line.as_bytes(), &read(line.as_bytes()).unwrap())
    }

    #[test]
    fn pieces_are_known_with_their_thread() {
        let line = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ab"}},"parent_tool_use_id":null}"#;
        let at = line.find("ab").unwrap();
        assert_eq!(
            part(line),
            Part::Piece { thread: Vec::new(), kind: PieceKind::Text, range: at..at + 2 }
        );
        let other = line.replace("null", "\"toolu_1\"").replace("text_delta", "signature_delta");
        assert_eq!(part(&other), Part::End(b"toolu_1".to_vec()));
        let end = |thread: &[u8]| Part::End(thread.to_vec());
        assert_eq!(
            part(r#"{"type":"stream_event","event":{"type":"content_block_stop","index":0}}"#),
            end(b"")
        );
        assert_eq!(part(r#"{"type":"assistant","parent_tool_use_id":null}"#), end(b""));
        assert_eq!(part(r#"{"type":"user","parent_tool_use_id":"toolu_1"}"#), end(b"toolu_1"));
        assert_eq!(part(r#"{"type":"result","parent_tool_use_id":"toolu_1"}"#), Part::EndAll);
        assert_eq!(part(r#"{"type":"system","subtype":"status"}"#), Part::Nothing);
        assert_eq!(
            part(r#"{"type":"system","subtype":"status","of":"stream_event"}"#),
            Part::Nothing
        );
    }

    #[test]
    fn files_are_known_by_name_and_form() {
        let data = "iVBORw0KGgo/".repeat(8);
        assert!(
            is_file(b"data", data.as_bytes())
                && !is_file(b"data", b"short")
                && !is_file(b"text", data.as_bytes())
        );
    }
}
