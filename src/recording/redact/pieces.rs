//! Texts that come in pieces: one secret may lie in several partial messages.
//!
//! The pieces of a block are looked at together. A piece is settled when three words have come after it, or its block has ended: then
//! nothing that follows can make it part of a secret. The placeholder takes the place of the beginning, and what the next pieces hold of
//! the secret goes, so that the pieces together say what the whole message will say.

use std::ops::Range;

use super::rules::Place;
use crate::recording::event::{Event, EventKind};
use crate::recording::strings::strings;

/// Words that are held back: `Authorization: Bearer abc`, `password = abc`.
const WORDS: usize = 3;

/// How much of one text is held back at most, in bytes: what is longer without a space is looked at in parts.
const LONGEST: usize = 8 * 1024;

/// A piece of a text, in a line of the CLI's.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    /// Whose: the tool use under which a sub-agent runs, and nothing for the main thread.
    pub(super) thread: Vec<u8>,
    /// Where in the line.
    pub(super) range: Range<usize>,
}

/// What an event means for the texts that are not finished.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Piece(Piece),
    /// The end of a thread's text.
    End(Vec<u8>),
    /// The end of all.
    EndAll,
    Nothing,
}

/// What an event is, seen so.
pub(super) fn part_of(event: &Event) -> Part {
    let line = match &event.kind {
        EventKind::Out(line) => line.bytes(),
        EventKind::Eof(_) | EventKind::Exit(_) => return Part::EndAll,
        _ => return Part::Nothing,
    };
    // The tags of a whole message, or of a part of one; a glance, since most lines are neither.
    let has = |tag: &[u8]| memchr::memmem::find(line, tag).is_some();
    if ![&b"\"stream_event\""[..], b"\"assistant\"", b"\"result\"", b"\"user\""]
        .into_iter()
        .any(has)
    {
        return Part::Nothing;
    }
    let found = strings(line).values;
    let top = |key: &[u8]| {
        found.iter().find(|string| string.depth == 1 && line[string.key.clone()] == *key)
    };
    let top = |key| top(key).map(|string| line[string.value.clone()].to_vec()).unwrap_or_default();
    let thread = top(b"parent_tool_use_id");
    match top(b"type").as_slice() {
        b"stream_event" => {}
        b"assistant" | b"user" => return Part::End(thread),
        b"result" => return Part::EndAll,
        _ => return Part::Nothing,
    }
    let delta =
        found.iter().find(|string| string.depth == 3 && line[string.key.clone()] == *b"type");
    let Some(delta) = delta.filter(|_| has(b"\"content_block_delta\"")) else {
        return Part::End(thread);
    };
    let key: &[u8] = match &line[delta.value.clone()] {
        b"text_delta" => b"text",
        b"thinking_delta" => b"thinking",
        b"input_json_delta" => b"partial_json",
        _ => return Part::End(thread),
    };
    match found
        .iter()
        .find(|string| string.object == delta.object && line[string.key.clone()] == *key)
    {
        Some(string) => Part::Piece(Piece { thread, range: string.value.clone() }),
        None => Part::Nothing,
    }
}

/// The end of one thread's text: the pieces that are not settled.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) thread: Vec<u8>,
    text: Vec<u8>,
    /// Where the first piece begins; before it stand words that were settled.
    told: usize,
    /// The number of each piece's event, and where the piece ends in the text.
    pieces: Vec<(u64, usize)>,
}

/// A settled piece: the number of its event, and the places in it.
pub(super) type Settled = (u64, Vec<Cut>);

/// A place in one piece.
#[derive(Debug)]
pub(super) struct Cut {
    /// In the piece.
    pub(super) range: Range<usize>,
    /// What was found, if it begins here, with all of its text; else its beginning is in an earlier piece.
    pub(super) found: Option<(Place, Vec<u8>)>,
}

impl Tail {
    pub(super) fn new(thread: Vec<u8>) -> Self {
        Self { thread, text: Vec::new(), told: 0, pieces: Vec::new() }
    }

