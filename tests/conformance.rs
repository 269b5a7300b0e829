//! Runs the conformance cases for stdout lines and byte streams: all levels, must, should and may.

#[path = "it/support/mod.rs"]
mod support;

use claude_wire::wire::{Line, classify};
use serde_json::{Value, json};

use support::cases;

#[test]
fn every_line_matches_its_case() {
    let outcome = |case: &Value| {
        let line = case["line"].as_str().expect("a line");
        cases::differences(&classify(Line::new(line.to_owned())), &case["expect"])
    };
    run("parser_cases", 100, outcome);
}

#[test]
fn every_byte_stream_matches_its_case() {
    let outcome = |case: &Value| {
        let chunks = cases::chunks(case);
        let limit = case["limit_bytes"].as_u64().expect("a limit") as usize;
        let outcomes = cases::outcomes(chunks.iter().map(Vec::as_slice), limit);
        let expected = case["expect"].as_array().expect("a list of outcomes");
        let names: Vec<_> = outcomes.iter().map(|outcome| outcome.name()).collect();
        if outcomes.len() != expected.len() {
            return vec![format!("expected {} outcomes, found {names:?}", expected.len())];
        }
        outcomes
            .iter()
            .zip(expected)
            .flat_map(|(outcome, expect)| cases::differences(outcome, expect))
            .collect()
    };
    run("framing_cases", 15, outcome);
}

/// Tests the harness: a case with other expectations is reported, once for each difference.
#[test]
fn a_failing_case_is_reported() {
    let line = Line::new(r#"{"type":"assistant","message":{"content":[{"type":"text"}]}}"#);
    let expect = json!({
        "outcome": "control",
        "kind": "user",
        "defects": [],
        "checks": {
            "/content/0/text": "x", "/content": {"$len": 2}, "/model": "m", "/content/0": {"$type": "array"}, "/kind": {"$absent": true},
            "/content/0/kind": "text"
        }
    });
    assert_eq!(cases::differences(&classify(line), &expect).len(), 8);
}

/// Runs a section of every file; the file of this repository contains at least this many cases.
fn run(section: &str, at_least: usize, differences: impl Fn(&Value) -> Vec<String>) {
    let mut failures = Vec::new();
    let mut count = 0;
    for (file, content) in cases::files() {
        for case in cases::section(&content, section) {
            count += 1;
            failures.extend(
                differences(&case)
                    .into_iter()
                    .map(|why| format!("{file}: {}: {why}", cases::name(&case))),
            );
        }
    }
    assert!(count >= at_least, "only {count} cases in {section}");
    assert!(failures.is_empty(), "{} of {count} cases:\n{}", failures.len(), failures.join("\n"));
}
