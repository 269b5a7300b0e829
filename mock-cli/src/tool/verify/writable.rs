//! Checks whether a session could have written a recording.

use bytes::Bytes;
use claude_wire::player::HostScript;
use claude_wire::recording::{EventKind, Recording, Stream};
use claude_wire::wire::{Frame, FrameKind};
use serde_json::Value;

/// Returns the reason why a session would not write what was recorded, if there is one.
pub(super) fn can_write(recording: &Recording, script: &HostScript) -> Result<(), String> {
    script.writable_by_session().map_err(|why| why.to_string())?;
    let mut conversation = Conversation::default();
    recording.events.iter().try_for_each(|event| conversation.event(&event.kind))
}

/// Finds sequences that a session never writes, although it could write each line.
#[derive(Default)]
struct Conversation {
    is_ready: bool,
    has_result: bool,
    /// A stream of the CLI has ended.
    closed: bool,
    /// Whether the prompts have a uuid.
    uuids: Option<bool>,
    /// How many prompts have no result.
    open: usize,
}

impl Conversation {
    fn event(&mut self, kind: &EventKind) -> Result<(), String> {
        let no = |why: &str| Err(why.to_owned());
        match kind {
            EventKind::In(_) | EventKind::Out(_) | EventKind::Err(_) if self.closed => {
                no("a stream of the CLI ends before the CLI")
            }
            EventKind::In(line) => {
                let json: Value = serde_json::from_slice(line.bytes()).unwrap_or_default();
                match json["type"].as_str() {
                    Some("user") => self.prompt(&json),
                    // A session writes the second of them later.
                    Some("control_request") if self.open > 1 => {
                        no("a request while two prompts wait for their results")
                    }
                    _ => Ok(()),
                }
            }
            EventKind::Out(line) => {
                self.is_ready |= is_reply(line.bytes());
                let result = Frame::parse(line.bytes().clone())
                    .ok()
                    .filter(|frame| frame.kind() == FrameKind::Result);
                if let Some(result) = result {
                    self.has_result = true;
                    self.open = self.open.saturating_sub(usize::from(!result.is_unprompted()));
                }
                Ok(())
            }
            EventKind::Eof(Stream::In) | EventKind::Signal(_)
                if !self.is_ready && !self.has_result && !self.closed =>
            {
                no("the host ends it within the handshake")
            }
            EventKind::Eof(Stream::Out | Stream::Err) => {
                self.closed = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn prompt(&mut self, line: &Value) -> Result<(), String> {
        if is_special(line) {
            return Err("a prompt with fields that a session does not write".to_owned());
        }
        self.open += 1;
        let has_uuid = line["uuid"].is_string();
        if *self.uuids.get_or_insert(has_uuid) != has_uuid {
            return Err(
                "some prompts have a uuid and some have none: a session names all".to_owned()
            );
        }
        Ok(())
    }
}

/// True if the line has fields that a session's prompts never have.
fn is_special(line: &Value) -> bool {
    let fields = ["priority", "isSynthetic", "shouldQuery", "parent_tool_use_id"];
    line["message"]["role"] != "user"
        || fields.iter().any(|name| line.get(name).is_some_and(|value| !value.is_null()))
}

/// True if the line answers a request, in either direction.
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
    fn a_cli_may_end_at_any_time_after_the_handshake() {
        let eof = || EventKind::Eof(Stream::In);
        let signal = |name: &str| EventKind::Signal(name.to_owned());
        let gone = || [EventKind::Eof(Stream::Err), EventKind::Eof(Stream::Out), eof()];
        assert_eq!(reason(conversation([read(RESULT), eof()])), "");
        assert_eq!(reason(conversation([read(RESULT), eof(), signal("SIGTERM")])), "");
        assert_eq!(reason(conversation([eof(), read(RESULT)])), "");
        for name in ["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP"] {
            assert_eq!(reason(conversation([signal(name)])), "", "{name}");
            assert_eq!(reason(conversation([read(RESULT), signal(name)])), "", "{name}");
            let killed = [signal(name)].into_iter().chain(gone());
            assert_eq!(reason(conversation(killed)), "", "{name}");
        }
        assert_eq!(reason([write(INITIALIZE)].into_iter().chain(gone()).collect()), "");
        let early = "the host ends it within the handshake";
        assert_eq!(reason(vec![write(INITIALIZE), eof(), read(READY)]), early);
        assert_eq!(reason(vec![write(INITIALIZE), signal("SIGTERM")]), early);
        let closed = "a stream of the CLI ends before the CLI";
        assert_eq!(reason(conversation([EventKind::Eof(Stream::Out), read(RESULT)])), closed);
        let err = [read(RESULT), EventKind::Eof(Stream::Err), write(PROMPT)];
        assert_eq!(reason(conversation(err)), closed);
    }

    #[test]
    fn a_session_has_one_prompt_at_the_cli_when_it_makes_a_request() {
        let own = r#"{"type":"result","subtype":"success","origin":{"kind":"task-notification"}}"#;
        let set =
            r#"{"type":"control_request","request_id":"2","request":{"subtype":"set_model"}}"#;
        let why = "a request while two prompts wait for their results";
        assert_eq!(reason(conversation([write(set), read(RESULT), write(PROMPT), write(set)])), "");
        assert_eq!(reason(conversation([read(own), write(PROMPT), write(set)])), why);
    }

    #[test]
    fn a_session_gives_each_prompt_a_uuid_or_the_recording_gives_none_to_any() {
        let named = PROMPT.replacen('{', r#"{"uuid":"p","#, 1);
        let mixed = "some prompts have a uuid and some have none: a session names all";
        for (first, second, why) in [
            (PROMPT, PROMPT, ""),
            (&named, &named, ""),
            (PROMPT, &named, mixed),
            (&named, PROMPT, mixed),
        ] {
            let events =
                vec![write(INITIALIZE), read(READY), write(first), read(RESULT), write(second)];
            assert_eq!(reason(events), why, "{first} {second}");
        }
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
                "a prompt with fields that a session does not write",
                "{prompt}"
            );
        }
    }
}
