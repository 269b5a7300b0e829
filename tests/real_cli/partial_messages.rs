//! The answer comes piece by piece, each piece once.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::session::ContentDelta;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let reply = || ApiReply::thinking("Let me count.").and_text("One, two, three.").delta_chars(5);
    let place = place(ApiScript::new().on_prompt("Count", [reply(), reply()])).await;
    let session = place.session().include_partial_messages(true).start().unwrap();
    let text = session.query("Count").text_deltas().collect().await.unwrap();
    assert_eq!(text, ["One, ", "two, ", "three", "."]);

    let deltas = session.query("Count").content_deltas().collect().await.unwrap();
    let thinking = ["Let m", "e cou", "nt."]
        .map(|thinking| ContentDelta::Thinking { index: 0, thinking: thinking.into() });
    let text = text.into_iter().map(|text| ContentDelta::Text { index: 1, text: text.into() });
    let stop = |index| std::iter::once(ContentDelta::BlockStop { index });
    let expected: Vec<_> = thinking.into_iter().chain(stop(0)).chain(text).chain(stop(1)).collect();
    assert_eq!(deltas, expected);
    assert!(finish(session, place).await.success());
}
