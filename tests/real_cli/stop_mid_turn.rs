//! `stop` within a turn: the turn is interrupted, the CLI ends properly, and nothing is left over.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::wire::TurnOutcome;

use crate::support::{close, place};

pub(crate) async fn run() {
    let place =
        place(ApiScript::new().on_prompt("Talk", [ApiReply::text("one two").hold(2, "middle")]))
            .await;
    let session = place.session().start().unwrap();
    let turn = tokio::spawn(session.query("Talk").final_result());
    place.api().reached("middle").await;
    let pid = session.pid().unwrap();
    let exit = session.stop().await.unwrap().unwrap();
    assert!(exit.code.is_some(), "{exit}");
    assert_eq!(turn.await.unwrap().unwrap().outcome(), TurnOutcome::Aborted);
    assert!(!std::path::Path::new("/proc").join(pid.to_string()).exists());
    assert!(session.query("More").text().await.unwrap_err().is_stopped());
    close(place);
}
