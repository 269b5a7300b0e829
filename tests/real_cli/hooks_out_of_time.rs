//! The CLI applies a hook's timeout, which may be a fraction of a second: it cancels the request,
//! and the tool does not run.

use std::time::Duration;

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::Matcher;
use claude_wire::wire::hook::PreToolUse;
use serde_json::json;
use tokio::sync::mpsc;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let tool = ApiReply::tool_use("Bash", json!({"command": "touch made.txt"}));
    let place =
        place(ApiScript::new().on_prompt("Make a file", [tool, ApiReply::text("Not made.")])).await;
    let (called, mut calls) = mpsc::channel::<()>(1);
    let session = place
        .session()
        .allowed_tools(["Bash"])
        .on_hook(Matcher::all().timeout(Duration::from_millis(300)), move |_: PreToolUse, _| {
            let called = called.clone();
            async move {
                let _ = called.send(()).await;
                std::future::pending::<()>().await;
            }
        })
        .start()
        .unwrap();
    assert_eq!(session.query("Make a file").text().await.unwrap(), "Not made.");
    assert_eq!(calls.recv().await, Some(()));
    let refused = &place.api().requests()[1].tool_results()[0];
    assert!(
        refused.is_error && refused.text.contains("did not respond before its timeout"),
        "{refused:?}"
    );
    assert!(!place.cwd().join("made.txt").exists());
    assert!(finish(session, place).await.success());
}
