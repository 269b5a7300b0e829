use std::fmt;

use super::numbers::KINDS;
use super::redaction::Redaction;
use super::redactor::{Held, Redactor};
use super::rules::Place;
use crate::recording::event::Event;
use crate::recording::file::Recording;
use crate::recording::payload::Payload;
use crate::recording::strings::path_to;

/// Something that [`scrub`](super::scrub) would replace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The line in the recording's file, from 1: the header, then the events.
    pub line: usize,
    /// The rule: `key`, `email` and so on, as in the table of [`Redaction`].
    pub kind: &'static str,
    /// Where in the line: `argv[2]`, `env.NAME`, `vars.NAME`; in JSON the path, as in `message.content[0].text` of what crossed a pipe; else
    /// the byte.
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
        &KINDS
    }
}

/// What a recording should not hold, by the rules alone: [`Redaction::lint`] of an empty redaction.
pub fn lint(recording: &Recording) -> Vec<Finding> {
    Redaction::new().lint(recording)
}

pub(super) fn find(redaction: &Redaction, recording: &Recording) -> Vec<Finding> {
    let mut redactor = Redactor::new(redaction);
    let header = &recording.header;
    redactor.study(header, &recording.events);

    let mut findings = Vec::new();
    let argv = header.argv.iter().flatten().enumerate().map(|(index, text)| (format!("argv[{index}]"), text));
    let env = header.env.iter().map(|(name, text)| (format!("env.{name}"), text));
    let vars = header.vars.iter().map(|(name, text)| (format!("vars.{name}"), text));
    let unknown = header.unknown();
    let unknown = unknown.iter().map(|text| (String::new(), text));
    for ((name, text), places) in argv.chain(env).chain(vars).chain(unknown).zip(redactor.in_header(header)) {
        let named = |start| if name.is_empty() { path_to(text.as_bytes(), start) } else { name.clone() };
        findings.extend(places.iter().map(|place| finding(1, place, &text.as_bytes()[place.range.clone()], named(place.range.start))));
    }
    let mut lines = 2..;
    let mut take = |redactor: &mut Redactor| {
        while let Some(Held { event, edits, unknown, .. }) = redactor.next_found() {
            let line = lines.next().unwrap_or_default();
            let found = edits.iter().filter_map(|edit| Some((edit.range.start, edit.found.as_ref()?)));
            findings.extend(found.map(|(start, (place, text))| finding(line, place, text, name_of(&event, start))));
            if let Some((text, places)) = &unknown {
                let named = |place: &Place| path_to(text.as_bytes(), place.range.start);
                findings.extend(places.iter().map(|place| finding(line, place, &text.as_bytes()[place.range.clone()], named(place))));
            }
        }
    };
    for event in &recording.events {
        redactor.push(event.clone());
        take(&mut redactor);
    }
    redactor.finish();
    take(&mut redactor);
    findings
}

fn finding(line: usize, place: &Place, text: &[u8], name: String) -> Finding {
    Finding { line, kind: place.kind, place: name, excerpt: masked(text) }
}

fn name_of(event: &Event, start: usize) -> String {
    let line = Payload::line(event.text().into_owned());
    if line.json().is_some() { path_to(line.bytes(), start) } else { format!("byte {start}") }
}

/// Enough to find it again, and too little to use it.
fn masked(text: &[u8]) -> String {
    let shown = if text.len() < 12 { 0 } else { 3 };
    let shown: String = String::from_utf8_lossy(text).chars().take(shown).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{shown}*** ({} bytes)", text.len())
}
