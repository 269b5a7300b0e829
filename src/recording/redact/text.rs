//! A text to look for shapes in.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

/// Words to search every line for, made ready once.
pub(super) type Words = LazyLock<Vec<Finder<'static>>>;

pub(super) fn words<const N: usize>(words: [&'static str; N]) -> Vec<Finder<'static>> {
    words.map(Finder::new).into()
}

/// Where each word is, with its index.
pub(super) fn places<'a>(
    words: &'a Words,
    text: &'a [u8],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    words
        .iter()
        .enumerate()
        .flat_map(move |(index, word)| word.find_iter(text).map(move |at| (index, at)))
}

/// Whether a text is one JSON text.
pub(super) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<&RawValue>(text).is_ok()
}

/// A text as it stands, and without its escapes.
pub(super) struct Text<'a> {
    pub(super) raw: &'a [u8],
    /// Of the same length, with every escape (`\n`, `\u0041`, also `\\n` of JSON in JSON) as spaces, so that no shape begins with the
    /// letter of an escape, and replacing one cannot tear an escape apart.
    pub(super) plain: Vec<u8>,
}

impl<'a> Text<'a> {
    pub(super) fn new(raw: &'a [u8]) -> Self {
        Self { raw, plain: without_escapes(raw) }
    }

    /// Where the run of such bytes that begins at `start` ends.
    pub(super) fn run(&self, start: usize, is_part: impl Fn(u8) -> bool) -> usize {
        start
            + self
                .plain
                .get(start..)
                .unwrap_or_default()
                .iter()
                .take_while(|byte| is_part(**byte))
                .count()
    }

    /// Where the run of such bytes that ends before `end` begins.
    pub(super) fn run_back(&self, end: usize, is_part: impl Fn(u8) -> bool) -> usize {
        end - self
            .plain
            .get(..end)
            .unwrap_or_default()
            .iter()
            .rev()
            .take_while(|byte| is_part(**byte))
            .count()
    }

    /// The byte before this place, if there is one.
    pub(super) fn before(&self, at: usize) -> Option<u8> {
        self.plain.get(at.checked_sub(1)?).copied()
    }

    pub(super) fn get(&self, range: Range<usize>) -> &[u8] {
        self.plain.get(range).unwrap_or_default()
    }
}

fn without_escapes(text: &[u8]) -> Vec<u8> {
    let mut plain = text.to_vec();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &plain[at..]) {
        let start = at + found;
        let letter = start + plain[start..].iter().take_while(|byte| **byte == b'\\').count();
        let length = if plain.get(letter) == Some(&b'u') { 5 } else { 1 };
        at = (letter + length).min(plain.len());
        plain[start..at].fill(b' ');
    }
    plain
}
