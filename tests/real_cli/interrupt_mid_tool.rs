//! An interrupt while a tool runs: the tool is killed, the turn ends as aborted, the session
//! continues.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::wire::TurnOutcome;
use serde_json::json;

use crate::support::{appears, finish, gone, place};

pub(crate) async fn run() {
    let command = "echo $$ > pid.part && mv pid.part pid && exec sleep 1000";
    let script = ApiScript::new()
        .on_prompt("Sleep", [ApiReply::tool_use("Bash", json!({"command": command}))])
        .on_prompt("And now?", [ApiReply::text("Awake.")]);
    let place = place(script).await;
    let session = place.session().allowed_tools(["Bash"]).start().unwrap();
    let turn = session.query("Sleep").final_result();
    let interrupting = async {
        let pid = appears(&place.cwd().join("pid")).await;
        session.interrupt().await.unwrap();
        pid
    };
    let (result, pid) = tokio::join!(turn, interrupting);
    assert_eq!(result.unwrap().outcome(), TurnOutcome::Aborted);
    gone(pid.trim()).await;
    assert_eq!(session.query("And now?").text().await.unwrap(), "Awake.");
    assert!(finish(session, place).await.success());
}
