//! The host allows with another input, which the tool then uses.

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let model = json!({"command": "touch model.txt"});
    let place = place(
        ApiScript::new()
            .on_prompt("Make a file", [ApiReply::tool_use("Bash", model), ApiReply::text("Made.")]),
    )
    .await;
    let host = json!({"command": "touch host.txt", "description": "what the host prefers"});
    let session = place
        .session()
        .on_permission(move |_| {
            let host = host.clone();
            async { Decision::allow_with(host) }
        })
        .start()
        .unwrap();
    assert_eq!(session.query("Make a file").text().await.unwrap(), "Made.");
    assert!(place.cwd().join("host.txt").is_file());
    assert!(!place.cwd().join("model.txt").exists());
    assert!(finish(session, place).await.success());
}
