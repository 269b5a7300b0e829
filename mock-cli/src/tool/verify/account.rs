//! The account: every recorded line has come, and every line that came was delivered.

use std::collections::{HashMap, VecDeque};

use bytes::{Bytes, BytesMut};
use claude_wire::recording::{EventKind, Recording};
use claude_wire::wire::{Frame, FrameKind, Item, LineCodec, Message, Outcome, RawJson, classify};
use tokio_util::codec::Decoder as _;

use crate::clip;

/// Decodes all output of a recording, and compares the lines with the recorded ones.
pub(super) fn decode(recording: &Recording) -> Result<(), String> {
    let mut recorded = lines(recording, |kind| matches!(kind, EventKind::Out(_))).into_iter();
    for item in items(&output(recording)) {
        let Item::Line(line) = item else {
            return Err("a line of stdout is over the limit of 64 MiB".to_owned());
        };
        let expected = recorded.next();
        if expected.as_ref() != Some(line.bytes()) {
            return Err(format!(
                "decoded another line than was recorded: {}",
                clipped(line.bytes())
            ));
        }
        if let Outcome::Message(frame) = classify(Item::Line(line)) {
            // To its typed body, whatever it makes of it.
            Message::new(frame).body();
        }
    }
    match recorded.next() {
        Some(line) => Err(format!("recorded, but not decoded: {}", clipped(&line))),
        None => Ok(()),
    }
}

/// Checks that the recorded lines have all come, and no others, in any order.
pub(super) fn compare(recording: &Recording, output: &[u8], input: &[u8]) -> Result<(), String> {
    let ids = Ids::between(recording, input);
    let mut came: HashMap<Bytes, usize> = HashMap::new();
    for item in items(output) {
        match item {
            Item::Line(line) => *came.entry(ids.recorded(line.bytes())).or_default() += 1,
            Item::TooLong(long) => {
                return Err(format!("a line of {} bytes came, over the limit", long.len()));
            }
        }
    }
    let recorded = lines(recording, |kind| matches!(kind, EventKind::Out(_)));
    for (number, line) in (1..).zip(&recorded) {
        match came.get_mut(line) {
            Some(count) if *count > 0 => *count -= 1,
            _ => {
                return Err(format!(
                    "line {number} of the recorded stdout did not come: {}",
                    clipped(line)
                ));
            }
        }
    }
    match came.iter().find(|(_, count)| **count > 0) {
        Some((line, _)) => Err(format!("a line came that was not recorded: {}", clipped(line))),
        None => Ok(()),
    }
}

/// What reached the user of a session.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// Messages of turns, in order.
    pub(super) turns: VecDeque<Bytes>,
    /// What came as an event, in order.
    pub(super) events: VecDeque<Bytes>,
    /// Requests of the CLI: their bodies.
    pub(super) requests: Vec<Bytes>,
    /// Replies to requests of the host: the payload, or the text of an error.
    pub(super) replies: Vec<Reply>,
    /// Lines of stderr, in order.
    pub(super) stderr: Vec<String>,
}

/// A reply: its payload if it has one, or the text of the error.
pub(super) type Reply = Result<Option<Bytes>, String>;

impl Delivered {
    /// Checks that every line that came was delivered, and nothing else; `stderr` as well.
    pub(super) fn account(mut self, output: &[u8], stderr: &[Bytes]) -> Result<(), String> {
        let stderr: Vec<_> =
            stderr.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
        if self.stderr != stderr {
            return Err(format!("stderr was {:?}, recorded is {stderr:?}", self.stderr));
        }
        let cancelled = cancelled(output);
        for (number, item) in (1..).zip(items(output)) {
            let outcome = classify(item);
            if !self.take(&outcome, &cancelled) {
                let text = match &outcome {
                    Outcome::Message(frame) | Outcome::Control(frame) => clipped(frame.bytes()),
                    Outcome::Noise(line) | Outcome::TruncatedTail(line) => clipped(line.bytes()),
                    Outcome::Malformed(why) => why.to_string(),
                };
                return Err(format!("stdout line {number} was not delivered in order: {text}"));
            }
        }
        for body in cancelled_bodies(output, &cancelled) {
            remove(&mut self.requests, |request| *request == body);
        }
        let left = self.turns.iter().chain(&self.events).chain(&self.requests);
        match left
            .map(|line| clipped(line))
            .chain(self.replies.iter().map(|reply| format!("{reply:?}")))
            .next()
        {
            Some(line) => Err(format!("delivered, but not on the wire: {line}")),
            None => Ok(()),
        }
    }

