//! A session with `mock-claude` as its CLI, which runs and records the real one; the recording
//! gives the same messages to the same code.
//!
//! Needs the stand-in next to the tests: `cargo build -p claude-wire-cli`.

use claude_wire::lab::{ApiReply, ApiScript, real_cli};
use claude_wire::recording::{EventKind, RecordedExit, Recording, lint};
use claude_wire::{Decision, Replay, Session, SessionBuilder, testing};
use serde_json::json;

use crate::support::{close, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt(
            "Make a file",
            [
                ApiReply::tool_use("Bash", json!({"command": "touch made.txt"})),
                ApiReply::text("Made."),
            ],
        )
        .on_prompt("Thanks", [ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let recordings = place.home().join("{n}.jsonl");
    let session = place
        .session()
        .cli_path(testing::mock_claude().unwrap_or_else(|error| panic!("{error}")))
        .env("CLAUDE_WIRE_RECORD_TO", recordings.to_str().unwrap())
        .env("CLAUDE_WIRE_REAL_CLI", real_cli().unwrap().to_str().unwrap());
    let (session, live) = converse(session).await;
    assert!(session.stop().await.unwrap().unwrap().success());
    assert!(place.cwd().join("made.txt").exists(), "the real CLI ran where the session runs");

    let recording = Recording::open(place.home().join("1.jsonl")).unwrap();
    assert_eq!(lint(&recording), []);
    assert_eq!(recording.events.last().unwrap().kind, EventKind::Exit(RecordedExit::code(0)));
    let replay = Replay::new(recording);
    let (session, replayed) = converse(Session::builder().transport(replay.clone())).await;
    assert!(session.stop().await.unwrap().unwrap().success());
    replay.assert_finished();
    assert_eq!(live, replayed);
    close(place);
}

/// Runs two turns with a permission; returns the kind and text of each message.
async fn converse(builder: SessionBuilder) -> (Session, Vec<serde_json::Value>) {
    let session = builder.on_permission(|_| async { Decision::allow() }).start().unwrap();
    let mut messages = Vec::new();
    for prompt in ["Make a file", "Thanks"] {
        let mut turn = session.query(prompt);
        while let Some(message) = turn.next().await {
            let message = message.unwrap().frame().json().to_value().unwrap();
            messages.push(json!([
                message["type"],
                message["subtype"],
                message["message"]["content"],
                message["result"]
            ]));
        }
    }
    (session, messages)
}
