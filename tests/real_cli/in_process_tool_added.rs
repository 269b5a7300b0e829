//! An in-process server that is added and removed while the session runs.

use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::in_process_tool_of_rmcp::Calculator;
use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new().on_prompt(
        "Add",
        [ApiReply::tool_use("mcp__calc__add", json!({"a": 1, "b": 2})), ApiReply::text("It is 3.")],
    );
    let place = place(script).await;
    let session = place.session().allowed_tools(["mcp__calc__add"]).start().unwrap();
    session.connect().await.unwrap();
    let calc = session.mcp().in_process("calc", Calculator::default);
    assert_eq!(session.mcp().set_servers([calc]).await.unwrap().added, ["calc"]);
    let summary = session.query("Add").collect_summary().await.unwrap();
    assert_eq!(summary.text(), "It is 3.");
    let added = summary.tool_calls[0].result.as_ref().unwrap();
    assert!(added.text().contains('3'));
    assert_eq!(session.mcp().set_servers::<&str>([]).await.unwrap().removed, ["calc"]);
    assert!(session.mcp().end_in_process("calc"));
    assert!(session.mcp().status().await.unwrap().servers.is_empty());
    assert!(finish(session, place).await.success());
}