    fn take(&mut self, outcome: &Outcome, cancelled: &[RawJson]) -> bool {
        let line = match outcome {
            Outcome::Message(frame) => {
                return pop(&mut self.turns, frame.bytes()) || pop(&mut self.events, frame.bytes());
            }
            Outcome::Control(frame) => return self.control(frame, cancelled),
            Outcome::Malformed(malformed) => match malformed.line() {
                Some(line) => line,
                None => return false,
            },
            Outcome::Noise(line) | Outcome::TruncatedTail(line) => line,
        };
        let blank = line.bytes().iter().all(u8::is_ascii_whitespace);
        pop(&mut self.events, line.bytes()) || blank
    }

    fn control(&mut self, frame: &Frame, cancelled: &[RawJson]) -> bool {
        if pop(&mut self.events, frame.bytes()) {
            return true;
        }
        match frame.kind() {
            FrameKind::ControlRequest => {
                let body = frame.field("request").unwrap_or_default();
                // Whether a handler saw it is decided at the end, among those with the same body.
                frame.request_id().is_some_and(|id| cancelled.contains(&id))
                    || remove(&mut self.requests, |request| request == body.bytes())
            }
            FrameKind::ControlResponse => {
                let reply = reply(frame);
                remove(&mut self.replies, |taken| *taken == reply)
            }
            // Handled by the session.
            kind => matches!(kind, FrameKind::ControlCancelRequest | FrameKind::KeepAlive),
        }
    }
}

/// The requests that the CLI cancels: a handler may or may not have seen them.
fn cancelled(output: &[u8]) -> Vec<RawJson> {
    let of_kind = controls(output, FrameKind::ControlCancelRequest);
    of_kind.filter_map(|frame| frame.request_id()).collect()
}

fn cancelled_bodies<'a>(
    output: &'a [u8],
    cancelled: &'a [RawJson],
) -> impl Iterator<Item = Bytes> + 'a {
    let requests = controls(output, FrameKind::ControlRequest);
    let is_cancelled = |frame: &Frame| frame.request_id().is_some_and(|id| cancelled.contains(&id));
    requests
        .filter(is_cancelled)
        .map(|frame| frame.field("request").unwrap_or_default().bytes().clone())
}

fn controls(output: &[u8], kind: FrameKind) -> impl Iterator<Item = Frame> {
    items(output).filter_map(move |item| match classify(item) {
        Outcome::Control(frame) if frame.kind() == kind => Some(frame),
        _ => None,
    })
}

fn pop(queue: &mut VecDeque<Bytes>, line: &Bytes) -> bool {
    let is_front = queue.front() == Some(line);
    is_front && queue.pop_front().is_some()
}

fn remove<T>(items: &mut Vec<T>, is: impl Fn(&T) -> bool) -> bool {
    let found = items.iter().position(is);
    found.map(|index| items.swap_remove(index)).is_some()
}

fn reply(frame: &Frame) -> Reply {
    let response = frame.field("response").unwrap_or_default();
    let text = |name| {
        response.pointer(name).and_then(|value| value.as_str().map(|text| text.into_owned()))
    };
    match text("/subtype").as_deref() {
        Some("error") => Err(text("/error").unwrap_or_else(|| "no reason given".into())),
        _ => Ok(response
            .pointer("/response")
            .filter(|value| !value.is_null())
            .map(|value| value.bytes().clone())),
    }
}

/// The ids of the live host, each with the recorded one that it replaces.
struct Ids(Vec<(Vec<u8>, Vec<u8>)>);

impl Ids {
    /// Prompts are paired in their order, requests in the order of each subtype.
    fn between(recording: &Recording, input: &[u8]) -> Self {
        let live: Vec<_> = items(input)
            .filter_map(
                |item| if let Item::Line(line) = item { host_id(line.bytes()) } else { None },
            )
            .collect();
        let recorded = lines(recording, |kind| matches!(kind, EventKind::In(_)));
        let mut recorded: Vec<_> = recorded.iter().filter_map(host_id).collect();
        let mut pairs = Vec::new();
        for (key, live) in live {
            if let Some(index) = recorded.iter().position(|(other, _)| *other == key) {
                let (_, recorded) = recorded.remove(index);
                pairs.extend(live.zip(recorded).filter(|(live, recorded)| live != recorded));
            }
        }
        Self(pairs)
    }

    fn recorded(&self, line: &Bytes) -> Bytes {
        self.0.iter().fold(line.clone(), |line, (live, recorded)| replace(line, live, recorded))
    }
}

