//! One strict pass over a line: where its object is, and where the fields are that route it.

use super::delta::{self, Delta};
use super::frame::FrameKind;
use super::json::{Cursor, Fault, Text, object_end};
use super::terminal;

/// The results of one pass over a line, before anything is kept.
pub(crate) struct Peek {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: FrameKind,
    pub(super) spans: Spans,
}

/// The spans of the routing fields; an absent field is an empty span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    pub(super) kind: Span,
    pub(super) subtype: Span,
    pub(super) uuid: Span,
    pub(super) session_id: Span,
    pub(super) request_id: Span,
    pub(super) prompt_uuid: Span,
    pub(super) prompt_uuids: Span,
    pub(super) parent: Span,
    /// `message`, `event`, `request` or `response`, as the type has it.
    pub(super) payload: Span,
    pub(super) delta: Option<Delta>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// A part of a line, which is at most 4 GiB long.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }
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
        self.kind
    }

    #[inline]
    pub(crate) fn at(line: &Text) -> Result<Self, NotAFrame> {
        if let Some(spans) = delta::spans(line.bytes()) {
            let end = line.bytes().len();
            return Ok(Self { start: 0, end, kind: FrameKind::StreamEvent, spans });
        }
        Self::scan(line)
    }

    /// A line of any shape.
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
                Ok(Self { start, end, kind, spans })
            }
            _ => Err(NotAFrame::NoType),
        }
    }
}

impl Spans {
    #[inline]
    pub(super) fn slot(&mut self, key: &[u8]) -> Option<&mut Span> {
        match key {
            b"type" => Some(&mut self.kind),
            b"subtype" => Some(&mut self.subtype),
            b"uuid" => Some(&mut self.uuid),
            b"session_id" => Some(&mut self.session_id),
            b"request_id" => Some(&mut self.request_id),
            b"user_message_uuid" | b"command_uuid" => Some(&mut self.prompt_uuid),
            b"user_message_uuids" => Some(&mut self.prompt_uuids),
            b"parent_tool_use_id" => Some(&mut self.parent),
            _ => None,
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
