//! The redaction of one recording, event by event.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::finder::{Finder, Place};
use super::known::Known;
use super::line::{Looking, Part, Places, is_secret_flag, part_of, read};
use super::names::is_secret_variable;
use super::placeholder::{Numbers, is_placeholder};
use super::redaction::Redaction;
use super::shapes::{BEGIN_KEY, END_KEY, after_mark};
use super::stream::{Cut, Settled, Tail};
use super::text::Text;
use crate::recording::event::{Event, EventKind, Stream};
use crate::recording::file::Recording;
use crate::recording::header::Header;
use crate::recording::strings::Strings;
use crate::recording::vars::Hider;

/// How often something of each kind was replaced.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// The kind of a place that becomes a variable.
const PATH: &str = "path";

/// The most events that are held back while a text is unfinished, and the most bytes of them.
const MOST_HELD: usize = 2048;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The most texts that may be open at once.
const MOST_TAILS: usize = 64;

/// In a whole recording, the number of events between two drains of the ready ones.
const BATCH: usize = 256;

/// How much of a text is kept so that a caller's pattern sees a whole match, in bytes.
const ADDED: usize = 256;

/// The redaction of one recording. What it learns in one line it finds in the next.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    hider: Hider,
    folders_only: bool,
    finder: Finder,
    known: Known,
    numbers: Numbers,
    counts: Counts,
    /// The waiting events, in order, their bytes, and the number of the first.
    held: VecDeque<Held>,
    bytes: usize,
    first: u64,
    tails: Vec<Tail>,
    keys: OpenKeys,
}

/// An event after the search.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) event: Event,
    pub(super) edits: Vec<Edit>,
    /// Its unknown members, with the places in them.
    pub(super) unknown: Option<(String, Vec<Place>)>,
    /// The range of a delta that is not settled.
    piece: Option<Range<usize>>,
}

/// How much of a text in deltas is settled.
#[derive(Clone, Copy, PartialEq)]
enum Settle {
    /// What later text cannot change.
    Ready,
    /// All of it so far; more may follow.
    SoFar,
    /// All of it.
    End,
}

/// A replacement in an event's line.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    /// The match, with all of its text; `None` where only the rest of a match is removed.
    pub(super) found: Option<(Place, Vec<u8>)>,
}

impl Edit {
    fn new(place: Place, text: &[u8]) -> Self {
        let found = text[place.range.clone()].to_vec();
        Self { range: place.range.clone(), found: Some((place, found)) }
    }
}

impl Redactor {
    /// Searches for secrets only.
    pub(crate) fn new(redaction: &Redaction) -> Self {
        let mut redactor = Self { finder: redaction.finder().clone(), ..Self::default() };
        for secret in redaction.secrets() {
            let kind = match redactor.alone(secret.as_bytes()).as_slice() {
                [place] if place.range == (0..secret.len()) => place.kind,
                _ => "secret",
            };
            redactor.known.add_secret(kind, secret.as_bytes());
        }
        for host in redaction.hosts() {
            redactor.known.add_name("host", host.as_bytes());
        }
        redactor
    }

    /// Searches for folders too.
    pub(crate) fn hiding(self, hider: Hider) -> Self {
        Self { hider, ..self }
    }

    /// Searches for folders only.
    pub(crate) fn only_hiding(hider: Hider) -> Self {
        Self { hider, folders_only: true, ..Self::default() }
    }

