//! Messages that an in-process server sends itself.
#![cfg(feature = "mcp")]

use crate::mcp_support::{Bench, INITIALIZE, call, message};
use crate::support::cli::{FakeCli, Log, cli, init, result, success};
use crate::support::read::{ended_well, read};
use claude_wire::Session;
use claude_wire::transport::Exit;
use serde_json::{Value, json};

/// Returns the lines that the host writes after the prompt while the CLI makes one call;
/// acknowledges each control request.
async fn lines(call: String, reply: fn(&Value) -> Option<String>) -> Vec<Value> {
    let seen = Log::default();
    let transport = {
        let seen = seen.clone();
        cli(move |_, mut cli| {
            let (seen, call) = (seen.clone(), call.clone());
            async move {
                let uuid = connect(&mut cli).await;
                cli.write(call).await;
                loop {
                    let line = cli.read().await.unwrap();
                    seen.push(line.to_string());
                    if line["type"] == "control_response" && line["response"]["request_id"] == "c2"
                    {
                        break;
                    }
                    if line["type"] == "control_request" {
                        cli.write(success(&line, json!({}))).await;
                        if let Some(message) = reply(&line["request"]["message"]) {
                            cli.write(message).await;
                        }
                    }
                }
                cli.write(result(&uuid, "done")).await;
                cli.drain().await;
                Exit::from_code(0)
            }
        })
    };
    let session = Session::builder()
        .tool_server("bench", Bench::default)
        .transport(transport)
        .start()
        .unwrap();
    assert_eq!(read(session.query("go")).await.text(), "done");
    ended_well(&session).await;
    seen.all().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Performs both handshakes and returns the uuid of the prompt.
async fn connect(cli: &mut FakeCli) -> String {
    cli.handshake().await;
    let (uuid, _) = cli.prompt().await;
    cli.write(init(&uuid)).await;
    cli.write(message("i", INITIALIZE)).await;
    assert_eq!(cli.read().await.unwrap()["response"]["request_id"], "i");
    uuid
}

fn text(line: &Value) -> &Value {
    &line["response"]["response"]["mcp_response"]["result"]["content"][0]["text"]
}

#[tokio::test(start_paused = true)]
async fn progress_comes_before_its_result() {
    let lines = lines(call(2, "report", "{}"), |_| None).await;
    let params = json!({"progressToken": 2, "progress": 1.0, "total": 2.0, "message": "half"});
    let message = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params});
    assert_eq!(
        lines[0]["request"],
        json!({"subtype": "mcp_message", "server_name": "bench", "message": message})
    );
    assert_eq!(text(&lines[1]), "done");
    assert_eq!(lines.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_changed_list_of_tools_is_announced() {
    let lines = lines(call(2, "change", "{}"), |_| None).await;
    let message = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    assert_eq!(
        lines[0]["request"],
        json!({"subtype": "mcp_message", "server_name": "bench", "message": message})
    );
    assert_eq!(text(&lines[1]), "true");
}

#[tokio::test(start_paused = true)]
async fn an_unparsable_call_is_rejected_by_its_id() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    for arguments in [&deep, r#"{"a":1e999}"#] {
        let lines = lines(call(2, "add", arguments), |_| None).await;
        let reply = &lines[0]["response"]["response"]["mcp_response"];
        assert_eq!((&reply["id"], &reply["error"]["code"]), (&json!(2), &json!(-32600)), "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_of_the_server_gets_the_reply_of_the_cli() {
    let pong = |asked: &Value| {
        assert_eq!(asked["method"], "ping");
        Some(message("p", &json!({"jsonrpc": "2.0", "id": asked["id"], "result": {}}).to_string()))
    };
    let lines = lines(call(2, "ping", "{}"), pong).await;
    let acknowledged = json!({"jsonrpc": "2.0", "result": {}, "id": 0});
    assert_eq!(
        lines[1]["response"],
        json!({"subtype": "success", "request_id": "p", "response": {"mcp_response": acknowledged}})
    );
    assert_eq!(text(&lines[2]), "pong");
}
