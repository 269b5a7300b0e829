//! `session.conversation()`.

use claude_wire::wire::replies::session::HeldMessageOutcome;
use claude_wire::wire::system::peers::{HoldScope, SessionClass};
use serde_json::json;

use super::exchange::{acknowledged, reply, sends};

#[tokio::test(start_paused = true)]
async fn side_question_may_have_a_history() {
    let request = r#"{"subtype":"side_question","question":"What did I say?"}"#;
    let answer = reply("side_question", request, |session| {
        session.conversation().side_question("What did I say?")
    })
    .await;
    assert_eq!(answer.response.as_deref(), Some(r#"{"title":"Fix login"}"#));
    assert_eq!(answer.synthetic, Some(false));
    let request = r#"{"subtype":"side_question","question":"And now?","history":[{"question":"q","response":"a"}]}"#;
    let history = [json!({"question": "q", "response": "a"})];
    sends(request, |session| session.conversation().side_question("And now?").history(history))
        .await;
}

#[tokio::test(start_paused = true)]
async fn rename_gives_a_title_to_this_session_or_another() {
    let request = r#"{"subtype":"rename_session","title":"My title","source":"host"}"#;
    acknowledged("rename_session", request, |session| session.conversation().rename("My title"))
        .await;
    let request =
        r#"{"subtype":"rename_session","title":"My title","source":"host","session_id":"s-2"}"#;
    sends(request, |session| session.conversation().rename_other("s-2", "My title")).await;
}

#[tokio::test(start_paused = true)]
async fn generate_title_asks_the_model() {
    let request =
        r#"{"subtype":"generate_session_title","description":"fix the login bug","persist":false}"#;
    let title = reply("generate_session_title", request, |session| {
        session.conversation().generate_title("fix the login bug", false)
    })
    .await;
    assert_eq!(title.title.as_deref(), Some("Fix login"));
}

#[tokio::test(start_paused = true)]
async fn cancel_message_reports_whether_it_was_in_time() {
    let request = r#"{"subtype":"cancel_async_message","message_uuid":"u-1"}"#;
    assert!(
        !reply("cancel_async_message", request, |session| session
            .conversation()
            .cancel_message("u-1"))
        .await
        .cancelled
    );
}

#[tokio::test(start_paused = true)]
async fn export_is_a_text_with_a_name() {
    let export = reply("export_conversation", r#"{"subtype":"export_conversation"}"#, |session| {
        session.conversation().export()
    })
    .await;
    assert!(export.text.contains("hello"));
    assert!(export.default_filename.ends_with("-hello.txt"));
}

#[tokio::test(start_paused = true)]
async fn suggestions_pause_and_resume() {
    let request = r#"{"subtype":"set_prompt_suggestions_paused","paused":true}"#;
    acknowledged("set_prompt_suggestions_paused", request, |session| {
        session.conversation().pause_suggestions(true)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_host_reports_drafts_and_messages_that_it_keeps() {
    sends(r#"{"subtype":"set_message_waiting","waiting":true}"#, |session| {
        session.conversation().set_message_waiting(true)
    })
    .await;
    sends(r#"{"subtype":"prompt_draft_activity"}"#, |session| {
        session.conversation().note_draft_activity()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn messages_of_other_sessions_are_delivered_or_not() {
    let delivery = reply("set_peer_delivery", r#"{"subtype":"set_peer_delivery"}"#, |session| {
        session.conversation().set_peer_delivery()
    })
    .await;
    assert!(delivery.always_deliver.session.is_none() && !delivery.always_deliver.account);
    let all = r#"{"subtype":"set_peer_delivery","shows_held_messages":true,"session":{"scope":"mine","made_in":"prompting","session_id":"s"},"account":false}"#;
    sends(all, |session| {
        session
            .conversation()
            .set_peer_delivery()
            .shows_held_messages(true)
            .always_in_session("s", HoldScope::Mine, SessionClass::Prompting)
            .always_in_account(false)
    })
    .await;
    sends(r#"{"subtype":"set_peer_delivery","session":null}"#, |session| {
        session.conversation().set_peer_delivery().not_in_session()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_held_message_is_delivered_or_dropped() {
    let deliver = r#"{"subtype":"decide_held_peer_message","hold_id":"h","decision":"deliver","always":{"scope":"anyone","made_in":"bypass"}}"#;
    sends(deliver, |session| {
        session
            .conversation()
            .deliver_held_message("h")
            .always(HoldScope::Anyone, SessionClass::Bypass)
    })
    .await;
    let drop = r#"{"subtype":"decide_held_peer_message","hold_id":"h","decision":"drop"}"#;
    let decision = reply("decide_held_peer_message", drop, |session| {
        session.conversation().drop_held_message("h")
    })
    .await;
    assert_eq!(decision.outcome, HeldMessageOutcome::Gone);
}

#[tokio::test(start_paused = true)]
async fn launch_review_reports_what_prevents_it() {
    let request = r#"{"subtype":"ultrareview_launch","args":"","confirm":false}"#;
    let launch = reply("ultrareview_launch", request, |session| {
        session.conversation().launch_review("", false)
    })
    .await;
    assert_eq!(
        (launch.status.as_str(), launch.gate_blocker.as_deref()),
        ("error", Some("kill_switch"))
    );
}
