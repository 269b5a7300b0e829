//! `session.usage()`.

use claude_wire::wire::usage::ContextCategoryKind;

use super::exchange::{reply, sends};

#[tokio::test(start_paused = true)]
async fn context_counts_or_estimates() {
    let context = reply("get_context_usage", r#"{"subtype":"get_context_usage"}"#, |session| {
        session.usage().context()
    })
    .await;
    assert_eq!(
        (context.total_tokens, context.max_tokens, context.percentage),
        (10955, 1_000_000, 1.0)
    );
    assert_eq!(
        (context.categories[0].tokens, &context.categories[0].kind),
        (1882, &ContextCategoryKind::Used)
    );
    assert_eq!(context.message_breakdown.as_ref().unwrap().attachments_by_type[0].tokens, 17757);
    assert_eq!(context.api_usage.as_ref().unwrap().input_tokens, 100);
    assert_eq!(context.grid_rows[0][0].category_name, "System prompt");

    let request = r#"{"subtype":"get_context_usage","detail":"summary"}"#;
    let context =
        reply("get_context_usage/summary", request, |session| session.usage().context().summary())
            .await;
    assert_eq!(context.categories[2].is_deferred, Some(true));
    assert_eq!(context.auto_compact_threshold, Some(967_000));
    assert_eq!(context.autocompact_source.as_deref(), Some("model-default"));
}

#[tokio::test(start_paused = true)]
async fn details_hold_cost_and_limits() {
    let usage =
        reply("get_usage", r#"{"subtype":"get_usage"}"#, |session| session.usage().details()).await;
    assert_eq!(usage.session.total_cost_usd, 0.0008);
    assert_eq!(usage.session.model_usage["no-such-model"].output_tokens, 20);
    assert_eq!((&usage.rate_limits, usage.rate_limits_available), (&None, false));
    sends(r#"{"subtype":"get_usage","skip_behaviors":true}"#, |session| {
        session.usage().details().skip_behaviors()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn cost_is_a_text() {
    let cost = reply("get_session_cost", r#"{"subtype":"get_session_cost"}"#, |session| {
        session.usage().cost()
    })
    .await;
    assert!(cost.text.starts_with("Estimated cost:        $0.0008"));
}
