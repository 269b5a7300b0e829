//! Every line of real captures is known: no defect, and no field that the typed layer does not name.
//!
//! Runs over the `*.jsonl` files in the directory that `CLAUDE_WIRE_CAPTURES` names: one object per line, those with `"dir":"out"` and a
//! string `line` are stdout of the CLI.

use std::collections::BTreeMap;

use claude_wire::wire::{Body, Line, Message, Outcome, System, classify};
use serde_json::Value;

#[test]
fn every_captured_line_is_known() {
    let Some(directory) = std::env::var_os("CLAUDE_WIRE_CAPTURES") else {
        eprintln!("skipped: CLAUDE_WIRE_CAPTURES is not set");
        return;
    };
    let mut messages = 0;
    let mut complaints = BTreeMap::<String, String>::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
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
            for why in defects.chain(unmodelled).chain(unknown) {
                complaints.entry(format!("{what}: {why}")).or_insert(file.clone());
            }
        }
    }
    assert!(messages > 0, "no messages in the captures");
    assert!(complaints.is_empty(), "{messages} messages: {complaints:#?}");
    eprintln!("{messages} messages");
}

fn lines(capture: &str) -> Vec<String> {
    let rows = capture.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    rows.filter(|row| row["dir"] == "out")
        .filter_map(|row| row["line"].as_str().map(String::from))
        .collect()
}
