//! What the CLI asks, in the order of the wire.
//!
//! A handler is not called for a request that the CLI has already cancelled. So the number of
//! earlier requests does not identify the request of a call.

use std::collections::HashMap;

use bytes::Bytes;
use claude_wire::wire::{Frame, FrameKind, RawJson};

/// The requests of one run, as far as its output has been read.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// How much of the output they were found in.
    read: usize,
    requests: Vec<Question>,
    counts: HashMap<(String, String), usize>,
}

#[derive(Debug)]
struct Question {
    id: RawJson,
    body: Bytes,
    nth: Nth,
    /// A handler has it, or the CLI no longer wants an answer.
    done: bool,
}

/// A request by its subtype, what it is about, and how many of the same came before it.
pub(super) type Nth = (String, String, usize);

impl Asked {
    /// How much of the output has been read.
    pub(super) fn read(&self) -> usize {
        self.read
    }

    /// Reads the output that follows.
    pub(super) fn more(&mut self, output: &[u8]) {
        for line in
            output.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"))
        {
            self.read += line.len();
            let Ok(frame) = Frame::parse(Bytes::copy_from_slice(line)) else { continue };
            let Some(id) = frame.request_id() else { continue };
            match frame.kind() {
                FrameKind::ControlRequest => self.ask(&frame, id),
                FrameKind::ControlCancelRequest => {
                    let open = self.requests.iter_mut().filter(|request| request.id == id);
                    open.for_each(|request| request.done = true);
                }
                _ => {}
            }
        }
    }

    fn ask(&mut self, frame: &Frame, id: RawJson) {
        let body = frame.field("request").unwrap_or_default();
        let text = |name: &str| body.pointer(name).and_then(|it| it.as_str().map(String::from));
        let subtype = text("/subtype").unwrap_or_default();
        let about = ["/tool_use_id", "/callback_id", "/server_name"].into_iter().find_map(text);
        let about = about.unwrap_or_default();
        let count = self.counts.entry((subtype.clone(), about.clone())).or_default();
        let nth = (subtype, about, std::mem::replace(count, *count + 1));
        self.requests.push(Question { id, body: body.bytes().clone(), nth, done: false });
    }

    /// The request that a handler was called with.
    pub(super) fn claim(&mut self, body: &Bytes) -> Option<Nth> {
        let request = self.requests.iter_mut().find(|it| !it.done && it.body == body)?;
        request.done = true;
        Some(request.nth.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"subtype":"hook_callback","callback_id":"cb"}"#;

    fn ask(id: &str) -> String {
        format!("{{\"type\":\"control_request\",\"request_id\":\"{id}\",\"request\":{BODY}}}\n")
    }

    fn cancel(id: &str) -> String {
        format!("{{\"type\":\"control_cancel_request\",\"request_id\":\"{id}\"}}\n")
    }

    fn nth(asked: &mut Asked) -> Option<usize> {
        asked.claim(&Bytes::from_static(BODY.as_bytes())).map(|(.., nth)| nth)
    }

    #[test]
    fn a_call_is_about_the_first_request_that_still_wants_an_answer() {
        let mut asked = Asked::default();
        asked.more((ask("1") + &ask("2") + &cancel("1") + &ask("3")).as_bytes());
        assert_eq!([nth(&mut asked), nth(&mut asked), nth(&mut asked)], [Some(1), Some(2), None]);
    }

    #[test]
    fn a_line_in_pieces_counts_when_it_is_whole() {
        let mut asked = Asked::default();
        let line = ask("1");
        let (start, _) = line.split_at(20);
        asked.more(start.as_bytes());
        assert_eq!((nth(&mut asked), asked.read()), (None, 0));
        asked.more(line.as_bytes());
        assert_eq!((nth(&mut asked), asked.read()), (Some(0), line.len()));
    }

    #[test]
    fn a_request_that_is_answered_before_it_is_cancelled_keeps_its_number() {
        let mut asked = Asked::default();
        asked.more(ask("1").as_bytes());
        assert_eq!(nth(&mut asked), Some(0));
        asked.more((cancel("1") + &ask("2")).as_bytes());
        assert_eq!(nth(&mut asked), Some(1));
    }
}
