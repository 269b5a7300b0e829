//! Could a session have written it?

use bytes::Bytes;
use claude_wire::player::HostScript;
use claude_wire::recording::{EventKind, Recording, Stream};
use claude_wire::wire::{Frame, FrameKind};
use serde_json::Value;

/// Whether a session would write what was recorded; the reason if not.
pub(super) fn can_write(recording: &Recording, script: &HostScript) -> Result<(), String> {
    script.writable_by_session().map_err(|why| why.to_string())?;
    let mut conversation = Conversation::default();
    recording.events.iter().try_for_each(|event| conversation.event(&event.kind))
}

/// Finds what a session never does, though each line is one that it could write.
#[derive(Default)]
struct Conversation {
    is_ready: bool,
    in_turn: bool,
    has_result: bool,
    ended: bool,
}

impl Conversation {
    fn event(&mut self, kind: &EventKind) -> Result<(), String> {
        let no = |why: &str| Err(why.to_owned());
        match kind {
            EventKind::In(line) => {
                let json: Value = serde_json::from_slice(line.bytes()).unwrap_or_default();
                let is_prompt = json["type"] == "user";
                if is_prompt && is_special(&json) {
                    return no("a prompt that is no plain one");
                }
                self.in_turn |= is_prompt;
                Ok(())
            }
            EventKind::Out(line) => {
                self.is_ready |= is_reply(line.bytes());
                if Frame::parse(line.bytes().clone())
                    .is_ok_and(|frame| frame.kind() == FrameKind::Result)
                {
                    (self.in_turn, self.has_result) = (false, true);
                }
                Ok(())
            }
            EventKind::Eof(Stream::In) | EventKind::Signal(_) if self.in_turn => {
                no("the host ends it within a turn")
            }
            EventKind::Eof(Stream::In) | EventKind::Signal(_)
                if !self.is_ready && !self.has_result =>
            {
                no("the host ends it within the handshake")
            }
            EventKind::Signal(name) if name != "SIGTERM" || self.ended => {
                no("a signal that a session would not send then")
            }
            EventKind::Eof(Stream::In) => {
                self.ended = true;
                Ok(())
            }
            EventKind::Eof(_) => no("a stream of the CLI ends before the CLI"),
            _ => Ok(()),
        }
    }
}

/// Whether the line has what a session's prompts never have.
fn is_special(line: &Value) -> bool {
    let fields = ["priority", "isSynthetic", "shouldQuery", "parent_tool_use_id"];
    line["message"]["role"] != "user"
        || fields.iter().any(|name| line.get(name).is_some_and(|value| !value.is_null()))
}

/// Whether the line answers a request, in either direction.
pub(super) fn is_reply(line: &Bytes) -> bool {
    Frame::parse(line.clone()).is_ok_and(|frame| frame.kind() == FrameKind::ControlResponse)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{INITIALIZE, PROMPT, READY, RESULT, read, recording, write};
    use super::*;

    fn reason(events: Vec<EventKind>) -> String {
        let recording = recording(events);
        can_write(&recording, &HostScript::from_recording(&recording)).err().unwrap_or_default()
    }

    fn conversation(more: impl IntoIterator<Item = EventKind>) -> Vec<EventKind> {
        [write(INITIALIZE), read(READY), write(PROMPT)].into_iter().chain(more).collect()
    }

    #[test]
    fn a_session_ends_its_input_between_turns() {
        let eof = || EventKind::Eof(Stream::In);
        let signal = |name: &str| EventKind::Signal(name.to_owned());
        assert_eq!(reason(conversation([read(RESULT), eof()])), "");
        assert_eq!(reason(conversation([read(RESULT), signal("SIGTERM")])), "");
        assert_eq!(reason(conversation([eof(), read(RESULT)])), "the host ends it within a turn");
        assert_eq!(reason(conversation([signal("SIGTERM")])), "the host ends it within a turn");
        assert_eq!(
            reason(vec![write(INITIALIZE), eof(), read(READY)]),
            "the host ends it within the handshake"
        );
        assert_ne!(reason(conversation([read(RESULT), signal("SIGKILL")])), "");
        assert_ne!(reason(conversation([read(RESULT), eof(), signal("SIGTERM")])), "");
        assert_eq!(
            reason(conversation([EventKind::Eof(Stream::Out)])),
            "a stream of the CLI ends before the CLI"
        );
    }

    #[test]
    fn a_session_writes_plain_prompts() {
        for prompt in [
            r#"{"type":"user","message":{"role":"assistant","content":"Hi"}}"#,
            r#"{"type":"user","message":{"role":"user","content":"Hi"},"priority":"now"}"#,
            r#"{"type":"user","message":{"role":"user","content":"Hi"},"shouldQuery":false}"#,
        ] {
            assert_eq!(
                reason(vec![write(INITIALIZE), read(READY), write(prompt), read(RESULT)]),
                "a prompt that is no plain one",
                "{prompt}"
            );
        }
    }
}
