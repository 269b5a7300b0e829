//! A turn read to its end, and a one-shot query without a session.

use crate::support::cli::{Log, result, saying};
use claude_wire::wire::TurnOutcome;
use claude_wire::{Error, Session, SessionBuilder, query, with_session};
use serde_json::{Value, json};

/// A session of a CLI that answers its only prompt with these lines and this result, and logs its
/// orderly end.
fn answering(lines: Vec<Value>, last: fn(&str) -> Value, log: &Log) -> SessionBuilder {
    Session::builder().transport(saying(&lines, last, log))
}

fn done(uuid: &str) -> Value {
    result(uuid, "the end")
}

/// The form of an API failure: a success that is an error.
fn busy(uuid: &str) -> Value {
    json!({"type": "result", "subtype": "success", "is_error": true, "result": "API Error: Overloaded", "api_error_status": 529,
        "terminal_reason": "api_error", "user_message_uuids": [uuid]})
}

/// The form of a limit: errors, and no text.
fn limited(uuid: &str) -> Value {
    json!({"type": "result", "subtype": "error_max_turns", "is_error": true, "errors": ["Reached maximum number of turns (1)"],
        "terminal_reason": "max_turns", "user_message_uuids": [uuid]})
}

fn lines() -> Vec<Value> {
    let assistant = |parent: Option<&str>, blocks: Value| json!({"type": "assistant", "message": {"content": blocks}, "parent_tool_use_id": parent});
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "Bash", "input": {}});
    vec![
        assistant(
            None,
            json!([{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "one"}]),
        ),
        assistant(None, json!([call("a"), call("b")])),
        assistant(Some("a"), json!([{"type": "text", "text": "of a sub-agent"}])),
        json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "a", "content": "output"}]}}),
        assistant(None, json!([{"type": "text", "text": "two"}])),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_summary_is_complete_and_pairs_calls_with_results() {
    let session = answering(lines(), done, &Log::default()).start().unwrap();
    let summary = session.query("go").collect_summary().await.unwrap();
    assert_eq!((summary.text().as_str(), summary.outcome()), ("the end", TurnOutcome::Success));
    assert_eq!(
        (summary.texts, summary.thinking, summary.messages),
        (vec!["one".into(), "two".into()], vec!["hm".to_owned()], 7)
    );
    let calls: Vec<_> = summary
        .tool_calls
        .iter()
        .map(|call| {
            (
                call.call.id.as_str(),
                call.result
                    .as_ref()
                    .map(|result| result.content.as_ref().unwrap().as_str().unwrap().into_owned()),
            )
        })
        .collect();
    assert_eq!(calls, [("a", Some("output".to_owned())), ("b", None)]);
}

#[tokio::test(start_paused = true)]
async fn messages_that_the_cli_withdraws_are_left_out() {
    let says = |uuid: &str, text: &str| {
        let blocks = json!([{"type": "thinking", "thinking": format!("of {text}")}, {"type": "text", "text": text}]);
        json!({"type": "assistant", "message": {"id": uuid, "content": blocks}, "parent_tool_use_id": null, "uuid": uuid})
    };
    let calls = |uuid: &str, id: &str| {
        let block = json!({"type": "tool_use", "id": id, "name": "Bash", "input": {}});
        json!({"type": "assistant", "message": {"id": uuid, "content": [block]}, "parent_tool_use_id": null, "uuid": uuid})
    };
    let ran = json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "ran", "content": "output"}]}});
    let fallback = json!({"type": "system", "subtype": "model_refusal_fallback", "trigger": "refusal", "direction": "retry",
        "original_model": "a", "fallback_model": "b", "content": "c", "retracted_message_uuids": ["u2", "u3", "u4", "unknown"]});
    let superseding = |uuids: Value| {
        let mut line = says("u5", "again");
        line["supersedes"] = uuids;
        line
    };
    let before =
        [says("u1", "kept"), says("u2", "gone"), calls("u3", "ran"), calls("u4", "never ran"), ran];
    for (retraction, more) in
        [(fallback, None), (superseding(json!(["u4", "u3", "u2"])), Some("again"))]
    {
        let mut lines = before.to_vec();
        lines.extend([retraction, says("u6", "end")]);
        let session = answering(lines, limited, &Log::default()).start().unwrap();
        let summary = session.query("go").collect_summary().await.unwrap();
        let texts: Vec<_> = ["kept"].into_iter().chain(more).chain(["end"]).collect();
        assert_eq!(summary.texts, texts);
        assert_eq!(
            summary.thinking,
            texts.iter().map(|text| format!("of {text}")).collect::<Vec<_>>()
        );
        assert_eq!(summary.text(), texts.concat());
        let calls: Vec<_> = summary.tool_calls.iter().map(|call| call.call.id.as_str()).collect();
        assert_eq!(calls, ["ran"], "tools that ran are kept");
    }
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_turn_is_that_of_its_result_and_failures_are_errors() {
    let log = Log::default();
    let text = |last| answering(lines(), last, &log).start().unwrap().query("go");
    assert_eq!(text(done).text().await.unwrap(), "the end");
    assert_eq!(text(done).final_text().await.unwrap().as_deref(), Some("the end"));
    text(done).drain().await.unwrap();
    for error in [
        text(busy).text().await.unwrap_err(),
        text(busy).final_text().await.unwrap_err(),
        text(busy).drain().await.unwrap_err(),
    ] {
        assert!(
            error.is_overloaded() && error.to_string().contains("API Error: Overloaded"),
            "{error}"
        );
    }
    let error = text(limited).text().await.unwrap_err();
    assert!(error.to_string().contains("Reached maximum number of turns (1)"), "{error}");
    assert_eq!(
        text(limited).final_result().await.unwrap().outcome(),
        TurnOutcome::MaxTurns,
        "the result of a failed turn is a result"
    );
    assert_eq!(text(busy).collect_summary().await.unwrap().text(), "API Error: Overloaded");
}

