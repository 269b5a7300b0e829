use std::fmt;
use std::ops::Range;

use super::numbers::{FINDINGS, RANDOM};
use super::random::random;
use super::redaction::Redaction;
use super::redactor::{Held, Redactor};
use super::rules::Place;
use super::text::is_json;
use crate::recording::file::Recording;
use crate::recording::strings::path_to;

/// Something that [`scrub`](super::scrub) would replace, or, of the kind `random`, something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The line in the recording's file, from 1: the header, then the events.
    pub line: usize,
    /// The rule: `key`, `email` and so on, as in the table of [`Redaction`]; `random` of a word that may be a key of an unknown kind.
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
        &FINDINGS
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
    let argv = header
        .argv
        .iter()
        .flatten()
        .enumerate()
        .map(|(index, text)| (format!("argv[{index}]"), text));
    let env = header.env.iter().map(|(name, text)| (format!("env.{name}"), text));
    let vars = header.vars.iter().map(|(name, text)| (format!("vars.{name}"), text));
    let unknown = header.unknown();
    let unknown = unknown.iter().map(|text| (String::new(), text));
    for ((name, text), places) in
        argv.chain(env).chain(vars).chain(unknown).zip(redactor.in_header(header))
    {
        let mut found = findings_in(1, text.as_bytes(), &places);
        if !name.is_empty() {
            found.iter_mut().for_each(|finding| finding.place.clone_from(&name));
        }
        findings.append(&mut found);
    }
    let mut lines = 2..;
    let mut take = |redactor: &mut Redactor| {
        while let Some(Held { event, edits, unknown, .. }) = redactor.next_found() {
            let line = lines.next().unwrap_or_default();
            let text = event.text();
            let taken: Vec<&Range<usize>> = edits.iter().map(|edit| &edit.range).collect();
            // What goes on in the next pieces is told with all of its text.
            let found =
                edits.iter().filter_map(|edit| Some((edit.range.start, edit.found.as_ref()?)));
            let found = found.map(|(start, (place, found))| (start, place.kind, found.as_slice()));
            findings.extend(named(line, &text, found.chain(by_chance(&text, &taken)).collect()));
            if let Some((text, places)) = &unknown {
                findings.extend(findings_in(line, text.as_bytes(), places));
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

fn findings_in(line: usize, text: &[u8], places: &[Place]) -> Vec<Finding> {
    let taken: Vec<&Range<usize>> = places.iter().map(|place| &place.range).collect();
    let found =
        places.iter().map(|place| (place.range.start, place.kind, &text[place.range.clone()]));
    named(line, text, found.chain(by_chance(text, &taken)).collect())
}

/// What was found: where it begins, its kind, its text.
type Found<'a> = (usize, &'static str, &'a [u8]);

/// Words that look random, but for what was taken for something else.
fn by_chance<'a>(text: &'a [u8], taken: &[&Range<usize>]) -> Vec<Found<'a>> {
    let mut places = random(text);
    places.retain(|word| {
        taken.iter().all(|taken| word.end <= taken.start || taken.end <= word.start)
    });
    places.into_iter().map(|word| (word.start, RANDOM, &text[word])).collect()
}

fn named(line: usize, text: &[u8], mut found: Vec<Found<'_>>) -> Vec<Finding> {
    found.sort_by_key(|(start, ..)| *start);
    let path = |start| Some(path_to(text, start)).filter(|path| !path.is_empty() && is_json(text));
    let place = |start| path(start).unwrap_or_else(|| format!("byte {start}"));
    let finding = |(start, kind, text): Found<'_>| Finding {
        line,
        kind,
        place: place(start),
        excerpt: masked(text),
    };
    found.into_iter().map(finding).collect()
}

/// Enough to find it again, and too little to use it.
fn masked(text: &[u8]) -> String {
    let shown = if text.len() < 12 { 0 } else { 3 };
    let shown: String = String::from_utf8_lossy(text)
        .chars()
        .take(shown)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("{shown}*** ({} bytes)", text.len())
}
