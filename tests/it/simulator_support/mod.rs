//! A host in front of a simulated CLI, with its lines as JSON.
#![allow(unreachable_pub, clippy::unwrap_used, reason = "for tests, which may fail")]

use crate::replay_support::Host;
use claude_wire::Scenario;
use serde_json::{Value, json};

const STDIO: [&str; 7] = [
    "--print",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--permission-prompt-tool",
    "stdio",
    "--no-session-persistence",
];

pub fn host(scenario: &Scenario, args: &[&str]) -> Host {
    Host::with(scenario.script(STDIO.iter().chain(args)), 256 * 1024)
}

pub async fn line(host: &mut Host) -> Value {
    serde_json::from_str(&host.line().await.unwrap()).unwrap()
}

/// Reads up to the next request of the CLI with this subtype.
pub async fn request(host: &mut Host, subtype: &str) -> Value {
    loop {
        let line = line(host).await;
        assert_ne!(line["type"], "result", "no {subtype} came: {line}");
        if line["request"]["subtype"] == subtype {
            return line;
        }
    }
}

pub async fn answer(host: &mut Host, request: &Value, body: Value) {
    let id = &request["request_id"];
    let response = json!({"subtype": "success", "request_id": id, "response": body});
    host.write(json!({"type": "control_response", "response": response}).to_string()).await;
}

pub async fn initialize(host: &mut Host, fields: Value) {
    let mut request = json!({"subtype": "initialize"});
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    host.write(
        json!({"type": "control_request", "request_id": "i", "request": request}).to_string(),
    )
    .await;
}

/// The rest of the lines, after the end of input.
pub async fn rest(mut host: Host) -> Vec<Value> {
    host.eof();
    let end = host.end().await;
    assert!(end.report.is_clean(), "{}", end.report);
    end.lines()
}

pub fn result(lines: &[Value]) -> &Value {
    lines.iter().find(|line| line["type"] == "result").unwrap()
}

pub fn tool_results(lines: &[Value]) -> Vec<&Value> {
    let blocks = lines.iter().filter_map(|line| line.pointer("/message/content/0"));
    blocks.filter(|block| block["type"] == "tool_result").collect()
}
