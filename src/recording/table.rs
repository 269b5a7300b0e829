//! A table of replacements, applied in one pass.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;

use super::event::{Event, EventKind};
use super::header::Header;
use super::redact::files_in;
use super::strings::{escaped, is_escaped, open_at};

/// Texts and their replacements. Replacements are not searched again.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The longest first.
    rows: Vec<Row>,
    /// All forms of all rows as one automaton, since most texts have none of them.
    all: OnceLock<Option<AhoCorasick>>,
}

#[derive(Debug)]
pub(super) struct Row {
    plain: Form,
    /// The text as it is in a JSON string.
    json: Form,
    /// The original replacement.
    name: String,
    ends: fn(&[u8]) -> bool,
}

#[derive(Debug)]
struct Form {
    needle: Finder<'static>,
    with: Vec<u8>,
}

/// How often each replacement was made.
pub(super) type Counts = BTreeMap<String, u64>;

impl Table {
    /// `ends`: whether the text may end before the rest that follows it.
    pub(super) fn add(&mut self, needle: &str, with: &str, ends: fn(&[u8]) -> bool) {
        let form = |in_form: fn(&str) -> Vec<u8>| Form {
            needle: Finder::new(&in_form(needle)).into_owned(),
            with: in_form(with),
        };
        self.rows.push(Row {
            plain: form(|text| text.into()),
            json: form(escaped),
            name: with.to_owned(),
            ends,
        });
        self.all = OnceLock::new();
        self.rows.sort_by_key(|row| std::cmp::Reverse(row.plain.needle.needle().len()));
    }

    pub(super) fn apply_to_header(&self, header: &mut Header, counts: &mut Counts) {
        for text in header.argv.iter_mut().flatten().chain(header.env.values_mut()) {
            if let Some(new) = self.replace(text.as_bytes(), false, None, counts) {
                *text = lossy(&new);
            }
        }
        if let Some(new) =
            header.unknown().and_then(|text| self.replace(text.as_bytes(), true, None, counts))
        {
            header.set_unknown(&lossy(&new));
        }
    }

    /// Skips this part of the event's text. Returns whether the text changed.
    pub(super) fn apply_to_event(
        &self,
        event: &mut Event,
        but: Option<Range<usize>>,
        counts: &mut Counts,
    ) -> bool {
        if let Some(new) =
            event.unknown().and_then(|text| self.replace(text.as_bytes(), true, None, counts))
        {
            event.set_unknown(&lossy(&new));
        }
        if !self.may_be_in(&event.text()) {
            return false;
        }
        let json = match &event.kind {
            EventKind::Fault(_) | EventKind::Unknown(_) => true,
            _ => event.payload().is_some_and(|line| line.json().is_some()),
        };
        let new = self.replace(&event.text(), json, but, counts);
        new.map(|new| event.set_text(new)).is_some()
    }

    /// The places of the texts, with their rows.
    pub(super) fn places(&self, text: &[u8], json: bool) -> Vec<(Range<usize>, &Row)> {
        let mut found: Vec<(Range<usize>, &Row)> = Vec::new();
        if !self.may_be_in(text) {
            return found;
        }
        for row in &self.rows {
            let needle = &row.form(json).needle;
            let ranges = needle.find_iter(text).map(|at| at..at + needle.needle().len());
            found.extend(
                ranges
                    .filter(|at| {
                        (row.ends)(&text[at.end..])
                            && !(json && is_escaped(text, at.start))
                            && !is_in_base64(text, at)
                    })
                    .map(|at| (at, row)),
            );
        }
        if !found.is_empty() {
            // A base64 file may happen to spell a path.
            let files = files_in(text);
            found.retain(|(range, _)| {
                files.iter().all(|file| range.end <= file.start || file.end <= range.start)
            });
        }
        // A stable sort: of those that begin together the longest stays first.
        found.sort_by_key(|(range, _)| range.start);
        let mut end = 0;
        found.retain(|(range, _)| {
            let apart = range.start >= end;
            end = if apart { range.end } else { end };
            apart
        });
        found
    }

    /// The start in a part of a JSON string of a text that continues beyond it, if there is one.
    pub(super) fn open_at(&self, text: &[u8]) -> Option<usize> {
        self.rows.iter().filter_map(|row| open_at(text, row.json.needle.needle())).min()
    }

    /// Whether one of the texts occurs, in any form.
    fn may_be_in(&self, text: &[u8]) -> bool {
        let needles = || {
            self.rows
                .iter()
                .flat_map(|row| [&row.plain, &row.json])
                .map(|form| form.needle.needle())
        };
        let all = self.all.get_or_init(|| AhoCorasick::new(needles()).ok());
        all.as_ref().is_none_or(|all| all.is_match(text))
    }

    /// `None` if nothing was found.
    pub(super) fn replace(
        &self,
        text: &[u8],
        json: bool,
        but: Option<Range<usize>>,
        counts: &mut Counts,
    ) -> Option<Vec<u8>> {
        let mut places = self.places(text, json);
        if let Some(but) = but {
            places.retain(|(range, _)| range.end <= but.start || but.end <= range.start);
        }
        let mut out = Vec::new();
        let mut copied = 0;
        for (range, row) in places {
            out.extend_from_slice(&text[copied..range.start]);
            out.extend_from_slice(&row.form(json).with);
            *counts.entry(row.name.clone()).or_default() += 1;
            copied = range.end;
        }
        (copied > 0).then(|| {
            out.extend_from_slice(&text[copied..]);
            out
        })
    }
}

impl Row {
    /// The original replacement.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn form(&self, json: bool) -> &Form {
        if json { &self.json } else { &self.plain }
    }
}

/// Whether a place is within a run of base64, such as the data of an image, where a path is a
/// coincidence.
fn is_in_base64(text: &[u8], place: &Range<usize>) -> bool {
    /// A path of this length always has one of `.`, `-` and `_`.
    const LONGEST_PATH: usize = 256;
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if !text[place.clone()].iter().all(|byte| is_digit(&byte)) {
        return false;
    }
    let before = text[..place.start].iter().rev().take(LONGEST_PATH).take_while(is_digit).count();
    let start = place.start - before;
    // The letter of an escape is not data.
    let escape = match text[..start].last() {
        Some(b'\\') if text.get(start) == Some(&b'u') => 5,
        Some(b'\\') => 1,
        _ => 0,
    };
    let before = before.saturating_sub(escape);
    let after = text[place.end..].iter().take(LONGEST_PATH).take_while(is_digit).count();
    before > 0 && before + place.len() + after > LONGEST_PATH
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