/// What a line of the host is, and its id as it is spelled, quotes included.
fn host_id(line: &Bytes) -> Option<(String, Option<Vec<u8>>)> {
    let json = RawJson::parse(line.clone()).ok()?;
    let text = |pointer| {
        json.pointer(pointer).and_then(|value| value.as_str().map(|text| text.into_owned()))
    };
    let id = |pointer| json.pointer(pointer).map(|value| value.as_bytes().to_vec());
    match text("/type")?.as_str() {
        "user" => Some(("user".to_owned(), id("/uuid"))),
        "control_request" => {
            Some((format!("request {}", text("/request/subtype")?), id("/request_id")))
        }
        _ => None,
    }
}

fn replace(line: Bytes, from: &[u8], to: &[u8]) -> Bytes {
    let places: Vec<usize> = memchr::memmem::find_iter(&line, from).collect();
    if places.is_empty() {
        return line;
    }
    let (mut out, mut copied) = (BytesMut::with_capacity(line.len()), 0);
    for at in places {
        out.extend_from_slice(&line[copied..at]);
        out.extend_from_slice(to);
        copied = at + from.len();
    }
    out.extend_from_slice(&line[copied..]);
    out.freeze()
}

fn output(recording: &Recording) -> Vec<u8> {
    let out = recording.events.iter().filter(|event| matches!(event.kind, EventKind::Out(_)));
    out.filter_map(|event| event.payload()).flat_map(|line| line.wire()).collect()
}

/// Lines as they crossed: pieces without a line break belong to the next one.
pub(super) fn lines(recording: &Recording, pick: fn(&EventKind) -> bool) -> Vec<Bytes> {
    let events = recording.events.iter().filter(|event| pick(&event.kind));
    let bytes: Vec<u8> =
        events.filter_map(|event| event.payload()).flat_map(|line| line.wire()).collect();
    items(&bytes)
        .filter_map(
            |item| if let Item::Line(line) = item { Some(line.bytes().clone()) } else { None },
        )
        .collect()
}

fn items(bytes: &[u8]) -> impl Iterator<Item = Item> {
    let (mut codec, mut buffer) = (LineCodec::new(), BytesMut::from(bytes));
    // Bytes in memory cause no error.
    std::iter::from_fn(move || codec.decode_eof(&mut buffer).ok().flatten())
}

