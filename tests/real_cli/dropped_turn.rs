//! A turn dropped halfway is interrupted, and nothing of it reaches the next one.

use claude_wire::lab::{ApiReply, ApiScript};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt("Talk", [ApiReply::text("left behind").delta_chars(4).hold(3, "middle")])
        .on_prompt("Something else", [ApiReply::text("Of course.")]);
    let place = place(script).await;
    let session = place.session().include_partial_messages(true).start().unwrap();
    let mut deltas = session.query("Talk").text_deltas();
    assert_eq!(deltas.next().await.unwrap().unwrap(), "left");
    drop(deltas);
    let summary = session.query("Something else").collect_summary().await.unwrap();
    assert_eq!(
        (summary.texts, summary.result.result),
        (vec!["Of course.".to_owned()], Some("Of course.".to_owned()))
    );
    assert_eq!(place.api().requests()[1].prompts(), ["Something else"]);
    assert!(finish(session, place).await.success());
}
