//! The budget ends a turn.

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::wire::TurnOutcome;
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let dear = ApiReply::tool_use("Bash", json!({"command": "echo again"}))
        .usage("input_tokens", 100_000)
        .usage("output_tokens", 2_000);
    let place = place(ApiScript::new().always(When::prompt("Loop"), [dear])).await;
    let session = place.session().allowed_tools(["Bash"]).max_budget_usd(1.0).start().unwrap();
    let result = session.query("Loop").final_result().await.unwrap();
    assert_eq!(result.outcome(), TurnOutcome::MaxBudget);
    assert!(result.total_cost_usd.is_some_and(|cost| cost >= 1.0), "{:?}", result.total_cost_usd);
    // The last result was an error.
    assert_eq!(finish(session, place).await.code, Some(1));
}
