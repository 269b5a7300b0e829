//! A message: a frame, and its typed body once it was requested.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};

use super::assistant::AssistantMessage;
use super::body::Body;
use super::user::UserMessage;
use crate::wire::content::ContentBlock;
use crate::wire::decode::{At, Decode, Defect, Sink};
use crate::wire::frame::Frame;
use crate::wire::json::{Cursor, Kind};
use crate::wire::kind::FrameKind;
use crate::wire::result::ResultMessage;
use crate::wire::spans::DeltaKind;
use crate::wire::stream::StreamEvent;
use crate::wire::system::System;

/// One message of the CLI.
///
/// It is the line as it was on the wire. The typed [`body`](Self::body) is decoded on first use and
/// kept, so a message that you do not read costs only a peek, and [`text_delta`](Self::text_delta)
/// little more. Clones share the line and what was decoded. Serialising a message writes the line,
/// so that no field is lost, known to this crate or not.
///
/// ```
/// use claude_wire::wire::{Body, Frame, Message};
///
/// let line = r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":12,"duration_api_ms":9,
///     "num_turns":1,"session_id":"s","result":"4","a_future_field":[1]}"#.replace('\n', "");
/// let message = Message::new(Frame::parse(line.clone())?);
/// let Body::Result(result) = message.body() else { panic!() };
/// assert_eq!(result.result.as_deref(), Some("4"));
/// assert_eq!(serde_json::to_string(&message)?, line);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Message {
    frame: Frame,
    typed: OnceLock<Arc<Typed>>,
}

struct Typed {
    body: Body,
    defects: Vec<Defect>,
}

impl Message {
    /// The message of a frame.
    #[inline]
    pub fn new(frame: Frame) -> Self {
        Self { frame, typed: OnceLock::new() }
    }

    /// The message, typed. Decoded at the first call, then kept.
    pub fn body(&self) -> &Body {
        &self.typed().body
    }

    /// The fields that were missing or of the wrong type, and were therefore left empty. Decodes
    /// the body if necessary.
    pub fn defects(&self) -> &[Defect] {
        &self.typed().defects
    }

    /// The frame: raw bytes and routing fields.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The `type`.
    pub fn kind(&self) -> FrameKind {
        self.frame.kind()
    }

