//! A message: a frame, and its typed body once it was asked for.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::{Serialize, Serializer};

use super::body::Body;
use crate::wire::decode::{At, Defect, Sink};
use crate::wire::frame::{Frame, FrameKind};

/// One message of the CLI.
///
/// It is the line as it stood on the wire. The typed [`body`](Self::body) is made at the first look and kept; a message that nobody looks
/// into costs a peek. Serialising a message writes the line, so that nothing is lost on the way, known to this crate or not.
///
/// ```
/// use claude_wire::wire::{Body, Frame, Message};
///
/// let line = r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":12,"duration_api_ms":9,
///     "num_turns":1,"session_id":"s","result":"4","a_field_of_tomorrow":[1]}"#.replace('\n', "");
/// let message = Message::new(Frame::parse(line.clone())?);
/// let Body::Result(result) = message.body() else { panic!() };
/// assert_eq!(result.result.as_deref(), Some("4"));
/// assert_eq!(serde_json::to_string(&message)?, line);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Message {
    frame: Frame,
    typed: OnceLock<Box<Typed>>,
}

#[derive(Clone)]
struct Typed {
    body: Body,
    defects: Vec<Defect>,
}

impl Message {
    /// The message of a frame.
    pub fn new(frame: Frame) -> Self {
        Self { frame, typed: OnceLock::new() }
    }

    /// The message, typed. Decoded at the first call, kept from then on.
    pub fn body(&self) -> &Body {
        &self.typed().body
    }

    /// The fields that were missing or of the wrong type, and were therefore degraded. Decodes the body if nobody has.
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

    /// The JSON text as it stood on the wire.
    pub fn text(&self) -> Cow<'_, str> {
        self.frame.text()
    }

    /// `uuid` of the message.
    pub fn uuid(&self) -> Option<Cow<'_, str>> {
        self.frame.uuid()
    }

    /// `session_id`.
    pub fn session_id(&self) -> Option<Cow<'_, str>> {
        self.frame.session_id()
    }

    /// Paths of the fields that the typed layer does not name. They are in the raw line only.
    pub fn unmodelled(&self) -> Vec<String> {
        let mut sink = Sink::auditing();
        Body::decode(&self.frame, &At::Root, &mut sink);
        sink.into_unmodelled()
    }

    fn typed(&self) -> &Typed {
        self.typed.get_or_init(|| {
            let mut sink = Sink::default();
            let body = Body::decode(&self.frame, &At::Root, &mut sink);
            Box::new(Typed { body, defects: sink.defects })
        })
    }
}

impl From<Frame> for Message {
    fn from(frame: Frame) -> Self {
        Self::new(frame)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Message").field(&self.text()).finish()
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.frame.json().serialize(serializer)
    }
}
