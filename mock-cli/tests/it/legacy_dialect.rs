//! A CLI of the old dialect does not hang a session: its text is delivered, and the turn ends with
//! an error that says why.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::support::{STREAMS, corpus, mock, run, text};
use claude_wire::session::{Session, SessionEvent};
use claude_wire::testing::mock_claude;
use claude_wire::{Scenario, reply};
use serde_json::json;

fn scenario(folder: &std::path::Path) -> String {
    let path = folder.join("scenario.json");
    let turn =
        reply().text("Hello!").tool_use("Bash", json!({"command": "ls"})).tool_result("a.txt");
    std::fs::write(&path, Scenario::new().on_prompt("Look", turn).to_json()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_stand_in_speaks_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = mock(&STREAMS);
    command
        .env("CLAUDE_WIRE_SCENARIO", scenario(folder.path()))
        .env("CLAUDE_WIRE_DIALECT", "legacy");
    let output = run(
        &mut command,
        b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Look\"}}\n",
    );
    let lines = [
        r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"Hello!"}]}"#,
        r#"{"type":"tool_use","id":"toolu_1_1","name":"Bash","input":{"command":"ls"}}"#,
        r#"{"type":"result","tool_use_id":"toolu_1_1","output":"a.txt"}"#,
        r#"{"type":"done"}"#,
    ];
    assert_eq!(text(&output.stdout).lines().collect::<Vec<_>>(), lines, "{output:?}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn another_dialect_and_one_for_a_recording_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = scenario(folder.path());
    for (vars, says) in [
        (
            [("CLAUDE_WIRE_SCENARIO", scenario.as_str()), ("CLAUDE_WIRE_DIALECT", "modern")],
            "CLAUDE_WIRE_DIALECT must be legacy, or unset, not \"modern\"",
        ),
        (
            [
                ("CLAUDE_WIRE_REPLAY", corpus("one-shot.jsonl").to_str().unwrap()),
                ("CLAUDE_WIRE_DIALECT", "legacy"),
            ],
            "CLAUDE_WIRE_DIALECT is for scenarios: a recording is played as it was recorded",
        ),
    ] {
        let output = run(mock(&STREAMS).envs(vars), b"");
        assert_eq!(output.status.code(), Some(78));
        assert!(text(&output.stderr).contains(says), "{output:?}");
    }
}

#[tokio::test]
async fn a_session_in_front_of_the_stand_in() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Session::builder()
        .cli_path(mock_claude().unwrap())
        .env("CLAUDE_WIRE_SCENARIO", scenario(folder.path()));
    let session = builder.env("CLAUDE_WIRE_DIALECT", "legacy").start().unwrap();
    let mut text = session.query("Look").text_deltas();
    assert_eq!(text.next().await.unwrap().unwrap(), "Hello!");
    let error = text.next().await.unwrap().unwrap_err();
    assert!(error.is_ended_without_result(), "{error}");
    assert_eq!(error.messages_seen(), 4);
    session.stop().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_script_that_reads_nothing_and_exits() {
    let script =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/legacy_mock.sh");
    let session = Session::builder().cli_path(script).start().unwrap();
    let mut events = session.events();
    let error = session.query("Hello").text().await.unwrap_err();
    assert!(error.is_ended_without_result(), "{error}");
    session.stop().await.unwrap();
    drop(session);
    let mut said = Vec::new();
    while let Some(event) = events.next().await {
        if let SessionEvent::Message(message) = event {
            said.extend(message.text().map(|text| text.into_owned()));
        }
    }
    assert_eq!(said, ["Mock response"]);
}
