//! A scenario as a file equals the same scenario built in Rust.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use claude_wire::player::{Scenario, reply};
use claude_wire::recording::EventKind;
use serde_json::{Value, json};

const EVERYTHING: &str = r#"{
  "claude-wire": "scenario",
  "version": 2,
  "turns": [
    {"prompt": "Hello", "reply": [{"text": "Hi!"}]},
    {"reply": [
      {"thinking": "They want a file."},
      {"delay_ms": 250},
      {"tool_use": {"name": "Bash", "input": {"command": "ls"}}},
      {"tool_result": "a.txt"},
      {"ask_permission": {"name": "Write", "input": {"file_path": "b.txt"}}},
      {"tool_error": "no space left"},
      {"text": "Sorry."}
    ]},
    {"prompt": "More", "reply": [{"error": {"status": 529, "text": "Overloaded"}}]},
    {"reply": ["hang"]}
  ]
}"#;

fn built() -> Scenario {
    Scenario::new()
        .on_prompt("Hello", reply().text("Hi!"))
        .on_any_prompt(
            reply()
                .thinking("They want a file.")
                .delay(Duration::from_millis(250))
                .tool_use("Bash", json!({"command": "ls"}))
                .tool_result("a.txt")
                .ask_permission("Write", json!({"file_path": "b.txt"}))
                .tool_error("no space left")
                .text("Sorry."),
        )
        .on_prompt("More", reply().error(529, "Overloaded"))
        .on_any_prompt(reply().hang())
}

fn events(scenario: &Scenario) -> Vec<(u64, EventKind)> {
    let recording = scenario.to_recording(["--include-partial-messages"]);
    recording.events.into_iter().map(|event| (event.us, event.kind)).collect()
}

#[test]
fn a_scenario_file_plays_like_the_built_one() {
    assert_eq!(events(&Scenario::parse(EVERYTHING).unwrap()), events(&built()));
}

#[test]
fn a_scenario_file_round_trips() {
    let written: Value = serde_json::from_str(&built().to_json()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(EVERYTHING).unwrap());
}

#[test]
fn an_invalid_scenario_is_rejected_with_place_and_reason() {
    let turns = |turns: &str| {
        format!("{{\"claude-wire\":\"scenario\",\"version\":1,\"turns\":[\n{turns}]}}")
    };
    let cases = [
        ("Hello".to_owned(), "expected value at line 1 column 1"),
        ("[]".to_owned(), "line 1 column"),
        (r#"{"version":1,"turns":[]}"#.into(), r#"expected "claude-wire": "scenario", got """#),
        (
            r#"{"claude-wire":"api-script","version":1}"#.into(),
            r#"expected "claude-wire": "scenario", got "api-script""#,
        ),
        (
            r#"{"claude-wire":"scenario","version":3,"turns":7}"#.into(),
            "version: this build reads 1 and 2, the file has 3",
        ),
        (
            r#"{"claude-wire":"scenario","turns":[]}"#.into(),
            "version: this build reads 1 and 2, the file has none",
        ),
        (
            turns(r#"{"promt":"Hi","reply":[]}"#),
            "unknown field `promt`, expected one of `prompt`, `prompt_contains`, `prompt_regex`, `times`, `reply` at line 2",
        ),
        (turns(r#"{"prompt":"Hi"}"#), "missing field `reply` at line 2"),
        (
            turns(r#"{"reply":[{"txt":"Hi"}]}"#),
            "unknown variant `txt`, expected one of `text`, `thinking`",
        ),
        (
            turns(r#"{"reply":[{"text":7}]}"#),
            "invalid type: integer `7`, expected a string at line 2 column 19",
        ),
        (turns(r#"{"reply":[{"tool_use":{"name":"Bash"}}]}"#), "missing field `input` at line 2"),
        (
            turns(r#"{"reply":[{"tool_use":{"name":"Bash","input":"ls"}}]}"#),
            "turn 1, step 1: `input`: expected an object, got \"ls\"",
        ),
        (
            turns(r#"{"reply":[]},{"reply":["hang",{"error":{"status":200,"text":"no"}}]}"#),
            "turn 2, step 2: `status`: expected a status from 400 to 599, got 200",
        ),
    ];
    for (json, expected) in cases {
        let error = Scenario::parse(&json).unwrap_err().to_string();
        assert!(error.starts_with("scenario: ") && error.contains(expected), "{json}: {error}");
    }
}

#[test]
fn an_error_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.json");
    let error = Scenario::load(&path).unwrap_err().to_string();
    assert!(error.contains("broken.json: No such file"), "{error}");
    std::fs::write(&path, "{\n\"claude-wire\":").unwrap();
    let error = Scenario::load(&path).unwrap_err().to_string();
    assert!(error.contains("broken.json: EOF while parsing a value at line 2"), "{error}");
    std::fs::write(&path, EVERYTHING).unwrap();
    assert_eq!(events(&Scenario::load(&path).unwrap()), events(&built()));
}

/// In version 1 a `tool_use` ran without a question.
#[tokio::test(start_paused = true)]
async fn a_file_of_version_1_plays_as_it_did() {
    for (version, asks) in [(1, false), (2, true)] {
        let file = format!(
            r#"{{"claude-wire":"scenario","version":{version},"turns":[{{"reply":[
                {{"tool_use":{{"name":"Write","input":{{"file_path":"a"}}}}}},{{"text":"Done."}}]}}]}}"#
        );
        let recording = Scenario::parse(&file).unwrap().to_recording([""; 0]);
        let text = String::from_utf8(recording.to_bytes()).unwrap();
        assert_eq!(text.contains("can_use_tool"), asks, "version {version}");
        assert!(text.contains("Done."), "{text}");
    }
}
