//! Without a key the turn ends with that error, and no request is made.

use claude_wire::lab::ApiScript;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new()).await;
    let session = place.session().env_remove("ANTHROPIC_API_KEY").start().unwrap();
    let error = session.query("Hello").text().await.unwrap_err();
    assert!(error.is_auth() && error.result_text().unwrap().contains("Not logged in"), "{error}");
    assert!(place.api().requests().is_empty());
    assert_eq!(finish(session, place).await.code, Some(1));
}
