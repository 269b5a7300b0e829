//! A fork knows the conversation before it and leaves the original unchanged.

use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .when(When::prompt("First").turn(1), [ApiReply::text("one")])
        .when(When::prompt("In the fork").turn(2), [ApiReply::text("forked")])
        .when(When::prompt("In the original").turn(2), [ApiReply::text("original")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    assert_eq!(session.query("First").text().await.unwrap(), "one");
    let fork = session.fork().unwrap();
    assert_eq!(fork.query("In the fork").text().await.unwrap(), "forked");
    assert_eq!(session.query("In the original").text().await.unwrap(), "original");
    assert!(fork.session_id().is_some());
    assert_ne!(fork.session_id(), session.session_id());
    assert!(fork.stop().await.unwrap().unwrap().success());
    assert!(finish(session, place).await.success());
}
