//! The CLI is killed between two turns: the next query starts another one, which remembers the
//! conversation.

use claude_wire::lab::{ApiReply, ApiScript, When};

use crate::support::{after_a_kill, finish, kill, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .when(When::prompt("First").turn(1), [ApiReply::text("one")])
        .when(When::prompt("Second").turn(2), [ApiReply::text("two")]);
    let place = place(script).await;
    let session = place.session().shutdown(after_a_kill()).start().unwrap();
    assert_eq!(session.query("First").text().await.unwrap(), "one");
    let (pid, id) = (session.pid().unwrap(), session.session_id());
    assert_eq!(kill(&session).await.signal, Some(9));
    assert_eq!(session.query("Second").text().await.unwrap(), "two");
    assert_eq!(session.session_id(), id);
    assert_ne!(session.pid(), Some(pid));
    assert!(finish(session, place).await.success());
}
