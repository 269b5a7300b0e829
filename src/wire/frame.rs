//! A frame: the bytes of one JSON object, and the fields that route it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::json::{Cursor, Fault, RawJson, Text};
use super::kind::FrameKind;
use super::peek::{NotAFrame, Peek};
use super::spans::{Delta, DeltaKind, Span, Spans};

/// One JSON object of the wire with a string `type`: its original bytes, and the fields for
/// routing.
///
/// The fields are found in one strict pass over the line, wherever they are (`type` is among the
/// last of the 27 keys of a `result`, and 2 MB in). Nothing is decoded until you ask for it, so a
/// field that is not read cannot cause an error.
#[derive(Clone, Debug)]
pub struct Frame {
    text: Text,
    offset: u64,
    kind: FrameKind,
    found: Found,
}

/// What was found in the line. A frame is moved several times on its way to its reader, and nearly
/// every one is a delta: for others it is kept elsewhere.
#[derive(Clone, Debug)]
enum Found {
    Delta(Delta),
    Object(Arc<Object>),
}

#[derive(Debug)]
struct Object {
    /// The whole line, if there is something around the object.
    line: Option<Bytes>,
    spans: Spans,
}

impl Frame {
    /// Reads one line. Around the object there may be white space and invisible terminal output
    /// (control characters, escape sequences such as a title or bracketed paste), and before it a
    /// byte order mark.
    ///
    /// # Errors
    /// When the line is not a JSON object, or has no usable `type`. [`classify`](super::classify)
    /// distinguishes the cases.
    pub fn parse(line: impl Into<Bytes>) -> Result<Self, super::JsonError> {
        let line = Text::new(line.into());
        let peek = Peek::at(&line).map_err(|why| match why {
            NotAFrame::Noise | NotAFrame::NoType => super::JsonError::fault(Fault::Byte(0)),
            NotAFrame::Json(fault) => super::JsonError::fault(fault),
        })?;
        Ok(Self::new(line, 0, peek))
    }

    /// The frame that `peek` found in `line`.
    #[inline]
    pub(super) fn new(line: Text, offset: u64, peek: Peek) -> Self {
        match peek {
            Peek::Delta(delta) => {
                let (kind, found) = (FrameKind::StreamEvent, Found::Delta(delta));
                Self { text: line, offset, kind, found }
            }
            Peek::Object { start, end, kind, spans } => {
                Self::of_object(line, offset, start..end, kind, spans)
            }
        }
    }

    #[inline(never)]
    fn of_object(
        line: Text,
        offset: u64,
        range: Range<usize>,
        kind: FrameKind,
        spans: Spans,
    ) -> Self {
        let (text, line) = match range == (0..line.bytes().len()) {
            true => (line, None),
            false => (line.slice(range), Some(line.bytes().clone())),
        };
        Self { text, offset, kind, found: Found::Object(Arc::new(Object { line, spans })) }
    }

    /// The bytes of the object, without the newline and without what is around it.
    pub fn bytes(&self) -> &Bytes {
        self.text.bytes()
    }

    /// The bytes of the whole line without the newline: the object and what is around it.
    pub fn raw_line(&self) -> &Bytes {
        match &self.found {
            Found::Delta(_) => self.bytes(),
            Found::Object(object) => object.line.as_ref().unwrap_or(self.bytes()),
        }
    }

    /// The offset of the object in [`raw_line`](Self::raw_line).
    #[cfg(feature = "player")]
    pub(crate) fn object_start(&self) -> usize {
        super::peek::object_start(self.raw_line())
    }

