//! Parsing of one line to a typed message.

use std::borrow::Cow;

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::wire::{Frame, Line, Message, Outcome, RawJson, agree, classify};

/// The input is one line.
///
/// Checks that the scanner accepts what `serde_json` accepts when it skips a value; that a frame is
/// an object with a `type`, and its peek and every field of its typed message agree with
/// `serde_json::Value`; that a text message is written as it was read; and that no accessor of a
/// message panics.
pub fn message(data: &[u8]) {
    let line = Bytes::copy_from_slice(data);
    let is_json = serde_json::from_slice::<IgnoredAny>(data).is_ok();
    assert_eq!(RawJson::parse(line.clone()).is_ok(), is_json, "accepted by one of the two only");
    let outcome = classify(Line::new(line.clone()));
    let value = serde_json::from_slice::<Value>(data);
    match &outcome {
        Outcome::Message(frame) | Outcome::Control(frame) => {
            if let Ok(value) = &value {
                agrees(frame, value);
            }
            reads(frame);
        }
        Outcome::Noise(line) => {
            let text = line.text();
            let text = text
                .strip_prefix('\u{feff}')
                .unwrap_or(&text)
                .trim_start_matches([' ', '\t', '\r', '\n']);
            assert!(!text.starts_with('{'), "an object is not noise");
        }
        Outcome::Malformed(_) | Outcome::TruncatedTail(_) => {}
    }
    if let Ok(value) = value {
        let is_frame = value["type"].as_str().is_some_and(|kind| !kind.is_empty());
        assert_eq!(
            matches!(outcome, Outcome::Message(_) | Outcome::Control(_)),
            is_frame,
            "{}",
            outcome.name()
        );
        if let Ok(raw) = RawJson::parse(line) {
            assert_eq!(raw.to_value().ok(), Some(value));
        }
    }
}

fn agrees(frame: &Frame, value: &Value) {
    let same = |ours: Option<Cow<'_, str>>, field: &str| {
        assert_eq!(ours.as_deref(), value[field].as_str(), "{field}")
    };
    same(Some(frame.kind_name()), "type");
    same(frame.subtype(), "subtype");
    same(frame.uuid(), "uuid");
    same(frame.session_id(), "session_id");
    same(frame.parent_tool_use_id(), "parent_tool_use_id");
    for name in value.as_object().into_iter().flat_map(|object| object.keys()) {
        assert_eq!(
            frame.field(name).and_then(|field| field.to_value().ok()).as_ref(),
            Some(&value[name]),
            "{name:?}"
        );
    }
    let message = Message::new(frame.clone());
    agree::body(&message, value);
    if agree::event_has_two_types(frame) {
        return;
    }
    let delta = &value["event"]["delta"];
    let is_delta =
        frame.kind_name() == "stream_event" && value["event"]["type"] == "content_block_delta";
    let piece = |kind: &str, field: &str| {
        delta[field].as_str().filter(|_| is_delta && delta["type"] == kind)
    };
    assert_eq!(message.text_delta().as_deref(), piece("text_delta", "text"));
    assert_eq!(message.thinking_delta().as_deref(), piece("thinking_delta", "thinking"));
}

/// Calls every accessor once.
fn reads(frame: &Frame) {
    let message = Message::new(frame.clone());
    let _ = (
        message.body(),
        message.defects(),
        message.unmodelled(),
        message.thinking_delta(),
        format!("{message:?}"),
    );
    let _ = (frame.request_id(), frame.names_prompts(), frame.answers(""));
    let Ok(written) = serde_json::to_string(&message) else {
        panic!("a message that cannot be written")
    };
    assert_eq!(written, message.line_text());
    let Ok(again) = Frame::parse(written) else { panic!("a message that cannot be read again") };
    assert_eq!(again.kind(), frame.kind());
    // Raw values keep bytes that are not UTF-8; a written message has U+FFFD instead.
    if std::str::from_utf8(frame.bytes()).is_ok() {
        assert_eq!(Message::new(again).body(), message.body());
    }
}
