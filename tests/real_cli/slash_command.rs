//! The CLI answers a slash command itself: a turn without an API request.

use claude_wire::lab::ApiScript;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new()).await;
    let session = place.session().start().unwrap();
    let result = session.query("/cost").final_result().await.unwrap();
    assert!(result.outcome().is_success());
    assert!(result.result.is_some_and(|text| text.contains("cost")));
    assert!(place.api().requests().is_empty());
    assert!(finish(session, place).await.success());
}
