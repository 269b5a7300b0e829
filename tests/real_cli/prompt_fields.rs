//! What the CLI does with the further fields of a prompt.

use claude_wire::Prompt;
use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::wire::message::{OriginKind, Priority};

use crate::support::{finish, place};

pub(crate) async fn run() {
    let script = ApiScript::new().always(When::any(), [ApiReply::text("Seen.")]);
    let place = place(script).await;
    let session = place.session().start().unwrap();
    let asked = async |prompt: Prompt| session.query(prompt).final_result().await.unwrap();
    let kind = |result: &claude_wire::wire::ResultMessage| {
        result.origin.as_ref().map(|origin| origin.kind.clone())
    };

    let note = asked(Prompt::from("A note").should_query(false)).await;
    assert_eq!((note.num_turns, note.result.as_deref()), (0, Some("")), "no request was made");
    let human = asked(Prompt::from("From a person").origin(OriginKind::Human)).await;
    assert_eq!(kind(&human), Some(OriginKind::Human));
    let synthetic = asked(Prompt::from("From a program").synthetic(true)).await;
    assert_eq!(kind(&synthetic), Some(OriginKind::Unclassified));
    let pasted = Prompt::from("Read this").pasted("PASTED ONE");
    asked(pasted.pasted_blocks([serde_json::json!({"type": "text", "text": "PASTED TWO"})])).await;
    let inline = Prompt::from("INLINE\nPASTE").pasted_inline("INLINE\nPASTE");
    asked(inline).await;
    let plain = asked(Prompt::from("Plain").priority(Priority::Later)).await;
    assert_eq!(kind(&plain), None);

    let requests = place.api().requests();
    let sent = |number: usize| requests[number].body().to_string();
    assert!(
        sent(0).contains("A note") && sent(0).contains("From a person"),
        "one request for both"
    );
    assert!(sent(1).contains("NOT USER INPUT"), "{}", sent(1));
    assert!(sent(2).contains("<pasted_content") && sent(2).contains("PASTED TWO"), "{}", sent(2));
    assert!(sent(3).contains("INLINE"), "{}", sent(3));
    assert!(finish(session, place).await.success());
}
