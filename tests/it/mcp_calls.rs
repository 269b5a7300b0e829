//! The CLI calls the tools of an in-process server.
#![cfg(feature = "mcp")]

use crate::mcp_support::{Bench, INITIALIZE, call, message};
use crate::support::ask::{answers, ask, no, yes};
use claude_wire::{Session, SessionBuilder};
use serde_json::{Value, json};

fn builder() -> SessionBuilder {
    Session::builder().tool_server("bench", Bench::default)
}

/// The JSON-RPC answers of the server to these requests, after a handshake.
async fn replies(asks: &[String]) -> Vec<String> {
    let handshake = [
        message("i", INITIALIZE),
        message("n", r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
    ];
    let asks: Vec<_> = handshake.iter().chain(asks).cloned().collect();
    let answers = answers(builder(), &asks).await;
    let reply = |answer: &String| {
        let answer = answer
            .split_once(r#""response":{"mcp_response":"#)
            .unwrap_or_else(|| panic!("{answer}"))
            .1;
        answer.strip_suffix("}}}").unwrap().to_owned()
    };
    answers.iter().skip(handshake.len()).map(reply).collect()
}

fn result(id: u32, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
}

#[tokio::test(start_paused = true)]
async fn the_server_answers_the_handshake_and_notifications_are_acknowledged() {
    let initialized = message("n", r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    let server = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1.0.0"}}"#;
    assert_eq!(
        answers(builder(), &[message("i", INITIALIZE), initialized]).await,
        [
            yes(
                "i",
                &format!(r#"{{"mcp_response":{{"jsonrpc":"2.0","id":0,"result":{server}}}}}"#)
            ),
            yes("n", r#"{"mcp_response":{"jsonrpc":"2.0","result":{},"id":0}}"#),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn tools_are_listed_with_their_schemas() {
    let replies =
        replies(&[message("l", r#"{"method":"tools/list","jsonrpc":"2.0","id":1}"#)]).await;
    let reply: Value = serde_json::from_str(&replies[0]).unwrap();
    assert_eq!(reply["id"], 1);
    let tools = reply["result"]["tools"].as_array().unwrap();
    let add = tools.iter().find(|tool| tool["name"] == "add").unwrap();
    assert_eq!(add["description"], "add two");
    assert_eq!(add["annotations"], json!({"readOnlyHint": true}));
    assert_eq!(add["inputSchema"]["type"], "object");
    assert_eq!(add["inputSchema"]["required"], json!(["a", "b"]));
    assert_eq!(add["inputSchema"]["properties"]["a"]["type"], "integer");
}

#[tokio::test(start_paused = true)]
async fn a_call_gets_the_tool_s_result() {
    let three = result(2, r#"{"content":[{"type":"text","text":"3"}]}"#);
    assert_eq!(replies(&[call(2, "add", r#"{"a":1,"b":2}"#)]).await, [three]);
}

#[tokio::test(start_paused = true)]
async fn a_failing_or_panicking_tool_returns_an_error_to_the_model() {
    let failed = |id, text| {
        result(id, &format!(r#"{{"content":[{{"type":"text","text":"{text}"}}],"isError":true}}"#))
    };
    assert_eq!(
        replies(&[
            call(2, "fail", "{}"),
            call(3, "panic", "{}"),
            call(4, "add", r#"{"a":1,"b":1}"#)
        ])
        .await,
        [
            failed(2, "boom"),
            failed(3, "the tool panicked"),
            result(4, r#"{"content":[{"type":"text","text":"2"}]}"#)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn unanswerable_requests_get_a_json_rpc_error() {
    let replies = replies(&[
        message("m", r#"{"method":"no/such/method","jsonrpc":"2.0","id":"a"}"#),
        call(2, "no_such_tool", "{}"),
        call(3, "add", r#"{"a":1}"#),
        message("o", r#"{"method":"tools/list","jsonrpc":"2.0","id":1.5}"#),
    ])
    .await;
    let errors: Vec<Value> =
        replies.iter().map(|reply| serde_json::from_str(reply).unwrap()).collect();
    let ids: Vec<_> = errors.iter().map(|error| &error["id"]).collect();
    assert_eq!(ids, [&json!("a"), &json!(2), &json!(3), &json!(1.5)]);
    assert_eq!(errors[0]["error"]["code"], -32601, "{}", errors[0]);
    assert_eq!(errors[1]["error"]["code"], -32602, "{}", errors[1]);
    assert_eq!(errors[3]["error"]["code"], -32600, "{}", errors[3]);
}

#[tokio::test(start_paused = true)]
async fn a_result_of_three_megabytes_arrives_whole() {
    let expected = result(
        2,
        &format!(r#"{{"content":[{{"type":"text","text":"{}"}}]}}"#, "x".repeat(3_000_000)),
    );
    assert_eq!(replies(&[call(2, "long", r#"{"bytes":3000000}"#)]).await, [expected]);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_server_is_an_error() {
    let asked = ask(
        "z",
        &format!(r#"{{"subtype":"mcp_message","server_name":"zz","message":{INITIALIZE}}}"#),
    );
    let expected = [no("z", "SDK MCP server not found: zz")];
    assert_eq!(answers(builder(), std::slice::from_ref(&asked)).await, expected);
    assert_eq!(answers(Session::builder(), &[asked]).await, expected);
}

#[tokio::test(start_paused = true)]
async fn the_raw_handler_serves_the_other_servers() {
    let builder =
        builder().on_request("mcp_message", |_| async { Ok(json!({"mcp_response": "raw"})) });
    let asked = ask("z", r#"{"subtype":"mcp_message","server_name":"zz","message":{}}"#);
    let answers = answers(
        builder,
        &[asked, message("b", r#"{"method":"tools/list","jsonrpc":"2.0","id":1}"#)],
    )
    .await;
    assert_eq!(answers[0], yes("z", r#"{"mcp_response":"raw"}"#));
    assert!(
        answers[1].contains(r#""mcp_response":{"jsonrpc":"2.0","id":1,"result":{"tools":"#),
        "the in-process server is not passed to the raw handler"
    );
}
