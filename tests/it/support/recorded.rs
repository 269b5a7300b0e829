//! Recordings of a few lines, and their scrubbed form.

use claude_wire::recording::{Event, EventKind, Header, Recording, lint, scrub};

/// Lines that the CLI wrote.
pub fn recorded(lines: &[impl AsRef<str>]) -> Recording {
    let mut recording = Recording::new(Header::new());
    recording.events =
        lines.iter().map(|line| Event::new(0, EventKind::Out(line.as_ref().into()))).collect();
    recording
}

/// The lines that crossed.
pub fn lines(recording: &Recording) -> Vec<String> {
    let lines = recording.events.iter().filter_map(|event| event.payload());
    lines.map(|line| String::from_utf8(line.bytes().to_vec()).unwrap()).collect()
}

/// One line after scrubbing. High-entropy strings are kept.
pub fn redacted(line: &str) -> String {
    let mut recording = recorded(&[line]);
    scrub(&mut recording, &[]);
    assert!(lint(&recording).iter().all(|finding| finding.kind == "random"), "{line}");
    lines(&recording).remove(0)
}

/// A partial message with one piece of a text.
pub fn delta(thread: Option<&str>, kind: &str, key: &str, piece: &str) -> String {
    let delta = serde_json::json!({"type": kind, key: piece});
    let event = serde_json::json!({"type": "content_block_delta", "index": 0, "delta": delta});
    serde_json::json!({"type": "stream_event", "event": event, "parent_tool_use_id": thread})
        .to_string()
}

/// The pieces of a text, in order.
pub fn pieces(recording: &Recording, key: &str) -> Vec<String> {
    let piece = |line: String| {
        let line: serde_json::Value = serde_json::from_str(&line).ok()?;
        Some(line["event"]["delta"][key].as_str()?.to_owned())
    };
    lines(recording).into_iter().filter_map(piece).collect()
}
