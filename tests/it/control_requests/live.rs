//! Requests that change the running session.

use claude_wire::session::PermissionMode;
use claude_wire::session::control::Patch;
use claude_wire::wire::message::ThinkingDisplay;

use super::exchange::{acknowledged, refused, reply, sends};

#[tokio::test(start_paused = true)]
async fn interrupt_lists_the_queued_prompts() {
    let interrupted =
        reply("interrupt", r#"{"subtype":"interrupt"}"#, |session| session.interrupt()).await;
    assert!(interrupted.still_queued.is_empty());
    let request = r#"{"subtype":"interrupt","cancel_queued":true}"#;
    let interrupted =
        reply("interrupt/cancel_queued", request, |session| session.interrupt().cancel_queued())
            .await;
    assert!(interrupted.cancelled.is_empty());
}

#[tokio::test(start_paused = true)]
async fn set_model_names_a_model_or_the_default() {
    let set =
        reply("set_model", r#"{"subtype":"set_model","model":"claude-sonnet-5"}"#, |session| {
            session.set_model("claude-sonnet-5")
        })
        .await;
    assert_eq!(set.model.as_deref(), Some("claude-sonnet-5"));
    let set =
        reply("set_model/default", r#"{"subtype":"set_model"}"#, |session| session.set_model(None))
            .await;
    assert_eq!(set.model.as_deref(), Some("claude-opus-5-5"));
}

#[tokio::test(start_paused = true)]
async fn set_permission_mode_is_checked_by_the_cli() {
    let request = r#"{"subtype":"set_permission_mode","mode":"acceptEdits"}"#;
    let set = reply("set_permission_mode", request, |session| {
        session.set_permission_mode(PermissionMode::AcceptEdits)
    })
    .await;
    assert_eq!(set.mode.as_ref().unwrap().as_str(), "acceptEdits");

    let request = r#"{"subtype":"set_permission_mode","mode":"bypassPermissions"}"#;
    let error = refused("set_permission_mode/bypass", request, |session| {
        session.set_permission_mode("bypassPermissions")
    })
    .await;
    assert_eq!(error.refusal().unwrap().code(), Some("bypass_not_launched"));

    let request = r#"{"subtype":"set_permission_mode","mode":"bogus"}"#;
    let error = refused("set_permission_mode/bogus", request, |session| {
        session.set_permission_mode("bogus")
    })
    .await;
    assert_eq!(error.refusal().unwrap().code(), Some("invalid_mode"));
    assert!(error.to_string().contains("must be one of acceptEdits"), "{error}");
}

/// An omitted field, a `null` field and a field with a value are three different requests.
#[tokio::test(start_paused = true)]
async fn set_max_thinking_tokens_has_two_fields_of_three_states() {
    let request = r#"{"subtype":"set_max_thinking_tokens","max_thinking_tokens":2048}"#;
    acknowledged("set_max_thinking_tokens", request, |session| {
        session.set_max_thinking_tokens(2048, Patch::Keep)
    })
    .await;
    let request = r#"{"subtype":"set_max_thinking_tokens","max_thinking_tokens":null}"#;
    sends(request, |session| session.set_max_thinking_tokens(None, Patch::Keep)).await;
    let request = r#"{"subtype":"set_max_thinking_tokens","thinking_display":"omitted"}"#;
    sends(request, |session| {
        session.set_max_thinking_tokens(Patch::Keep, ThinkingDisplay::Omitted)
    })
    .await;
    let request =
        r#"{"subtype":"set_max_thinking_tokens","max_thinking_tokens":0,"thinking_display":null}"#;
    sends(request, |session| session.set_max_thinking_tokens(Patch::To(0), Patch::Default)).await;
    sends(r#"{"subtype":"set_max_thinking_tokens"}"#, |session| {
        session.set_max_thinking_tokens(Patch::Keep, Patch::Keep)
    })
    .await;
}
