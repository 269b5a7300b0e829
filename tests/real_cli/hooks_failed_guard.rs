//! A failing blocking hook blocks the tool; a failing ordinary hook does not.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::Matcher;
use claude_wire::wire::hook::PreToolUse;
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    for (matcher, runs) in
        [(Matcher::new("Bash").block_on_failure(), false), (Matcher::new("Bash"), true)]
    {
        let tool = ApiReply::tool_use("Bash", json!({"command": "touch made.txt"}));
        let place =
            place(ApiScript::new().on_prompt("Make a file", [tool, ApiReply::text("Well.")])).await;
        let session = place
            .session()
            .allowed_tools(["Bash"])
            .on_hook(matcher, |_: PreToolUse, _| async { Err::<(), _>("out of order") });
        let session = session.start().unwrap();
        assert_eq!(session.query("Make a file").text().await.unwrap(), "Well.");
        assert_eq!(place.cwd().join("made.txt").exists(), runs);
        assert!(finish(session, place).await.success());
    }
}
