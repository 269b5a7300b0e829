//! Turns that fail or are interrupted: what is reported, however they are read.

use std::time::Duration;

use crate::support::cli::{FakeCli, Log, cli, init, result, saying, success};
use crate::support::stream::{text, text_piece, tool, whole};
use claude_wire::transport::Exit;
use claude_wire::wire::TurnOutcome;
use claude_wire::wire::result::TerminalReason;
use claude_wire::{Decision, Error, PermissionRequest, Session, Turn};
use serde_json::{Value, json};

/// What the CLI reports about its state when a turn ends badly.
const DIAGNOSTIC: &str = "[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=null";

/// A result with these fields.
fn ending(uuid: &str, fields: Value) -> Value {
    let mut line = result(uuid, "");
    let known = line.as_object_mut().unwrap();
    for name in ["result", "terminal_reason"] {
        known.remove(name);
    }
    known.extend(fields.as_object().unwrap().clone());
    line
}

fn failed_in_execution(uuid: &str, terminal_reason: Option<&str>) -> Value {
    let fields =
        json!({"subtype": "error_during_execution", "is_error": true, "errors": [DIAGNOSTIC]});
    let mut line = ending(uuid, fields);
    line["terminal_reason"] = terminal_reason.map_or(Value::Null, Value::from);
    line
}

fn overloaded(uuid: &str) -> Value {
    ending(
        uuid,
        json!({"is_error": true, "result": "API Error: Overloaded", "api_error_status": 529}),
    )
}

fn turn(last: fn(&str) -> Value) -> Turn {
    let lines = [
        text_piece("m", 0, "so far"),
        whole("m", json!([text("so far"), tool("t", "Bash", json!({}))])),
    ];
    let session = Session::builder().transport(saying(&lines, last, &Log::default()));
    session.start().unwrap().query("go")
}

fn exits() -> Turn {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(whole("m", json!([text("so far")]))).await;
        Exit::from_code(3)
    });
    Session::builder().transport(transport).start().unwrap().query("go")
}

#[tokio::test(start_paused = true)]
async fn reading_messages_yields_a_failed_result_as_the_last_message() {
    let mut failed = turn(overloaded);
    let mut last = None;
    while let Some(message) = failed.next().await {
        last = Some(message.expect("a result is a message"));
    }
    assert!(last.unwrap().as_result().unwrap().outcome().is_overloaded());
    assert!(turn(overloaded).tap(|_| {}).collect().await.unwrap().last().unwrap().is_result());
    assert!(turn(overloaded).on_tool_use(|_| {}).collect().await.is_ok());
    assert_eq!(turn(overloaded).filter_type("assistant").collect().await.unwrap().len(), 1);
    assert_eq!(
        turn(overloaded).filter_event_type("content_block_delta").collect().await.unwrap().len(),
        1
    );
    // Without a result, only the error reports the failure.
    let mut ended = exits();
    let mut errors = Vec::new();
    while let Some(message) = ended.next().await {
        errors.extend(message.err());
    }
    assert!(matches!(&errors[..], [error] if error.is_process()), "{errors:?}");
    assert!(exits().tap(|_| {}).collect().await.unwrap_err().is_process());
    assert!(exits().filter_type("result").collect().await.unwrap_err().is_process());
}

