//! Ids of the CLI's requests that the host knows by those of another recording.
//!
//! What a launch writes before its first prompt may come from another recording than the one that
//! it turns out to be. The host answers with the ids that it was sent.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;

use crate::wire::{Frame, FrameKind};

use super::host_line::id_text;
use super::ids::{self, IdKind};
use super::machine::{Input, Step};

/// The ids of requests, in the order in which they were sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Aliases {
    /// The id that the host knows, and that of the recording.
    pairs: HashMap<String, String>,
    /// How many requests of the recording have a pair, or are the host's own.
    count: usize,
}

impl Aliases {
    /// The next request of the recording, whose place among those that the host knows is its own.
    pub(super) fn pair(&mut self, known: &[String], id: String) {
        if let Some(known) = known.get(self.count)
            && *known != id
        {
            self.pairs.insert(known.clone(), id);
        }
        self.count += 1;
    }

    /// What the host did, in the recording's words.
    pub(super) fn incoming(&self, input: Input) -> Input {
        match input {
            Input::Line(line) if !self.pairs.is_empty() => Input::Line(self.answer(line)),
            input => input,
        }
    }

    fn answer(&self, line: Bytes) -> Bytes {
        let is_answer = Frame::parse(line.clone())
            .is_ok_and(|frame| frame.kind() == FrameKind::ControlResponse);
        if !is_answer {
            return line;
        }
        let places = ids::find(&line).into_iter().filter(|id| id.kind == IdKind::Request);
        let places = places
            .filter_map(|id| Some((id.span, Some(quoted(self.pairs.get(&id.id)?)))))
            .collect::<Vec<_>>();
        ids::replace(&line, &places)
    }

    /// A step in the host's words: the CLI withdraws a request that the host knows by another id.
    pub(super) fn outgoing(&self, step: Step) -> Step {
        let Step::Out(line) = step else { return step };
        if self.pairs.is_empty() {
            return Step::Out(line);
        }
        let place = Frame::parse(line.clone()).ok().and_then(|frame| {
            let id = frame.root().get("request_id")?;
            let text = id.string()?.into_owned();
            let known = self.pairs.iter().find(|(_, recorded)| **recorded == text)?.0;
            let span = id.span();
            let at = frame.object_start();
            (frame.kind() == FrameKind::ControlCancelRequest)
                .then(|| (span.start + at..span.end + at, Some(quoted(known))))
        });
        Step::Out(ids::replace(&line, place.as_slice()))
    }
}

fn quoted(id: &str) -> Bytes {
    Value::from(id).to_string().into()
}

/// The id of a request of the CLI, if a step writes one.
pub(super) fn request_id(step: &Step) -> Option<String> {
    let Step::Out(line) = step else { return None };
    // Most lines are not one, and need not be parsed.
    memchr::memmem::find(line, b"control_request")?;
    let frame = Frame::parse(line.clone()).ok()?;
    (frame.kind() == FrameKind::ControlRequest)
        .then(|| id_text(frame.request_id().and_then(|id| id.to_value().ok()).as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases() -> Aliases {
        let mut aliases = Aliases::default();
        aliases.pair(&["front".into(), "same".into()], "own".into());
        aliases.pair(&["front".into(), "same".into()], "same".into());
        aliases.pair(&["front".into(), "same".into()], "later".into());
        aliases
    }

    fn incoming(line: &'static str) -> String {
        let Input::Line(line) =
            aliases().incoming(Input::Line(Bytes::from_static(line.as_bytes())))
        else {
            panic!()
        };
        String::from_utf8(line.to_vec()).unwrap()
    }

    #[test]
    fn an_answer_gets_the_id_of_the_recording() {
        let line = r#"{"type":"control_response", "response":{"request_id" : "front","subtype":"success"}}"#;
        assert_eq!(incoming(line), line.replace("front", "own"));
        for other in [
            r#"{"type":"control_response","response":{"request_id":"same"}}"#,
            r#"{"type":"control_request","request_id":"front","request":{}}"#,
            r#"{"type":"user","message":{"content":"front"}}"#,
            "front",
        ] {
            assert_eq!(incoming(other), other);
        }
    }

    #[test]
    fn a_withdrawal_gets_the_id_that_the_host_knows() {
        let line =
            Bytes::from_static(b"{\"type\":\"control_cancel_request\",\"request_id\":\"own\"}\n");
        let Step::Out(written) = aliases().outgoing(Step::Out(line)) else { panic!() };
        assert_eq!(
            written,
            &b"{\"type\":\"control_cancel_request\",\"request_id\":\"front\"}\n"[..]
        );
    }
}