    pub(super) fn push(&mut self, event: u64, piece: &[u8]) {
        self.text.extend_from_slice(piece);
        self.pieces.push((event, self.text.len()));
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The pieces that are settled, of those up to a place in the text, or all of them; they are gone from here then, but for the words
    /// before the next piece.
    pub(super) fn settle(&mut self, places: &[Place], until: usize, all: bool) -> Vec<Settled> {
        let mut until = if all || self.text.len() > LONGEST {
            self.text.len()
        } else {
            last_words(&self.text).min(until)
        };
        let (mut count, mut end) = self.ending_before(until);
        // No place is torn: its piece waits for the others.
        let torn = |place: &&Place, cuts: [usize; 2]| {
            cuts.iter().any(|cut| place.range.start < *cut && *cut < place.range.end)
        };
        while let Some(place) = places.iter().find(|place| count > 0 && torn(place, [until, end])) {
            until = place.range.start;
            (count, end) = self.ending_before(until);
        }
        let mut settled = Vec::with_capacity(count);
        for (event, end) in self.pieces.drain(..count) {
            settled.push((event, cuts(&self.text, self.told..end, places)));
            self.told = end;
        }
        // The rest of a text may come after all was settled: what it goes on from is kept, all of a place, and three words otherwise.
        let open = places
            .iter()
            .find(|place| place.range.start < self.told && self.told <= place.range.end);
        let kept = last_words(&self.text[..self.told])
            .min(open.map_or(self.told, |place| place.range.start));
        let kept = kept.max(self.told.saturating_sub(LONGEST));
        self.text.drain(..kept);
        self.told -= kept;
        self.pieces.iter_mut().for_each(|(_, end)| *end -= kept);
        settled
    }

    /// How many pieces end there or before, and where the last of them does.
    fn ending_before(&self, until: usize) -> (usize, usize) {
        let ends = self.pieces.iter().take_while(|(_, end)| *end <= until).map(|(_, end)| *end);
        ends.fold((0, self.told), |(count, _), end| (count + 1, end))
    }
}

fn cuts(text: &[u8], piece: Range<usize>, places: &[Place]) -> Vec<Cut> {
    let inside = places
        .iter()
        .filter(|place| place.range.start < piece.end && piece.start < place.range.end);
    let cut = |place: &Place| {
        let begins = place.range.start >= piece.start;
        let range = place.range.start.max(piece.start) - piece.start
            ..place.range.end.min(piece.end) - piece.start;
        Cut { range, found: begins.then(|| (place.clone(), text[place.range.clone()].to_vec())) }
    };
    inside.map(cut).collect()
}

/// Where the last words begin, or rather the space before them. A line break is a space, and many spaces are one.
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

    fn part(line: &str) -> Part {
        part_of(&Event::new(0, EventKind::Out(line.into())))
    }

    #[test]
    fn pieces_are_known_with_their_thread() {
        let line = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ab"}},"parent_tool_use_id":null}"#;
        let at = line.find("ab").unwrap();
        assert_eq!(part(line), Part::Piece(Piece { thread: Vec::new(), range: at..at + 2 }));
        let other = line.replace("null", "\"toolu_1\"").replace("text_delta", "signature_delta");
        assert_eq!(part(&other), Part::End(b"toolu_1".to_vec()));
        assert_eq!(
            part(r#"{"type":"stream_event","event":{"type":"content_block_stop","index":0}}"#),
            Part::End(Vec::new())
        );
        assert_eq!(
            part(r#"{"type":"assistant","parent_tool_use_id":null}"#),
            Part::End(Vec::new())
        );
        assert_eq!(
            part(r#"{"type":"user","parent_tool_use_id":"toolu_1"}"#),
            Part::End(b"toolu_1".to_vec())
        );
        assert_eq!(part(r#"{"type":"result","parent_tool_use_id":"toolu_1"}"#), Part::EndAll);
        assert_eq!(part(r#"{"type":"system","subtype":"status"}"#), Part::Nothing);
        assert_eq!(
            part(r#"{"type":"system","subtype":"status","of":"stream_event"}"#),
            Part::Nothing
        );
    }

    #[test]
    fn the_last_words_are_not_settled() {
        let mut tail = Tail::new(Vec::new());
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
}
