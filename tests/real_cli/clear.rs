//! `clear` starts a new conversation in the same process.

use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{finish, place};

pub(crate) async fn run() {
    for verbatim in [false, true] {
        cleared(verbatim).await;
    }
}

/// `clear` is a command even if prompts are verbatim.
async fn cleared(verbatim: bool) {
    let script = ApiScript::new()
        .when(When::prompt("Before").turn(1), [ApiReply::text("I remember.")])
        .when(When::prompt("After").turn(1), [ApiReply::text("I know nothing.")]);
    let place = place(script).await;
    let session = place.session().verbatim_prompts(verbatim).start().unwrap();
    assert_eq!(session.query("Before").text().await.unwrap(), "I remember.");
    let (pid, id) = (session.pid(), session.session_id());
    session.clear().await.unwrap();
    assert_eq!(session.query("After").text().await.unwrap(), "I know nothing.");
    assert_eq!(session.pid(), pid);
    assert_ne!(session.session_id(), id);
    assert!(finish(session, place).await.success());
}
