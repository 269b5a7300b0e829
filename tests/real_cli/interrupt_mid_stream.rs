//! An interrupt while the model writes: the text so far is kept, the turn ends as aborted, the
//! session continues.

use claude_wire::lab::{ApiReply, ApiScript};
use claude_wire::wire::TurnOutcome;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new()
        .on_prompt("Talk", [ApiReply::text("one two three four").delta_chars(4).hold(4, "middle")])
        .on_prompt("And now?", [ApiReply::text("Listening.")]);
    let place = place(script).await;
    let session = place.session().include_partial_messages(true).start().unwrap();
    let mut turn = session.query("Talk");
    let mut said = String::new();
    while said != "one two " {
        let message = turn.next().await.unwrap().unwrap();
        said.extend(message.text_delta());
    }
    let interrupted = session.interrupt().await.unwrap();
    assert!(interrupted.still_queued.is_empty());
    let mut last = None;
    let mut kept = String::new();
    while let Some(message) = turn.next().await {
        let message = message.unwrap();
        kept.push_str(&message.line_text());
        last = Some(message);
    }
    let last = last.unwrap();
    assert_eq!(last.as_result().unwrap().outcome(), TurnOutcome::Aborted);
    assert!(kept.contains("one two"), "{kept}");
    assert_eq!(session.query("And now?").text().await.unwrap(), "Listening.");
    assert!(finish(session, place).await.success());
}
