//! The API does not know the key: the CLI retries, gives up, and the turn reports it.

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::wire::TurnOutcome;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let place = place(
        ApiScript::new().always(When::any(), [ApiReply::error(401).message("invalid x-api-key")]),
    )
    .await;
    let session = place.session().start().unwrap();
    let result = session.query("Hello").final_result().await.unwrap();
    let TurnOutcome::ApiError { status, text, .. } = result.outcome() else {
        panic!("{:?}", result.outcome())
    };
    assert_eq!(status, Some(401));
    assert!(text.contains("Invalid API key"), "{text}");
    assert_eq!(finish(session, place).await.code, Some(1));
}
