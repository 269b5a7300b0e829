//! `claude-wire check`: a scenario with the real CLI.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{TOOL, text};

/// Checks a scenario with the CLI in `CLAUDE_WIRE_REAL_CLI`.
fn check(turns: Value, args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.json");
    let scenario = json!({"claude-wire": "scenario", "version": 2, "turns": turns});
    fs::write(&path, scenario.to_string()).unwrap();
    Command::new(TOOL).arg("check").arg(&path).args(args).output().unwrap()
}

fn read() -> Value {
    json!([{"prompt": "Say it", "reply": [
        {"text": "I say it."},
        {"ask_permission": {"name": "Bash", "input": {"command": "echo one"}}},
        {"tool_result": "two"},
        {"text": "It says two."},
    ]}])
}

#[test]
#[ignore = "needs the real CLI and a network namespace: unshare --net"]
fn a_scenario_that_the_cli_confirms_is_clean() {
    let turns = json!([
        {"prompt": "Hello", "reply": [{"text": "Hi!"}]},
        {"prompt": "Again", "reply": [{"error": {"status": 400, "text": "API Error: 400 bad"}}]},
        {"prompt": "Wait", "reply": [{"text": "I wait."}, "hang"]},
        {"prompt": "And now?", "reply": [
            {"thinking": "They want to know what is next. There is nothing."}, {"text": "Bye."},
        ]},
    ]);
    let output = check(turns, &["--", "--include-partial-messages"]);
    let (said, why) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{said}{why}");
    assert!(said.ends_with("are as the scenario says\n"), "{said}");
}

/// The CLI runs `echo` without a question, and it writes what it is given.
#[test]
#[ignore = "needs the real CLI and a network namespace: unshare --net"]
fn a_wrong_assumption_is_named() {
    let output = check(read(), &["--run-tools"]);
    let (said, why) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}{why}");
    for expected in [
        "user: message.content[].content is \"one\", and \"two\" in the scenario\n",
        "control_request/can_use_tool: the scenario leads to it, and the CLI does not write it\n",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let report = check(read(), &["--run-tools", "--json"]);
    let report: Value = serde_json::from_str(&text(&report.stdout)).unwrap();
    let kinds: Vec<_> =
        report["differences"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["out user", "out control_request/can_use_tool"]);
}

/// A model that goes on after an error is an assumption: the CLI does not ask it again.
#[test]
#[ignore = "needs the real CLI and a network namespace: unshare --net"]
fn an_answer_that_the_cli_never_asks_for_is_named() {
    let turns = json!([{"prompt": "Hello", "reply": [
        {"message": {"content": "Hi!"}}, {"message": {"content": "And hi again!"}},
    ]}]);
    let output = check(turns, &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("not as the scenario says: "), "{said}");
}

#[test]
fn tools_run_only_if_that_is_allowed() {
    let output = check(read(), &["--cli", "/no/such/claude"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "claude-wire: the scenario uses Bash, which would run on this machine: pass --run-tools to allow it\n"
    );
}

#[test]
fn what_is_not_a_scenario_is_refused_with_its_place() {
    let output = check(json!([{"reply": [{"say": "Hi!"}]}]), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("unknown variant `say`"), "{}", text(&output.stderr));
}
