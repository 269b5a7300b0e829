//! Every line of real captures is modelled: no defect, and no field without a name in the typed
//! layer.
//!
//! A capture has one object per line; those with `"dir":"out"` and a string `line` are stdout of
//! the CLI.

use std::collections::BTreeMap;

use claude_wire::wire::{Body, Line, Message, Outcome, System, classify};
use serde_json::Value;

use crate::support::captures::captures;

#[test]
fn every_captured_line_is_known() {
    let mut messages = 0;
    let mut complaints = BTreeMap::<String, String>::new();
    for path in captures() {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        for line in lines(&std::fs::read_to_string(&path).unwrap()) {
            let (Outcome::Message(frame) | Outcome::Control(frame)) = classify(Line::new(line))
            else {
                continue;
            };
            messages += 1;
            let message = Message::new(frame);
            let what = format!(
                "{} {}",
                message.frame().kind_name(),
                message.frame().subtype().unwrap_or_default()
            );
            let defects = message.defects().iter().map(|defect| defect.to_string());
            let unmodelled =
                message.unmodelled().into_iter().map(|path| format!("{path} is not modelled"));
            let unknown =
                matches!(message.body(), Body::Unknown | Body::System(System::Unknown { .. }))
                    .then(|| String::from("unknown"));
            // A lab that invents model output marks it.
            let invented = |why: &String| why.contains("made_up");
            for why in defects.chain(unmodelled).chain(unknown).filter(|why| !invented(why)) {
                complaints.entry(format!("{what}: {why}")).or_insert(file.clone());
            }
        }
    }
    assert!(messages > 300, "only {messages} messages in the captures");
    assert!(complaints.is_empty(), "{messages} messages: {complaints:#?}");
}

fn lines(capture: &str) -> Vec<String> {
    let rows = capture.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    rows.filter(|row| row["dir"] == "out")
        .filter_map(|row| row["line"].as_str().map(String::from))
        .collect()
}
