//! Puts the placeholders in, line by line.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::known::Known;
use super::numbers::Numbers;
use super::open_keys::OpenKeys;
use super::pieces::{Cut, Part, Piece, Settled, Tail, part_of};
use super::redaction::Redaction;
use super::rules::{Place, in_line, in_text};
use crate::recording::event::{Event, EventKind, Stream};
use crate::recording::payload::Payload;
use crate::recording::vars::Hider;

/// How often something of each kind was replaced.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// The kind of a place that a variable takes.
const PATH: &str = "path";

/// How many events are held back at most while a text is not finished, and how many bytes of them.
const MOST_HELD: usize = 256;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The redaction of one recording. What it has learned in one line it finds in the next.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    pub(super) hider: Hider,
    pub(super) folders_only: bool,
    pub(super) known: Known,
    pub(super) numbers: Numbers,
    counts: Counts,
    /// The events that wait, in order, and the number of the first.
    held: VecDeque<Held>,
    first: u64,
    tails: Vec<Tail>,
    pub(super) keys: OpenKeys,
}

/// An event that was looked at.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) event: Event,
    pub(super) edits: Vec<Edit>,
    /// Its members that this build does not know, with the places in them.
    pub(super) unknown: Option<(String, Vec<Place>)>,
    /// Where it holds a piece of a text that is not settled.
    piece: Option<Range<usize>>,
}

/// How much of a text in pieces is settled.
#[derive(Clone, Copy, PartialEq)]
enum Settle {
    /// What nothing that follows can change.
    Ready,
    /// All that is there; more may follow.
    SoFar,
    /// All of it.
    End,
}

/// What is to be done in an event's line.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    /// What is there, with all of its text; nothing where only the rest of it goes.
    pub(super) found: Option<(Place, Vec<u8>)>,
}

impl Redactor {
    /// For secrets.
    pub(crate) fn new(redaction: &Redaction) -> Self {
        let mut redactor = Self::default();
        for secret in redaction.secrets() {
            redactor.learn_secret(secret.as_bytes());
        }
        for host in redaction.hosts() {
            redactor.known.add_name("host", host.as_bytes());
        }
        redactor
    }

    /// For folders too.
    pub(crate) fn hiding(self, hider: Hider) -> Self {
        Self { hider, ..self }
    }

    /// For folders alone.
    pub(crate) fn only_hiding(hider: Hider) -> Self {
        Self { hider, folders_only: true, ..Self::default() }
    }

