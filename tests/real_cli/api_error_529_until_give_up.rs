//! The API stays overloaded: the CLI gives up after its retries, and the session works again when
//! the API does.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::wire::TurnOutcome;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt("Hello", [529, 529, 529].map(ApiReply::error))
        .on_prompt("Better?", [ApiReply::text("Better.")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let error = session.query("Hello").text().await.unwrap_err();
    let Some(TurnOutcome::ApiError { status, .. }) = error.outcome() else { panic!("{error}") };
    assert_eq!(*status, Some(529));
    assert_eq!(session.query("Better?").text().await.unwrap(), "Better.");
    assert!(finish(session, place).await.success());
}
