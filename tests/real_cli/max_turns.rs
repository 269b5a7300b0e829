//! The limit of round trips ends a turn, and the session continues.

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::wire::TurnOutcome;
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .always(
            When::prompt("Loop"),
            [ApiReply::tool_use("Bash", json!({"command": "echo again"}))],
        )
        .on_prompt("Stop", [ApiReply::text("Stopped.")]);
    let place = place(script).await;
    let session = place.session().allowed_tools(["Bash"]).max_turns(2).start().unwrap();
    let result = session.query("Loop").final_result().await.unwrap();
    assert_eq!(result.outcome(), TurnOutcome::MaxTurns);
    assert_eq!(place.api().requests().len(), 2);
    assert_eq!(session.query("Stop").text().await.unwrap(), "Stopped.");
    assert!(finish(session, place).await.success());
}
