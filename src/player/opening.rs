//! What a recording begins with: all that decides whether a launch may be it.

use std::borrow::Cow;

use serde_json::Value;

use crate::recording::{Event, EventKind, Recording, Stream};

use super::compare;
use super::host_line::HostLine;
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
        for event in &recording.events {
            match &event.kind {
                EventKind::In(line) => match HostLine::parse(line.bytes()) {
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

    /// Whether an event is the last that [`of`](Self::of) looks at.
    pub(super) fn is_last(event: &Event) -> bool {
        match &event.kind {
            EventKind::In(line) => {
                matches!(HostLine::parse(line.bytes()), HostLine::Prompt { .. })
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

    /// How much of it is in another prompt, from 0 to 1: the words at the start and at the end that
    /// both have.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        let text = |prompt: &Self| match prompt {
            Self::Line(line) => line.pointer("/message/content").unwrap_or(line).to_string(),
            Self::Text(text) => text.clone(),
            Self::None => String::new(),
        };
        let (one, other) = (text(self), text(other));
        let (one, other): (Vec<_>, Vec<_>) =
            (one.split_whitespace().collect(), other.split_whitespace().collect());
        let longest = one.len().max(other.len()).max(1);
        let start = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
        let end = one[start..].iter().rev().zip(other[start..].iter().rev());
        let end = end.take_while(|(one, other)| one == other).count();
        (start + end) as f64 / longest as f64
    }
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
