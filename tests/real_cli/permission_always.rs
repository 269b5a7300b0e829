//! "Always" returns the CLI's suggestions, and the same tool call is not asked about again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let tool = || ApiReply::tool_use("Bash", json!({"command": "touch made.txt"}));
    let place = place(
        ApiScript::new().on_prompt("Make a file", [tool(), tool(), ApiReply::text("Made twice.")]),
    )
    .await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let session = place.session().on_permission(move |request| {
        count.fetch_add(1, Ordering::Relaxed);
        assert!(!request.suggestions().is_empty());
        async move { Decision::allow_always(&request) }
    });
    let session = session.start().unwrap();
    assert_eq!(session.query("Make a file").text().await.unwrap(), "Made twice.");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let settings =
        std::fs::read_to_string(place.cwd().join(".claude/settings.local.json")).unwrap();
    assert!(settings.contains("Bash(touch"), "{settings}");
    assert!(finish(session, place).await.success());
}
