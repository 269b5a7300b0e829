//! An in-process tool: the CLI reaches it over `mcp_message`, from the handshake on.

use claude_wire::lab::{ApiReply, ApiScript, When};
use serde_json::{Value, json};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .when(When::prompt("Add 1 and 2").tool_result_contains("3"), [ApiReply::text("It is 3.")])
        .on_prompt("Add 1 and 2", [ApiReply::tool_use("mcp__calc__add", json!({"a": 1, "b": 2}))]);
    let place = place(script).await;
    let session = place
        .session()
        .initialize_field("sdkMcpServers", json!(["calc"]))
        .allowed_tools(["mcp__calc__add"])
        .on_request("mcp_message", |request| {
            let body = request.body().to_value().unwrap();
            assert_eq!(body["server_name"], "calc");
            async move { Ok(json!({"mcp_response": serve(&body["message"])})) }
        })
        .start()
        .unwrap();
    let summary = session.query("Add 1 and 2").collect_summary().await.unwrap();
    assert_eq!(summary.text(), "It is 3.");
    assert_eq!(summary.tool_calls[0].call.name, "mcp__calc__add");
    assert!(finish(session, place).await.success());
}

/// An MCP server with one tool.
pub(crate) fn serve(message: &Value) -> Value {
    let result = match message["method"].as_str().unwrap() {
        "initialize" => {
            json!({"protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}},
            "serverInfo": {"name": "calc", "version": "1.0.0"}})
        }
        "tools/list" => {
            json!({"tools": [{"name": "add", "description": "adds", "annotations": {"readOnlyHint": true},
            "inputSchema": {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}, "required": ["a", "b"]}}]})
        }
        "tools/call" => {
            let (a, b) = (
                message["params"]["arguments"]["a"].as_i64().unwrap(),
                message["params"]["arguments"]["b"].as_i64().unwrap(),
            );
            json!({"content": [{"type": "text", "text": (a + b).to_string()}]})
        }
        _ => json!({}),
    };
    json!({"jsonrpc": "2.0", "id": message["id"], "result": result})
}
