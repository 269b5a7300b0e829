//! Every control request: when it is sent, and how it ends.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use crate::support::cli::{FakeCli, assistant, cli, init, result, success};
use claude_wire::transport::Exit;
use claude_wire::{Result, Session};
use futures_util::FutureExt;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A session whose CLI answers the handshake and then runs `script`.
fn session<F, Fut>(script: F) -> Session
where
    F: Fn(FakeCli) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let transport = cli(move |_, mut cli| {
        let script = script.clone();
        async move {
            cli.acknowledge("initialize").await;
            script(cli).await;
            Exit::from_code(0)
        }
    });
    Session::builder().transport(transport).start().unwrap()
}

/// A session whose CLI answers nothing, and the lines written to it.
fn silent_session() -> (Session, mpsc::UnboundedReceiver<Value>) {
    let (lines, written) = mpsc::unbounded_channel();
    let session = session(move |mut cli| {
        let lines = lines.clone();
        async move {
            while let Some(line) = cli.read().await {
                let _ = lines.send(line);
            }
        }
    });
    (session, written)
}

fn error(request: &Value, error: &str, code: &str) -> Value {
    json!({"type": "control_response", "response": {"subtype": "error", "request_id": request["request_id"], "error": error, "error_code": code}})
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_the_call_is_polled() {
    let (session, mut written) = silent_session();
    session.connect().await.unwrap();
    let unpolled = session.mcp().status();
    drop(session.inspect().plan());
    assert!(session.inspect().models().now_or_never().is_none());
    assert_eq!(written.recv().await.unwrap()["request"], json!({"subtype": "list_models"}));
    drop(unpolled);
    assert_eq!(written.recv().await.unwrap()["type"], "control_cancel_request");
    assert!(written.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_call_starts_the_cli_and_waits_for_the_handshake() {
    let session = session(|mut cli| async move {
        let request = cli.read().await.unwrap();
        cli.write(success(&request, json!({"exists": true, "content": "# Plan"}))).await;
        cli.drain().await;
    });
    assert_eq!(session.inspect().plan().await.unwrap().content.as_deref(), Some("# Plan"));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_starts_no_cli() {
    let (session, mut written) = silent_session();
    assert!(session.interrupt().await.unwrap().still_queued.is_empty());
    assert!(session.server_info().is_none());
    assert!(written.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_reply_can_come_within_a_turn() {
    let session = session(|mut cli| async move {
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let request = cli.read().await.unwrap();
        assert_eq!(request["request"], json!({"subtype": "set_model", "model": "opus"}));
        cli.write(assistant("half of ")).await;
        cli.write(success(&request, json!({"model": "claude-opus-5-5"}))).await;
        let request = cli.read().await.unwrap();
        cli.write(success(&request, json!({"text": "$0"}))).await;
        cli.write(assistant("it")).await;
        cli.write(result(&uuid, "half of it")).await;
        cli.drain().await;
    });
    let mut turn = session.query("go");
    assert_eq!(turn.next().await.unwrap().unwrap().frame().kind_name(), "system");
    assert_eq!(session.set_model("opus").await.unwrap().model.as_deref(), Some("claude-opus-5-5"));
    assert_eq!(session.usage().cost().await.unwrap().text, "$0");
    let mut kinds = Vec::new();
    while let Some(message) = turn.next().await {
        kinds.push(message.unwrap().frame().kind_name().into_owned());
    }
    assert_eq!(kinds, ["assistant", "assistant", "result"]);
}

#[tokio::test(start_paused = true)]
async fn replies_in_another_order_reach_their_calls() {
    let session = session(|mut cli| async move {
        let first = cli.read().await.unwrap();
        let second = cli.read().await.unwrap();
        cli.write(success(&second, json!({"text": "second"}))).await;
        cli.write(success(&first, json!({"exists": true, "content": "first"}))).await;
        cli.drain().await;
    });
    let (inspect, usage) = (session.inspect(), session.usage());
    let (plan, cost) = tokio::join!(inspect.plan(), usage.cost());
    assert_eq!(
        (plan.unwrap().content.as_deref(), cost.unwrap().text.as_str()),
        (Some("first"), "second")
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_keeps_text_and_code() {
    let session = session(|mut cli| async move {
        let request = cli.read().await.unwrap();
        cli.write(error(&request, "The session is busy.", "reload_plugins_busy")).await;
        let request = cli.read().await.unwrap();
        cli.write(success(&request, json!({}))).await;
        cli.drain().await;
    });
    let error = session.reload().plugins().await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(
        (refusal.error(), refusal.code()),
        ("The session is busy.", Some("reload_plugins_busy"))
    );
    assert!(!error.is_timeout() && !error.is_closed());
    session.tasks().stop("b1").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_call_has_its_own_deadline() {
    let (session, mut written) = silent_session();
    session.connect().await.unwrap();
    let begin = Instant::now();
    let error = session.mcp().status().timeout(Duration::from_millis(250)).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(begin.elapsed().as_millis() / 10, 25);
    let request = written.recv().await.unwrap();
    let cancel = json!({"type": "control_cancel_request", "request_id": request["request_id"]});
    assert_eq!(written.recv().await.unwrap(), cancel, "the CLI can stop working on it");
}

#[tokio::test(start_paused = true)]
async fn a_call_may_have_a_longer_deadline_than_the_session() {
    let session = session(|mut cli| async move {
        let request = cli.read().await.unwrap();
        tokio::time::sleep(Duration::from_secs(300)).await;
        cli.write(success(&request, json!({}))).await;
        cli.drain().await;
    });
    session.account().await_login().timeout(Duration::MAX).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_session_is_the_default() {
    let transport = cli(|_, mut cli| async move {
        cli.acknowledge("initialize").await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder()
        .transport(transport)
        .control_timeout(Duration::from_secs(2))
        .start()
        .unwrap();
    session.connect().await.unwrap();
    let begin = Instant::now();
    assert!(session.settings().get().await.unwrap_err().is_timeout());
    assert_eq!(begin.elapsed().as_secs(), 2);
}

/// The CLI writes nothing, so that only the drop can cause the withdrawal.
#[tokio::test(start_paused = true)]
async fn dropping_a_call_cancels_the_request_at_once() {
    let (session, mut written) = silent_session();
    session.connect().await.unwrap();
    let begin = Instant::now();
    let mut call = session.conversation().side_question("why?");
    assert!((&mut call).now_or_never().is_none());
    let request = written.recv().await.unwrap();
    drop(call);
    let cancel = json!({"type": "control_cancel_request", "request_id": request["request_id"]});
    assert_eq!(written.recv().await.unwrap(), cancel);
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_late_reply_to_a_dropped_call_is_discarded() {
    let (step, mut steps) = mpsc::unbounded_channel();
    let session = session(move |mut cli| {
        let step = step.clone();
        async move {
            let request = cli.read().await.unwrap();
            step.send(()).unwrap();
            assert_eq!(cli.read().await.unwrap()["type"], "control_cancel_request");
            cli.write(success(&request, json!({"text": "late"}))).await;
            let request = cli.read().await.unwrap();
            cli.write(success(&request, json!({"text": "in time"}))).await;
            cli.drain().await;
        }
    });
    let mut call = session.usage().cost();
    assert!((&mut call).now_or_never().is_none());
    steps.recv().await.unwrap();
    drop(call);
    assert_eq!(session.usage().cost().await.unwrap().text, "in time");
    assert_eq!(session.stats().lines.stray_replies, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_with_the_connection_and_with_the_session() {
    let session = session(|mut cli| async move {
        cli.read().await;
    });
    assert!(session.inspect().version().await.unwrap_err().is_closed());
    session.stop().await.unwrap();
    assert!(session.inspect().version().await.unwrap_err().is_stopped());
}

#[tokio::test(start_paused = true)]
async fn a_malformed_reply_is_degraded_and_lists_its_defects() {
    let session = session(|mut cli| async move {
        let request = cli.read().await.unwrap();
        cli.write(success(&request, json!({"version": 2, "buildTime": "today", "novelty": []})))
            .await;
        let request = cli.read().await.unwrap();
        cli.write(success(&request, json!(["2.1.329"]))).await;
        let request = cli.read().await.unwrap();
        cli.write(json!({"type": "control_response", "response": {"subtype": "success", "request_id": request["request_id"]}})).await;
        cli.drain().await;
    });
    let version = session.inspect().version().await.unwrap();
    assert_eq!((version.version.as_str(), version.build_time.as_deref()), ("", Some("today")));
    assert_eq!(
        version.defects()[0].to_string(),
        "response.version: expected a string, found a number"
    );
    assert_eq!(version.unmodelled(), ["response.novelty"]);

    let version = session.inspect().version().await.unwrap();
    assert_eq!(version.defects()[0].to_string(), "response: expected an object, found an array");
    assert_eq!(version.raw().unwrap().text(), r#"["2.1.329"]"#);

    let version = session.inspect().version().await.unwrap();
    assert_eq!(version.defects()[0].to_string(), "response: expected an object, found nothing");
}

#[tokio::test(start_paused = true)]
async fn control_sends_any_request_and_returns_the_reply_verbatim() {
    let session = session(|mut cli| async move {
        let request = cli.read().await.unwrap();
        assert_eq!(
            request["request"].to_string(),
            r#"{"subtype":"fork_conversation","deep":{"a":null}}"#
        );
        let id = &request["request_id"];
        let line = format!(
            r#"{{"type":"control_response","response":{{"subtype":"success","request_id":{id},"response":{{"n": 1.0e0}}}}}}"#
        );
        cli.write(line).await;
        cli.drain().await;
    });
    let fields = Map::from_iter([("deep".into(), json!({"a": null}))]);
    let reply =
        session.control("fork_conversation", fields).timeout(Duration::from_secs(1)).await.unwrap();
    assert_eq!(reply.unwrap().text(), r#"{"n": 1.0e0}"#);
}

#[tokio::test(start_paused = true)]
async fn a_call_can_be_sent_to_another_task_and_outlives_the_handle() {
    let session = session(|mut cli| async move {
        let request = cli.read().await.unwrap();
        cli.write(success(&request, json!({"text": "$1"}))).await;
        cli.drain().await;
    });
    let call = session.usage().cost();
    drop(session);
    let task: tokio::task::JoinHandle<Result<_>> = tokio::spawn(call);
    assert_eq!(task.await.unwrap().unwrap().text, "$1");
}
