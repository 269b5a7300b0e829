//! The events of a recording: what crossed a pipe, and how the process ended.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::object::{Members, members, unknown, value, with_unknown, write_member, write_raw};
use super::payload::{Parts, Payload};

/// One thing that happened, and how long after the previous one.
#[derive(Debug, Clone)]
pub struct Event {
    /// Microseconds since the previous event; for the first, since the launch. The `us` of the
    /// file.
    pub us: u64,
    /// What happened.
    pub kind: EventKind,
    /// The line as it was read: written back unless the event was changed, and the source of
    /// unknown keys.
    raw: Option<Bytes>,
}

/// What an event is: in the file, the one key next to `us`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// `in`: a line to the CLI's stdin.
    In(Payload),
    /// `out`: a line from the CLI's stdout.
    Out(Payload),
    /// `err`: a line from the CLI's stderr. In the file a bare string is the line's text.
    Err(Payload),
    /// `mark`: a note of the recorder or of its user.
    Mark(String),
    /// `fault`: a fault that was injected here, with its name and seed.
    Fault(Value),
    /// `eof`: this stream was closed.
    Eof(Stream),
    /// `signal`: the child was sent this signal (`SIGTERM`, ...).
    Signal(String),
    /// `exit`: the child ended.
    Exit(RecordedExit),
    /// Something this build does not know; it is written back as it was read.
    Unknown(UnknownEvent),
}

/// An event of a kind this build does not know. Only reading makes one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnknownEvent {
    text: String,
}

/// One of the child's three streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Stream {
    /// The CLI's stdin; its `eof` is the host closing it.
    In,
    /// The CLI's stdout; its `eof` before the exit is the host or the CLI closing it early.
    Out,
    /// The CLI's stderr.
    Err,
}

/// How the child ended: `{"code":0}` or `{"signal":"SIGKILL"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordedExit {
    /// The exit code, unless a signal ended the child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The name of the signal that ended the child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
}

const KINDS: [&str; 8] = ["in", "out", "err", "mark", "fault", "eof", "signal", "exit"];

impl Event {
    /// An event `us` microseconds after the previous one.
    pub fn new(us: u64, kind: EventKind) -> Self {
        Self { us, kind, raw: None }
    }

    /// The line that crossed a pipe, for `in`, `out` and `err`.
    pub fn payload(&self) -> Option<&Payload> {
        match &self.kind {
            EventKind::In(payload) | EventKind::Out(payload) | EventKind::Err(payload) => {
                Some(payload)
            }
            _ => None,
        }
    }

    /// [`payload`](Self::payload), to change it.
    pub fn payload_mut(&mut self) -> Option<&mut Payload> {
        match &mut self.kind {
            EventKind::In(payload) | EventKind::Out(payload) | EventKind::Err(payload) => {
                Some(payload)
            }
            _ => None,
        }
    }

    /// Reads one line of a recording, without its line break.
    pub(super) fn parse(line: &Bytes) -> Result<Self, String> {
        let members = &members(line)?;
        if get(members, "end").is_some() {
            return Err("the footer (\"end\") must be the last line; two recordings in one file are not a recording".to_owned());
        }
        let us = get(members, "us")
            .ok_or("an event needs \"us\", the microseconds since the previous event")?;
        let us = value("us", us, "a whole number of microseconds")?;
        let kind = match kinds(members).as_slice() {
            [] => EventKind::Unknown(UnknownEvent {
                text: String::from_utf8_lossy(line).into_owned(),
            }),
            [(key, raw)] => read_kind(key, raw, members, line)?,
            [(one, _), (other, _), ..] => {
                return Err(format!(
                    "an event is one thing, this one is both \"{one}\" and \"{other}\""
                ));
            }
        };
        Ok(Self { us, kind, raw: Some(line.clone()) })
    }

    /// Appends the event's line, without the line break.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if let Some(raw) = &self.raw
            && Self::parse(raw).is_ok_and(|as_read| as_read == *self)
        {
            return out.extend_from_slice(raw);
        }
        out.push(b'{');
        write_member(out, "us", &self.us);
        match &self.kind {
            EventKind::In(payload) => payload.write(out, "in"),
            EventKind::Out(payload) => payload.write(out, "out"),
            EventKind::Err(payload) => payload.write(out, "err"),
            EventKind::Mark(text) => write_member(out, "mark", text),
            EventKind::Fault(fault) => write_member(out, "fault", fault),
            EventKind::Eof(stream) => write_member(out, "eof", stream),
            EventKind::Signal(name) => write_member(out, "signal", name),
            EventKind::Exit(exit) => write_member(out, "exit", exit),
            EventKind::Unknown(event) => event.write(out),
        }
        if !matches!(self.kind, EventKind::Unknown(_)) {
            self.write_unknown_keys(out);
        }
        out.push(b'}');
    }

    fn write_unknown_keys(&self, out: &mut Vec<u8>) {
        let unknown = self.unknown().unwrap_or_default();
        for (key, raw) in members(unknown.as_bytes()).unwrap_or_default() {
            write_raw(out, &key, raw);
        }
    }
}

