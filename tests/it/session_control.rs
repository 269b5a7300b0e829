//! Requests from the host to the CLI.

use std::time::Duration;

use crate::support::cli::{aborted, cli, init, refusal, success};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::Session;
use claude_wire::session::SessionEvent;
use claude_wire::transport::Exit;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout};

fn fields(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_request_is_written_as_given_and_its_reply_is_the_payload() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let line = cli.read_text().await.unwrap();
        assert_eq!(
            line,
            r#"{"type":"control_request","request_id":"cw-2","request":{"subtype":"set_model","model":"opus","n":[1,{}]}}"#
        );
        cli.write(r#"{"type":"control_response","response":{"subtype":"success","request_id":"cw-2","response":{ "model" :"opus"}}}"#)
            .await;
        cli.request("ping").await;
        cli.write(
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"cw-3"}}"#,
        )
        .await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let reply =
        session.control("set_model", fields(json!({"model": "opus", "n": [1, {}]}))).await.unwrap();
    assert_eq!(reply.unwrap().text(), r#"{ "model" :"opus"}"#);
    assert!(session.control("ping", Map::new()).await.unwrap().is_none());
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn replies_find_their_requests_in_any_order() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let mut lines = Vec::new();
        for _ in 0..150 {
            lines.push(cli.read().await.unwrap());
        }
        for line in lines.iter().rev() {
            cli.write(success(line, json!({"echo": line["request"]["n"]}))).await;
        }
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let ask = |n: usize| {
        let session = session.clone();
        async move { (n, session.control("x", fields(json!({"n": n}))).await.unwrap().unwrap()) }
    };
    for (n, reply) in futures_util::future::join_all((0..150).map(ask)).await {
        assert_eq!(reply.text(), format!(r#"{{"echo":{n}}}"#));
    }
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_error_with_the_text_of_the_cli() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let line = cli.request("set_permission_mode").await;
        let mut reply = refusal(&line, "not launched for it");
        reply["response"]["error_code"] = "bypass_not_launched".into();
        cli.write(reply).await;
        cli.serve().await
    });
    let session = Session::builder().transport(transport).start().unwrap();
    let error = session.control("set_permission_mode", Map::new()).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!(
        (refusal.error(), refusal.code()),
        ("not launched for it", Some("bypass_not_launched"))
    );
    assert_eq!(read(session.query("go on")).await.text(), "go on");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_request_times_out_is_cancelled_and_its_late_reply_is_an_event() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let line = cli.request("slow").await;
        let cancel = cli.read_text().await.unwrap();
        assert_eq!(cancel, r#"{"type":"control_cancel_request","request_id":"cw-2"}"#);
        cli.write(success(&line, json!({}))).await;
        cli.serve().await
    });
    let session = Session::builder()
        .control_timeout(Duration::from_secs(9))
        .transport(transport)
        .start()
        .unwrap();
    let mut events = session.events();
    let start = Instant::now();
    let error = session.control("slow", Map::new()).await.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("9s"), "{error}");
    assert_eq!(start.elapsed(), Duration::from_secs(9));
    loop {
        match events.next().await.unwrap() {
            SessionEvent::StrayReply(_) => break,
            event => assert!(matches!(event, SessionEvent::Connected(_)), "{event:?}"),
        }
    }
    assert_eq!(session.stats().lines.stray_replies, 1);
    assert_eq!(read(session.query("go on")).await.text(), "go on");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_request_is_cancelled_at_once() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.request("slow").await;
        let cancel =
            timeout(Duration::from_secs(5), cli.read()).await.expect("within the moment").unwrap();
        assert_eq!(cancel, json!({"type": "control_cancel_request", "request_id": "cw-2"}));
        cli.serve().await
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert!(timeout(Duration::from_secs(1), session.control("slow", Map::new())).await.is_err());
    tokio::time::sleep(Duration::from_secs(10)).await;
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_the_turn_with_its_result_and_lists_what_is_queued() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let interrupt = cli.request("interrupt").await;
        cli.write(success(&interrupt, json!({"still_queued": ["u-1", "u-2"]}))).await;
        cli.write(aborted(&uuid)).await;
        cli.serve().await
    });
    let session = Session::builder().transport(transport).start().unwrap();
    assert_eq!(session.interrupt().await.unwrap().still_queued, [""; 0], "not even connected");
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    let waiting = tokio::spawn(read(session.query("waits")));
    quiet().await;
    assert_eq!(session.interrupt().await.unwrap().still_queued, ["u-1", "u-2"]);
    let turn = read(turn).await;
    assert_eq!(turn.values()[0]["terminal_reason"], "aborted_streaming");
    assert!(turn.error.is_none(), "an aborted result is a result: {:?}", turn.error);
    assert_eq!(waiting.await.unwrap().text(), "waits", "a prompt that waits runs afterwards");
    ended_well(&session).await;
}

/// CLI 2.1.329 acknowledges an interrupt that comes before the turn has begun, without effect.
#[tokio::test(start_paused = true)]
async fn an_interrupt_between_the_prompt_and_the_start_of_its_turn_is_not_lost() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.acknowledge("interrupt").await;
        cli.write(init(&uuid)).await;
        cli.acknowledge("interrupt").await;
        cli.write(aborted(&uuid)).await;
        cli.serve().await
    });
    let session =
        Session::builder().timeout(Duration::from_secs(60)).transport(transport).start().unwrap();
    session.connect().await.unwrap();
    let turn = tokio::spawn(read(session.query("go")));
    quiet().await;
    session.interrupt().await.unwrap();
    let turn = turn.await.unwrap();
    assert_eq!(turn.values().last().unwrap()["terminal_reason"], "aborted_streaming");
    assert!(turn.error.is_none(), "{:?}", turn.error);
    assert_eq!(read(session.query("next")).await.text(), "next");
    ended_well(&session).await;
}
