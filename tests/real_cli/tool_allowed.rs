//! A tool that a rule allows runs without a permission request.

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let place =
        place(ApiScript::new().on_prompt("Make a file", [touch(), ApiReply::text("Made.")])).await;
    let session = place
        .session()
        .allowed_tools(["Bash(touch:*)"])
        .on_permission(|request| async move {
            panic!("asked about {}", request.tool_name()) as Decision
        })
        .start()
        .unwrap();
    let summary = session.query("Make a file").collect_summary().await.unwrap();
    assert_eq!(summary.texts, ["I make it.", "Made."]);
    assert_eq!(summary.tool_calls.len(), 1);
    let call = &summary.tool_calls[0];
    assert_eq!(
        (&*call.call.name, call.result.as_ref().and_then(|result| result.is_error)),
        ("Bash", Some(false))
    );
    assert!(place.cwd().join("made.txt").is_file());
    let results = place.api().requests()[1].tool_results();
    assert_eq!((results.len(), results[0].is_error), (1, false));
    assert!(finish(session, place).await.success());
}

fn touch() -> ApiReply {
    ApiReply::text("I make it.")
        .and_tool_use("Bash", json!({"command": "touch made.txt", "description": "make a file"}))
}