    /// The number of replacements so far.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = self.counts.clone();
        counts.extend(Some((PATH, self.hider.hidden())).filter(|(_, hidden)| *hidden > 0));
        counts
    }

    /// Adds an event. Events come out through [`ready`](Self::ready), in the same order.
    pub(crate) fn push(&mut self, mut event: Event) {
        let mut strings = read(&event.text());
        let mut part = part_in(&event, strings.as_ref());
        if self.hider.event(&mut event, part.piece().cloned()) {
            strings = read(&event.text());
            part = part_in(&event, strings.as_ref());
        }
        let places = self.in_event(&event, strings.as_ref(), part.piece());
        let unknown = event.unknown().map(|text| {
            let places = self.in_other(text.as_bytes());
            (text, places)
        });
        match &part {
            Part::End(thread) => self.end(|tail| tail.thread == *thread),
            Part::EndAll => self.end(|_| true),
            Part::Piece { thread, kind, .. } => {
                self.end(|tail| tail.thread == *thread && tail.kind != *kind)
            }
            Part::Nothing => {}
        }
        let text = event.text();
        let edits = places.into_iter().map(|place| Edit::new(place, &text)).collect();
        let piece = if let Part::Piece { thread, kind, range } = part {
            let tail = self.tails.iter().position(|tail| tail.thread == thread);
            let tail = tail.unwrap_or_else(|| {
                self.tails.push(Tail::new(thread, kind));
                self.tails.len() - 1
            });
            self.tails[tail].push(self.first + self.held.len() as u64, &text[range.clone()]);
            Some(range)
        } else {
            None
        };
        self.bytes += text.len();
        drop(text);
        self.held.push_back(Held { event, edits, unknown, piece });
        self.limit();
    }

    /// Takes out the events that are ready, with everything replaced in them: those before the
    /// first delta that is not settled.
    pub(crate) fn ready(&mut self, ready: &mut Vec<Event>) {
        self.settle_all(Settle::Ready);
        ready.extend(std::iter::from_fn(|| self.next()));
    }

    /// Whether events wait for the end of a text.
    #[cfg(feature = "player")]
    pub(crate) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Makes all waiting events ready as they are, since none may follow for now. Later events may
    /// still continue their texts.
    pub(crate) fn finish(&mut self, ready: &mut Vec<Event>) {
        self.settle_all(Settle::SoFar);
        ready.extend(std::iter::from_fn(|| self.next()));
    }

    /// The next ready event, with everything replaced in it.
    fn next(&mut self) -> Option<Event> {
        let Held { mut event, edits, unknown, .. } = self.next_found()?;
        if let Some((mut text, places)) = unknown.filter(|(_, places)| !places.is_empty()) {
            self.replace_in(&mut text, places);
            event.set_unknown(&text);
        }
        if !edits.is_empty() {
            let bytes = self.replace(&event.text(), edits);
            event.set_text(bytes);
        }
        Some(event)
    }

    /// The next ready event, unchanged, with the matches in it.
    pub(super) fn next_found(&mut self) -> Option<Held> {
        let held =
            if self.held.front()?.piece.is_none() { self.held.pop_front()? } else { return None };
        self.first += 1;
        self.bytes = self.bytes.saturating_sub(held.event.text().len());
        Some(held)
    }

    /// The places in an event's text, seen alone.
    fn in_event(
        &mut self,
        event: &Event,
        strings: Option<&Strings>,
        piece: Option<&Range<usize>>,
    ) -> Vec<Place> {
        if self.folders_only {
            return Vec::new();
        }
        let out = matches!(event.kind, EventKind::Out(_));
        let text = event.text();
        let places =
            self.learning(&text, |redactor| redactor.look(&text, strings, piece, out, false));
        match &event.kind {
            EventKind::Out(line) if strings.is_none() => {
                self.keys.go_on(Stream::Out, line.bytes(), places)
            }
            EventKind::Err(line) => self.keys.go_on(Stream::Err, line.bytes(), places),
            _ => places,
        }
    }

    /// The places in a text that did not cross a pipe.
    fn in_other(&mut self, text: &[u8]) -> Vec<Place> {
        if self.folders_only {
            return Vec::new();
        }
        let strings = read(text);
        self.learning(text, |redactor| redactor.look(text, strings.as_ref(), None, false, false))
    }

    /// The places in a separate text that may be JSON: an argument, the value of a variable.
    fn alone(&self, text: &[u8]) -> Vec<Place> {
        self.look(text, read(text).as_ref(), None, false, true).places
    }

    fn look(
        &self,
        text: &[u8],
        strings: Option<&Strings>,
        piece: Option<&Range<usize>>,
        out: bool,
        is_root: bool,
    ) -> Places {
        let looking = Looking { finder: &self.finder, known: &self.known, out };
        match strings {
            Some(strings) => looking.in_json(text, strings, piece, is_root),
            None => {
                let found = looking.in_text(&Text::new(text));
                Places { places: found.places, placeholders: found.placeholders }
            }
        }
    }

    /// Searches, and searches again if it learned something.
    fn learning(&mut self, text: &[u8], look: impl Fn(&Self) -> Places) -> Vec<Place> {
        let Places { places, placeholders } = look(self);
        self.numbers.take_in(placeholders);
        if self.learn(text, &places) { look(self).places } else { places }
    }

    /// Remembers the matches, to find them in other forms and without their names.
    fn learn(&mut self, text: &[u8], places: &[Place]) -> bool {
        let mut learned = false;
        for place in places.iter().filter(|place| place.text.is_none()) {
            let text = &text[place.range.clone()];
            let has = |is: fn(&u8) -> bool| text.iter().any(is);
            learned |= match place.kind {
                "key" | "token" => self.known.add_secret(place.kind, text),
                // A secret's name may be on an ordinary value, so only values that look like
                // secrets are remembered.
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

    /// Ends texts that wait too long or grow too large.
    fn limit(&mut self) {
        let is_much = |redactor: &Self| {
            redactor.held.len() > MOST_HELD
                || redactor.bytes > MOST_BYTES
                || redactor.tails.len() > MOST_TAILS
        };
        if is_much(self) && self.tails.iter().any(|tail| !tail.is_settled()) {
            self.settle_all(Settle::SoFar);
        }
        if self.tails.len() > MOST_TAILS {
            self.tails.retain(|tail| !tail.is_settled());
        }
    }

    /// Ends the texts of these threads.
    fn end(&mut self, which: impl Fn(&Tail) -> bool) {
        for index in (0..self.tails.len()).rev() {
            if which(&self.tails[index]) {
                self.settle(index, Settle::End);
                self.tails.swap_remove(index);
            }
        }
    }

    fn settle_all(&mut self, how: Settle) {
        (0..self.tails.len()).for_each(|index| self.settle(index, how));
    }

    fn settle(&mut self, index: usize, how: Settle) {
        if self.tails[index].is_settled() {
            return;
        }
        let text = self.tails[index].text().to_vec();
        let (mut places, open) = self.in_pieces(&text, how);
        // A match that may continue is not remembered yet: its beginning would match too much.
        let certain: Vec<Place> = match how {
            Settle::Ready => Vec::new(),
            Settle::SoFar => {
                places.iter().filter(|place| place.range.end < text.len()).cloned().collect()
            }
            Settle::End => places.clone(),
        };
        if self.learn(&text, &certain) {
            places = self.in_pieces(&text, how).0;
        }
        let added = (self.finder.added() > 0).then(|| text.len().saturating_sub(ADDED));
        let open = [open, added, self.hider.open_at(&text), self.known.open_at(&text)]
            .into_iter()
            .flatten()
            .min();
        let until = open.filter(|_| how == Settle::Ready).unwrap_or(text.len());
        for settled in self.tails[index].settle(&places, until, how != Settle::Ready) {
            self.settled(settled);
        }
    }

    /// The places in the deltas of a text, and the start of one that is not complete.
    fn in_pieces(&mut self, text: &[u8], how: Settle) -> (Vec<Place>, Option<usize>) {
        let paths = self.hider.places(text);
        let paths = paths.map(|(range, with)| Place {
            range,
            kind: PATH,
            text: Some(with.as_bytes().into()),
        });
        let paths: Vec<Place> = paths.collect();
        if self.folders_only {
            return (paths, None);
        }
        // Folders are hidden first, as in a complete line: what becomes a variable is nothing else.
        let mut hidden = std::borrow::Cow::Borrowed(text);
        for path in &paths {
            hidden.to_mut()[path.range.clone()].fill(b'$');
        }
        let looking = Looking { finder: &self.finder, known: &self.known, out: true };
        let found = looking.in_text(&if how == Settle::End {
            Text::new(&hidden)
        } else {
            Text::open(&hidden)
        });
        self.numbers.take_in(found.placeholders);
        let mut places = found.places;
        let is_apart = |path: &Place| {
            places.iter().all(|place| {
                place.range.end <= path.range.start || path.range.end <= place.range.start
            })
        };
        let paths: Vec<Place> = paths.into_iter().filter(is_apart).collect();
        places.extend(paths);
        places.sort_by_key(|place| place.range.start);
        (places, found.open)
    }

    fn settled(&mut self, (number, cuts): Settled) {
        let index = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok());
        let Some(held) = index.and_then(|index| self.held.get_mut(index)) else { return };
        let Some(piece) = held.piece.take() else { return };
        if !cuts.is_empty() {
            let edit = |Cut { range, found }| Edit {
                range: piece.start + range.start..piece.start + range.end,
                found,
            };
            held.edits.extend(cuts.into_iter().map(edit));
            held.edits.sort_by_key(|edit| edit.range.start);
        }
    }

    fn replace(&mut self, text: &[u8], edits: Vec<Edit>) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut copied = 0;
        for Edit { range, found } in edits {
            out.extend_from_slice(&text[copied..range.start]);
            copied = range.end;
            if let Some((Place { kind: PATH, text: Some(with), .. }, _)) = &found {
                out.extend_from_slice(with);
                self.hider.note(&String::from_utf8_lossy(with));
            } else if let Some((place, found)) = found {
                let known = place.text.as_deref().unwrap_or(&found);
                let (kind, placeholder) =
                    self.numbers.placeholder(place.kind, known, *known == *found);
                out.extend_from_slice(placeholder.as_bytes());
                *self.counts.entry(kind).or_default() += 1;
            }
        }
        out.extend_from_slice(&text[copied..]);
        out
    }

    fn replace_in(&mut self, text: &mut String, places: Vec<Place>) {
        if !places.is_empty() {
            let edits = places.into_iter().map(|place| Edit::new(place, text.as_bytes())).collect();
            *text = String::from_utf8_lossy(&self.replace(text.as_bytes(), edits)).into_owned();
        }
    }
}