    /// The line as it was on the wire: JSON text. Bytes that are not UTF-8 read as U+FFFD.
    pub fn line_text(&self) -> Cow<'_, str> {
        self.frame.text()
    }

    /// The model's text in this message: the text blocks of an `assistant` message, joined. `None`
    /// if there are none: in any other message, and in one that only thinks or calls tools.
    ///
    /// Includes text of a sub-agent ([`parent_tool_use_id`](Self::parent_tool_use_id) is set then),
    /// and text of the CLI in place of the model
    /// ([`is_synthetic`](AssistantMessage::is_synthetic)). For the deltas of a reply that is being
    /// streamed, use [`text_delta`](Self::text_delta).
    ///
    /// ```
    /// use claude_wire::wire::{Frame, Message};
    ///
    /// let message = |line: &str| Frame::parse(line.to_owned()).map(Message::new);
    /// let said = message(r#"{"type":"assistant","message":{"content":[{"type":"text","text":"Hi"}]}}"#)?;
    /// assert_eq!(said.text().as_deref(), Some("Hi"));
    /// let result = message(r#"{"type":"result","subtype":"success","result":"Hi"}"#)?;
    /// assert_eq!(result.text(), None);
    /// # Ok::<(), claude_wire::wire::JsonError>(())
    /// ```
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let assistant = self.as_assistant()?;
        let mut texts = assistant.message.content.iter().filter_map(ContentBlock::as_text);
        let first = texts.next()?;
        Some(texts.fold(Cow::Borrowed(first), |all, text| all + text))
    }

    /// `uuid` of the message.
    pub fn uuid(&self) -> Option<Cow<'_, str>> {
        self.frame.uuid()
    }

    /// `session_id`.
    pub fn session_id(&self) -> Option<Cow<'_, str>> {
        self.frame.session_id()
    }

    /// `parent_tool_use_id`: the tool call of the sub-agent that the message belongs to; `None` for
    /// the main thread.
    pub fn parent_tool_use_id(&self) -> Option<Cow<'_, str>> {
        self.frame.parent_tool_use_id()
    }

    /// True if the message is a `result`, the end of a turn. Nothing is decoded.
    ///
    /// A `result` with a tool's output and no subtype is a line of an old dialect, and not an end.
    pub fn is_result(&self) -> bool {
        self.frame.ends_turn()
    }

    /// The text of a `text_delta`, of the main thread or of a sub-agent (see
    /// [`parent_tool_use_id`](Self::parent_tool_use_id)); `None` for any other message. Nothing
    /// else is decoded.
    ///
    /// ```
    /// use claude_wire::wire::{Frame, Message};
    ///
    /// let line = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}}"#;
    /// assert_eq!(Message::new(Frame::parse(line)?).text_delta().as_deref(), Some("Hel"));
    /// # Ok::<(), claude_wire::wire::JsonError>(())
    /// ```
    pub fn text_delta(&self) -> Option<Cow<'_, str>> {
        self.delta(DeltaKind::Text)
    }

    /// The text of a `thinking_delta`; `None` for any other message. Nothing else is decoded.
    pub fn thinking_delta(&self) -> Option<Cow<'_, str>> {
        self.delta(DeltaKind::Thinking)
    }

    /// The messages that the CLI withdraws with this one, by `uuid`: `supersedes` of an `assistant`
    /// message, `retracted_message_uuids` of `system` / `model_refusal_fallback` (CLI 2.1.329,
    /// declared, not seen). Empty for any other message.
    pub fn retracts(&self) -> &[String] {
        let uuids = if self.frame.subtype().as_deref() == Some("model_refusal_fallback") {
            match self.as_system() {
                Some(System::ModelRefusalFallback(refusal)) => {
                    refusal.retracted_message_uuids.as_deref()
                }
                _ => None,
            }
        } else {
            self.as_assistant().and_then(|assistant| assistant.supersedes.as_deref())
        };
        uuids.unwrap_or_default()
    }

    /// The body of an `assistant` message, or of a bare `message` of the model as in an old
    /// dialect.
    pub fn as_assistant(&self) -> Option<&AssistantMessage> {
        let is_said = self.frame.kind() == FrameKind::Assistant || self.frame.is_bare_message();
        match is_said.then(|| self.body())? {
            Body::Assistant(body) => Some(body),
            _ => None,
        }
    }

    /// What an `assistant` message says about a failed call of the API. One that says nothing is
    /// not decoded.
    #[cfg(feature = "session")]
    pub(crate) fn api_error(&self) -> Option<&super::ApiErrorKind> {
        self.frame.field("error")?;
        self.as_assistant()?.error.as_ref()
    }

    /// The body of a `user` message.
    pub fn as_user(&self) -> Option<&UserMessage> {
        match self.expect(FrameKind::User)? {
            Body::User(body) => Some(body),
            _ => None,
        }
    }

    /// The body of a `system` message.
    pub fn as_system(&self) -> Option<&System> {
        match self.expect(FrameKind::System)? {
            Body::System(body) => Some(body),
            _ => None,
        }
    }

    /// The body of a `stream_event`.
    pub fn as_stream_event(&self) -> Option<&StreamEvent> {
        match self.expect(FrameKind::StreamEvent)? {
            Body::StreamEvent(body) => Some(body),
            _ => None,
        }
    }

    /// The body of a `result`.
    pub fn as_result(&self) -> Option<&ResultMessage> {
        match self.expect(FrameKind::Result)? {
            Body::Result(body) => Some(body),
            _ => None,
        }
    }

    /// What the typed layer does not name: paths of fields, and `path = "word"` for types, subtypes
    /// and values of enums. Only the raw line has them.
    pub fn unmodelled(&self) -> Vec<String> {
        let mut sink = Sink::auditing_a_frame();
        Body::decode(&self.frame, &At::Root, &mut sink);
        sink.into_unnamed()
    }

    /// The body, unless the type alone shows that it is not needed.
    fn expect(&self, kind: FrameKind) -> Option<&Body> {
        (self.frame.kind() == kind).then(|| self.body())
    }

    fn delta(&self, kind: DeltaKind) -> Option<Cow<'_, str>> {
        if let Some(delta) = self.frame.delta() {
            return self.frame.delta_text(delta, kind);
        }
        if self.frame.kind() != FrameKind::StreamEvent {
            return None;
        }
        let delta = tagged_member(self.frame.payload()?, "content_block_delta", "delta")?;
        tagged_member(delta, kind.name(), kind.field())?.string()
    }

    fn typed(&self) -> &Typed {
        self.typed.get_or_init(|| {
            let mut sink = Sink::default();
            let body = Body::decode(&self.frame, &At::Root, &mut sink);
            for (name, value) in self.frame.envelope() {
                // The session of a result is in its body.
                let elsewhere = self.is_result() && name == "session_id";
                if let Some(value) =
                    value.filter(|value| value.kind() != Kind::String && !elsewhere)
                {
                    sink.wrong::<()>(&At::Root.key(name), String::EXPECTED, &mut value.reader());
                }
            }
            Arc::new(Typed { body, defects: sink.defects })
        })
    }
}

/// A member of an object that has this `type`.
fn tagged_member<'a>(object: Cursor<'a>, kind: &str, name: &str) -> Option<Cursor<'a>> {
    let mut right_kind = None;
    let mut found = None;
    for (key, value) in object.fields() {
        // As when the whole body is decoded: of several, the first that is not null.
        if *key == *b"type" && right_kind.is_none() && !value.is_null() {
            right_kind = Some(value.string().is_some_and(|text| text == kind));
        } else if *key == *name.as_bytes() {
            found = Some(value);
        }
    }
    found.filter(|_| right_kind == Some(true))
}

impl From<Frame> for Message {
    fn from(frame: Frame) -> Self {
        Self::new(frame)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Message").field(&self.line_text()).finish()
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.frame.json().serialize(serializer)
    }
}
