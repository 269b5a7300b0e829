//! A live session is recorded; the redacted recording gives the same messages to the same code.

use claude_wire::lab::{ApiReply, ApiScript, real_cli};
use claude_wire::recorder::Recorder;
use claude_wire::recording::{Recording, Root, lint, scrub};
use claude_wire::transport::{CliPath, Process};
use claude_wire::{Decision, Replay, Session, SessionBuilder};
use serde_json::{Value, json};

use crate::support::{close, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt(
            "Make a file",
            [
                ApiReply::thinking("Easy.")
                    .and_tool_use("Bash", json!({"command": "touch made.txt"})),
                ApiReply::text("Made."),
            ],
        )
        .on_prompt("Thanks", [ApiReply::error(529), ApiReply::text("You are welcome.")]);
    let place = place(script).await;
    let path = place.home().join("session.jsonl");
    let recorder = Recorder::new(Process::new(CliPath::Explicit(real_cli().unwrap())), &path);
    let session = place.session().transport(recorder.clone());
    let (session, live) = converse(session).await;
    assert!(session.stop().await.unwrap().unwrap().success());
    recorder.flush().await.unwrap();

    let recording = Recording::open(&path).unwrap();
    assert_eq!(lint(&recording), []);
    let roots =
        [Root::cwd(place.cwd().to_string_lossy()), Root::home(place.home().to_string_lossy())];
    assert!(scrub(&mut recording.clone(), &roots).is_empty(), "the recorder has redacted it");
    let replay = Replay::new(recording);
    let (session, replayed) = converse(Session::builder().transport(replay.clone())).await;
    assert!(session.stop().await.unwrap().unwrap().success());
    replay.assert_finished();

    assert_eq!(live.len(), replayed.len());
    for (live, replayed) in live.iter().zip(&replayed) {
        assert_eq!(shape(&redacted(live)), shape(replayed), "{live}\n{replayed}");
    }
    close(place);
}

/// Runs two turns with partial messages, a permission and a retry; returns all messages of both.
async fn converse(builder: SessionBuilder) -> (Session, Vec<Value>) {
    let session = builder
        .include_partial_messages(true)
        .on_permission(|_| async { Decision::allow() })
        .start()
        .unwrap();
    let mut messages = Vec::new();
    for prompt in ["Make a file", "Thanks"] {
        let mut turn = session.query(prompt);
        while let Some(message) = turn.next().await {
            messages.push(message.unwrap().frame().json().to_value().unwrap());
        }
    }
    (session, messages)
}

/// The redacted signature of the fake API's thinking blocks.
fn redacted(message: &Value) -> Value {
    serde_json::from_str(&message.to_string().replace("c2lnbmF0dXJl", "<signature:1>")).unwrap()
}

/// What new ids do not change: the kind of a message, its keys in order, and the model's text.
fn shape(message: &Value) -> (Vec<String>, Value, Value, Value) {
    let keys = message.as_object().unwrap().keys().cloned().collect();
    (
        keys,
        message["type"].clone(),
        message["subtype"].clone(),
        json!([message["message"]["content"], message["event"], message["result"]]),
    )
}
