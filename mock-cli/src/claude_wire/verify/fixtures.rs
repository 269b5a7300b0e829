//! A conversation, in the words of a recording.

use claude_wire::recording::{Event, EventKind, Header, Recording};

pub(super) const INITIALIZE: &str =
    r#"{"type":"control_request","request_id":"1","request":{"subtype":"initialize"}}"#;
pub(super) const READY: &str =
    r#"{"type":"control_response","response":{"subtype":"success","request_id":"1"}}"#;
pub(super) const PROMPT: &str = r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#;
pub(super) const RESULT: &str = r#"{"type":"result","subtype":"success"}"#;

pub(super) fn read(line: &str) -> EventKind {
    EventKind::Out(line.into())
}

pub(super) fn write(line: &str) -> EventKind {
    EventKind::In(line.into())
}

pub(super) fn recording(events: Vec<EventKind>) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.events = events.into_iter().map(|kind| Event::new(0, kind)).collect();
    recording
}
