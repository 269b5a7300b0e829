//! Without a handler, what no rule allows does not run.

use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new().on_prompt(
        "Make a file",
        [ApiReply::tool_use("Bash", json!({"command": "touch made.txt"})), ApiReply::text("No.")],
    ))
    .await;
    let session = place.session().start().unwrap();
    let summary = session.query("Make a file").collect_summary().await.unwrap();
    assert_eq!(summary.text(), "No.");
    assert_eq!(summary.result.permission_denials.len(), 1);
    assert!(!place.cwd().join("made.txt").exists());
    assert!(finish(session, place).await.success());
}
