//! Finds all [`PATTERNS`] in one pass over a text.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};

use super::embedded::{ANCHORS, Embedded, embedded};
use super::patterns::{PATTERNS, Then};
use super::placeholder::{MARKS, Placeholder, placeholder_at};
use super::text::{FILL, Text, is_word};

/// A place that a rule found.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) range: Range<usize>,
    pub(super) kind: &'static str,
    /// The known text that occurs here in another form.
    pub(super) text: Option<Arc<[u8]>>,
}

impl Place {
    pub(super) fn new(range: Range<usize>, kind: &'static str) -> Self {
        Self { range, kind, text: None }
    }

    /// The same place, shifted by this many bytes.
    pub(super) fn moved(self, by: usize) -> Self {
        Self { range: self.range.start + by..self.range.end + by, ..self }
    }
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Sorted by their start; they may overlap.
    pub(super) places: Vec<Place>,
    /// The start of a match that the end of the text cuts, if there is one: more of it may follow.
    pub(super) open: Option<usize>,
    /// Placeholders of earlier redactions.
    pub(super) placeholders: Vec<Placeholder>,
}

/// The compiled patterns: those of the table, and those that a caller adds.
#[derive(Clone, Default)]
pub(super) struct Finder {
    added: Vec<Regex>,
}

/// The anchors of all rows as one automaton, and the row of each.
static ALL: LazyLock<Option<Anchors>> = LazyLock::new(Anchors::build);

struct Anchors {
    automaton: AhoCorasick,
    owners: Vec<Owner>,
    regexes: Vec<OnceLock<Option<Regex>>>,
}

/// A row and one of its anchors.
#[derive(Clone, Copy)]
enum Owner {
    Row(usize, &'static str),
    Embedded(usize),
    Placeholder(usize),
}

impl Anchors {
    fn build() -> Option<Self> {
        let rows = PATTERNS.iter().enumerate();
        let owners = rows.flat_map(|(row, pattern)| {
            pattern.anchors.iter().map(move |anchor| Owner::Row(row, anchor))
        });
        let owners = owners.chain((0..ANCHORS.len()).map(Owner::Embedded));
        let owners: Vec<Owner> = owners.chain((0..MARKS.len()).map(Owner::Placeholder)).collect();
        let texts = owners.iter().map(|owner| match owner {
            Owner::Row(_, anchor) => *anchor,
            Owner::Embedded(index) => ANCHORS[*index],
            Owner::Placeholder(index) => MARKS[*index],
        });
        let mut builder = AhoCorasick::builder();
        let automaton = builder
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(texts)
            .ok()?;
        Some(Self {
            automaton,
            owners,
            regexes: PATTERNS.iter().map(|_| OnceLock::new()).collect(),
        })
    }

    /// Matches the row's regular expression after an anchor: the end of the match, and of its first
    /// group.
    fn follows(&self, row: usize, then: &str, rest: &[u8]) -> Option<(usize, Range<usize>)> {
        let regex =
            self.regexes[row].get_or_init(|| regex(&format!(r"\A(?:{then})")).ok()).as_ref()?;
        let found = regex.captures(rest)?;
        let all = found.get(0)?;
        let group = found.get(1).unwrap_or(all);
        Some((all.end(), group.range()))
    }
}

fn regex(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).unicode(false).size_limit(1 << 22).build()
}

impl Finder {
    /// Adds a pattern. The secret is the first group, or else the whole match.
    pub(super) fn add(&mut self, pattern: &str) -> Result<(), String> {
        let regex = regex(pattern).map_err(|error| error.to_string())?;
        if regex.is_match(b"") {
            return Err("it matches the empty text".to_owned());
        }
        self.added.push(regex);
        Ok(())
    }

    pub(super) fn added(&self) -> usize {
        self.added.len()
    }

