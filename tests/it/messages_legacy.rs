//! Lines of an old dialect that early guides to the CLI describe, but that no observed version
//! writes: they are parsed, and end no turn.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use claude_wire::wire::{Body, ContentBlock, Frame, Message};
use claude_wire::{Scenario, Session, reply};
use serde_json::{Value, json};

const SAID: &str =
    r#"{"type":"message","role":"assistant","content":[{"type":"text","text":"Hello!"}]}"#;
const CALLED: &str =
    r#"{"type":"tool_use","id":"123","name":"read_file","input":{"path":"a.txt"}}"#;
const OUTPUT: &str = r#"{"type":"result","tool_use_id":"123","output":"what was in it"}"#;
const DONE: &str = r#"{"type":"done"}"#;

fn message(line: &str) -> Message {
    Message::new(Frame::parse(line.to_owned()).unwrap())
}

#[test]
fn a_bare_message_is_an_assistant_message() {
    let message = message(SAID);
    let assistant = message.as_assistant().unwrap();
    assert_eq!(assistant.text(), "Hello!");
    assert_eq!(assistant.message.role.as_deref(), Some("assistant"));
    assert!(matches!(message.body(), Body::Assistant(body) if **body == *assistant));
    assert!(message.defects().is_empty(), "{:?}", message.defects());
    assert_eq!(serde_json::to_string(&message).unwrap(), SAID);
}

#[test]
fn a_bare_message_of_another_program_is_unknown() {
    for line in [
        SAID.replace("assistant", "user"),
        SAID.replace(r#""role":"assistant","#, ""),
        SAID.replace(r#""message""#, r#""messages""#),
    ] {
        let message = message(&line);
        assert!(message.as_assistant().is_none(), "{line}");
        assert_eq!(*message.body(), Body::Unknown, "{line}");
    }
}

#[test]
fn other_lines_are_kept_verbatim() {
    for line in [CALLED, OUTPUT, DONE] {
        let message = message(line);
        assert_eq!(*message.body(), Body::Unknown, "{line}");
        assert!(message.as_result().is_none() && !message.is_result(), "{line}");
        assert!(message.defects().is_empty(), "{line}: {:?}", message.defects());
        assert_eq!(serde_json::to_string(&message).unwrap(), line);
    }
    // A result of the current dialect is a result even if it names a tool.
    let result =
        message(r#"{"type":"result","subtype":"success","tool_use_id":"123","is_error":false}"#);
    assert!(result.is_result() && result.as_result().is_some());
    assert!(message(r#"{"type":"result"}"#).is_result());
}

#[test]
fn a_scenario_can_write_the_old_dialect() {
    let scenario = Scenario::new()
        .on_prompt(
            "Look",
            reply()
                .text("Hello!")
                .tool_use("read_file", json!({"path": "a.txt"}))
                .tool_result("what was in it"),
        )
        .legacy();
    let recording = scenario.to_recording([""; 0]);
    let lines: Vec<Value> = recording
        .events
        .iter()
        .filter_map(|event| Some(serde_json::from_slice(event.payload()?.bytes()).unwrap()))
        .collect();
    let call = json!({"type": "tool_use", "id": "toolu_1_1", "name": "read_file", "input": {"path": "a.txt"}});
    let output = json!({"type": "result", "tool_use_id": "toolu_1_1", "output": "what was in it"});
    assert_eq!(
        lines[1..],
        [serde_json::from_str(SAID).unwrap(), call, output, json!({"type": "done"})]
    );
}

#[tokio::test(start_paused = true)]
async fn a_turn_delivers_the_text_and_ends_without_a_result() {
    let turn = reply()
        .text("Hello!")
        .tool_use("Bash", json!({"command": "ls"}))
        .tool_result("a.txt")
        .text("One file.");
    let scenario = Scenario::new().on_prompt("Look", turn).legacy();
    let session = Session::builder().transport(scenario.clone()).start().unwrap();
    let mut turn = session.query("Look");
    let (mut texts, mut kinds, mut failed) = (Vec::new(), Vec::new(), None);
    while let Some(message) = turn.next().await {
        match message {
            Ok(message) => {
                kinds.push(message.frame().kind_name().into_owned());
                let blocks = message
                    .as_assistant()
                    .map(|assistant| assistant.message.content.clone())
                    .unwrap_or_default();
                texts.extend(blocks.iter().filter_map(ContentBlock::as_text).map(String::from));
            }
            Err(error) => failed = Some(error),
        }
    }
    assert_eq!(texts, ["Hello!", "One file."]);
    assert_eq!(kinds, ["message", "tool_use", "result", "message", "done"]);
    let failed = failed.unwrap();
    assert!(failed.is_ended_without_result(), "{failed}");
    assert_eq!(failed.messages_seen(), 5);
    session.stop().await.unwrap();
    scenario.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn old_dialect_text_is_streamed() {
    let scenario = Scenario::new().on_prompt("Look", reply().text("Hello!")).legacy();
    let session = Session::builder().transport(scenario).start().unwrap();
    let mut text = session.query("Look").text_deltas();
    assert_eq!(text.next().await.unwrap().unwrap(), "Hello!");
    assert!(text.next().await.unwrap().unwrap_err().is_ended_without_result());
    assert!(text.next().await.is_none());
}
