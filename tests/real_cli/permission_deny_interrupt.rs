//! The host denies and interrupts: the turn ends as aborted, and the session continues.

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::wire::TurnOutcome;
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt(
            "Make a file",
            [ApiReply::tool_use("Bash", json!({"command": "touch made.txt"}))],
        )
        .on_prompt("Still there?", [ApiReply::text("Yes.")]);
    let place = place(script).await;
    let session = place
        .session()
        .on_permission(|_| async { Decision::deny_and_interrupt("Stop everything.") })
        .start()
        .unwrap();
    let error = session.query("Make a file").text().await.unwrap_err();
    assert_eq!(error.outcome(), Some(&TurnOutcome::Aborted), "{error}");
    assert_eq!(session.query("Still there?").text().await.unwrap(), "Yes.");
    assert!(!place.cwd().join("made.txt").exists());
    assert!(finish(session, place).await.success());
}