    /// Finds everything in a text. `out`: whether the CLI wrote it.
    pub(super) fn find(&self, text: &Text<'_>, out: bool) -> Found {
        let mut found = Found::default();
        // By start, then by row.
        let mut places: Vec<(usize, Place)> = Vec::new();
        let mut walked = 0;
        if let Some(all) = &*ALL {
            for hit in all.automaton.find_overlapping_iter(text.plain()) {
                match all.owners[hit.pattern().as_usize()] {
                    Owner::Row(row, anchor) => {
                        let place = |range| (row, Place::new(range, PATTERNS[row].kind));
                        match PATTERNS[row].then {
                            Then::Several(find) => {
                                places.extend(find(text, hit.range()).into_iter().map(place));
                            }
                            _ => places.extend(
                                row_at(all, row, anchor, text, hit.range(), out).map(place),
                            ),
                        }
                    }
                    // Places within a match are skipped.
                    Owner::Embedded(index) if hit.start() >= walked => {
                        if let Some(Embedded { secrets, end, is_cut }) =
                            embedded(text, index, hit.range())
                        {
                            places.extend(
                                secrets
                                    .into_iter()
                                    .map(|range| (PATTERNS.len(), Place::new(range, "secret"))),
                            );
                            walked = end;
                            found.open =
                                found.open.or((is_cut && text.is_open).then_some(hit.start()));
                        }
                    }
                    Owner::Embedded(_) => {}
                    Owner::Placeholder(mark) => {
                        found.placeholders.extend(placeholder_at(text.plain(), mark, hit.range()))
                    }
                }
            }
        }
        if !self.added.is_empty() {
            let added = self
                .added_in(text)
                .into_iter()
                .map(|range| (PATTERNS.len() + 1, Place::new(range, "secret")));
            places.extend(added);
        }
        let taken = |at: usize| {
            found.placeholders.iter().any(|placeholder| placeholder.range.contains(&at))
        };
        places.retain(|(_, place)| !place.range.is_empty() && !taken(place.range.start));
        places.sort_by_key(|(row, place)| (place.range.start, *row));
        found.places = places.into_iter().map(|(_, place)| place).collect();
        found
    }

    /// The matches of the added patterns, which see a text without its escapes.
    fn added_in(&self, text: &Text<'_>) -> Vec<Range<usize>> {
        // The original offset of each remaining byte.
        let kept: Vec<usize> = (0..text.len()).filter(|at| text.at(*at) != Some(FILL)).collect();
        let bytes: Vec<u8> = kept.iter().filter_map(|at| text.at(*at)).collect();
        let mut places = Vec::new();
        for regex in &self.added {
            for found in regex.captures_iter(&bytes) {
                let Some(group) =
                    found.get(1).or_else(|| found.get(0)).filter(|group| !group.is_empty())
                else {
                    continue;
                };
                // Extends a match to whole escapes.
                let start = text.run_back(kept[group.start()], |byte| byte == FILL);
                places.push(start..kept[group.end() - 1] + 1);
            }
        }
        places
    }
}

fn row_at(
    all: &Anchors,
    row: usize,
    anchor: &str,
    text: &Text<'_>,
    hit: Range<usize>,
    out: bool,
) -> Option<Range<usize>> {
    let is_exact = || text.get(hit.clone()) == anchor.as_bytes();
    match PATTERNS[row].then {
        Then::Key(then) => {
            if !is_exact() || text.before(hit.start).is_some_and(is_word) {
                return None;
            }
            let (end, _) = all.follows(row, then, text.get(hit.end..text.len()))?;
            let key = text.get(hit.start..hit.end + end);
            let key = key.strip_suffix(b".").unwrap_or(key);
            Some(hit.start..hit.start + key.len())
        }
        Then::Follows(then) => {
            let (_, group) =
                is_exact().then(|| all.follows(row, then, text.get(hit.end..text.len())))??;
            // A group right at the anchor includes the anchor if that is a hash.
            let whole = anchor.starts_with('$');
            Some(if whole { hit.start } else { hit.end + group.start }..hit.end + group.end)
        }
        Then::Around(find) => find(text, hit),
        Then::Several(_) => None,
        Then::AroundOut(find) => {
            if out {
                find(text, hit)
            } else {
                None
            }
        }
    }
}

/// Shows only how many patterns were added; a pattern may be a secret itself.
impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finder({} added)", self.added.len())
    }
}

/// Merges overlapping places. The result has the kind of the first and covers both.
pub(super) fn merged(found: impl IntoIterator<Item = Place>) -> Vec<Place> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_built() {
        assert!(ALL.is_some());
        for pattern in PATTERNS {
            if let Then::Key(then) | Then::Follows(then) = pattern.then {
                assert!(regex(then).is_ok(), "{then}");
            }
        }
    }

    #[test]
    fn added_patterns_read_texts_without_escapes() {
        let mut finder = Finder::default();
        assert!(finder.add("(").is_err() && finder.add("x*").is_err());
        finder.add(r#"pin "(\d+)""#).unwrap();
        finder.add(r"two\nlines").unwrap();
        let raw = br#"the pin \"1234\" of two\\nlines"#;
        let found = finder.find(&Text::new(raw), false).places;
        let texts: Vec<&[u8]> = found.into_iter().map(|place| &raw[place.range]).collect();
        assert_eq!(texts, [&b"1234"[..], br"two\\nlines"]);
    }
}
