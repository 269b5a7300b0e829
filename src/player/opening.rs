//! What a recording begins with: all that decides whether a launch may be it.

use std::borrow::Cow;

use serde_json::Value;

use crate::recording::{Event, EventKind, Header, Recording, Stream};

use super::compare;
use super::host_line::HostLine;
use super::launch::reads_text;
use super::renumber::Renumbered;
use super::rules::{Place, Rules};
use super::script::prompt_text;

/// The first prompt of a recorded launch.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FirstPrompt {
    /// The fields of a `user` line that are compared.
    Line(Value),
    /// Text on stdin, up to its end.
    Text(String),
    /// There is none: the launch ended without one, or its prompt is an argument.
    None,
}

impl FirstPrompt {
    /// Of the recorded host, whose `in` and `eof` events these are.
    pub(super) fn of(recording: &Recording) -> Self {
        let mut text = String::new();
        let is_text = Self::is_text_of(&recording.header);
        for event in &recording.events {
            match &event.kind {
                EventKind::In(line) => match HostLine::read(line.bytes(), is_text) {
                    HostLine::Prompt { line, .. } => return Self::Line(compare::prompt(&line)),
                    HostLine::Nothing if line.bytes().iter().all(u8::is_ascii_whitespace) => {
                        text.push('\n');
                    }
                    HostLine::Other { bytes, json } if Self::is_text(json.as_ref()) => {
                        text.push_str(&String::from_utf8_lossy(&bytes));
                        text.push('\n');
                    }
                    _ => {}
                },
                EventKind::Eof(Stream::In) => break,
                _ => {}
            }
        }
        Self::of_text(&text)
    }

    /// Of all that was written, which is text; without line breaks at its end.
    pub(super) fn of_text(text: &str) -> Self {
        let text = text.trim_end_matches('\n');
        if text.is_empty() { Self::None } else { Self::Text(text.to_owned()) }
    }

    /// Whether a line that is not of the protocol is text: anything but a JSON object.
    pub(super) fn is_text(json: Option<&Value>) -> bool {
        !json.is_some_and(Value::is_object)
    }

    /// Whether the recorded stdin is text.
    pub(super) fn is_text_of(header: &Header) -> bool {
        header.argv.as_ref().is_some_and(|args| reads_text(args))
    }

    /// Whether an event is the last that [`of`](Self::of) looks at.
    pub(super) fn is_last(header: &Header, event: &Event) -> bool {
        match &event.kind {
            EventKind::In(line) => {
                let line = HostLine::read(line.bytes(), Self::is_text_of(header));
                matches!(line, HostLine::Prompt { .. })
            }
            EventKind::Eof(Stream::In) => true,
            _ => false,
        }
    }

    /// With the recorded ids in the place of the live ones.
    pub(super) fn recorded(&self, ids: &Renumbered) -> Cow<'_, Self> {
        match self {
            _ if ids.is_empty() => Cow::Borrowed(self),
            Self::Line(line) => {
                let mut line = line.clone();
                ids.recorded(&mut line);
                Cow::Owned(Self::Line(line))
            }
            Self::Text(text) => match ids.recorded_text(text.as_bytes()) {
                Some(text) => Cow::Owned(Self::Text(String::from_utf8_lossy(&text).into_owned())),
                None => Cow::Borrowed(self),
            },
            Self::None => Cow::Borrowed(self),
        }
    }

    /// Whether a host that wrote `live` wrote this prompt.
    pub(super) fn fits(&self, live: &Self, rules: &Rules) -> bool {
        match (self, live) {
            (Self::Line(expected), Self::Line(live)) => {
                compare::prompts(expected, live, 0, rules).is_empty()
            }
            (Self::Text(expected), Self::Text(live)) => {
                let (expected, live) = (expected.as_str().into(), live.as_str().into());
                let place = Place::Prompt(0);
                let compare = || compare::values("prompt", &expected, &live, true);
                rules
                    .differences(&place, "prompt", Some(&expected), Some(&live), compare)
                    .is_empty()
            }
            (Self::None, Self::None) => true,
            _ => false,
        }
    }

    /// All that is asked, next to a prompt among the arguments: the CLI makes one prompt of both.
    pub(super) fn asked(&self, argument: Option<&str>) -> String {
        let text = match self {
            Self::Line(line) => {
                let content = line.pointer("/message/content").unwrap_or(line);
                let only = content.as_array().filter(|blocks| blocks.len() == 1);
                let content = only.and_then(|_| content.pointer("/0/text")).unwrap_or(content);
                content.as_str().map_or_else(|| content.to_string(), str::to_owned)
            }
            Self::Text(text) => text.clone(),
            Self::None => String::new(),
        };
        match argument {
            Some(argument) => format!("{argument}\n{text}"),
            None => text,
        }
    }
}

/// How much of a text is in another one, from 0 to 1: the words at the start and at the end that both
/// have.
pub(super) fn likeness(one: &str, other: &str) -> f64 {
    let (one, other): (Vec<_>, Vec<_>) =
        (one.split_whitespace().collect(), other.split_whitespace().collect());
    let longest = one.len().max(other.len()).max(1);
    let start = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let end = one[start..].iter().rev().zip(other[start..].iter().rev());
    let end = end.take_while(|(one, other)| one == other).count();
    (start + end) as f64 / longest as f64
}

/// The text, for a report.
impl std::fmt::Display for FirstPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(line) => write!(f, "prompt {}", prompt_text(line)),
            Self::Text(text) => write!(f, "text {}", super::host_line::one_line(text, 120)),
            Self::None => f.write_str("no prompt"),
        }
    }
}
