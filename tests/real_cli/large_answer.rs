//! An answer of 2 MiB arrives complete, in one line.

use claude_wire::lab::{ApiReply, ApiScript};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let text = "0123456789abcde\n".repeat(128 * 1024);
    let place = place(
        ApiScript::new().on_prompt("Everything", [ApiReply::text(&text).delta_chars(8 * 1024)]),
    )
    .await;
    let session = place.session().start().unwrap();
    let summary = session.query("Everything").collect_summary().await.unwrap();
    assert!(summary.texts == [text.as_str()], "the text of the block differs");
    assert!(summary.text() == text, "the text of the result differs");
    assert!(finish(session, place).await.success());
}