/// Whole recordings, and headers.
impl Redactor {
    /// Replaces in a whole recording, and returns how often.
    pub(super) fn recording(mut self, recording: &mut Recording) -> Counts {
        if !self.folders_only {
            // Search everything first, so that a secret named at the end is found at the start.
            self.study(&recording.header, &recording.events);
        }
        self.header(&mut recording.header);
        let events = std::mem::take(&mut recording.events);
        recording.events.reserve(events.len());
        for (number, event) in (1..).zip(events) {
            self.push(event);
            if number % BATCH == 0 {
                self.ready(&mut recording.events);
            }
        }
        self.finish(&mut recording.events);
        self.hider.name_used(&mut recording.header);
        let counts = self.counts();
        *recording.header.redactions.get_or_insert_default() += counts.values().sum::<u64>();
        counts
    }

    /// Replaces in a header.
    pub(crate) fn header(&mut self, header: &mut Header) {
        self.hider.header(header);
        if self.folders_only {
            return;
        }
        let mut found = self.in_header(header);
        if let Some(mut unknown) = header.unknown()
            && let Some(places) = found.pop()
        {
            self.replace_in(&mut unknown, places);
            header.set_unknown(&unknown);
        }
        let texts = header
            .argv
            .iter_mut()
            .flatten()
            .chain(header.env.values_mut())
            .chain(header.vars.values_mut());
        for (text, places) in texts.zip(found) {
            self.replace_in(text, places);
        }
    }

