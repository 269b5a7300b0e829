//! An interrupt while an in-process tool runs: the tool is cancelled, and the session continues.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::wire::TurnOutcome;
use serde_json::json;

use crate::in_process_tool_of_rmcp::Calculator;
use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt("Wait", [ApiReply::tool_use("mcp__calc__wait", json!({}))])
        .on_prompt(
            "Add",
            [
                ApiReply::tool_use("mcp__calc__add", json!({"a": 1, "b": 2})),
                ApiReply::text("It is 3."),
            ],
        );
    let place = place(script).await;
    let calculator = Calculator::default();
    let (waits, cancelled) = (calculator.waits.clone(), calculator.cancelled.clone());
    let make = {
        let (waits, cancelled) = (waits.clone(), cancelled.clone());
        move || Calculator { waits: waits.clone(), cancelled: cancelled.clone() }
    };
    let session = place
        .session()
        .tool_server("calc", make)
        .allowed_tools(["mcp__calc__wait", "mcp__calc__add"])
        .start()
        .unwrap();
    let turn = session.query("Wait").final_result();
    let interrupting = async {
        waits.notified().await;
        session.interrupt().await.unwrap();
        cancelled.notified().await;
    };
    let (result, ()) = tokio::join!(turn, interrupting);
    assert_eq!(result.unwrap().outcome(), TurnOutcome::Aborted);
    assert_eq!(session.query("Add").text().await.unwrap(), "It is 3.");
    assert!(finish(session, place).await.success());
}
