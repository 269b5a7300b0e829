//! Runs the conformance cases of in-process servers: what an rmcp server answers to their JSON-RPC.
#![cfg(feature = "mcp")]

use crate::host_support::run::Run;
use crate::support::ask::{answers, ask};
use claude_wire::Session;
use serde_json::{Value, json};

/// The server that the cases assume.
#[path = "../../xtask/src/conformance/server.rs"]
mod server;

use server::Server;

#[tokio::test(start_paused = true)]
async fn every_server_answer_matches_its_case() {
    let mut run = Run::new("mcp_cases", 4);
    for (file, case) in run.cases() {
        let message = |(number, message): (usize, &Value)| {
            let body = json!({"subtype": "mcp_message", "server_name": case["server_name"], "message": message});
            ask(&format!("c{number}"), &body.to_string())
        };
        let asks: Vec<_> =
            case["json_rpc_in_order"].as_array().unwrap().iter().enumerate().map(message).collect();
        let replies = answers(Session::builder().tool_server("s", || Server), &asks).await;
        let last: Value = serde_json::from_str(replies.last().unwrap()).unwrap();
        let found = match &last["response"]["response"]["mcp_response"] {
            Value::Null => json!({"error": last["response"]["error"]}),
            reply => json!({"mcp_response": reply}),
        };
        run.compare(
            &file,
            &case,
            &json!({"mcp_response": case["expect_last_mcp_response"]}),
            &found,
        );
    }
    run.end();
}
