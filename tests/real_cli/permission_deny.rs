//! The host denies: the model gets the reason, and the turn continues.

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript, When};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .when(
            When::prompt("Make a file").tool_result_contains("Not on my watch."),
            [ApiReply::text("I was not allowed to.")],
        )
        .on_prompt(
            "Make a file",
            [ApiReply::tool_use("Bash", json!({"command": "touch made.txt"}))],
        );
    let place = place(script).await;
    let session = place
        .session()
        .on_permission(|_| async { Decision::deny("Not on my watch.") })
        .start()
        .unwrap();
    let summary = session.query("Make a file").collect_summary().await.unwrap();
    assert_eq!(summary.text(), "I was not allowed to.");
    assert!(summary.outcome().is_success());
    let denials: Vec<_> = summary
        .result
        .permission_denials
        .iter()
        .map(|denial| (&*denial.tool_name, &*denial.tool_use_id))
        .collect();
    assert_eq!(denials, [("Bash", "toolu_0_0")]);
    assert!(place.api().requests()[1].tool_results()[0].is_error);
    assert!(!place.cwd().join("made.txt").exists());
    assert!(finish(session, place).await.success());
}