#[tokio::test(start_paused = true)]
async fn awaiting_a_turn_gives_its_summary_and_a_failed_turn_is_an_error() {
    let log = Log::default();
    let turn = |last| answering(lines(), last, &log).start().unwrap().query("go");
    let summary = turn(done).await.unwrap();
    assert_eq!((summary.text().as_str(), summary.tool_calls.len()), ("the end", 2));
    assert!(turn(busy).await.unwrap_err().is_overloaded());
    let error = turn(limited).await.unwrap_err();
    assert_eq!(error.outcome(), Some(&TurnOutcome::MaxTurns));
    assert!(turn(done).max_turns(0).await.unwrap_err().is_option());
    // As a task, and after part of the turn was read.
    let mut begun = turn(done);
    begun.next().await.unwrap().unwrap();
    let summary = tokio::spawn(begun.into_future()).await.unwrap().unwrap();
    assert_eq!((summary.text().as_str(), summary.messages), ("the end", 6));
}

#[tokio::test(start_paused = true)]
async fn without_a_text_in_the_result_the_summary_puts_the_blocks_together() {
    let summary = answering(lines(), limited, &Log::default())
        .start()
        .unwrap()
        .query("go")
        .collect_summary()
        .await
        .unwrap();
    assert_eq!(summary.text(), "onetwo");
}

#[tokio::test(start_paused = true)]
async fn a_one_shot_query_starts_a_cli_and_always_stops_it() {
    let log = Log::default();
    assert_eq!(
        query("go").session(answering(lines(), done, &log)).await.unwrap().text(),
        "the end"
    );
    assert_eq!(log.len(), 1, "the CLI got the end of input before the answer was returned");
    assert!(query("go").session(answering(lines(), busy, &log)).await.unwrap_err().is_overloaded());
    assert_eq!(log.len(), 2);
    let refused =
        query("go").session(answering(lines(), done, &log).max_turns(0)).await.unwrap_err();
    assert!(refused.is_option() && refused.to_string().contains("max_turns"), "{refused}");
    assert_eq!(log.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_scoped_session_is_stopped_when_its_work_is_done_or_fails() {
    let log = Log::default();
    let text = with_session(answering(lines(), done, &log), |session| async move {
        session.query("go").text().await
    })
    .await;
    assert_eq!((text.unwrap().as_str(), log.len()), ("the end", 1));
    let failed: Result<(), Box<dyn std::error::Error>> =
        with_session(answering(lines(), done, &log), |session| async move {
            session.query("go").drain().await?;
            Err("something else".into())
        })
        .await;
    assert_eq!((failed.unwrap_err().to_string().as_str(), log.len()), ("something else", 2));
    let refused: Result<(), Error> = with_session(Session::builder().max_turns(0), |_| async {
        unreachable!("nothing is started")
    })
    .await;
    assert!(refused.unwrap_err().is_option());
}
