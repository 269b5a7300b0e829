//! A sub-agent in the background outlives the turn that started it: its report is a turn that the
//! CLI starts, delivered as events.

use claude_wire::lab::{ApiReply, ApiScript, When};
use claude_wire::session::SessionEvent;
use serde_json::json;

use crate::support::{finish, place};

pub(crate) async fn run() {
    let agent = json!({"description": "look around", "prompt": "Look around", "subagent_type": "general-purpose", "run_in_background": true});
    let script = ApiScript::new()
        .on_prompt(
            "Delegate",
            [
                ApiReply::text("I delegate.").and_tool_use("Agent", agent),
                ApiReply::text("It is under way."),
            ],
        )
        .on_prompt("Look around", [ApiReply::text("Nothing to see.").hold(0, "the turn is over")])
        .when(When::prompt_contains("<task-notification>"), [ApiReply::text("It has reported.")]);
    let place = place(script).await;
    let session = place.session().allowed_tools(["Agent", "Task"]).start().unwrap();
    let mut events = session.events();
    assert_eq!(session.query("Delegate").text().await.unwrap(), "It is under way.");
    place.api().release("the turn is over");
    let result = loop {
        if let SessionEvent::Message(message) = events.next().await.unwrap()
            && let Some(result) = message.as_result()
        {
            break result.clone();
        }
    };
    assert_eq!(result.result.as_deref(), Some("It has reported."));
    assert!(result.origin.is_some());
    assert_eq!(result.user_message_uuids.unwrap_or_default(), [""; 0]);
    assert!(finish(session, place).await.success());
}