    /// The JSON text; bytes that are not UTF-8 read as U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        self.text.lossy()
    }

    /// The offset of its line, in bytes from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The `type`.
    pub fn kind(&self) -> FrameKind {
        self.kind
    }

    /// The `type` as it was on the wire.
    pub fn kind_name(&self) -> Cow<'_, str> {
        match &self.found {
            Found::Delta(_) => Cow::Borrowed("stream_event"),
            Found::Object(object) => self.string(object.spans.kind).unwrap_or_default(),
        }
    }

    /// `subtype`, when it is a string.
    pub fn subtype(&self) -> Option<Cow<'_, str>> {
        self.string(self.spans().subtype)
    }

    /// `uuid`, when it is a string.
    pub fn uuid(&self) -> Option<Cow<'_, str>> {
        self.string(self.uuid_span())
    }

    /// `session_id`, when it is a string.
    pub fn session_id(&self) -> Option<Cow<'_, str>> {
        self.string(self.session_span())
    }

    /// `request_id` of a control frame, wherever the envelope keeps it (`control_response` has it
    /// inside `response`).
    pub fn request_id(&self) -> Option<RawJson> {
        let id = match self.kind {
            FrameKind::ControlResponse => self.payload()?.get("request_id")?,
            _ => self.cursor(self.spans().request_id)?,
        };
        Some(id.raw())
    }

    /// `parent_tool_use_id`, when it is a string: the frame belongs to a sub-agent.
    pub fn parent_tool_use_id(&self) -> Option<Cow<'_, str>> {
        self.string(match &self.found {
            Found::Delta(delta) => delta.parent,
            Found::Object(object) => object.spans.parent,
        })
    }

    /// True if the frame names a prompt that it answers (`user_message_uuid`,
    /// `user_message_uuids`). An empty list, an empty text, or anything but a text names none.
    pub fn names_prompts(&self) -> bool {
        self.named_prompt().is_some()
    }

    /// The prompt that the frame answers (`user_message_uuid`, or the last of
    /// `user_message_uuids`), if it names one.
    pub fn named_prompt(&self) -> Option<Cow<'_, str>> {
        let spans = self.spans();
        fn name<'a>(value: Cursor<'a>) -> Option<Cow<'a, str>> {
            value.string().filter(|name| !name.is_empty())
        }
        let last = || self.cursor(spans.prompt_uuids)?.items().filter_map(name).last();
        self.cursor(spans.prompt_uuid).and_then(name).or_else(last)
    }

    /// True if the frame is a `result` that ends a turn. A `result` with a tool's output and no
    /// subtype is a line of an old dialect, and does not end a turn.
    pub(crate) fn ends_turn(&self) -> bool {
        let has_subtype = || self.cursor(self.spans().subtype).is_some();
        self.kind == FrameKind::Result
            && (has_subtype() || self.field("tool_use_id").is_none_or(|id| id.as_str().is_none()))
    }

    /// True if the frame says that it was not caused by a prompt of a host (`origin.kind`).
    pub fn is_unprompted(&self) -> bool {
        let kind = self.field("origin").and_then(|origin| origin.pointer("/kind"));
        kind.as_ref().and_then(|kind| kind.as_str()).is_some_and(|kind| kind != "human")
    }

    /// True if this is output of the model, and not of a sub-agent.
    pub(crate) fn speaks(&self) -> bool {
        let of_the_model = matches!(self.kind, FrameKind::Assistant | FrameKind::StreamEvent)
            || self.is_bare_message();
        of_the_model && self.parent_tool_use_id().is_none()
    }

    /// True if the frame is the `system` / `init` that opens a turn.
    pub(crate) fn opens_turn(&self) -> bool {
        self.kind == FrameKind::System && self.subtype().as_deref() == Some("init")
    }

    /// True if the line that opens a turn says that the CLI writes `command_lifecycle` (capability
    /// `msg_lifecycle_v1`, seen in 2.1.329). It names a prompt there before it opens its turn.
    pub(crate) fn declares_lifecycle(&self) -> bool {
        self.root().get("capabilities").is_some_and(|capabilities| {
            capabilities.items().any(|it| it.string().is_some_and(|it| it == "msg_lifecycle_v1"))
        })
    }

    /// True if the frame is a bare message of the model, as in an old dialect.
    pub(crate) fn is_bare_message(&self) -> bool {
        let role =
            || self.field("role").is_some_and(|role| role.as_str().as_deref() == Some("assistant"));
        self.kind == FrameKind::Other && self.kind_name() == "message" && role()
    }

    /// True if `user_message_uuid` or `user_message_uuids` names this prompt.
    pub fn answers(&self, prompt: &str) -> bool {
        let spans = self.spans();
        self.string(spans.prompt_uuid).is_some_and(|uuid| uuid == prompt)
            || self.cursor(spans.prompt_uuids).is_some_and(|uuids| {
                uuids.items().any(|uuid| uuid.string().is_some_and(|uuid| uuid == prompt))
            })
    }

    /// Any field of the object.
    pub fn field(&self, name: &str) -> Option<RawJson> {
        self.root().get(name).map(|value| value.raw())
    }

    /// The whole object.
    pub fn json(&self) -> RawJson {
        RawJson::scanned(self.bytes().clone())
    }

    pub(crate) fn root(&self) -> Cursor<'_> {
        Cursor::new(self.text.source(), 0, self.bytes().len())
    }

    /// `message`, `event`, `request` or `response`.
    pub(crate) fn payload(&self) -> Option<Cursor<'_>> {
        self.cursor(match &self.found {
            Found::Delta(delta) => delta.payload(),
            Found::Object(object) => object.spans.payload,
        })
    }

    /// The delta, if the line has the shape that most lines have.
    pub(super) fn delta(&self) -> Option<&Delta> {
        match &self.found {
            Found::Delta(delta) => Some(delta),
            Found::Object(_) => None,
        }
    }

    /// The string of one of its spans.
    pub(super) fn text_at(&self, span: Span) -> Option<String> {
        self.string(span).map(String::from)
    }

    /// The text of that delta.
    pub(super) fn text_of(&self, delta: &Delta) -> Option<Cow<'_, str>> {
        let text = self.cursor(delta.text)?;
        if delta.is_plain { Some(text.plain_string()) } else { text.string() }
    }

    /// The same, if it is of this kind.
    pub(super) fn delta_text(&self, delta: &Delta, kind: DeltaKind) -> Option<Cow<'_, str>> {
        if delta.kind == kind { self.text_of(delta) } else { None }
    }

    /// The fields that every message has and no typed body has, by name.
    pub(crate) fn envelope(&self) -> [(&'static str, Option<Cursor<'_>>); 2] {
        [("uuid", self.cursor(self.uuid_span())), ("session_id", self.cursor(self.session_span()))]
    }

    /// The spans of a frame; none of a delta, which has those of other frames elsewhere or not.
    fn spans(&self) -> &Spans {
        static NONE: Spans = Spans::NONE;
        match &self.found {
            Found::Delta(_) => &NONE,
            Found::Object(object) => &object.spans,
        }
    }

    fn uuid_span(&self) -> Span {
        match &self.found {
            Found::Delta(delta) => delta.uuid,
            Found::Object(object) => object.spans.uuid,
        }
    }

    fn session_span(&self) -> Span {
        match &self.found {
            Found::Delta(delta) => delta.session_id,
            Found::Object(object) => object.spans.session_id,
        }
    }

    fn cursor(&self, span: Span) -> Option<Cursor<'_>> {
        (span.end > 0)
            .then(|| Cursor::new(self.text.source(), span.start as usize, span.end as usize))
            .filter(|value| !value.is_null())
    }

    fn string(&self, span: Span) -> Option<Cow<'_, str>> {
        self.cursor(span)?.string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_tag_wherever_it_stands() {
        let frame = Frame::parse(r#"{"result":"{\"type\":\"user\"}","subtype":"success","type":"result","session_id":"s"}"#).unwrap();
        assert_eq!(frame.kind(), FrameKind::Result);
        assert_eq!(frame.subtype().unwrap(), "success");
        assert_eq!(frame.session_id().unwrap(), "s");
    }

    #[test]
    fn last_duplicate_key_wins_however_it_is_spelled() {
        let frame = Frame::parse(r#"{"type":"user","t\u0079pe":"keep_alive"}"#).unwrap();
        assert_eq!(frame.kind(), FrameKind::KeepAlive);
    }

    #[test]
    fn a_field_of_another_type_is_not_taken_for_the_payload() {
        let frame = Frame::parse(r#"{"type":"control_response","response":{"request_id":"r1"},"request":{"request_id":"r2"}}"#).unwrap();
        assert_eq!(frame.request_id().unwrap().text(), "\"r1\"");
    }

    #[test]
    fn tolerates_invisible_output_and_keeps_the_line() {
        let object = r#"{"type":"keep_alive"}"#;
        for (before, behind) in [
            ("", ""),
            ("\u{feff} ", " \t"),
            ("\x1b]0;title\x07\u{feff}\x1b[?2004h", "\x1b[0m\r"),
            ("\x1e", "\x1b]0;title\x1b\\"),
        ] {
            let line = format!("{before}{object}{behind}");
            let frame = Frame::parse(line.clone()).unwrap();
            assert_eq!(&frame.bytes()[..], object.as_bytes(), "{line:?}");
            assert_eq!(&frame.raw_line()[..], line.as_bytes(), "{line:?}");
            assert_eq!(frame.clone().raw_line(), frame.raw_line(), "{line:?}");
        }
    }

    #[test]
    fn knows_which_prompt_it_answers() {
        let frame =
            Frame::parse(r#"{"type":"assistant","user_message_uuids":["a","b"],"message":{}}"#)
                .unwrap();
        assert!(frame.answers("b") && !frame.answers("c") && frame.names_prompts());
        let frame =
            Frame::parse(r#"{"type":"command_lifecycle","command_uuid":"a","state":"queued"}"#)
                .unwrap();
        assert!(frame.answers("a"));
        let frame = Frame::parse(r#"{"type":"assistant","user_message_uuid":null}"#).unwrap();
        assert!(!frame.names_prompts());
    }

    #[test]
    fn distinguishes_noise_from_broken_frames() {
        let why = |line: &'static str| Peek::at(&Text::new(line.into())).err().unwrap();
        assert_eq!(why(""), NotAFrame::Noise);
        assert_eq!(why("[1]"), NotAFrame::Noise);
        assert_eq!(why("log text"), NotAFrame::Noise);
        assert_eq!(why("{"), NotAFrame::Json(Fault::End));
        assert_eq!(why(r#"{"type":"a"} x"#), NotAFrame::Json(Fault::Byte(13)));
        assert_eq!(why("\u{feff} {\"type\":tru}"), NotAFrame::Json(Fault::Byte(15)));
        assert_eq!(why(r#"{"type":"a","b":NaN}"#), NotAFrame::Json(Fault::Byte(16)));
        assert_eq!(why("{}"), NotAFrame::NoType);
        assert_eq!(why(r#"{"type":5}"#), NotAFrame::NoType);
        assert_eq!(why(r#"{"type":""}"#), NotAFrame::NoType);
        assert_eq!(why("{1:2}"), NotAFrame::Json(Fault::Byte(1)));
    }
}
