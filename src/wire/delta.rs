//! The shape of most lines: a delta of a reply, with its fields in the order in which CLI 2.1.329 and
//! 2.1.332 write them.
//!
//! A line of this shape is read in one pass that also finds the text. Any other line, and any other
//! spelling of the same line, is left to the general scan; both find the same.

use super::json::{plain_end, string_end, value_end};
use super::spans::{Delta, DeltaKind, Span, Spans};

/// How such a line begins, up to the index of the block.
const HEAD: &[u8] = br#"{"type":"stream_event","event":{"type":"content_block_delta","index":"#;
/// Where the event begins.
const EVENT: u32 = 31;

/// What is between the index of the block and the string.
fn head(kind: DeltaKind) -> &'static [u8] {
    match kind {
        DeltaKind::Text => br#","delta":{"type":"text_delta","text":""#,
        DeltaKind::Thinking => br#","delta":{"type":"thinking_delta","thinking":""#,
        DeltaKind::InputJson => br#","delta":{"type":"input_json_delta","partial_json":""#,
    }
}

/// The index of the block in a line of this shape.
pub(super) fn index(line: &[u8]) -> Option<u64> {
    let rest = line.get(HEAD.len()..)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

/// The delta in a line of this shape.
#[inline]
pub(super) fn find(line: &[u8]) -> Option<Delta> {
    let rest = line.strip_prefix(HEAD)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // A number has no zero before other digits.
    if digits == 0 || (digits > 1 && rest[0] == b'0') {
        return None;
    }
    let at = HEAD.len() + digits;
    let rest = &line[at..];
    let kind = DeltaKind::ALL.into_iter().find(|kind| rest.starts_with(head(*kind)))?;
    let text = at + head(kind).len() - 1;
    let plain = plain_end(line, text + 1);
    let is_plain = line.get(plain) == Some(&b'"');
    let end = if is_plain { plain + 1 } else { string_end(line, plain).ok()? };
    if !line[end..].starts_with(b"}}") {
        return None;
    }
    let none = Span::default();
    let mut delta = Delta {
        kind,
        text: Span::new(text, end),
        is_plain,
        uuid: none,
        session_id: none,
        parent: none,
        message: none,
        has_more: false,
    };
    let mut at = end + 2;
    while line.get(at) == Some(&b',') {
        at = member(line, at, &mut delta)?;
    }
    (line.get(at) == Some(&b'}') && at + 1 == line.len()).then_some(delta)
}

impl Delta {
    /// The whole event.
    pub(super) fn payload(&self) -> Span {
        Span { start: EVENT, end: self.text.end + 2 }
    }
}

/// The end of the member behind the comma at `at`.
#[inline]
fn member(line: &[u8], at: usize, delta: &mut Delta) -> Option<usize> {
    let rest = &line[at..];
    // Each key with its text, because comparing a text of a fixed length is fast.
    let (value, slot) = if rest.starts_with(br#","session_id":"#) {
        (at + 14, Some(&mut delta.session_id))
    } else if rest.starts_with(br#","parent_tool_use_id":"#) {
        (at + 22, Some(&mut delta.parent))
    } else if rest.starts_with(br#","uuid":"#) {
        (at + 8, Some(&mut delta.uuid))
    } else if rest.starts_with(br#","api_message_id":"#) {
        (at + 18, Some(&mut delta.message))
    } else {
        delta.has_more = true;
        (other_key_end(line, at)?, None)
    };
    let (end, is_text) = match line.get(value)? {
        b'"' => (string_end(line, value + 1).ok()?, true),
        b'n' => (value_end(line, value).ok()?, true),
        b't' | b'f' | b'0'..=b'9' | b'-' | b'[' | b'{' => (value_end(line, value).ok()?, false),
        _ => return None,
    };
    if let Some(slot) = slot {
        *slot = Span::new(value, end);
    }
    delta.has_more |= !is_text;
    Some(end)
}

/// The end of another key and its colon. None that is spelled with escapes, none that routes a line,
/// and none that the line has had: the last of equal keys counts.
fn other_key_end(line: &[u8], at: usize) -> Option<usize> {
    if line.get(at + 1) != Some(&b'"') {
        return None;
    }
    let quote = plain_end(line, at + 2);
    let key = line.get(at + 2..quote)?;
    let is_new = key != b"event" && Spans::default().slot(key).is_none();
    (is_new && line[quote..].starts_with(b"\":")).then_some(quote + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::json::Text;
    use crate::wire::peek::Peek;
    use crate::wire::{Frame, FrameKind, Message};

    const LINE: &str = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}},"session_id":"s","parent_tool_use_id":null,"uuid":"u","api_message_id":"m"}"#;

    /// Whether the line has the shape. If it has, the general scan finds the same.
    fn recognised(line: &[u8]) -> Result<bool, TestCaseError> {
        let text = Text::new(line.to_vec().into());
        let Some(found) = find(line) else { return Ok(false) };
        let scanned = match Peek::scan(&text) {
            Ok(scanned) => scanned,
            Err(why) => return Err(TestCaseError::fail(format!("{text:?} is refused: {why:?}"))),
        };
        let Peek::Object { start, end, kind, spans } = scanned else { return Ok(false) };
        prop_assert_eq!((start, end, kind), (0, line.len(), FrameKind::StreamEvent));
        let found = Spans {
            kind: Span::new(8, 22),
            payload: found.payload(),
            uuid: found.uuid,
            session_id: found.session_id,
            parent: found.parent,
            ..Spans::default()
        };
        prop_assert_eq!(found, spans, "{:?}", text);
        let (slow, fast) =
            (Frame::new(text.clone(), 0, scanned), Frame::parse(line.to_vec()).unwrap());
        prop_assert!(slow.delta().is_none() && fast.delta().is_some());
        prop_assert_eq!((slow.kind(), slow.kind_name()), (fast.kind(), fast.kind_name()));
        prop_assert_eq!((slow.subtype(), slow.uuid()), (fast.subtype(), fast.uuid()));
        prop_assert_eq!(slow.session_id(), fast.session_id());
        prop_assert_eq!(slow.parent_tool_use_id(), fast.parent_tool_use_id());
        prop_assert_eq!(slow.request_id(), fast.request_id());
        prop_assert_eq!(
            (slow.names_prompts(), slow.speaks()),
            (fast.names_prompts(), fast.speaks())
        );
        prop_assert_eq!((slow.raw_line(), slow.offset()), (fast.raw_line(), fast.offset()));
        let (slow, fast) = (Message::new(slow), Message::new(fast));
        prop_assert_eq!(slow.text_delta(), fast.text_delta());
        prop_assert_eq!(slow.thinking_delta(), fast.thinking_delta());
        prop_assert_eq!(slow.body(), fast.body());
        prop_assert_eq!(slow.defects(), fast.defects());
        prop_assert_eq!(slow.unmodelled(), fast.unmodelled());
        Ok(true)
    }

    #[test]
    fn what_the_cli_writes_is_recognised() {
        for line in [
            LINE.to_owned(),
            LINE.replace("null", r#""toolu_1""#),
            LINE.replace("Hel", r#"a\u00e9\n\"b\\"#),
            LINE.replace(":0,", ":12,"),
            LINE.replace("text_delta", "thinking_delta").replace(r#""text""#, r#""thinking""#),
            LINE.replace("text_delta", "input_json_delta")
                .replace(r#""text""#, r#""partial_json""#),
            LINE.replace(r#","api"#, r#","a_list":["a",{"b":1}],"ttft_ms":1.5,"api"#),
            LINE.replace(r#","api"#, r#","thinking_display":"updates","a_future_field":[1],"api"#),
        ] {
            assert!(recognised(line.as_bytes()).unwrap(), "{line}");
        }
    }

    #[test]
    fn other_spellings_are_left_to_the_scan() {
        for (part, other) in [
            (":0,", ":00,"),
            (":0,", ":-1,"),
            (":0,", ": 0,"),
            (r#""text":"Hel""#, r#""text":null"#),
            (r#""text":"Hel""#, "\"text\":\"\u{1}\""),
            (r#""Hel"}"#, r#""Hel","x":1}"#),
            (r#""session_id""#, r#""type":"user","session_id""#),
            (r#""session_id""#, r#""event":{},"session_id""#),
            (r#""session_id""#, r#""user_message_uuids":["a"],"session_id""#),
            (r#""session_id""#, r#""user_message_uuid":"a","session_id""#),
            (r#""session_id""#, r#""request_id":"a","session_id""#),
            (r#""session_id""#, r#""subtype":"init","session_id""#),
            (r#""session_id""#, r#""t\u0079pe":"user","session_id""#),
            (r#""session_id":"s""#, r#""session_id": "s""#),
            (r#"null,"#, "nul,"),
            (r#""m"}"#, r#""m"} "#),
            (r#""m"}"#, r#""m""#),
            (r#""m"}"#, r#""m",}"#),
            (r#"{"type":"stream_event""#, r#" {"type":"stream_event""#),
        ] {
            let line = LINE.replacen(part, other, 1);
            assert_ne!(line, LINE);
            assert!(!recognised(line.as_bytes()).unwrap(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn the_scan_finds_the_same(
            text in r#"([a-zé \\"]|\\n|\\u00e9|\\\\){0,20}"#,
            rest in r#"(,"(uuid|session_id|parent_tool_use_id|event|type|subtype|user_message_uuid|x|api_message_id)":("[a-z]{0,3}"|null|[0-9]|\[1\]|\{"type":"a"\})){0,6}"#,
            at in any::<prop::sample::Index>(),
            byte in prop::option::weighted(0.3, any::<u8>()),
        ) {
            let head = LINE.split("Hel").next().unwrap();
            let mut line = format!(r#"{head}{text}"}}}}{rest}}}"#).into_bytes();
            if let Some(byte) = byte {
                let at = at.index(line.len());
                line[at] = byte;
            }
            recognised(&line)?;
        }
    }
}
