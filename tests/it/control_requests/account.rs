//! `session.account()`, `session.feedback()`, `session.remote()` and `session.chrome()`.

use claude_wire::Session;
use claude_wire::session::control::{FeedbackKind, RatedPart, Rating, Sentiment, Survey};

use super::exchange::{acknowledged, refused, reply, sends};

#[tokio::test(start_paused = true)]
async fn login_gives_two_pages() {
    let request = r#"{"subtype":"claude_authenticate","loginWithClaudeAi":true}"#;
    let urls = reply("claude_authenticate", request, |session| session.account().login(true)).await;
    assert!(urls.manual_url.starts_with("https://claude.com/"));
    let request =
        r#"{"subtype":"claude_authenticate","loginWithClaudeAi":false,"consoleProfile":true}"#;
    sends(request, |session| session.account().login(false).console_profile()).await;
}

#[tokio::test(start_paused = true)]
async fn cloud_sessions_are_listed_by_kind_and_page() {
    sends(r#"{"subtype":"list_cloud_sessions"}"#, |session| session.account().cloud_sessions())
        .await;
    let request = r#"{"subtype":"list_cloud_sessions","user_initiated":true,"only_runs":true,"only_archived":true,"cursor":"c-2"}"#;
    sends(request, |session| {
        session
            .account()
            .cloud_sessions()
            .user_initiated()
            .only_runs()
            .only_archived()
            .cursor("c-2")
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_login_must_have_begun() {
    let request = r#"{"subtype":"claude_oauth_callback","authorizationCode":"c","state":"s"}"#;
    let error = refused("claude_oauth_callback", request, |session| {
        session.account().finish_login("c", "s")
    })
    .await;
    assert_eq!(error.refusal().unwrap().error(), "No active claude_authenticate flow");
    let request = r#"{"subtype":"claude_oauth_wait_for_completion"}"#;
    refused("claude_oauth_wait_for_completion", request, |session| session.account().await_login())
        .await;
}

#[tokio::test(start_paused = true)]
async fn unsent_feedback_has_a_reason() {
    let request = r#"{"subtype":"submit_feedback","description":"d","surface":"sdk","save_locally":true,"type":"bug","title":"t","area":"a"}"#;
    let call = |session: &Session| {
        session.feedback().submit("d").save_locally().kind(FeedbackKind::Bug).title("t").area("a")
    };
    let receipt = reply("submit_feedback", request, call).await;
    assert_eq!(receipt.feedback_id, None);
    assert!(receipt.unavailable_reason.as_ref().unwrap().contains("disabled"));

    let request = r#"{"subtype":"submit_survey_feedback","description":"d","appearance_id":"a-1","survey_response":"good","survey_type":"long_context","surface":"sdk"}"#;
    let call = |session: &Session| {
        session.feedback().submit_survey(Survey::LongContext, Rating::Good, "a-1", "d")
    };
    reply("submit_survey_feedback", request, call).await;
}

#[tokio::test(start_paused = true)]
async fn a_rating_is_given_and_cleared() {
    let request = r#"{"subtype":"message_rated","messageUuid":"u-1","sentiment":"positive","surface":"assistant_text","cleared":false}"#;
    let call = |session: &Session| {
        session.feedback().rate("u-1", RatedPart::AssistantText, Sentiment::Positive)
    };
    acknowledged("message_rated", request, call).await;
    let request = r#"{"subtype":"message_rated","messageUuid":"u-1","sentiment":"negative","surface":"tool_use","cleared":true}"#;
    sends(request, |session| {
        session.feedback().clear_rating("u-1", RatedPart::ToolUse, Sentiment::Negative)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn remote_control_is_enabled_and_disabled() {
    let request = r#"{"subtype":"remote_control","enabled":false}"#;
    let remote = reply("remote_control", request, |session| session.remote().disable()).await;
    assert!(remote.raw().is_none());
    let request = r#"{"subtype":"remote_control","enabled":true,"name":"n","reattach_session_id":"b-1","keep_session_on_exit":true}"#;
    sends(request, |session| session.remote().enable().name("n").reattach("b-1").keep_on_exit())
        .await;
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_present_absent_or_unknown() {
    let request = r#"{"subtype":"set_has_subscribers","has_subscribers":false}"#;
    acknowledged("set_has_subscribers", request, |session| {
        session.remote().set_has_subscribers(false)
    })
    .await;
    let request = r#"{"subtype":"set_has_subscribers","has_subscribers":null}"#;
    sends(request, |session| session.remote().set_has_subscribers(None)).await;
}

#[tokio::test(start_paused = true)]
async fn a_browser_must_be_connected() {
    let status = reply("get_chrome_dialog", r#"{"subtype":"get_chrome_dialog"}"#, |session| {
        session.chrome().status()
    })
    .await;
    assert!(status.allowed && !status.connected);
    refused("get_chrome_browsers", r#"{"subtype":"get_chrome_browsers"}"#, |session| {
        session.chrome().browsers()
    })
    .await;
    let request = r#"{"subtype":"select_chrome_browser","device_id":"d-1"}"#;
    refused("select_chrome_browser", request, |session| session.chrome().select("d-1")).await;
}
