//! The connection to the API drops within an answer: the CLI retries, and the turn has one complete
//! answer.

use claude_wire::lab::{ApiReply, ApiScript, Cut};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let answer = || ApiReply::text("The whole answer.").delta_chars(4);
    let place =
        place(ApiScript::new().on_prompt("Hello", [answer().cut(4, Cut::Close), answer()])).await;
    let session = place.session().start().unwrap();
    let summary = session.query("Hello").collect_summary().await.unwrap();
    assert_eq!(
        (summary.text(), summary.texts),
        ("The whole answer.".to_owned(), vec!["The whole answer.".to_owned()])
    );
    assert!(finish(session, place).await.success());
}
