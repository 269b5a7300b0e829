//! The CLI is terminated within a turn: the turn fails with the exit code, and the next query
//! starts another CLI.

use claude_wire::lab::{ApiReply, ApiScript};

use crate::support::{finish, place, signal};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt("Talk", [ApiReply::text("one two").hold(2, "middle")])
        .on_prompt("Again", [ApiReply::text("Back again.")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let turn = tokio::spawn(session.query("Talk").final_result());
    place.api().reached("middle").await;
    signal(session.pid().unwrap(), "TERM").await;
    let error = turn.await.unwrap().unwrap_err();
    assert!(error.is_process(), "{error}");
    assert_eq!(error.exit().and_then(|exit| exit.code), Some(143));
    assert_eq!(session.query("Again").text().await.unwrap(), "Back again.");
    assert!(finish(session, place).await.success());
}