    /// Learns from a whole recording, so that a secret named at its end is found at its start.
    pub(super) fn study(&mut self, header: &Header, events: &[Event]) {
        self.in_header(header);
        for (number, event) in (1..).zip(events) {
            self.push(event.clone());
            if number % BATCH == 0 {
                self.settle_all(Settle::Ready);
                while self.next_found().is_some() {}
            }
        }
        self.end(|_| true);
        while self.next_found().is_some() {}
        self.keys = OpenKeys::default();
        self.hider.forget();
    }

    /// The settled events, unchanged, with the matches in them.
    pub(super) fn found(&mut self, is_end: bool) -> impl Iterator<Item = Held> {
        self.settle_all(if is_end { Settle::SoFar } else { Settle::Ready });
        std::iter::from_fn(|| self.next_found())
    }

    /// The places in each argument, then in each environment variable, then in each variable of the
    /// recording, then in the unknown members, if there are any.
    pub(super) fn in_header(&mut self, header: &Header) -> Vec<Vec<Place>> {
        let argv = header.argv.iter().flatten();
        let mut before: Option<&str> = None;
        let mut named = Vec::new();
        for text in argv.clone() {
            // `--api-key VALUE`, in two arguments.
            let flag = before.is_some_and(|before| is_secret_flag(before.as_bytes()));
            named.push(flag && !text.starts_with('-'));
            before = Some(text);
        }
        named.extend(header.env.keys().map(|name| is_secret_variable(name.as_bytes())));
        named.extend(header.vars.keys().map(|_| false));
        let unknown = header.unknown();
        named.extend(unknown.iter().map(|_| false));
        let texts: Vec<&String> =
            argv.chain(header.env.values()).chain(header.vars.values()).chain(&unknown).collect();
        let mut all = Vec::new();
        for last in [false, true] {
            let mut learned = false;
            all = Vec::new();
            for (text, named) in texts.iter().zip(&named) {
                let text = text.as_bytes();
                let mut found = self.look(text, read(text).as_ref(), None, false, true);
                self.numbers.take_in(std::mem::take(&mut found.placeholders));
                if *named {
                    found.places = whole(text, &found.places);
                }
                learned |= self.learn(text, &found.places);
                all.push(found.places);
            }
            if last || !learned {
                break;
            }
        }
        all
    }
}

