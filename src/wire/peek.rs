//! One strict pass over a line: where its object is, and where the fields are that route it.

use super::delta;
use super::json::{Cursor, Fault, Text, object_end};
use super::kind::FrameKind;
use super::spans::{Delta, Span, Spans};
use super::terminal;

/// The results of one pass over a line, before anything is kept.
pub(super) enum Peek {
    /// A delta, which is the whole line.
    Delta(Delta),
    Object {
        start: usize,
        end: usize,
        kind: FrameKind,
        spans: Spans,
    },
}

/// Why a line is not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAFrame {
    /// Not an object at all: blank, log text, an array.
    Noise,
    /// The beginning of an object, but not JSON.
    Json(Fault),
    /// JSON, but without a `type` that is a non-empty string.
    NoType,
}

impl Peek {
    pub(super) fn kind(&self) -> FrameKind {
        match self {
            Self::Delta(_) => FrameKind::StreamEvent,
            Self::Object { kind, .. } => *kind,
        }
    }

    #[inline]
    pub(super) fn at(line: &Text) -> Result<Self, NotAFrame> {
        match delta::find(line.bytes()) {
            Some(delta) => Ok(Self::Delta(delta)),
            None => Self::scan(line),
        }
    }

    /// A line of any shape.
    #[inline(never)]
    pub(super) fn scan(line: &Text) -> Result<Self, NotAFrame> {
        let start = object_start(line.bytes());
        let object = &line.bytes()[start..];
        if object.first() != Some(&b'{') {
            return Err(NotAFrame::Noise);
        }
        let mut spans = Spans::default();
        let mut payloads = Payloads::default();
        let behind = object_end(object, 0, |key, value| {
            let key = &object[key];
            if let Some(slot) = spans.slot(key).or_else(|| payloads.slot(key)) {
                *slot = Span::new(value.start, value.end);
            } else if key.contains(&b'\\')
                && let Some(slot) = escaped(key, &mut spans, &mut payloads)
            {
                *slot = Span::new(value.start, value.end);
            }
        })
        .map_err(|fault| match fault {
            Fault::Byte(at) => NotAFrame::Json(Fault::Byte(start + at)),
            Fault::End => NotAFrame::Json(Fault::End),
        })?;
        let end = start + behind;
        let rest = terminal::skip(line.bytes(), end);
        if rest != line.bytes().len() {
            return Err(NotAFrame::Json(Fault::Byte(rest)));
        }
        let Span { start: from, end: to } = spans.kind;
        match Cursor::new(line.source(), start + from as usize, start + to as usize).string() {
            Some(name) if !name.is_empty() => {
                let kind = FrameKind::of(&name);
                spans.payload = payloads.of(kind);
                Ok(Self::Object { start, end, kind, spans })
            }
            _ => Err(NotAFrame::NoType),
        }
    }
}

/// What may be the payload, until the type is known.
#[derive(Default)]
struct Payloads {
    message: Span,
    event: Span,
    request: Span,
    response: Span,
}

impl Payloads {
    #[inline]
    fn slot(&mut self, key: &[u8]) -> Option<&mut Span> {
        match key {
            b"message" => Some(&mut self.message),
            b"event" => Some(&mut self.event),
            b"request" => Some(&mut self.request),
            b"response" => Some(&mut self.response),
            _ => None,
        }
    }

    fn of(&self, kind: FrameKind) -> Span {
        match kind {
            FrameKind::StreamEvent => self.event,
            FrameKind::ControlRequest => self.request,
            FrameKind::ControlResponse => self.response,
            _ => self.message,
        }
    }
}

/// A key that is spelled with escapes is still that key.
#[cold]
fn escaped<'a>(
    key: &[u8],
    spans: &'a mut Spans,
    payloads: &'a mut Payloads,
) -> Option<&'a mut Span> {
    let name = serde_json::from_slice::<String>(&[b"\"", key, b"\""].concat()).ok()?;
    spans.slot(name.as_bytes()).or_else(|| payloads.slot(name.as_bytes()))
}

/// The start of the object, if there is one: after a byte order mark, white space, and invisible
/// terminal output.
pub(super) fn object_start(line: &[u8]) -> usize {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let mut at = terminal::skip(line, 0);
    while line.get(at..).is_some_and(|rest| rest.starts_with(MARK)) {
        at = terminal::skip(line, at + MARK.len());
    }
    at
}
