//! What one item of the stream means to a client.

use std::fmt;

use super::frame::{Frame, NotAFrame, Peek};
use super::json::Fault;
use super::line::{Item, Line};

/// The outcome of one item of the stream.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A frame for whoever reads messages.
    Message(Frame),
    /// A frame that the protocol layer consumes.
    Control(Frame),
    /// Not a frame: blank, log text, JSON that is not an object.
    Noise(Line),
    /// Looks like a frame but is none: one diagnostic, and the reader goes on.
    Malformed(Malformed),
    /// The stream ended inside a frame.
    TruncatedTail(Line),
}

impl Outcome {
    /// The word for it: `message`, `control`, `noise`, `malformed` or `truncated_tail`.
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

/// A line that looks like a frame but is none.
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
    /// The line; `None` when it was over the limit.
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

    /// True if and only if the line was over the limit.
    pub fn is_oversize(&self) -> bool {
        self.reason == Reason::Oversize
    }

    /// True if and only if the line is not JSON.
    pub fn is_not_json(&self) -> bool {
        matches!(self.reason, Reason::Json(_))
    }

    /// True if and only if the line is a JSON object without a usable `type`.
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

/// Tells what an item of the stream is.
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
