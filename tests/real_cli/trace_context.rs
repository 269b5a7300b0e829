//! The trace reaches the CLI, which passes it on to the commands of its tools.

use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let print = json!({"command": "echo \"$TRACEPARENT $TRACESTATE\"", "description": "print"});
    let script = ApiScript::new()
        .on_prompt("Print", [ApiReply::tool_use("Bash", print), ApiReply::text("Done.")]);
    let place = place(script).await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let session = place
        .session()
        .allowed_tools(["Bash"])
        .trace_parent(parent)
        .trace_state("vendor=value")
        .start()
        .unwrap();
    let summary = session.query("Print").collect_summary().await.unwrap();
    let result = summary.tool_calls[0].result.as_ref().unwrap();
    let printed: String = result.content.as_ref().unwrap().deserialize().unwrap();
    assert_eq!(printed.trim(), format!("{parent} vendor=value"));
    assert!(finish(session, place).await.success());
}
