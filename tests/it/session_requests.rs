//! Requests of the CLI other than permissions, and their answers, byte for byte.
#![allow(clippy::unwrap_used, reason = "the helper functions are test code as well")]

use std::sync::Arc;
use std::time::Duration;

use crate::support::ask::asking;
use crate::support::cli::{Log, cli, init, result, success};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::transport::Exit;
use claude_wire::wire::RawJson;
use claude_wire::{Decision, Session};
use serde_json::json;

fn ask(id: &str, request: &str) -> String {
    format!(r#"{{"type":"control_request","request_id":{id},"request":{request}}}"#)
}

#[tokio::test(start_paused = true)]
async fn an_unhandled_request_is_answered() {
    let answers = Log::default();
    let asks = [
        ask(r#""a""#, r#"{"subtype":"a_future_request"}"#),
        ask("7", r#"{"subtype":"hook_callback","callback_id":"h"}"#),
        ask(r#""\u0062""#, r#"{"subtype":"elicitation"}"#),
        ask(r#""c""#, r#"{}"#),
        ask(r#""d""#, r#""garbage""#),
    ];
    let session = Session::builder().transport(asking(&asks, &answers)).start().unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    let error = |id: &str, text: &str| {
        format!(
            r#"{{"type":"control_response","response":{{"subtype":"error","request_id":{id},"error":"{text}","error_code":"unsupported_request"}}}}"#
        )
    };
    assert_eq!(
        answers.all(),
        [
            error(r#""a""#, "unsupported control request: a_future_request"),
            r#"{"type":"control_response","response":{"subtype":"error","request_id":7,"error":"No hook callback found for ID: h"}}"#
                .into(),
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"\u0062","response":{"action":"decline"}}}"#.into(),
            error(r#""c""#, "control_request without a request.subtype"),
            error(r#""d""#, "control_request without a request.subtype"),
        ]
    );
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn hooks_and_tools_can_be_handled_as_raw_requests() {
    let (answers, seen) = (Log::default(), Log::default());
    let asks = [
        ask(
            r#""h""#,
            r#"{"subtype":"hook_callback","callback_id":"hook_0","input":{"hook_event_name":"PreToolUse"},"tool_use_id":"t"}"#,
        ),
        ask(
            "12",
            r#"{"subtype":"mcp_message","server_name":"calc","message":{"jsonrpc":"2.0","id":1,"method":"tools/list"}}"#,
        ),
        ask(r#""x""#, r#"{"subtype":"mcp_message","server_name":"gone","message":{}}"#),
    ];
    let log = seen.clone();
    let session = Session::builder()
        .initialize_field("sdkMcpServers", json!(["calc"]))
        .on_request("hook_callback", move |request| {
            log.push(format!("{} {}", request.subtype(), request.body().text()));
            async { Ok(json!({"continue": true})) }
        })
        .on_request("mcp_message", |request| async move {
            let server = request
                .field("server_name")
                .and_then(|name| name.as_str().map(String::from))
                .unwrap_or_default();
            if server != "calc" {
                return Err(format!("no server \"{server}\""));
            }
            Ok(RawJson::parse(
                r#"{"mcp_response": {"jsonrpc":"2.0","id":1,"result":{"tools":[]}}}"#,
            )
            .unwrap())
        })
        .transport(asking(&asks, &answers))
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    assert_eq!(
        answers.all(),
        [
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"h","response":{"continue":true}}}"#,
            r#"{"type":"control_response","response":{"subtype":"success","request_id":12,"response":{"mcp_response": {"jsonrpc":"2.0","id":1,"result":{"tools":[]}}}}}"#,
            r#"{"type":"control_response","response":{"subtype":"error","request_id":"x","error":"no server \"gone\""}}"#,
        ]
    );
    let body = r#"{"subtype":"hook_callback","callback_id":"hook_0","input":{"hook_event_name":"PreToolUse"},"tool_use_id":"t"}"#;
    assert_eq!(seen.all(), [format!("hook_callback {body}")]);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_is_an_error_and_the_next_one_is_called() {
    let answers = Log::default();
    let asks = [
        ask("1", r#"{"subtype":"hook_callback","n":1}"#),
        ask("2", r#"{"subtype":"hook_callback","n":2}"#),
    ];
    let session = Session::builder()
        .on_request("hook_callback", |request| async move {
            assert_ne!(request.field("n").unwrap().text(), "1");
            Ok(json!({}))
        })
        .transport(asking(&asks, &answers))
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    assert_eq!(
        answers.all(),
        [
            r#"{"type":"control_response","response":{"subtype":"error","request_id":1,"error":"the hook panicked"}}"#,
            r#"{"type":"control_response","response":{"subtype":"success","request_id":2,"response":{}}}"#,
        ]
    );
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_before_the_reply_to_initialize_is_answered() {
    let transport = cli(|_, mut cli| async move {
        let initialize = cli.request("initialize").await;
        assert_eq!(initialize["request"]["sdkMcpServers"], json!(["calc"]));
        cli.write(ask("0", r#"{"subtype":"mcp_message","server_name":"calc"}"#)).await;
        let answer = cli.read().await.unwrap();
        assert_eq!(answer["response"]["response"], json!({"tools": 1}), "{answer}");
        cli.write(success(&initialize, json!({}))).await;
        cli.serve().await
    });
    let session = Session::builder()
        .initialize_field("sdkMcpServers", json!(["calc"]))
        .on_request("mcp_message", |_| async { Ok(json!({"tools": 1})) })
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "go");
    ended_well(&session).await;
}

/// Logs its drop.
struct Guard(Log);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.push("dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_ends_its_handler_and_gets_no_answer() {
    let log = Log::default();
    let handled = log.clone();
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(ask(r#""p""#, r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#))
            .await;
        quiet().await;
        cli.write(r#"{"type":"control_cancel_request","request_id":"p"}"#).await;
        cli.write(r#"{"type":"control_cancel_request","request_id":"never asked"}"#).await;
        tokio::select! {
            biased;
            answer = cli.read() => panic!("{answer:?} to a cancelled request"),
            () = tokio::time::sleep(Duration::from_secs(100)) => {}
        }
        // The same id may be reused.
        cli.write(ask(r#""p""#, r#"{"subtype":"hook_callback"}"#)).await;
        assert_eq!(cli.read().await.unwrap()["response"]["request_id"], "p");
        cli.write(result(&uuid, "done")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder()
        .on_permission(move |_| {
            let guard = Guard(handled.clone());
            async move {
                guard.0.push("asked");
                std::future::pending::<()>().await;
                Decision::allow()
            }
        })
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    assert_eq!(log.all(), ["asked", "dropped"]);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_blocks_neither_reading_nor_interrupts() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        for n in 0..10 {
            cli.write(ask(
                &n.to_string(),
                r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#,
            ))
            .await;
        }
        cli.write(crate::support::cli::assistant("meanwhile")).await;
        cli.acknowledge("get_usage").await;
        cli.acknowledge("interrupt").await;
        for n in 0..10 {
            cli.write(json!({"type": "control_cancel_request", "request_id": n})).await;
        }
        cli.write(crate::support::cli::aborted(&uuid)).await;
        cli.serve().await
    });
    let session = Session::builder()
        .on_permission(|_| std::future::pending())
        .transport(transport)
        .start()
        .unwrap();
    let mut turn = session.query("go");
    for kind in ["system", "assistant"] {
        assert_eq!(turn.next().await.unwrap().unwrap().frame().kind_name(), kind);
    }
    session.control("get_usage", serde_json::Map::new()).await.unwrap();
    session.interrupt().await.unwrap();
    assert_eq!(read(turn).await.kinds(), ["result"]);
    assert_eq!(read(session.query("next")).await.text(), "next");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_send_requests_to_its_session() {
    let (cell, log) = (Arc::new(std::sync::OnceLock::<Session>::new()), Log::default());
    let (own, handled) = (cell.clone(), log.clone());
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(ask("1", r#"{"subtype":"can_use_tool","tool_name":"Bash","input":{}}"#)).await;
        cli.acknowledge("set_permission_mode").await;
        assert_eq!(cli.read().await.unwrap()["response"]["response"]["behavior"], "allow");
        cli.write(result(&uuid, "first")).await;
        cli.serve().await
    });
    let session = Session::builder()
        .on_permission(move |_| {
            let (session, log) = (own.get().unwrap().clone(), handled.clone());
            async move {
                let mode = json!({"mode": "acceptEdits"}).as_object().cloned().unwrap_or_default();
                session.control("set_permission_mode", mode).await.unwrap();
                // A turn would wait for the turn that waits for this answer, so that another task
                // has to wait for it.
                tokio::spawn(async move {
                    log.push(read(session.query("from the handler")).await.text())
                });
                Decision::allow()
            }
        })
        .transport(transport)
        .start()
        .unwrap();
    cell.set(session.clone()).unwrap();
    assert_eq!(read(session.query("go")).await.text(), "first");
    quiet().await;
    assert_eq!(log.all(), ["from the handler"]);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn handlers_end_with_the_connection() {
    let log = Log::default();
    let handled = log.clone();
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        cli.prompt().await;
        cli.write(ask("1", r#"{"subtype":"hook_callback"}"#)).await;
        quiet().await;
        Exit::from_code(1)
    });
    let session = Session::builder()
        .on_request("hook_callback", move |_| {
            let guard = Guard(handled.clone());
            async move {
                let _guard = guard;
                std::future::pending::<Result<serde_json::Value, String>>().await
            }
        })
        .transport(transport)
        .start()
        .unwrap();
    assert!(read(session.query("go")).await.error().is_process());
    quiet().await;
    assert_eq!(log.all(), ["dropped"]);
}
