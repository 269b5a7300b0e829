//! Reads conformance cases, whose format their file explains in `about`.

use std::path::Path;

use base64::prelude::*;
use claude_wire::wire::control::ControlFrame;
use claude_wire::wire::{Item, LineCodec, Message, Outcome, classify};
use serde_json::Value;
use tokio_util::bytes::BytesMut;
use tokio_util::codec::Decoder;

use super::{matcher, view};

/// The cases of one file, by section.
pub fn section(file: &Value, name: &str) -> Vec<Value> {
    file.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

pub fn name(case: &Value) -> &str {
    case["name"].as_str().unwrap_or("a case without a name")
}

/// The file of this repository, and every `*.json` in the directory that
/// `CLAUDE_WIRE_CONFORMANCE_DIR` names.
pub fn files() -> Vec<(String, Value)> {
    let own = (
        String::from("stdout-cases.json"),
        serde_json::from_str(include_str!("../../../mock-cli/conformance/stdout-cases.json"))
            .unwrap(),
    );
    let mut files = vec![own];
    if let Some(directory) = std::env::var_os("CLAUDE_WIRE_CONFORMANCE_DIR") {
        for entry in
            std::fs::read_dir(&directory).expect("CLAUDE_WIRE_CONFORMANCE_DIR is a directory")
        {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                files.push((path.display().to_string(), read(&path)));
            }
        }
    }
    files
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The outcomes of a byte stream that arrives in these chunks. Blank lines yield nothing.
pub fn outcomes<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> Vec<Outcome> {
    let mut codec = LineCodec::with_max_line(limit);
    let mut buffer = BytesMut::new();
    let mut items = Vec::new();
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        while let Some(item) = codec.decode(&mut buffer).unwrap() {
            items.push(item);
        }
    }
    while let Some(item) = codec.decode_eof(&mut buffer).unwrap() {
        items.push(item);
    }
    let blank =
        |item: &Item| matches!(item, Item::Line(line) if line.bytes().trim_ascii().is_empty());
    items.into_iter().filter(|item| !blank(item)).map(classify).collect()
}

/// The chunks of a framing case.
pub fn chunks(case: &Value) -> Vec<Vec<u8>> {
    let chunk = |chunk: &Value| -> Vec<u8> {
        if let Some(text) = chunk.as_str() {
            return text.into();
        }
        if let Some(text) = chunk["b64"].as_str() {
            return BASE64_STANDARD.decode(text).unwrap();
        }
        let [
            Value::String(prefix),
            Value::String(char),
            Value::Number(times),
            Value::String(suffix),
        ] = &chunk["repeat"].as_array().expect("a string, b64 or repeat")[..]
        else {
            panic!("repeat is [prefix, char, n, suffix]");
        };
        [prefix.as_str(), &char.repeat(times.as_u64().unwrap() as usize), suffix]
            .concat()
            .into_bytes()
    };
    case["chunks"].as_array().unwrap().iter().map(chunk).collect()
}

/// The differences between the outcome and the case.
pub fn differences(outcome: &Outcome, expect: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, expected: &Value, actual: &Value| {
        if !expected.is_null() && expected != actual {
            differences.push(format!("{what}: expected {expected}, found {actual}"));
        }
    };
    compare("outcome", &expect["outcome"], &outcome.name().into());
    let reason = match outcome {
        Outcome::Malformed(malformed) => malformed.reason(),
        Outcome::Noise(line) => line.lost_messages().map_or("", |lost| lost.name()),
        _ => "",
    };
    compare("reason", &expect["reason"], &reason.into());
    let (view, defects) = match outcome {
        Outcome::Message(frame) => {
            let message = Message::new(frame.clone());
            (view::message(&message), paths(&message))
        }
        Outcome::Control(frame) => {
            let control = ControlFrame::of(frame).expect("a control frame");
            (view::control(&control, frame), paths(&Message::new(frame.clone())))
        }
        _ => return differences,
    };
    compare("kind", &expect["kind"], &view["kind"]);
    if let Some(expected) = expect["defects"].as_array() {
        let mut expected: Vec<_> =
            expected.iter().map(|path| path.as_str().unwrap().to_owned()).collect();
        expected.sort();
        if expected != defects {
            differences.push(format!("defects: expected {expected:?}, found {defects:?}"));
        }
    }
    for (pointer, expected) in expect["checks"].as_object().into_iter().flatten() {
        differences.extend(matcher::difference(&view, pointer, expected));
    }
    differences
}

fn paths(message: &Message) -> Vec<String> {
    let mut paths: Vec<_> =
        message.defects().iter().map(|defect| defect.path().to_owned()).collect();
    paths.sort();
    paths
}