    /// How often something was replaced so far.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = self.counts.clone();
        counts.extend(Some((PATH, self.hider.hidden())).filter(|(_, hidden)| *hidden > 0));
        counts
    }

    /// Takes in an event. Events come out again by [`next`](Self::next), in the same order: some wait for the end of a text.
    pub(crate) fn push(&mut self, mut event: Event) {
        let mut part = part_of(&event);
        let piece =
            if let Part::Piece(Piece { range, .. }) = &part { Some(range.clone()) } else { None };
        if self.hider.event(&mut event, piece.clone()) && piece.is_some() {
            // It stands elsewhere now.
            part = part_of(&event);
        }
        let places = self.in_event(&event);
        let unknown = event.unknown().map(|text| {
            let places = self.in_alone(&Payload::from(text.as_str()), false);
            (text, places)
        });
        match &part {
            Part::End(thread) => self.end(|tail| tail.thread == *thread),
            Part::EndAll => self.end(|_| true),
            Part::Piece(_) | Part::Nothing => {}
        }
        let number = self.first + self.held.len() as u64;
        let text = event.text();
        let mut edits: Vec<Edit> =
            places.into_iter().map(|place| Edit::new(place, &text)).collect();
        let Part::Piece(Piece { thread, range }) = part else {
            self.held.push_back(Held { event, edits, unknown, piece: None });
            return self.limit();
        };
        edits.retain(|edit| edit.range.end <= range.start || range.end <= edit.range.start);
        let index = self.tails.iter().position(|tail| tail.thread == thread).unwrap_or_else(|| {
            self.tails.push(Tail::new(thread));
            self.tails.len() - 1
        });
        self.tails[index].push(number, &text[range.clone()]);
        self.held.push_back(Held { event, edits, unknown, piece: Some(range) });
        self.settle(index, Settle::Ready);
        self.limit();
    }

    /// The next event, with everything replaced in it.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let Held { mut event, edits, unknown, .. } = self.next_found()?;
        if let Some((mut text, places)) = unknown.filter(|(_, places)| !places.is_empty()) {
            self.replace_in(&mut text, places);
            event.set_unknown(&text);
        }
        if edits.is_empty() {
            return Some(event);
        }
        let bytes = self.replace(&event.text(), edits);
        event.set_text(bytes);
        Some(event)
    }

    /// The next event as it was, with what was found in it.
    pub(super) fn next_found(&mut self) -> Option<Held> {
        let held =
            if self.held.front()?.piece.is_none() { self.held.pop_front()? } else { return None };
        self.first += 1;
        Some(held)
    }

    /// Whether events wait for the end of a text.
    #[cfg(feature = "session")]
    pub(crate) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// No more events for now: those that wait come out as they are. What comes later may still go on from there.
    pub(crate) fn finish(&mut self) {
        (0..self.tails.len()).for_each(|index| self.settle(index, Settle::SoFar));
    }

    /// The places in what an event says, seen alone.
    fn in_event(&mut self, event: &Event) -> Vec<Place> {
        let out = matches!(event.kind, EventKind::Out(_));
        let Some(line) = event.payload() else {
            return self.in_alone(&Payload::line(event.text().into_owned()), false);
        };
        let places = self.in_alone(line, out);
        match &event.kind {
            EventKind::Out(_) if line.json().is_none() => {
                self.keys.go_on(Stream::Out, line.bytes(), places)
            }
            EventKind::Err(_) => self.keys.go_on(Stream::Err, line.bytes(), places),
            _ => places,
        }
    }

    /// The places in a line, which is learned from.
    fn in_alone(&mut self, line: &Payload, out: bool) -> Vec<Place> {
        if self.folders_only {
            return Vec::new();
        }
        self.numbers.take_in(line.bytes());
        let places = in_line(line, out, &self.known);
        if self.learn(line.bytes(), &places) { in_line(line, out, &self.known) } else { places }
    }

    /// Lets nothing wait for ever, and nothing grow without end.
    fn limit(&mut self) {
        let bytes = || {
            self.held
                .iter()
                .filter_map(|held| held.event.payload())
                .map(|line| line.bytes().len())
                .sum::<usize>()
        };
        if self.held.len() > MOST_HELD || bytes() > MOST_BYTES {
            self.finish();
        }
    }

    /// The texts of these threads have ended.
    pub(super) fn end(&mut self, which: impl Fn(&Tail) -> bool) {
        for index in (0..self.tails.len())
            .rev()
            .filter(|index| which(&self.tails[*index]))
            .collect::<Vec<_>>()
        {
            self.settle(index, Settle::End);
            self.tails.swap_remove(index);
        }
    }

    /// The places in the pieces of a text.
    fn in_pieces(&self, text: &[u8]) -> Vec<Place> {
        let paths = self.hider.places(text).map(|(range, with)| Place {
            range,
            kind: PATH,
            text: Some(with.as_bytes().into()),
        });
        let paths: Vec<Place> = paths.collect();
        if self.folders_only {
            return paths;
        }
        // What becomes a variable is nothing else: a text is seen as its line is, in which paths are hidden first.
        let mut hidden = text.to_vec();
        for path in &paths {
            hidden[path.range.clone()].fill(b'$');
        }
        let mut places = in_text(&hidden, &self.known.within(&hidden));
        let apart = |path: &Place| {
            places.iter().all(|place| {
                place.range.end <= path.range.start || path.range.end <= place.range.start
            })
        };
        let paths: Vec<Place> = paths.into_iter().filter(apart).collect();
        places.extend(paths);
        places.sort_by_key(|place| place.range.start);
        places
    }

    fn settle(&mut self, index: usize, how: Settle) {
        let text = self.tails[index].text().to_vec();
        let mut places = self.in_pieces(&text);
        // What may go on is not learned yet: its beginning would be found in too much.
        let certain: Vec<Place> = match how {
            Settle::Ready => Vec::new(),
            Settle::SoFar => {
                places.iter().filter(|place| place.range.end < text.len()).cloned().collect()
            }
            Settle::End => places.clone(),
        };
        if self.learn(&text, &certain) {
            places = self.in_pieces(&text);
        }
        let open =
            [self.hider.open_at(&text), self.known.open_at(&text)].into_iter().flatten().min();
        let until = open.filter(|_| how == Settle::Ready).unwrap_or(text.len());
        for (number, cuts) in self.tails[index].settle(&places, until, how != Settle::Ready) {
            self.settled((number, cuts));
        }
    }

    fn settled(&mut self, (number, cuts): Settled) {
        let Some(held) = number
            .checked_sub(self.first)
            .and_then(|index| self.held.get_mut(usize::try_from(index).ok()?))
        else {
            return;
        };
        let Some(piece) = held.piece.take() else { return };
        let edit = |Cut { range, found }| Edit {
            range: piece.start + range.start..piece.start + range.end,
            found,
        };
        held.edits.extend(cuts.into_iter().map(edit));
        held.edits.sort_by_key(|edit| edit.range.start);
    }

    /// Remembers what was found, to find it in other forms and where nothing tells of it.
    pub(super) fn learn(&mut self, text: &[u8], places: &[Place]) -> bool {
        let mut learned = false;
        for place in places.iter().filter(|place| place.text.is_none()) {
            let text = &text[place.range.clone()];
            let has = |is: fn(&u8) -> bool| text.iter().any(is);
            learned |= match place.kind {
                "key" | "token" => self.known.add_secret(place.kind, text),
                // A name of a secret may stand over something that is none: only what looks like one is looked for elsewhere.
                "secret" if has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) => {
                    self.known.add_secret("secret", text)
                }
                "organization" if has(|byte| *byte == b' ') || has(u8::is_ascii_digit) => {
                    self.known.add_name("organization", text)
                }
                _ => false,
            };
        }
        learned
    }

    fn learn_secret(&mut self, text: &[u8]) {
        let kind = match in_line(&Payload::line(text.to_vec()), false, &Known::default()).as_slice()
        {
            [place] if place.range == (0..text.len()) => place.kind,
            _ => "secret",
        };
        self.known.add_secret(kind, text);
    }

    pub(super) fn replace(&mut self, text: &[u8], edits: Vec<Edit>) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut copied = 0;
        for Edit { range, found } in edits {
            out.extend_from_slice(&text[copied..range.start]);
            copied = range.end;
            if let Some((Place { kind: PATH, text: Some(with), .. }, _)) = &found {
                out.extend_from_slice(with);
                self.hider.note(&String::from_utf8_lossy(with));
            } else if let Some((place, found)) = found {
                let (kind, placeholder) =
                    self.numbers.placeholder(place.kind, place.text.as_deref().unwrap_or(&found));
                out.extend_from_slice(placeholder.as_bytes());
                *self.counts.entry(kind).or_default() += 1;
            }
        }
        out.extend_from_slice(&text[copied..]);
        out
    }
}

impl Edit {
    pub(super) fn new(place: Place, text: &[u8]) -> Self {
        let found = text[place.range.clone()].to_vec();
        Self { range: place.range.clone(), found: Some((place, found)) }
    }
}
