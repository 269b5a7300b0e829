//! Puts the placeholders in, line by line.

use std::collections::BTreeMap;

use super::known::Known;
use super::numbers::Numbers;
use super::redaction::Redaction;
use super::rules::{Place, in_argument, in_line, whole};
use super::{members, numbers};
use crate::recording::event::{Event, EventKind};
use crate::recording::header::Header;
use crate::recording::payload::Payload;

/// How often something of each kind was replaced.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// The redaction of one recording. What it has learned in one line it finds in the next.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    known: Known,
    numbers: Numbers,
    counts: Counts,
}

impl Redactor {
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

    /// How often something was replaced so far.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Replaces in a header what must not stay there.
    pub(crate) fn header(&mut self, header: &mut Header) {
        let found = self.in_header(header);
        let texts = header.argv.iter_mut().flatten().chain(header.env.values_mut());
        for (text, places) in texts.zip(found) {
            if !places.is_empty() {
                *text = String::from_utf8_lossy(&self.replace(text.as_bytes(), places)).into_owned();
            }
        }
    }

    /// Replaces in an event what must not stay there.
    pub(crate) fn event(&mut self, event: &mut Event) {
        let places = self.in_event(event);
        match &mut event.kind {
            EventKind::Mark(text) if !places.is_empty() => {
                *text = String::from_utf8_lossy(&self.replace(text.as_bytes(), places)).into_owned();
            }
            _ => {
                if let Some(line) = event.payload_mut().filter(|_| !places.is_empty()) {
                    *line = Payload::line(self.replace(line.bytes(), places)).with_eol(line.eol());
                }
            }
        }
    }

    /// The places in each argument, then in each variable.
    pub(super) fn in_header(&mut self, header: &Header) -> Vec<Vec<Place>> {
        let argv = header.argv.iter().flatten();
        let mut before: Option<&str> = None;
        let mut named = Vec::new();
        for text in argv.clone() {
            // `--api-key VALUE`, in two arguments.
            let flag =
                before.and_then(|before| before.strip_prefix('-')).is_some_and(|flag| members::kind_of(flag.as_bytes()) == Some("secret"));
            named.push((flag && !text.starts_with('-')).then_some("secret"));
            before = Some(text);
        }
        named.extend(header.env.keys().map(|name| members::is_variable(name.as_bytes()).then_some("secret")));
        let texts: Vec<&String> = argv.chain(header.env.values()).collect();
        let find = |known: &Known| -> Vec<Vec<Place>> {
            let places = |(text, named): (&&String, &Option<&'static str>)| match named {
                Some(kind) => whole(text.as_bytes(), kind),
                None => in_argument(text.as_bytes(), known),
            };
            texts.iter().zip(&named).map(places).collect()
        };
        let found = find(&self.known);
        let mut learned = false;
        for (text, places) in texts.iter().zip(&found) {
            self.numbers.take_in(text.as_bytes());
            learned |= self.learn(text.as_bytes(), places);
        }
        if learned { find(&self.known) } else { found }
    }

    /// The places in an event's line or mark.
    pub(super) fn in_event(&mut self, event: &Event) -> Vec<Place> {
        let mark;
        let (line, out) = match &event.kind {
            EventKind::Mark(text) => {
                mark = Payload::from(text.as_str());
                (&mark, false)
            }
            kind => match event.payload() {
                Some(line) => (line, matches!(kind, EventKind::Out(_))),
                None => return Vec::new(),
            },
        };
        self.numbers.take_in(line.bytes());
        let places = in_line(line, out, &self.known);
        if self.learn(line.bytes(), &places) { in_line(line, out, &self.known) } else { places }
    }

    /// Remembers what was found, to find it in other forms and where nothing tells of it.
    fn learn(&mut self, text: &[u8], places: &[Place]) -> bool {
        let mut learned = false;
        for place in places.iter().filter(|place| place.text.is_none()) {
            let text = &text[place.range.clone()];
            let has = |is: fn(&u8) -> bool| text.iter().any(is);
            learned |= match place.kind {
                "key" | "token" => self.known.add_secret(place.kind, text),
                // A name of a secret may stand over something that is none: only what looks like one is looked for elsewhere.
                "secret" if has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && text.len() >= 12 => {
                    self.known.add_secret("secret", text)
                }
                "organization" if has(|byte| *byte == b' ') || has(u8::is_ascii_digit) => self.known.add_name("organization", text),
                _ => false,
            };
        }
        learned
    }

    fn learn_secret(&mut self, text: &[u8]) {
        let kind = match in_line(&Payload::line(text.to_vec()), false, &Known::default()).as_slice() {
            [place] if place.range == (0..text.len()) => place.kind,
            _ => "secret",
        };
        self.known.add_secret(kind, text);
    }

    fn replace(&mut self, text: &[u8], places: Vec<Place>) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut copied = 0;
        for Place { range, kind, text: known, .. } in places {
            out.extend_from_slice(&text[copied..range.start]);
            let (kind, placeholder) = self.numbers.placeholder(kind, known.as_deref().unwrap_or(&text[range.clone()]));
            out.extend_from_slice(placeholder.as_bytes());
            copied = range.end;
            *self.counts.entry(kind).or_default() += 1;
        }
        out.extend_from_slice(&text[copied..]);
        out
    }

    /// The kinds of things that are replaced.
    pub(super) fn kinds() -> &'static [&'static str] {
        &numbers::KINDS
    }
}
