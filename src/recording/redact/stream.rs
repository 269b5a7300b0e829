//! Texts that come in deltas: one secret may be spread over several partial messages.
//!
//! The deltas of a block are searched together. A delta is settled when three words have come after
//! it, or its block has ended: then no later text can make it part of a secret. The placeholder
//! replaces the beginning of the secret, and the next deltas lose their part of it, so that
//! together they say what the whole message will say.

use std::ops::Range;

use super::finder::Place;
use super::line::PieceKind;

/// Words that are held back: `Authorization: Bearer abc`, `password = abc`.
const WORDS: usize = 3;

/// The most bytes of one text that are held back. A longer text without a space is searched in
/// parts.
const LONGEST: usize = 64 * 1024;

/// How many bytes of settled text are kept as context for the next word.
const CONTEXT: usize = 512;

/// The end of one thread's text: the deltas that are not settled.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) thread: Vec<u8>,
    pub(super) kind: PieceKind,
    text: Vec<u8>,
    /// The start of the first delta; settled words are before it.
    settled: usize,
    /// The number of each delta's event, and the end of the delta in the text.
    pieces: Vec<(u64, usize)>,
}

/// A settled delta: the number of its event, and the places in it.
pub(super) type Settled = (u64, Vec<Cut>);

/// A place in one delta.
#[derive(Debug)]
pub(super) struct Cut {
    /// The range in the delta.
    pub(super) range: Range<usize>,
    /// The match with all of its text if it begins here; `None` if it began in an earlier delta.
    pub(super) found: Option<(Place, Vec<u8>)>,
}

impl Tail {
    pub(super) fn new(thread: Vec<u8>, kind: PieceKind) -> Self {
        Self { thread, kind, text: Vec::new(), settled: 0, pieces: Vec::new() }
    }

    pub(super) fn push(&mut self, event: u64, piece: &[u8]) {
        self.text.extend_from_slice(piece);
        self.pieces.push((event, self.text.len()));
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn is_settled(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Takes out the settled deltas, up to a place in the text or all of them, and keeps only the
    /// words before the next delta.
    pub(super) fn settle(&mut self, places: &[Place], until: usize, all: bool) -> Vec<Settled> {
        let whole = self.text.len();
        let mut until = if all { whole } else { last_words(&self.text).min(until) };
        let (mut count, mut end) = self.ending_before(until);
        // A place is not split: its delta waits for the others.
        let is_torn = |place: &&Place, cuts: [usize; 2]| {
            cuts.iter().any(|cut| place.range.start < *cut && *cut < place.range.end)
        };
        while let Some(place) =
            places.iter().find(|place| count > 0 && is_torn(place, [until, end]))
        {
            until = place.range.start;
            (count, end) = self.ending_before(until);
        }
        if whole - end > LONGEST {
            (count, _) = self.ending_before(whole);
        }
        let mut settled = Vec::with_capacity(count);
        let mut first = 0;
        for (event, end) in self.pieces.drain(..count) {
            // Both are in order, so each delta continues the search where the last one ended.
            first +=
                places[first..].iter().take_while(|place| place.range.end <= self.settled).count();
            settled.push((event, cuts(&self.text, self.settled..end, &places[first..])));
            self.settled = end;
        }
        self.forget(places);
        settled
    }

    /// Keeps the context for the rest of the text: all of a place, and otherwise some words.
    fn forget(&mut self, places: &[Place]) {
        let open = places
            .iter()
            .find(|place| place.range.start < self.settled && self.settled <= place.range.end);
        let before = open.map_or(self.settled, |place| {
            place.range.start.max(self.settled.saturating_sub(LONGEST))
        });
        let kept = before.saturating_sub(CONTEXT);
        // Do not start within a word, unless it is a long one.
        let word = self.text[kept..before].iter().position(u8::is_ascii_whitespace);
        let kept = if kept == 0 { 0 } else { kept + word.unwrap_or(0) };
        self.text.drain(..kept);
        self.settled -= kept;
        self.pieces.iter_mut().for_each(|(_, end)| *end -= kept);
    }

    /// How many deltas end there or before, and the end of the last of them.
    fn ending_before(&self, until: usize) -> (usize, usize) {
        let count = self.pieces.partition_point(|(_, end)| *end <= until);
        (count, if count == 0 { self.settled } else { self.pieces[count - 1].1 })
    }
}

fn cuts(text: &[u8], piece: Range<usize>, places: &[Place]) -> Vec<Cut> {
    let places = places.iter().take_while(|place| place.range.start < piece.end);
    let cut = |place: &Place| {
        let begins = place.range.start >= piece.start;
        let range = place.range.start.max(piece.start) - piece.start
            ..place.range.end.min(piece.end) - piece.start;
        Cut { range, found: begins.then(|| (place.clone(), text[place.range.clone()].to_vec())) }
    };
    places.filter(|place| piece.start < place.range.end).map(cut).collect()
}

/// The start of the last words, or rather of the space before them. A line break is a space, and
/// several spaces count as one.
fn last_words(text: &[u8]) -> usize {
    let is_break =
        |at: usize| text[at] == b'\\' && matches!(text.get(at + 1), Some(b'n' | b'r' | b't'));
    let is_space = |at: usize| text[at].is_ascii_whitespace() || is_break(at);
    let begins = |at: &usize| is_space(*at) && !(*at > 0 && is_space(*at - 1));
    (0..text.len()).rev().filter(begins).nth(WORDS - 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_not_settled() {
        let mut tail = Tail::new(Vec::new(), PieceKind::Text);
        for (number, piece) in (0..).zip(["one ", "two", " three", " four", "teen"]) {
            tail.push(number, piece.as_bytes());
        }
        let numbers = |settled: Vec<Settled>| {
            settled.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(tail.settle(&[], usize::MAX, false)), [0; 0]);
        tail.push(5, b" five");
        assert_eq!(numbers(tail.settle(&[], usize::MAX, false)), [0, 1]);
        assert_eq!(numbers(tail.settle(&[], usize::MAX, true)), [2, 3, 4, 5]);
    }

    #[test]
    fn what_is_kept_does_not_grow() {
        let mut tail = Tail::new(Vec::new(), PieceKind::Text);
        for number in 0..10_000 {
            tail.push(number, b"some words, ");
            tail.settle(&[], usize::MAX, false);
            assert!(tail.text.len() < 2 * CONTEXT, "{}", tail.text.len());
        }
        for number in 0..1000 {
            tail.push(number, &[b'x'; 1000]);
            tail.settle(&[], usize::MAX, false);
            assert!(tail.text.len() < 2 * LONGEST, "{}", tail.text.len());
        }
    }
}
