//! What a turn can be read as: texts, thinking, deltas of both, tool calls and their results.

use std::sync::{Arc, Mutex};

use crate::support::cli::{Log, cli, init, result, saying};
use claude_wire::session::ContentDelta;
use claude_wire::transport::Exit;
use claude_wire::{Session, Turn};
use serde_json::{Value, json};

/// A turn of these lines between its opening and its result.
fn turn(lines: &[Value]) -> Turn {
    let transport = saying(lines, |uuid| result(uuid, "the end"), &Log::default());
    Session::builder().transport(transport).start().unwrap().query("go")
}

fn assistant(parent: Option<&str>, blocks: Value) -> Value {
    json!({"type": "assistant", "message": {"id": "m", "role": "assistant", "content": blocks}, "parent_tool_use_id": parent})
}

fn delta(delta: Value) -> Value {
    let event = json!({"type": "content_block_delta", "index": 0, "delta": delta});
    json!({"type": "stream_event", "event": event, "parent_tool_use_id": null})
}

fn text_delta(text: &str) -> Value {
    delta(json!({"type": "text_delta", "text": text}))
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn tool_use(id: &str, name: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": {"n": 1}})
}

fn tool_result(id: &str, content: &str) -> Value {
    let block = json!({"type": "tool_result", "tool_use_id": id, "content": content});
    json!({"type": "user", "message": {"role": "user", "content": [block]}, "parent_tool_use_id": null})
}

/// Thinking, two texts, and output of a sub-agent in between.
fn answer() -> [Value; 4] {
    [
        assistant(None, json!([{"type": "thinking", "thinking": "hm", "signature": "s"}])),
        assistant(None, json!([text("one")])),
        assistant(
            Some("t"),
            json!([text("not mine"), {"type": "thinking", "thinking": "nor this", "signature": "s"}]),
        ),
        assistant(
            None,
            json!([text("two"), {"type": "thinking", "thinking": "", "signature": "only"}]),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn texts_and_thinking_come_block_by_block_without_those_of_sub_agents() {
    assert_eq!(turn(&answer()).text_content().collect().await.unwrap(), ["one", "two"]);
    assert_eq!(turn(&answer()).text_content().join().await.unwrap(), "onetwo");
    assert_eq!(turn(&answer()).thinking_content().collect().await.unwrap(), ["hm"]);
}

#[tokio::test(start_paused = true)]
async fn without_partial_messages_the_deltas_are_the_whole_blocks() {
    assert_eq!(turn(&answer()).text_deltas().collect().await.unwrap(), ["one", "two"]);
    assert_eq!(turn(&answer()).thinking_deltas().collect().await.unwrap(), ["hm"]);
    let text = |index, text: &str| ContentDelta::Text { index, text: text.into() };
    let stop = |index| ContentDelta::BlockStop { index };
    let thinking = ContentDelta::Thinking { index: 0, thinking: "hm".into() };
    assert_eq!(
        turn(&answer()).content_deltas().collect().await.unwrap(),
        [thinking, stop(0), text(1, "one"), stop(1), text(2, "two"), stop(2), stop(3)]
    );
}

#[tokio::test(start_paused = true)]
async fn with_partial_messages_nothing_comes_twice() {
    let lines = [
        delta(json!({"type": "thinking_delta", "thinking": "h"})),
        delta(json!({"type": "thinking_delta", "thinking": "m"})),
        assistant(None, json!([{"type": "thinking", "thinking": "hm", "signature": "s"}])),
        text_delta("o"),
        text_delta("ne "),
        assistant(None, json!([text("one ")])),
        delta(json!({"type": "input_json_delta", "partial_json": "{\"n\":"})),
        assistant(None, json!([tool_use("t", "Bash")])),
        // A block that was not streamed, as when the CLI itself writes it.
        assistant(None, json!([text("two")])),
    ];
    assert_eq!(turn(&lines).text_deltas().collect().await.unwrap(), ["o", "ne ", "two"]);
    assert_eq!(turn(&lines).thinking_deltas().collect().await.unwrap(), ["h", "m"]);
    let pieces = turn(&lines).content_deltas().collect().await.unwrap();
    let text = |index, text: &str| ContentDelta::Text { index, text: text.into() };
    let thought = |text: &str| ContentDelta::Thinking { index: 0, thinking: text.into() };
    let stop = |index| ContentDelta::BlockStop { index };
    let (tool_use_id, partial_json) = ("t".to_owned(), "{\"n\":1}".to_owned());
    assert_eq!(
        pieces,
        [
            thought("h"),
            thought("m"),
            stop(0),
            text(1, "o"),
            text(1, "ne "),
            stop(1),
            // No start named the call, so that it is only known from its whole block.
            ContentDelta::ToolUse { index: 2, tool_use_id: "t".into(), name: "Bash".into() },
            ContentDelta::InputJson { index: 2, tool_use_id, partial_json },
            stop(2),
            text(3, "two"),
            stop(3),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn tool_calls_and_their_results_are_found_by_tool_name() {
    let lines = [
        assistant(None, json!([text("first"), tool_use("a", "Bash"), tool_use("b", "Read")])),
        assistant(Some("a"), json!([tool_use("c", "Bash")])),
        tool_result("b", "a file"),
        tool_result("a", "output"),
        tool_result("c", "of a sub-agent"),
        tool_result("x", "unknown call"),
    ];
    let names: Vec<_> = turn(&lines)
        .tool_uses()
        .collect()
        .await
        .unwrap()
        .iter()
        .map(|call| (call.id.clone(), call.name.clone()))
        .collect();
    assert_eq!(
        names,
        [("a", "Bash"), ("b", "Read"), ("c", "Bash")]
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
    );
    let results = turn(&lines).tool_results_by_name("Bash").collect().await.unwrap();
    let texts: Vec<_> = results
        .iter()
        .map(|result| result.content.as_ref().unwrap().as_str().unwrap().into_owned())
        .collect();
    assert_eq!(texts, ["output", "of a sub-agent"]);
}

#[tokio::test(start_paused = true)]
async fn messages_are_matched_by_type_and_inspected_in_passing() {
    let lines = [
        text_delta("o"),
        json!({"type": "stream_event", "event": {"type": "message_stop"}, "parent_tool_use_id": null}),
        assistant(None, json!([text("one")])),
        assistant(None, json!([tool_use("a", "Bash")])),
    ];
    let count = |kind: &'static str| turn(&lines).filter_type(kind).collect();
    for (kind, number) in [
        ("assistant", 2),
        ("tool_use", 1),
        ("text_delta", 1),
        ("stream_event", 2),
        ("result", 1),
        ("user", 0),
    ] {
        assert_eq!(count(kind).await.unwrap().len(), number, "{kind}");
    }
    assert_eq!(turn(&lines).filter_event_type("message_stop").collect().await.unwrap().len(), 1);

    let seen = Arc::new(Mutex::new(Vec::new()));
    let kinds = seen.clone();
    let all = turn(&lines)
        .tap(move |message| kinds.lock().unwrap().push(message.frame().kind_name().into_owned()))
        .collect()
        .await
        .unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        ["system", "stream_event", "stream_event", "assistant", "assistant", "result"]
    );
    assert_eq!(all.len(), 6);
    let calls = seen.clone();
    turn(&lines)
        .on_tool_use(move |call| calls.lock().unwrap().push(call.name.clone()))
        .collect()
        .await
        .unwrap();
    assert_eq!(seen.lock().unwrap().last().unwrap(), "Bash");
}

#[tokio::test(start_paused = true)]
async fn output_of_a_failed_turn_comes_before_its_error() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(assistant(None, json!([text("so far")]))).await;
        Exit::from_code(3)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut texts = session.query("go").text_content();
    assert_eq!(texts.next().await.unwrap().unwrap(), "so far");
    assert_eq!(texts.next().await.unwrap().unwrap_err().exit().unwrap().code, Some(3));
    assert!(texts.next().await.is_none());
}