/// Access to the text of an event, for redaction.
impl Event {
    /// The event's text: its line, its mark, its fault, or the whole event if it is unknown.
    pub(super) fn text(&self) -> Cow<'_, [u8]> {
        match &self.kind {
            EventKind::Mark(text) => text.as_bytes().into(),
            EventKind::Fault(fault) => fault.to_string().into_bytes().into(),
            EventKind::Unknown(event) => event.json().as_bytes().into(),
            _ => self.payload().map_or(&[][..], |line| line.bytes()).into(),
        }
    }

    /// Replaces the text. JSON must be replaced by JSON.
    pub(super) fn set_text(&mut self, text: Vec<u8>) {
        match &mut self.kind {
            EventKind::Mark(mark) => *mark = String::from_utf8_lossy(&text).into_owned(),
            EventKind::Fault(fault) => *fault = serde_json::from_slice(&text).unwrap_or_default(),
            EventKind::Unknown(event) => event.text = String::from_utf8_lossy(&text).into_owned(),
            EventKind::In(line) | EventKind::Out(line) | EventKind::Err(line) => {
                *line = Payload::line(text).with_eol(line.eol())
            }
            EventKind::Eof(_) | EventKind::Signal(_) | EventKind::Exit(_) => {}
        }
    }

    /// The unknown members, as one object, if there are any.
    pub(super) fn unknown(&self) -> Option<String> {
        let raw = self.raw.as_ref().filter(|_| !matches!(self.kind, EventKind::Unknown(_)))?;
        unknown(raw, self.known_in(raw))
    }

    /// Replaces the unknown members by those of this object.
    pub(super) fn set_unknown(&mut self, object: &str) {
        self.raw =
            self.raw.take().map(|raw| with_unknown(&raw, self.known_in(&raw), object).into());
    }

    /// The known keys of an event's line. `as` and `eol` are known only for lines of a stream.
    fn known_in(&self, raw: &[u8]) -> impl Fn(&str) -> bool + use<> {
        let was_payload = |members: Members<'_>| {
            kinds(&members).iter().any(|(key, _)| matches!(*key, "in" | "out" | "err"))
        };
        let has_form = self.payload().is_some() || members(raw).is_ok_and(was_payload);
        move |key| key == "us" || KINDS.contains(&key) || (has_form && matches!(key, "as" | "eol"))
    }
}

/// Two events are equal if the same happened after the same time, however their lines are spelled.
impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.us == other.us && self.kind == other.kind
    }
}

impl RecordedExit {
    /// The child exited by itself.
    pub fn code(code: i32) -> Self {
        Self { code: Some(code), signal: None }
    }

    /// A signal ended the child.
    pub fn signal(name: impl Into<String>) -> Self {
        Self { code: None, signal: Some(name.into()) }
    }
}

impl UnknownEvent {
    /// The event as it was read: one JSON object with its `us`.
    pub fn json(&self) -> &str {
        &self.text
    }

    /// Writes every member but `us`, which may have been changed.
    fn write(&self, out: &mut Vec<u8>) {
        for (key, raw) in members(self.text.as_bytes()).unwrap_or_default() {
            if key != "us" {
                write_raw(out, &key, raw);
            }
        }
    }
}

fn read_kind(
    key: &str,
    raw: &RawValue,
    members: &Members<'_>,
    line: &Bytes,
) -> Result<EventKind, String> {
    let payload = || {
        let parts = Parts {
            key,
            value: raw,
            form: get(members, "as"),
            eol: get(members, "eol"),
            stderr: key == "err",
        };
        Payload::parse(parts, line)
    };
    Ok(match key {
        "in" => EventKind::In(payload()?),
        "out" => EventKind::Out(payload()?),
        "err" => EventKind::Err(payload()?),
        "mark" => EventKind::Mark(value(key, raw, "a string")?),
        "fault" => EventKind::Fault(value(key, raw, "a JSON value of moderate depth")?),
        "eof" => EventKind::Eof(value(key, raw, "\"in\", \"out\" or \"err\"")?),
        "signal" => EventKind::Signal(value(key, raw, "the name of a signal")?),
        _ => EventKind::Exit(value(key, raw, "{\"code\":0} or {\"signal\":\"SIGKILL\"}")?),
    })
}

fn get<'a>(members: &Members<'a>, key: &str) -> Option<&'a RawValue> {
    members.iter().find(|(name, _)| name == key).map(|(_, raw)| *raw)
}

fn kinds<'m, 'a>(members: &'m Members<'a>) -> Vec<(&'m str, &'a RawValue)> {
    members
        .iter()
        .filter(|(key, _)| KINDS.contains(&key.as_str()))
        .map(|(key, raw)| (key.as_str(), *raw))
        .collect()
}
