//! Classifies the items of the stream.

use std::fmt;

use super::frame::Frame;
use super::json::{Fault, Text, object_end};
use super::kind::FrameKind;
use super::line::{Item, Line};
use super::peek::{NotAFrame, Peek};
use super::terminal;

/// What an item of the stream is.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A frame for the reader of messages.
    Message(Frame),
    /// A frame that the protocol layer consumes.
    Control(Frame),
    /// Not a frame: blank, log text, JSON that is not an object.
    Noise(Line),
    /// Looks like a frame but is not one: it gets one diagnostic, and reading continues.
    Malformed(Malformed),
    /// The stream ended inside a frame.
    TruncatedTail(Line),
}

impl Outcome {
    /// Its name: `message`, `control`, `noise`, `malformed` or `truncated_tail`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Control(_) => "control",
            Self::Noise(_) => "noise",
            Self::Malformed(_) => "malformed",
            Self::TruncatedTail(_) => "truncated_tail",
        }
    }
}

/// A line that looks like a frame but is not one.
#[derive(Clone, Debug)]
pub struct Malformed {
    line: Option<Line>,
    offset: u64,
    len: u64,
    reason: Reason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Oversize,
    Json(Fault),
    NoType,
}

impl Malformed {
    /// The line; `None` if it was over the limit.
    pub fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    /// Where the line begins, in bytes from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The length of the line in bytes, without its newline.
    pub fn content_len(&self) -> u64 {
        self.len
    }

    /// What is wrong with it: `oversize`, `json` (not JSON) or `no_type` (an object without a
    /// usable `type`).
    pub fn reason(&self) -> &'static str {
        match self.reason {
            Reason::Oversize => "oversize",
            Reason::Json(_) => "json",
            Reason::NoType => "no_type",
        }
    }

    /// True if the line was over the limit.
    pub fn is_oversize(&self) -> bool {
        self.reason == Reason::Oversize
    }

    /// True if the line is not JSON.
    pub fn is_not_json(&self) -> bool {
        matches!(self.reason, Reason::Json(_))
    }

    /// True if the line is a JSON object without a usable `type`.
    pub fn is_untyped(&self) -> bool {
        self.reason == Reason::NoType
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, len, .. } = self;
        write!(f, "line of {len} bytes at byte {offset} of the stream: ")?;
        match self.reason {
            Reason::Oversize => f.write_str("over the line limit, dropped"),
            Reason::Json(Fault::End) => f.write_str("not JSON, it ends inside a value"),
            Reason::Json(Fault::Byte(at)) => {
                write!(f, "not JSON, unexpected byte at offset {at} of the line")
            }
            Reason::NoType => {
                f.write_str("no usable `type`, which must be a string that is not empty")
            }
        }
    }
}

/// Classifies an item of the stream.
///
/// ```
/// use claude_wire::wire::{Line, Outcome, classify};
///
/// let Outcome::Message(frame) = classify(Line::new(r#"{"type":"assistant","message":{"content":[]}}"#)) else { panic!() };
/// assert_eq!(frame.kind_name(), "assistant");
/// assert_eq!(classify(Line::new("[debug] warming up")).name(), "noise");
/// assert_eq!(classify(Line::new(r#"{"type":"assistant","#)).name(), "malformed");
/// ```
pub fn classify(item: impl Into<Item>) -> Outcome {
    let line = match item.into() {
        Item::Line(line) => line,
        Item::TooLong(long) => {
            return Outcome::Malformed(Malformed {
                line: None,
                offset: long.offset(),
                len: long.len(),
                reason: Reason::Oversize,
            });
        }
    };
    let reason = match Peek::at(line.as_text()) {
        Ok(peek) => {
            let offset = line.offset();
            let frame = Frame::new(line.into_text(), offset, peek);
            return if frame.kind().is_control() {
                Outcome::Control(frame)
            } else {
                Outcome::Message(frame)
            };
        }
        Err(NotAFrame::Noise) => return Outcome::Noise(line),
        Err(NotAFrame::Json(_)) if !line.is_terminated() => return Outcome::TruncatedTail(line),
        Err(NotAFrame::Json(fault)) => Reason::Json(fault),
        Err(NotAFrame::NoType) => Reason::NoType,
    };
    Outcome::Malformed(Malformed {
        offset: line.offset(),
        len: line.bytes().len() as u64,
        line: Some(line),
        reason,
    })
}

impl From<Line> for Item {
    fn from(line: Line) -> Self {
        Self::Line(line)
    }
}

/// Messages in a line that is not a frame, and so does not reach any client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostMessages {
    /// The line is a JSON array of messages, whole or cut off: the CLI was run with
    /// `--output-format json`.
    Array,
    /// There is other text before a message, which begins at this byte of the line: another program
    /// writes to the same stream.
    BehindText(usize),
}

impl LostMessages {
    /// Its name: `json_array` or `behind_text`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Array => "json_array",
            Self::BehindText(_) => "behind_text",
        }
    }
}

impl fmt::Display for LostMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array => f.write_str(
                "an array of messages, as `--output-format json` writes it; run the CLI with `--output-format stream-json`",
            ),
            Self::BehindText(at) => write!(
                f,
                "a message at byte {at} of the line, behind other text; keep the CLI's standard output free of other programs' text"
            ),
        }
    }
}

/// The most objects in a line that are checked: a line of noise may be long.
const MOST_OBJECTS: usize = 16;

impl Line {
    /// The messages in a line of noise, if there are any. Only known kinds of messages count.
    ///
    /// ```
    /// use claude_wire::wire::{Line, LostMessages};
    ///
    /// let lost = |line: &'static str| Line::new(line).lost_messages();
    /// assert_eq!(lost(r#"[{"type":"system","subtype":"init"},{"type":"result"}]"#), Some(LostMessages::Array));
    /// assert_eq!(lost(r#"my shell says hello {"type":"result"}"#), Some(LostMessages::BehindText(20)));
    /// assert_eq!(lost("my shell says hello"), None);
    /// ```
    pub fn lost_messages(&self) -> Option<LostMessages> {
        let line = self.bytes();
        let start = terminal::skip(line, 0);
        if let Some(b'[') = line.get(start) {
            let first = terminal::skip(line, start + 1);
            return is_message(line.get(first..)?).then_some(LostMessages::Array);
        }
        memchr::memchr_iter(b'{', line)
            .take(MOST_OBJECTS)
            .find(|at| {
                let rest = Text::new(line.slice(at..));
                Peek::at(&rest).is_ok_and(|peek| peek.kind() != FrameKind::Other)
            })
            .map(LostMessages::BehindText)
    }
}

/// Whether the object that begins here has a message's `type`; it may be cut off after that.
fn is_message(text: &[u8]) -> bool {
    let mut kind = None;
    let _ = object_end(text, 0, |key, value| {
        if &text[key] == b"type" {
            kind = text.get(value.start + 1..value.end.saturating_sub(1));
        }
    });
    let name = kind.and_then(|kind| std::str::from_utf8(kind).ok()).unwrap_or_default();
    FrameKind::of(name) != FrameKind::Other
}