/// The whole text, because of its name, unless it is empty or a placeholder already.
fn whole(text: &[u8], inside: &[Place]) -> Vec<Place> {
    if text.is_empty() || is_placeholder(text) {
        return Vec::new();
    }
    let kind = inside
        .iter()
        .find(|place| place.range == (0..text.len()) && place.kind == "key")
        .map_or("secret", |_| "key");
    vec![Place::new(0..text.len(), kind)]
}

fn part_in(event: &Event, strings: Option<&Strings>) -> Part {
    match (&event.kind, strings) {
        (EventKind::Out(line), Some(strings)) => part_of(line.bytes(), strings),
        (EventKind::Eof(_) | EventKind::Exit(_), _) => Part::EndAll,
        _ => Part::Nothing,
    }
}

/// The longest private key, in lines: without an end by then, the rest of a stream is not taken for
/// one.
const MOST_LINES: u8 = 120;

/// How many more lines of each stream may belong to a private key that began there, line by line,
/// as on stderr.
#[derive(Debug, Default)]
struct OpenKeys {
    out: u8,
    err: u8,
}

impl OpenKeys {
    /// The places in a line, including those of a key that began in an earlier one.
    fn go_on(&mut self, stream: Stream, line: &[u8], mut places: Vec<Place>) -> Vec<Place> {
        let left = if stream == Stream::Err { &mut self.err } else { &mut self.out };
        if *left > 0 {
            *left -= 1;
            let end = after_mark(line, END_KEY);
            let range = 0..end.unwrap_or(line.len());
            places.retain(|place| place.range.start >= range.end);
            if end.is_some() {
                *left = 0;
            }
            if !range.is_empty() {
                places.insert(0, Place::new(range, "secret"));
            }
        }
        if let Some(begin) = after_mark(line, BEGIN_KEY)
            && after_mark(&line[begin..], END_KEY).is_none()
        {
            *left = MOST_LINES;
        }
        places
    }
}
