//! The further fields of a prompt, as the CLI gets them.

use crate::support::cli::{Log, cli, init, result};
use claude_wire::session::SteerOutcome;
use claude_wire::transport::Exit;
use claude_wire::wire::control::PromptOrigin;
use claude_wire::wire::message::{OriginKind, Priority};
use claude_wire::wire::{Frame, RawJson};
use claude_wire::{Prompt, Session};
use serde_json::json;

/// What follows the uuid on the line of this prompt.
async fn end_of_line(prompt: Prompt) -> String {
    let log = Log::default();
    let heard = log.clone();
    let transport = cli(move |_, mut cli| {
        let log = heard.clone();
        async move {
            cli.handshake().await;
            let line = cli.read_text().await.unwrap();
            let frame = Frame::parse(line.clone()).unwrap();
            let uuid = &*frame.uuid().unwrap();
            let start = format!(
                r#"{{"type":"user","message":{{"role":"user","content":"hi"}},"parent_tool_use_id":null,"session_id":"","uuid":"{uuid}""#
            );
            log.push(line.strip_prefix(&start).unwrap());
            cli.turn(uuid, "done").await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).start().unwrap();
    session.query(prompt).await.unwrap();
    log.all().remove(0)
}

#[tokio::test(start_paused = true)]
async fn each_field_is_written_as_the_cli_declares_it() {
    let hi = || Prompt::from("hi");
    let peer = PromptOrigin::new(OriginKind::Peer).with("from", "rev\"1").with("kind", "human");
    let raw = RawJson::parse(r#"{"b":1.0,"a":"\ud83d"}"#).unwrap();
    let blocks = [json!({"type": "text", "text": "c"})];
    for (prompt, end) in [
        (hi(), "}"),
        (hi().priority(Priority::Now), r#","priority":"now"}"#),
        (hi().priority("soon"), r#","priority":"soon"}"#),
        (hi().should_query(false), r#","shouldQuery":false}"#),
        (hi().should_query(true), r#","shouldQuery":true}"#),
        (hi().synthetic(true), r#","isSynthetic":true}"#),
        (hi().origin(OriginKind::Human), r#","origin":{"kind":"human"}}"#),
        (hi().origin(peer), r#","origin":{"kind":"peer","from":"rev\"1"}}"#),
        (hi().tool_use_result(raw), r#","tool_use_result":{"b":1.0,"a":"\ud83d"}}"#),
        (hi().tool_use_result(json!("text")), r#","tool_use_result":"text"}"#),
        (
            hi().pasted("a\n\"b\"").pasted_blocks(blocks),
            r#","pasted_content":["a\n\"b\"",[{"type":"text","text":"c"}]]}"#,
        ),
        (hi().pasted_inline("h").pasted_inline("i"), r#","inline_pastes":["h","i"]}"#),
        (hi().verbatim(), r#","client_composed":true}"#),
        (
            hi().verbatim().priority(Priority::Later).synthetic(false).should_query(true),
            r#","priority":"later","shouldQuery":true,"isSynthetic":false,"client_composed":true}"#,
        ),
    ] {
        assert_eq!(end_of_line(prompt).await, end);
    }
}

#[tokio::test(start_paused = true)]
async fn the_fields_stay_when_content_is_added() {
    let transport = cli(move |_, mut cli| async move {
        cli.handshake().await;
        let line = cli.read().await.unwrap();
        assert_eq!(line["priority"], "next");
        assert_eq!(line["message"]["content"][1]["title"], "a.txt");
        cli.turn(line["uuid"].as_str().unwrap(), "done").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let prompt = Prompt::from("hi").priority(Priority::Next).text_file("a.txt", "text");
    session.query(prompt).await.unwrap();
}

/// CLI 2.1.332 writes an empty result at once; nothing waits for an answer of the model.
#[tokio::test(start_paused = true)]
async fn a_prompt_that_asks_for_no_answer_has_an_empty_text() {
    for writes_a_result in [true, false] {
        let transport = cli(move |_, mut cli| async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            let lifecycle = |uuid: &str, state: &str| json!({"type": "command_lifecycle", "command_uuid": uuid, "state": state, "uuid": "l"});
            cli.write(lifecycle(&uuid, "queued")).await;
            cli.write(lifecycle(&uuid, "started")).await;
            if writes_a_result {
                cli.write(init(&uuid)).await;
                let mut empty = result(&uuid, "");
                empty["num_turns"] = json!(0);
                cli.write(empty).await;
            }
            cli.write(lifecycle(&uuid, "completed")).await;
            cli.serve().await
        });
        let session = Session::builder().transport(transport).start().unwrap();
        let note = session.query(Prompt::from("a note").should_query(false));
        assert_eq!(note.text().await.unwrap(), "");
        assert_eq!(session.query("next").text().await.unwrap(), "next");
    }
}

/// CLI 2.1.332 adds it to the turn like any other message.
#[tokio::test(start_paused = true)]
async fn a_message_that_asks_for_no_answer_is_over_when_the_cli_has_taken_it() {
    let transport = cli(move |_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let line = cli.read().await.unwrap();
        assert_eq!(line["shouldQuery"], false);
        cli.write(result(&uuid, "done")).await;
        cli.write(json!({"type": "command_lifecycle", "command_uuid": line["uuid"], "state": "completed", "uuid": "l"}))
            .await;
        cli.serve().await
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    let receipt = turn.steer(Prompt::from("a note").should_query(false)).await.unwrap();
    assert_eq!(turn.text().await.unwrap(), "done");
    assert_eq!(receipt.outcome().await.unwrap(), SteerOutcome::Added);
    assert_eq!(session.query("next").text().await.unwrap(), "next");
}
