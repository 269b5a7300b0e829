//! A human confirms what the handler leaves open, and may look at the session meanwhile; no answer
//! in time is a denial.

use std::time::Duration;

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let touch =
        |file: &str| ApiReply::tool_use("Bash", json!({"command": format!("touch {file}")}));
    let script = ApiScript::new()
        .on_prompt("Confirm", [touch("confirmed.txt"), ApiReply::text("Made.")])
        .on_prompt("Dither", [touch("late.txt"), ApiReply::text("Not made.")]);
    let place = place(script).await;
    let session = place
        .session()
        .on_permission(|request| async move {
            if request.input().text().contains("late") {
                std::future::pending::<()>().await;
            }
            Decision::confirm("make a file?")
        })
        .on_confirm(|question, request| async move {
            assert_eq!(question, "make a file?");
            let session = request.session().upgrade().unwrap();
            let version = session.inspect().version().await.unwrap();
            if version.version.is_empty() { Decision::deny("no CLI") } else { Decision::allow() }
        })
        .permission_timeout(Duration::from_secs(3))
        .start()
        .unwrap();
    assert_eq!(session.query("Confirm").text().await.unwrap(), "Made.");
    assert!(place.cwd().join("confirmed.txt").exists());
    assert_eq!(session.query("Dither").text().await.unwrap(), "Not made.");
    assert!(!place.cwd().join("late.txt").exists());
    let refused = &place.api().requests()[3].tool_results()[0];
    assert!(refused.is_error && refused.text.contains("no decision within 3s"), "{refused:?}");
    assert!(finish(session, place).await.success());
}
