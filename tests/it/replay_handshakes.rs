//! In-process MCP servers of a host that sends no manifest, where the recorded host sent one: the
//! player asks for the handshake as the CLI does.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::{Host, INIT, RESULT, control, recording, user};
use claude_wire::player::Script;
use serde_json::{Value, json};

const ADD: &str = r#"{"name":"add","description":"Adds","inputSchema":{"type":"object"}}"#;

/// The recorded host sent a manifest of each server.
fn recorded(servers: &[&str]) -> String {
    let manifest = format!(
        r#"{{"initializeResult":{{"protocolVersion":"2025-06-18"}},"toolsListResult":{{"tools":[{ADD}]}}}}"#
    );
    let manifests: Vec<_> = servers.iter().map(|name| format!(r#""{name}":{manifest}"#)).collect();
    format!(
        r#"
        {{"us":0,"in":{{"type":"control_request","request_id":"r1","request":{{"subtype":"initialize","sdkMcpServers":{},"sdkMcpServerManifests":{{{}}}}}}}}}
        {{"us":1,"out":{{"type":"control_response","response":{{"subtype":"success","request_id":"r1"}}}}}}
        {{"us":1,"in":{{"type":"user","message":{{"role":"user","content":"Hi"}}}}}}
        {{"us":1,"out":{{"type":"system","subtype":"init"}}}}
        {{"us":1,"out":{{"type":"result","subtype":"success","is_error":false}}}}"#,
        json!(servers),
        manifests.join(",")
    )
}

const REPLY: &str =
    r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}"#;

/// A message of the CLI to a server: its id, the server and the method.
async fn asked(host: &mut Host) -> (String, String, Value) {
    let line: Value = serde_json::from_str(&host.line().await.unwrap()).unwrap();
    assert_eq!(
        (&line["type"], &line["request"]["subtype"]),
        (&json!("control_request"), &json!("mcp_message"))
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&line["request_id"]),
        text(&line["request"]["server_name"]),
        line["request"]["message"].clone(),
    )
}

fn answer(id: &str, result: &str) -> String {
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{{"mcp_response":{{"jsonrpc":"2.0","id":0,{result}}}}}}}}}"#
    )
}

fn initialize(servers: &[&str]) -> String {
    control("r1", &json!({"subtype": "initialize", "sdkMcpServers": servers}).to_string())
}

