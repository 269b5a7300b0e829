use std::fmt;

use super::redaction::Redaction;
use super::redactor::Redactor;
use super::rules::Place;
use crate::recording::event::{Event, EventKind};
use crate::recording::file::Recording;
use crate::recording::strings::path_to;

/// Something that [`scrub`](super::scrub) would replace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The line in the recording's file, from 1: the header, then the events.
    pub line: usize,
    /// The rule: `key`, `email` and so on, as in the table of [`Redaction`].
    pub kind: &'static str,
    /// Where in the line: `argv[2]`, `env.NAME`; of a line that is JSON the path, as in `message.content[0].text`; else the byte.
    pub place: String,
    /// What was found, masked: how it begins if it is long, and its length. Safe to show.
    pub excerpt: String,
}

/// `line 3: email in message.content[0].text: ann*** (15 bytes)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} in {}: {}", self.line, self.kind, self.place, self.excerpt)
    }
}

impl Finding {
    /// The kinds of things that are found, in no order.
    pub fn kinds() -> &'static [&'static str] {
        Redactor::kinds()
    }
}

/// What a recording should not hold, by the rules alone: [`Redaction::lint`] of an empty redaction.
pub fn lint(recording: &Recording) -> Vec<Finding> {
    Redaction::new().lint(recording)
}

pub(super) fn find(redaction: &Redaction, recording: &Recording) -> Vec<Finding> {
    let mut redactor = Redactor::new(redaction);
    let header = &recording.header;
    redactor.in_header(header);
    for event in &recording.events {
        redactor.in_event(event);
    }

    let mut findings = Vec::new();
    let argv = header.argv.iter().flatten().enumerate().map(|(index, text)| (format!("argv[{index}]"), text));
    let env = header.env.iter().map(|(name, text)| (format!("env.{name}"), text));
    for ((name, text), places) in argv.chain(env).zip(redactor.in_header(header)) {
        findings.extend(places.iter().map(|place| finding(1, place, text.as_bytes(), name.clone())));
    }
    for (line, event) in (2..).zip(&recording.events) {
        let places = redactor.in_event(event);
        let text = text_of(event);
        findings.extend(places.iter().map(|place| finding(line, place, text, name_of(event, place))));
    }
    findings
}

fn finding(line: usize, place: &Place, text: &[u8], name: String) -> Finding {
    Finding { line, kind: place.kind, place: name, excerpt: masked(&text[place.range.clone()]) }
}

fn text_of(event: &Event) -> &[u8] {
    match &event.kind {
        EventKind::Mark(text) => text.as_bytes(),
        _ => event.payload().map_or(&[], |line| line.bytes()),
    }
}

fn name_of(event: &Event, place: &Place) -> String {
    match event.payload().filter(|line| line.json().is_some()) {
        Some(line) => path_to(line.bytes(), place.range.start),
        None => format!("byte {}", place.range.start),
    }
}

/// Enough to find it again, and too little to use it.
fn masked(text: &[u8]) -> String {
    let shown = if text.len() < 12 { 0 } else { 3 };
    let shown: String = String::from_utf8_lossy(text).chars().take(shown).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{shown}*** ({} bytes)", text.len())
}
