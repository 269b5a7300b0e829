//! `mock-claude` plays a scenario from a file: a stand-in for a session that was never recorded,
//! for an SDK in any language.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;
use std::process::Output;

use crate::support::{STREAMS, mock, run, text};
use claude_wire::testing::mock_claude;
use claude_wire::{Scenario, Session, reply};
use serde_json::Value;

const PROMPT: &[u8] =
    b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hello\"}}\n";

fn scenario(folder: &Path, scenario: &Scenario) -> std::path::PathBuf {
    let path = folder.join("scenario.json");
    std::fs::write(&path, scenario.to_json()).unwrap();
    path
}

fn lines(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn it_answers_as_scripted_with_the_flags_of_its_launch() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), &Scenario::new().on_prompt("Hello", reply().text("Hi!")));
    let mut command = mock(&STREAMS);
    command
        .args(["--model", "sonnet", "--include-partial-messages"])
        .env("CLAUDE_WIRE_SCENARIO", &path)
        .current_dir(folder.path());
    let output = run(&mut command, PROMPT);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    let lines = lines(&output);
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    assert_eq!(init["model"], "claude-sonnet-5-5");
    assert_eq!(init["cwd"], folder.path().canonicalize().unwrap().to_str().unwrap());
    assert!(lines.iter().any(|line| line["type"] == "stream_event"));
    let result = lines.iter().find(|line| line["type"] == "result").unwrap();
    assert_eq!(result["result"], "Hi!");
}

#[test]
fn it_is_as_strict_as_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(folder.path(), &Scenario::new().on_prompt("Goodbye", reply().text("Bye.")));
    let output = run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path), PROMPT);
    assert_eq!(output.status.code(), Some(70));
    let report = text(&output.stderr);
    assert!(
        report.contains("Goodbye") && report.contains("Hello") && report.contains("scenario.json"),
        "{report}"
    );
    // And it does not wait for ever.
    let mut child = crate::support::spawn(
        mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path).env("CLAUDE_WIRE_IDLE_TIMEOUT", "0.1"),
    );
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(output.status.code(), Some(70));
    assert!(text(&output.stderr).contains("expected: prompt \"Goodbye\""), "{output:?}");
}

#[test]
fn an_error_of_the_api_ends_it_with_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = scenario(
        folder.path(),
        &Scenario::new().on_prompt("Hello", reply().error(529, "Overloaded")),
    );
    let output = run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path), PROMPT);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        lines(&output).iter().find(|line| line["type"] == "result").unwrap()["api_error_status"],
        529
    );
}

#[test]
fn an_invalid_scenario_is_reported_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.json");
    std::fs::write(
        &path,
        "{\"claude-wire\":\"scenario\",\"version\":1,\n\"turns\":[{\"promt\":\"Hi\"}]}",
    )
    .unwrap();
    for (path, says) in [
        (path, "mock-claude: CLAUDE_WIRE_SCENARIO: scenario: "),
        (folder.path().join("missing.json"), "missing.json: No such file"),
    ] {
        let output = run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", &path), b"");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(says), "{stderr}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(78), 0));
    }
    let output =
        run(mock(&STREAMS).env("CLAUDE_WIRE_SCENARIO", folder.path().join("broken.json")), b"");
    assert!(
        text(&output.stderr)
            .contains("broken.json: unknown field `promt`, expected one of `prompt`, `prompt_contains`, `times`, `reply` at line 2"),
        "{output:?}"
    );
}

#[tokio::test]
async fn a_session_converses_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let turns =
        Scenario::new().on_prompt("Hello", reply().text("Hi!")).on_any_prompt(reply().text("Bye."));
    let path = scenario(folder.path(), &turns);
    let session = Session::builder()
        .cli_path(mock_claude().unwrap())
        .env("CLAUDE_WIRE_SCENARIO", path.to_str().unwrap())
        .start()
        .unwrap();
    for (prompt, answer) in [("Hello", "Hi!"), ("And now?", "Bye.")] {
        assert_eq!(session.query(prompt).text().await.unwrap(), answer);
    }
    assert!(session.stop().await.unwrap().unwrap().success());
}