#[tokio::test(start_paused = true)]
async fn a_server_without_a_manifest_is_asked_for_what_it_would_say() {
    let mut host = Host::of(&recorded(&["calc"]));
    host.write(initialize(&["calc"])).await;
    let (id, server, message) = asked(&mut host).await;
    assert_eq!((server.as_str(), &message["method"]), ("calc", &json!("initialize")));
    assert_eq!((&message["id"], &message["jsonrpc"]), (&json!(0), &json!("2.0")));
    assert_eq!(message["params"]["protocolVersion"], "2025-06-18", "as the manifest had it");
    host.expect_silence().await;
    host.write(answer(&id, r#""result":{"protocolVersion":"2025-06-18"}"#)).await;
    host.expect(&[REPLY]).await;
    let (initialized, _, message) = asked(&mut host).await;
    assert_eq!(
        (&message["method"], message.get("id")),
        (&json!("notifications/initialized"), None)
    );
    let (list, _, message) = asked(&mut host).await;
    assert_eq!((&message["method"], &message["id"]), (&json!("tools/list"), &json!(1)));
    // The turn waits for the tools.
    host.write(user("Hi")).await;
    host.expect_silence().await;
    host.write(answer(&initialized, r#""result":{}"#)).await;
    host.expect_silence().await;
    host.write(answer(&list, &format!(r#""result":{{"tools":[{ADD}]}}"#))).await;
    host.expect(&[INIT, RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn only_servers_without_a_manifest_are_asked() {
    let mut host = Host::of(&recorded(&["a", "b", "c"]));
    let manifest: Value =
        serde_json::from_str(&format!(r#"{{"toolsListResult":{{"tools":[{ADD}]}}}}"#)).unwrap();
    let request = json!({"subtype": "initialize", "sdkMcpServers": ["c", "b", "a"], "sdkMcpServerManifests": {"b": manifest}});
    host.write(control("r1", &request.to_string())).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let (id, server, _) = asked(&mut host).await;
        open.push((server, id));
    }
    let servers: Vec<_> = open.iter().map(|(server, _)| server.as_str()).collect();
    assert_eq!(servers, ["a", "c"]);
    host.expect_silence().await;
    let mut rest = Vec::new();
    for (place, (_, id)) in open.iter().enumerate() {
        host.write(answer(id, r#""result":{}"#)).await;
        if place == 1 {
            host.expect(&[REPLY]).await;
        }
        for _ in 0..2 {
            rest.push(asked(&mut host).await);
        }
    }
    host.write(user("Hi")).await;
    for (id, _, _) in rest.iter().rev() {
        host.expect_silence().await;
        host.write(answer(id, &format!(r#""result":{{"tools":[{ADD}]}}"#))).await;
    }
    host.expect(&[INIT, RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn other_tools_than_the_recorded_ones_are_a_difference() {
    for (tools, place) in [
        (ADD.replace("Adds", "Subtracts"), "description"),
        (ADD.replace("object", "array"), "inputSchema"),
        (ADD.replace("\"add\"", "\"plus\""), "plus"),
        (String::new(), "add"),
    ] {
        let mut host = Host::of(&recorded(&["calc"]));
        host.write(initialize(&["calc"])).await;
        let (id, ..) = asked(&mut host).await;
        host.write(answer(&id, r#""result":{}"#)).await;
        host.expect(&[REPLY]).await;
        asked(&mut host).await;
        let (list, ..) = asked(&mut host).await;
        host.write(answer(&list, &format!(r#""result":{{"tools":[{tools}]}}"#))).await;
        let report = host.end().await.divergence();
        assert!(
            report.contains("tools of the MCP server \"calc\"") && report.contains(place),
            "{report}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_its_handshake_is_a_difference() {
    for failure in [
        r#"{"subtype":"error","request_id":"ID","error":"no such server"}"#,
        r#"{"subtype":"success","request_id":"ID","response":{"mcp_response":{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"no"}}}}"#,
        r#"{"subtype":"success","request_id":"ID"}"#,
    ] {
        let mut host = Host::of(&recorded(&["calc"]));
        host.write(initialize(&["calc"])).await;
        let (id, ..) = asked(&mut host).await;
        host.write(format!(
            r#"{{"type":"control_response","response":{}}}"#,
            failure.replace("ID", &id)
        ))
        .await;
        let report = host.end().await.divergence();
        assert!(report.contains("a result from the MCP server \"calc\""), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_answered_is_reported() {
    let script = Script::new(&recording(&recorded(&["calc"]))).idle_timeout(Duration::from_secs(9));
    let mut host = Host::with(script, 1024);
    host.write(initialize(&["calc"])).await;
    asked(&mut host).await;
    host.write(user("Hi")).await;
    let end = host.end().await;
    assert!(end.report.divergences()[0].is_stalled());
    let report = end.divergence();
    assert!(report.contains("handshake with the MCP server \"calc\""), "{report}");
}

/// It can answer no more, and the recorded turn needed its input no more.
#[tokio::test(start_paused = true)]
async fn the_end_of_input_ends_the_wait_for_a_handshake() {
    let mut host = Host::of(&recorded(&["calc"]));
    host.write(initialize(&["calc"])).await;
    asked(&mut host).await;
    host.write(user("Hi")).await;
    host.eof();
    let end = host.end().await;
    assert_eq!(end.out, format!("{REPLY}\n{INIT}\n{RESULT}\n"));
}
