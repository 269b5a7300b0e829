//! The handshake, repeated with the CLI that runs.

use std::sync::Arc;
use std::time::Duration;

use crate::support::cli::{Launches, cli, refusal, serving, success};
use claude_wire::transport::Exit;
use claude_wire::{Decision, Session};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

#[tokio::test(start_paused = true)]
async fn same_fields_are_sent_and_the_reply_replaces_the_first() {
    let transport = cli(|_, mut cli| async move {
        let first = cli.request("initialize").await;
        cli.write(success(&first, json!({"pid": 1, "output_style": "a"}))).await;
        let again = cli.request("initialize").await;
        assert_eq!(again["request"], first["request"]);
        assert_ne!(again["request_id"], first["request_id"]);
        cli.write(success(&again, json!({"pid": 1, "output_style": "b"}))).await;
        cli.serve().await
    });
    let session = Session::builder().title("T").transport(transport).start().unwrap();
    assert_eq!(session.connect().await.unwrap().output_style, "a");
    assert_eq!(session.reinitialize().await.unwrap().output_style, "b");
    assert_eq!(session.server_info().unwrap().output_style, "b");
    assert_eq!(session.connect().await.unwrap().output_style, "b");
    assert_eq!(session.query("on").text().await.unwrap(), "on");
}

#[tokio::test(start_paused = true)]
async fn cli_that_does_not_run_is_started_with_one_handshake() {
    let launches = Launches::default();
    let session = Session::builder().transport(serving(&launches)).start().unwrap();
    session.reinitialize().await.unwrap();
    assert_eq!(launches.len(), 1);
    assert_eq!(session.query("on").text().await.unwrap(), "on");
}

#[tokio::test(start_paused = true)]
async fn refusal_and_time_limit_leave_the_session_as_it_is() {
    let limit = Duration::from_secs(5);
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let again = cli.request("initialize").await;
        cli.write(refusal(&again, "not now")).await;
        cli.request("initialize").await;
        assert_eq!(cli.read().await.unwrap()["type"], "control_cancel_request");
        cli.serve().await
    });
    let session =
        Session::builder().initialize_timeout(limit).transport(transport).start().unwrap();
    session.connect().await.unwrap();
    let error = session.reinitialize().await.unwrap_err();
    assert_eq!(error.refusal().unwrap().error(), "not now");
    let begun = tokio::time::Instant::now();
    assert!(session.reinitialize().await.unwrap_err().is_timeout());
    assert_eq!(begun.elapsed(), limit);
    assert_eq!(session.query("on").text().await.unwrap(), "on");
}

/// A reply to the handshake has the requests that wait for the host.
#[tokio::test(start_paused = true)]
async fn requests_that_wait_are_served_once() {
    fn asks(id: &str) -> Value {
        json!({"type": "control_request", "request_id": id, "request": {"subtype": "can_use_tool",
            "tool_name": "Bash", "input": {"command": id}, "tool_use_id": id}})
    }
    let done = Arc::new(Semaphore::new(0));
    let both = done.clone();
    let transport = cli(move |_, mut cli| {
        let both = both.clone();
        async move {
            cli.handshake().await;
            cli.write(asks("open")).await;
            let again = cli.request("initialize").await;
            let mut reply = success(&again, json!({}));
            reply["response"]["pending_permission_requests"] = json!([asks("open"), asks("lost")]);
            cli.write(reply).await;
            let mut answered = Vec::new();
            for _ in 0..2 {
                let answer = cli.read().await.unwrap();
                assert_eq!(answer["response"]["subtype"], "success");
                answered.push(answer["response"]["request_id"].to_string());
            }
            answered.sort();
            assert_eq!(answered, ["\"lost\"", "\"open\""]);
            both.add_permits(1);
            cli.serve().await
        }
    });
    let (asked, mut calls) = tokio::sync::mpsc::unbounded_channel();
    let answer = Arc::new(Semaphore::new(0));
    let go = answer.clone();
    let session = Session::builder()
        .transport(transport)
        .on_permission(move |request| {
            asked.send(request.tool_use_id().map(String::from)).unwrap();
            let go = go.clone();
            async move {
                go.acquire().await.unwrap().forget();
                Decision::allow()
            }
        })
        .start()
        .unwrap();
    session.connect().await.unwrap();
    assert_eq!(calls.recv().await.unwrap().as_deref(), Some("open"));
    session.reinitialize().await.unwrap();
    assert_eq!(calls.recv().await.unwrap().as_deref(), Some("lost"));
    answer.add_permits(2);
    done.acquire().await.unwrap().forget();
    assert_eq!(session.query("on").text().await.unwrap(), "on");
    assert!(calls.try_recv().is_err(), "each was asked once");
}

#[tokio::test(start_paused = true)]
async fn exit_during_the_request_ends_it() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.request("initialize").await;
        Exit::from_code(1)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    session.connect().await.unwrap();
    let error = session.reinitialize().await.unwrap_err();
    assert!(error.is_closed() || error.is_process(), "{error}");
}