/// One line of a report: long lines are cut.
fn clipped(bytes: &[u8]) -> String {
    clip(&String::from_utf8_lossy(bytes), 200).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_wire::recording::{Event, Header};

    const RECORDED: [&str; 6] = [
        r#">{"type":"control_request","request_id":"req_1","request":{"subtype":"initialize"}}"#,
        r#"<{"type":"control_response","response":{"subtype":"success","request_id":"req_1","response":{"a":1}}}"#,
        r#">{"type":"user","uuid":"u-1","message":{"content":"Hi"}}"#,
        r#"<{"type":"assistant","user_message_uuid":"u-1","message":{"content":[]}}"#,
        r#"<{"type":"control_request","request_id":"c-1","request":{"subtype":"can_use_tool"}}"#,
        r#"<{"type":"result","result":"the \"u-1\" of the text"}"#,
    ];
    const INPUT: &str = r#"{"type":"control_request","request_id":"cw-1","request":{"subtype":"initialize"}}
{"type":"user","message":{"content":"Hi"},"uuid":"live"}
"#;

    fn recording(lines: &[&str]) -> Recording {
        let mut recording = Recording::new(Header::new());
        for line in lines {
            let (way, line) = line.split_at(1);
            let kind =
                if way == "<" { EventKind::Out(line.into()) } else { EventKind::In(line.into()) };
            recording.events.push(Event::new(0, kind));
        }
        recording
    }

    /// What a live run writes: the recorded output with the live ids.
    fn live() -> String {
        let lines = RECORDED
            .iter()
            .filter_map(|line| line.strip_prefix('<'))
            .map(|line| format!("{line}\n"));
        lines
            .collect::<String>()
            .replace("req_1", "cw-1")
            .replace(r#""user_message_uuid":"u-1""#, r#""user_message_uuid":"live""#)
    }

    fn delivered() -> Delivered {
        let live = live();
        let line =
            |index: usize| Bytes::from(live.lines().nth(index).unwrap_or_default().to_owned());
        Delivered {
            turns: [line(1), line(3)].into(),
            requests: vec![Bytes::from_static(br#"{"subtype":"can_use_tool"}"#)],
            replies: vec![Ok(Some(Bytes::from_static(br#"{"a":1}"#)))],
            ..Delivered::default()
        }
    }

    #[test]
    fn live_ids_replace_the_recorded_ones() {
        assert_eq!(compare(&recording(&RECORDED), live().as_bytes(), INPUT.as_bytes()), Ok(()));
        let without_pairs = compare(&recording(&RECORDED), live().as_bytes(), b"").unwrap_err();
        assert!(
            without_pairs.starts_with("line 1 of the recorded stdout did not come"),
            "{without_pairs}"
        );
    }

    #[test]
    fn missing_and_extra_lines_are_found() {
        let (recorded, live) = (recording(&RECORDED), live());
        let cut: String = live.split_inclusive('\n').take(3).collect();
        let problem = compare(&recorded, cut.as_bytes(), INPUT.as_bytes()).unwrap_err();
        assert!(
            problem.starts_with(r#"line 4 of the recorded stdout did not come: {"type":"result""#),
            "{problem}"
        );
        let more = format!("{live}{{\"type\":\"keep_alive\"}}\n");
        let problem = compare(&recorded, more.as_bytes(), INPUT.as_bytes()).unwrap_err();
        assert_eq!(problem, r#"a line came that was not recorded: {"type":"keep_alive"}"#);
        let twice = format!("{live}{}\n", live.lines().nth(2).unwrap());
        assert!(compare(&recorded, twice.as_bytes(), INPUT.as_bytes()).is_err());
        assert!(
            compare(&recorded, live.replace("the ", "an ").as_bytes(), INPUT.as_bytes()).is_err()
        );
    }

    #[test]
    fn every_line_must_be_delivered_or_counted() {
        assert_eq!(delivered().account(live().as_bytes(), &[]), Ok(()));
        let losses: [fn(&mut Delivered); 5] = [
            |delivered| drop(delivered.turns.pop_front()),
            |delivered| drop(delivered.turns.pop_back()),
            |delivered| delivered.turns.make_contiguous().reverse(),
            |delivered| delivered.requests.clear(),
            |delivered| delivered.replies[0] = Ok(None),
        ];
        for (index, lose) in losses.into_iter().enumerate() {
            let mut delivered = delivered();
            lose(&mut delivered);
            let problem = delivered.account(live().as_bytes(), &[]).unwrap_err();
            assert!(problem.contains("was not delivered in order"), "loss {index}: {problem}");
        }
    }

    #[test]
    fn a_request_that_was_cancelled_may_have_been_seen() {
        let ask = |id: &str| {
            format!("{{\"type\":\"control_request\",\"request_id\":\"{id}\",\"request\":{{}}}}\n")
        };
        let cancel = "{\"type\":\"control_cancel_request\",\"request_id\":\"1\"}\n";
        let output = ask("1") + cancel + &ask("2");
        let account = |count: usize| {
            let requests = vec![Bytes::from_static(b"{}"); count];
            Delivered { requests, ..Delivered::default() }.account(output.as_bytes(), &[])
        };
        assert_eq!((account(1), account(2)), (Ok(()), Ok(())));
        assert!(account(0).unwrap_err().contains("was not delivered in order"));
        assert!(account(3).unwrap_err().starts_with("delivered, but not on the wire"));
    }

    #[test]
    fn nothing_unsent_is_delivered() {
        let line = || Bytes::from_static(b"{}");
        let additions: [fn(&mut Delivered, Bytes); 4] = [
            |delivered, line| delivered.turns.push_back(line),
            |delivered, line| delivered.events.push_back(line),
            |delivered, line| delivered.requests.push(line),
            |delivered, line| delivered.replies.push(Ok(Some(line))),
        ];
        for add in additions {
            let mut delivered = delivered();
            add(&mut delivered, line());
            assert!(
                delivered
                    .account(live().as_bytes(), &[])
                    .unwrap_err()
                    .starts_with("delivered, but not on the wire")
            );
        }
        let stderr =
            delivered().account(live().as_bytes(), &[Bytes::from_static(b"oops")]).unwrap_err();
        assert!(stderr.contains("oops"), "{stderr}");
    }

    #[test]
    fn noise_and_broken_lines_are_events_and_blank_lines_are_ignored() {
        let output = b"\nlog\n{\"a\":\n{\"type\":\"keep_alive\"}\n{\"b";
        let events = ["log", "{\"a\":", "{\"b"].map(Bytes::from).into();
        assert_eq!(Delivered { events, ..Delivered::default() }.account(output, &[]), Ok(()));
        let problem = Delivered::default().account(output, &[]).unwrap_err();
        assert_eq!(problem, "stdout line 2 was not delivered in order: log");
    }

    #[test]
    fn pieces_of_a_line_are_one_line() {
        use claude_wire::recording::{Eol, Payload};
        let mut recording = recording(&["<{\"type\":"]);
        recording.events[0].kind = EventKind::Out(Payload::from("{\"type\":").with_eol(Eol::None));
        recording.events.push(Event::new(0, EventKind::Out("1}".into())));
        assert_eq!(lines(&recording, |_| true), ["{\"type\":1}"]);
        assert_eq!(decode(&recording), Ok(()));
    }
}