#[tokio::test(start_paused = true)]
async fn reading_less_than_messages_yields_the_failure_as_an_error() {
    type Reading =
        (&'static str, fn(Turn) -> std::pin::Pin<Box<dyn Future<Output = Option<Error>>>>);
    let readings: &[Reading] = &[
        ("awaited", |turn| Box::pin(async { turn.await.err() })),
        ("text", |turn| Box::pin(async { turn.text().await.err() })),
        ("final_text", |turn| Box::pin(async { turn.final_text().await.err() })),
        ("drain", |turn| Box::pin(async { turn.drain().await.err() })),
        ("json", |turn| Box::pin(async { turn.json::<Value>().await.err() })),
        ("text_content", |turn| Box::pin(async { turn.text_content().collect().await.err() })),
        ("thinking_content", |turn| Box::pin(async { turn.thinking_content().join().await.err() })),
        ("text_deltas", |turn| Box::pin(async { turn.text_deltas().collect().await.err() })),
        ("thinking_deltas", |turn| {
            Box::pin(async { turn.thinking_deltas().collect().await.err() })
        }),
        ("content_deltas", |turn| Box::pin(async { turn.content_deltas().collect().await.err() })),
        ("tool_uses", |turn| Box::pin(async { turn.tool_uses().collect().await.err() })),
        ("tool_results_by_name", |turn| {
            Box::pin(async { turn.tool_results_by_name("Bash").collect().await.err() })
        }),
    ];
    for (name, read) in readings {
        assert!(read(turn(overloaded)).await.is_some_and(|error| error.is_overloaded()), "{name}");
        assert!(read(exits()).await.is_some_and(|error| error.is_process()), "{name}");
    }
    let mut pieces = turn(overloaded).text_deltas();
    assert_eq!(pieces.next().await.unwrap().unwrap(), "so far");
    assert!(pieces.next().await.unwrap().unwrap_err().is_overloaded());
    assert!(pieces.next().await.is_none());
    // The whole turn is available, failed or not.
    assert!(turn(overloaded).collect_summary().await.unwrap().outcome().is_overloaded());
    assert!(turn(overloaded).final_result().await.unwrap().outcome().is_overloaded());
    assert!(exits().collect_summary().await.unwrap_err().is_process());
    assert!(exits().final_result().await.unwrap_err().is_process());
}

/// A CLI that answers two prompts with these results. It begins the first one and then waits for an
/// interrupt.
fn interruptible(first: fn(&str) -> Value, second: fn(&str) -> Value) -> Session {
    let transport = cli(move |_, mut cli: FakeCli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(whole("m", json!([tool("t", "Bash", json!({}))]))).await;
        cli.acknowledge("interrupt").await;
        cli.write(first(&uuid)).await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(second(&uuid)).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    Session::builder().transport(transport).start().unwrap()
}

/// Reads the first turn, and interrupts it once it has begun.
async fn interrupted(session: &Session) -> Turn {
    let mut turn = session.query("go");
    while turn.next().await.unwrap().unwrap().as_assistant().is_none() {}
    session.interrupt().await.unwrap();
    turn
}

#[tokio::test(start_paused = true)]
async fn interrupted_turn_is_reported_as_aborted_by_any_cli() {
    for first in [
        |uuid: &str| failed_in_execution(uuid, None),
        |uuid: &str| failed_in_execution(uuid, Some("aborted_streaming")),
        |uuid: &str| failed_in_execution(uuid, Some("aborted_tools")),
        |uuid: &str| ending(uuid, json!({"subtype": "error_during_execution", "is_error": true})),
        |uuid: &str| ending(uuid, json!({"subtype": "error_of_a_future_cli", "is_error": true})),
    ] {
        let session = interruptible(first, |uuid| failed_in_execution(uuid, None));
        let error = interrupted(&session).await.text().await.unwrap_err();
        assert_eq!(error.outcome(), Some(&TurnOutcome::Aborted));
        assert_eq!(error.to_string(), "the turn was interrupted");
        assert_eq!(error.result_text(), Some("the turn was interrupted"));
        // The next one fails by itself.
        let error = session.query("again").text().await.unwrap_err();
        let failure = TurnOutcome::ExecutionError(vec![DIAGNOSTIC.into()]);
        assert_eq!(error.outcome(), Some(&failure), "{error}");

        let session = interruptible(first, |uuid| result(uuid, "two"));
        let summary = interrupted(&session).await.collect_summary().await.unwrap();
        assert_eq!(summary.outcome(), TurnOutcome::Aborted);
        assert_eq!(summary.outcome().to_string(), "the turn was interrupted");
        assert_eq!(session.query("again").text().await.unwrap(), "two");
    }
}

#[tokio::test(start_paused = true)]
async fn interrupted_turn_that_ended_otherwise_is_not_aborted() {
    let outcome = async |first: fn(&str) -> Value| {
        let session = interruptible(first, |uuid| result(uuid, "two"));
        interrupted(&session).await.collect_summary().await.unwrap().outcome()
    };
    assert_eq!(outcome(|uuid| result(uuid, "done")).await, TurnOutcome::Success);
    assert!(outcome(overloaded).await.is_overloaded());
    let limit = |uuid: &str| ending(uuid, json!({"subtype": "error_max_turns", "is_error": true}));
    assert_eq!(outcome(limit).await, TurnOutcome::MaxTurns);
    // The CLI reports another reason for the end.
    let other = |uuid: &str| failed_in_execution(uuid, Some("completed"));
    assert!(matches!(outcome(other).await, TurnOutcome::ExecutionError(_)));
}

#[tokio::test(start_paused = true)]
async fn turn_interrupted_before_it_begins_reports_it() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.acknowledge("interrupt").await;
        cli.write(init(&uuid)).await;
        cli.acknowledge("interrupt").await;
        cli.write(failed_in_execution(&uuid, None)).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    session.connect().await.unwrap();
    let turn = session.query("go").text();
    let interrupt = async {
        tokio::task::yield_now().await;
        session.interrupt().await
    };
    let (text, interrupt) = tokio::join!(turn, interrupt);
    interrupt.unwrap();
    assert_eq!(text.unwrap_err().outcome(), Some(&TurnOutcome::Aborted));
}

#[tokio::test(start_paused = true)]
async fn turn_interrupted_by_a_permission_handler_reports_it() {
    for interrupts in [true, false] {
        let transport = cli(|_, mut cli| async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            let request = json!({"subtype": "can_use_tool", "tool_name": "Bash", "input": {}, "tool_use_id": "t"});
            cli.write(json!({"type": "control_request", "request_id": "q", "request": request}))
                .await;
            cli.read().await;
            cli.write(failed_in_execution(&uuid, None)).await;
            cli.drain().await;
            Exit::from_code(0)
        });
        let session = Session::builder().transport(transport).on_permission(
            move |_: PermissionRequest| async move {
                if interrupts { Decision::deny_and_interrupt("no") } else { Decision::deny("no") }
            },
        );
        let error = session.start().unwrap().query("go").text().await.unwrap_err();
        assert_eq!(error.outcome() == Some(&TurnOutcome::Aborted), interrupts, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn turn_interrupted_by_a_stop_reports_it() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let request = cli.request("interrupt").await;
        cli.write(success(&request, json!({}))).await;
        cli.write(failed_in_execution(&uuid, None)).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    let (_, error) = tokio::join!(session.stop(), turn.text());
    assert_eq!(error.unwrap_err().outcome(), Some(&TurnOutcome::Aborted));
}

/// The error of a turn whose CLI writes `stderr` and ends it in this way.
async fn unexplained(stderr: &'static str, said: Option<&'static str>, fields: Value) -> Error {
    let transport = cli(move |_, mut cli: FakeCli| {
        let fields = fields.clone();
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            cli.complain(stderr).await;
            if let Some(said) = said {
                let mut line = whole("m", json!([text("")]));
                line["error"] = json!(said);
                cli.write(line).await;
            }
            cli.write(ending(&uuid, fields)).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    let session = Session::builder().transport(transport).timeout(Duration::from_secs(9));
    session.start().unwrap().query("go").text().await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn failure_without_a_text_reports_what_is_known() {
    for (fields, expected) in [
        (json!({"is_error": true, "result": ""}), "the result has no error and no text"),
        (
            json!({"is_error": true, "stop_reason": "end_turn"}),
            "the result has no error and no text (stop_reason end_turn)",
        ),
        (
            json!({"is_error": true, "result": " ", "errors": [""], "stop_reason": "refusal", "terminal_reason": "prompt_too_long"}),
            "the result has no error and no text (terminal_reason prompt_too_long, stop_reason refusal)",
        ),
        (
            json!({"is_error": true, "result": "", "api_error_status": 529, "api_error_type": "overloaded_error"}),
            "API error (HTTP 529, overloaded_error)",
        ),
        (
            json!({"is_error": true, "api_error": "connection_failed"}),
            "API error (connection_failed)",
        ),
        (
            json!({"is_error": true, "subtype": "error_during_execution", "errors": [], "stop_reason": "tool_use"}),
            "error_during_execution (stop_reason tool_use)",
        ),
    ] {
        let error = unexplained("", None, fields.clone()).await;
        assert_eq!(error.to_string(), format!("the turn failed: {expected}"));
        assert_eq!(error.stderr_tail(), "");
        let error = unexplained("Segmentation fault\n", None, fields).await;
        let stderr = "; its standard error ends with:\nSegmentation fault";
        assert_eq!(error.to_string(), format!("the turn failed: {expected}{stderr}"));
        assert_eq!(error.stderr_tail(), "Segmentation fault\n");
        assert_eq!(error.result_text(), Some(expected));
    }
    let error = unexplained("", Some("rate_limit"), json!({"is_error": true, "result": ""})).await;
    assert_eq!(
        error.to_string(),
        "the turn failed: the result has no error and no text (rate_limit)"
    );
    let error =
        unexplained("", None, json!({"is_error": true, "terminal_reason": "blocking_limit"})).await;
    let text = "the result has no error and no text (terminal_reason blocking_limit)".to_owned();
    let refused = TurnOutcome::Refused { reason: Some(TerminalReason::BlockingLimit), text };
    assert_eq!(error.outcome(), Some(&refused));
}

#[tokio::test(start_paused = true)]
async fn failure_with_a_text_reports_only_that() {
    let error =
        unexplained("noise\n", None, json!({"is_error": true, "result": "Prompt is too long"}))
            .await;
    assert_eq!(error.to_string(), "the turn failed: Prompt is too long");
    assert_eq!(error.stderr_tail(), "");
}
