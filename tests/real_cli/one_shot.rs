//! A one-shot query: one answer, and the CLI has exited.

use claude_wire::lab::{ApiReply, ApiScript};

use crate::support::{close, place};

pub(crate) async fn run() {
    let place = place(ApiScript::new().on_prompt("What is 2 + 2?", [ApiReply::text("4")])).await;
    let summary = claude_wire::query("What is 2 + 2?").session(place.session()).await.unwrap();
    assert_eq!(summary.text(), "4");
    assert!(summary.outcome().is_success());
    assert_eq!(summary.result.num_turns, 1);
    assert_eq!(
        summary.result.usage.as_ref().map(|usage| (usage.input_tokens, usage.output_tokens)),
        Some((100, 20))
    );
    assert_eq!(place.api().requests().len(), 1);
    close(place);
}
