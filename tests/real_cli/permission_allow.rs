//! The host is asked, allows, and the tool runs with the model's input.

use std::sync::Mutex;

use claude_wire::Decision;
use claude_wire::lab::{ApiReply, ApiScript};
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let input = json!({"command": "touch made.txt", "description": "make a file"});
    let place = place(ApiScript::new().on_prompt(
        "Make a file",
        [ApiReply::tool_use("Bash", input.clone()), ApiReply::text("Made.")],
    ))
    .await;
    let asked = std::sync::Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let session = place
        .session()
        .on_permission(move |request| {
            let (tool, id) =
                (request.tool_name().to_owned(), request.tool_use_id().map(String::from));
            seen.lock().unwrap().push((tool, request.input().to_value().unwrap(), id));
            async { Decision::allow() }
        })
        .start()
        .unwrap();
    assert_eq!(session.query("Make a file").text().await.unwrap(), "Made.");
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked, [("Bash".to_owned(), input, Some("toolu_0_0".to_owned()))]);
    assert!(place.cwd().join("made.txt").is_file());
    assert!(finish(session, place).await.success());
}
