//! What a session tells beside its turns.

use bytes::Bytes;
use claude_wire::session::SessionEvent;

/// The line of stdout that an event is, as it stood there; `None` of an event that is none.
pub(crate) fn line(event: &SessionEvent) -> Option<Bytes> {
    Some(match event {
        SessionEvent::Message(message) => message.frame().bytes().clone(),
        SessionEvent::Control(frame) | SessionEvent::StrayReply(frame) => frame.bytes().clone(),
        SessionEvent::Noise(line) | SessionEvent::TruncatedTail(line) => line.bytes().clone(),
        SessionEvent::Malformed(malformed) => {
            malformed.line().map(|line| line.bytes().clone()).unwrap_or_default()
        }
        _ => return None,
    })
}
