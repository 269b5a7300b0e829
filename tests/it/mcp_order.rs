//! The CLI's messages to a server arrive in order, on any runtime.
#![cfg(feature = "mcp")]

use crate::mcp_support::{Bench, INITIALIZE, call, message};
use crate::support::cli::{Log, cli, init, result};
use crate::support::read::{ended_well, read};
use claude_wire::Session;
use claude_wire::transport::Exit;
use serde_json::json;

/// A single worker runs the most recently spawned task before those that wait, so that work left to
/// tasks would arrive in the wrong order. It does so only a few times in a row: a task taken from
/// the queue resets that counter.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_call_and_its_cancellation_in_one_chunk_arrive_in_that_order() {
    let log = Log::default();
    let transport = cli(move |_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        cli.write(message("i", INITIALIZE)).await;
        assert_eq!(cli.read().await.unwrap()["response"]["request_id"], "i");
        let cancelled =
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#;
        tokio::task::yield_now().await;
        cli.write(format!("{}\n{}", call(2, "wait", "{}"), message("x", cancelled))).await;
        let mut answers = [cli.read().await.unwrap(), cli.read().await.unwrap()];
        answers.sort_by_key(|answer| answer["response"]["request_id"].to_string());
        let error = json!({"code": -32800, "message": "the call was cancelled"});
        assert_eq!(
            answers[0]["response"]["response"]["mcp_response"],
            json!({"jsonrpc": "2.0", "id": 2, "error": error})
        );
        cli.write(result(&uuid, "done")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let made = {
        let log = log.clone();
        move || Bench { log: log.clone(), ..Bench::default() }
    };
    let session =
        Session::builder().tool_server("bench", made).transport(transport).start().unwrap();
    let turn =
        tokio::time::timeout(std::time::Duration::from_secs(20), read(session.query("go"))).await;
    assert_eq!(turn.expect("the call is cancelled").text(), "done");
    ended_well(&session).await;
    assert!(
        log.all().iter().all(|entry| entry == "waits" || entry == "cancelled"),
        "{:?}",
        log.all()
    );
}

/// A notification from the client must not overtake the request before it either.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_handshake_in_one_chunk_arrives_in_order() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let initialized = message("n", r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        tokio::task::yield_now().await;
        cli.write(
            [message("i", INITIALIZE), initialized, call(2, "add", r#"{"a":1,"b":2}"#)].join("\n"),
        )
        .await;
        let mut texts = Vec::new();
        for _ in 0..3 {
            let answer = cli.read().await.unwrap();
            texts.extend(
                answer["response"]["response"]["mcp_response"]["result"]["content"][0]["text"]
                    .as_str()
                    .map(String::from),
            );
        }
        assert_eq!(texts, ["3"]);
        cli.write(result(&uuid, "done")).await;
        cli.drain().await;
        Exit::from_code(0)
    });
    let session = Session::builder()
        .tool_server("bench", Bench::default)
        .transport(transport)
        .start()
        .unwrap();
    let turn =
        tokio::time::timeout(std::time::Duration::from_secs(20), read(session.query("go"))).await;
    assert_eq!(turn.expect("all three are answered").text(), "done");
    ended_well(&session).await;
}
