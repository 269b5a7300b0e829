//! A server added while the session ran is registered again with the next CLI after a kill.

use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::in_process_tool_of_rmcp::Calculator;
use crate::support::{after_a_kill, finish, kill, place};

pub(crate) async fn run() {
    let add = || {
        [ApiReply::tool_use("mcp__calc__add", json!({"a": 1, "b": 2})), ApiReply::text("It is 3.")]
    };
    let place = place(ApiScript::new().on_prompt("Add", add()).on_prompt("Once more", add())).await;
    let session =
        place.session().allowed_tools(["mcp__calc__add"]).shutdown(after_a_kill()).start().unwrap();
    session
        .mcp()
        .set_servers([session.mcp().in_process("calc", Calculator::default)])
        .await
        .unwrap();
    for prompt in ["Add", "Once more"] {
        let summary = session.query(prompt).collect_summary().await.unwrap();
        assert_eq!(summary.text(), "It is 3.");
        let added = summary.tool_calls[0].result.as_ref().unwrap();
        assert!(added.text().contains('3'), "{prompt}");
        if prompt == "Add" {
            kill(&session).await;
        }
    }
    assert!(finish(session, place).await.success());
}
