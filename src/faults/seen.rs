//! A line that crosses, and the opportunities that it is.

use bytes::Bytes;
use serde_json::{Value, json};

use super::fault::Fault;
use super::form::Written;
use super::point::Point;
use crate::wire::{Frame, FrameKind};

/// A line with its ending, and what it is.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) line: Bytes,
    frame: Option<Frame>,
    /// Whether the model has spoken in this turn before.
    spoke: bool,
    /// The whole answer, in a form that has one: what the model says, and the result.
    is_answer: bool,
    is_text: bool,
}

impl Seen {
    pub(super) fn new(line: Bytes, spoke: bool) -> Self {
        Self::written(line, spoke, Written::Lines)
    }

    /// What the CLI wrote in this form.
    pub(super) fn written(line: Bytes, spoke: bool, form: Written) -> Self {
        let is_text = form == Written::Text;
        let content = line.slice(..content_len(&line));
        let is_answer = form != Written::Lines && !content.trim_ascii().is_empty();
        let frame = if is_text { None } else { Frame::parse(content).ok() };
        Self { line, frame, spoke, is_answer, is_text }
    }

    /// Text of the host.
    pub(super) fn text(line: Bytes) -> Self {
        Self { is_answer: false, ..Self::written(line, false, Written::Text) }
    }

    /// `assistant`, `system/init`; `text` if it is not JSON.
    pub(super) fn what(&self) -> String {
        let Some(frame) = &self.frame else { return "text".to_owned() };
        match frame.subtype() {
            Some(subtype) => format!("{}/{subtype}", frame.kind_name()),
            None => frame.kind_name().into_owned(),
        }
    }

    pub(super) fn kind(&self) -> Option<FrameKind> {
        self.frame.as_ref().map(Frame::kind)
    }

    pub(super) fn ends_turn(&self) -> bool {
        self.is_answer || self.frame.as_ref().is_some_and(Frame::ends_turn)
    }

    pub(super) fn speaks(&self) -> bool {
        self.is_answer || self.frame.as_ref().is_some_and(Frame::speaks)
    }

    pub(super) fn session_id(&self) -> Option<String> {
        self.frame.as_ref()?.session_id().map(|id| id.into_owned())
    }

    /// The id of a request, of its reply or of its cancellation, as text.
    pub(super) fn request_id(&self) -> Option<String> {
        self.frame.as_ref()?.request_id()?.as_str().map(|id| id.into_owned())
    }

    /// Whether this line of the CLI is an opportunity for a fault.
    pub(super) fn is_from_cli(&self, fault: &Fault) -> bool {
        match fault.info().point {
            Point::Speech => self.speaks() && !self.spoke,
            Point::Break => fault.text("direction") != "in" && self.speaks() && !self.spoke,
            Point::Message => self.speaks() || self.ends_turn(),
            Point::ToolUse => self.uses_tool(),
            Point::Result => self.ends_turn(),
            Point::Init => self.frame.as_ref().is_some_and(Frame::opens_turn),
            Point::Reply => self.kind() == Some(FrameKind::ControlResponse),
            Point::Request => self.kind() == Some(FrameKind::ControlRequest),
            Point::Hook => self.request_subtype().as_deref() == Some("hook_callback"),
            Point::Typed => self.is_typed(&fault.text("type")),
            Point::Line => fault.text("direction") != "in",
            Point::NonAscii => !self.line.is_ascii(),
            Point::Launch | Point::Prompt | Point::End => false,
            Point::ApiRequest | Point::ApiToolUse => false,
        }
    }

    /// Whether this line of the host is one.
    pub(super) fn is_from_host(&self, fault: &Fault) -> bool {
        match fault.info().point {
            Point::Prompt => self.is_prompt(),
            Point::Break => fault.text("direction") == "in" && self.is_prompt(),
            Point::Line => fault.text("direction") == "in",
            _ => false,
        }
    }

    pub(super) fn is_prompt(&self) -> bool {
        self.kind() == Some(FrameKind::User)
    }

    fn is_typed(&self, name: &str) -> bool {
        if let Some(frame) = &self.frame {
            return frame.kind_name() == name;
        }
        let messages = self.value().filter(|_| self.is_answer);
        messages.iter().filter_map(Value::as_array).flatten().any(|message| message["type"] == name)
    }

    fn uses_tool(&self) -> bool {
        let Some(frame) = self.frame.as_ref().filter(|it| it.kind() == FrameKind::Assistant) else {
            return false;
        };
        let content = frame.json().pointer("/message/content");
        let blocks =
            content.and_then(|content| serde_json::from_str::<Value>(&content.text()).ok());
        let blocks = blocks.as_ref().and_then(Value::as_array);
        blocks.into_iter().flatten().any(|block| block["type"] == "tool_use")
    }

    fn request_subtype(&self) -> Option<String> {
        let frame = self.frame.as_ref().filter(|it| it.kind() == FrameKind::ControlRequest)?;
        let subtype = frame.json().pointer("/request/subtype")?;
        subtype.as_str().map(|subtype| subtype.into_owned())
    }

    /// The line as JSON, to be changed.
    pub(super) fn value(&self) -> Option<Value> {
        match &self.frame {
            Some(frame) => serde_json::from_str(&frame.text()).ok(),
            None if self.is_text => None,
            None => serde_json::from_slice(&self.line).ok(),
        }
    }
}

/// A line without its ending.
pub(super) fn content_len(line: &[u8]) -> usize {
    let without = line.strip_suffix(b"\n").unwrap_or(line);
    without.strip_suffix(b"\r").unwrap_or(without).len()
}

/// A line of JSON.
pub(super) fn line(value: &Value) -> Bytes {
    format!("{value}\n").into()
}

/// A line that the CLI writes now and then, and that says nothing.
pub(super) fn status(session: &str) -> Value {
    json!({"type": "system", "subtype": "status", "status": null, "session_id": session, "uuid": "fa017000-0000-4000-8000-000000000001"})
}
