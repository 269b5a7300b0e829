//! How a turn ended, derived from the shapes seen on the wire.

use claude_wire::wire::result::{StartupFailureReason, TerminalReason};
use claude_wire::wire::{Frame, Message, TurnOutcome};

fn outcome(fields: &str) -> (TurnOutcome, Option<String>) {
    let line = format!(
        r#"{{"duration_ms":1,"duration_api_ms":1,"num_turns":1,"session_id":"s",{fields},"type":"result"}}"#
    );
    let message = Message::new(Frame::parse(line).unwrap());
    let result = message.as_result().unwrap();
    assert_eq!(result.failed(), result.error_text().is_some());
    (result.outcome(), result.error_text())
}

fn api_error(status: Option<u16>, kind: Option<&str>, text: &str) -> TurnOutcome {
    TurnOutcome::ApiError { status, kind: kind.map(Into::into), text: text.into() }
}

#[test]
fn a_turn_that_ended_by_itself() {
    let ended = outcome(
        r#""subtype":"success","is_error":false,"result":"4","terminal_reason":"completed""#,
    );
    assert_eq!(ended, (TurnOutcome::Success, None));
    // An unknown reason does not make it a failure.
    let ended = outcome(
        r#""subtype":"success","is_error":false,"result":"4","terminal_reason":"aborted_quantum""#,
    );
    assert_eq!(ended.0, TurnOutcome::Success);
}

#[test]
fn an_api_error_has_the_subtype_success() {
    let ended = outcome(
        r#""subtype":"success","is_error":true,"api_error_status":429,"api_error_type":"rate_limit_error","terminal_reason":"api_error","result":"slow down""#,
    );
    assert_eq!(
        ended,
        (api_error(Some(429), Some("rate_limit_error"), "slow down"), Some("slow down".into()))
    );
    let ended = outcome(
        r#""subtype":"success","is_error":true,"api_error_status":null,"api_error":"connection_failed","terminal_reason":"api_error","result":"refused""#,
    );
    assert_eq!(ended.0, api_error(None, Some("connection_failed"), "refused"));
    let ended = outcome(
        r#""subtype":"success","is_error":true,"terminal_reason":"api_error","result":"Not logged in""#,
    );
    assert_eq!(ended.0, api_error(None, None, "Not logged in"));
    let ended = outcome(
        r#""subtype":"success","is_error":true,"api_error_status":413,"api_error_type":"request_too_large","terminal_reason":"image_error","result":"too large""#,
    );
    assert_eq!(ended.0, api_error(Some(413), Some("request_too_large"), "too large"));
}

#[test]
fn each_limit_has_its_own_subtype() {
    for (subtype, expected) in [
        ("error_max_turns", TurnOutcome::MaxTurns),
        ("error_max_budget_usd", TurnOutcome::MaxBudget),
        ("error_max_structured_output_retries", TurnOutcome::StructuredOutputRetries),
    ] {
        let ended = outcome(&format!(r#""subtype":"{subtype}","is_error":true,"errors":["why"]"#));
        assert_eq!(ended, (expected, Some("why".into())));
    }
}

#[test]
fn an_abort_is_recognised_by_its_reason() {
    let interrupted = outcome(
        r#""subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming","errors":["[ede_diagnostic] result_type=user"]"#,
    );
    assert_eq!(interrupted.0, TurnOutcome::Aborted);
    let tool = outcome(
        r#""subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools","errors":["x"]"#,
    );
    assert_eq!(tool.0, TurnOutcome::Aborted);
    // A prompt of priority `now` aborts the running tool; that result is not a failure.
    let preempted = outcome(
        r#""subtype":"success","is_error":false,"terminal_reason":"aborted_tools","result":"""#,
    );
    assert_eq!(preempted, (TurnOutcome::Aborted, None));
}

#[test]
fn a_failure_of_the_cli() {
    let ended = outcome(
        r#""subtype":"error_during_execution","is_error":true,"terminal_reason":"completed","errors":["a "," ","b"]"#,
    );
    assert_eq!(
        ended,
        (TurnOutcome::ExecutionError(vec!["a".into(), "b".into()]), Some("a; b".into()))
    );
    let future = outcome(r#""subtype":"error_cosmic_ray","is_error":true"#);
    assert_eq!(future, (TurnOutcome::ExecutionError(Vec::new()), Some("error_cosmic_ray".into())));
}

#[test]
fn a_startup_failure_has_its_reason() {
    let ended = outcome(
        r#""subtype":"error_during_execution","is_error":true,"startup_failure_reason":"bypass_root","errors":["not as root"]"#,
    );
    let expected = TurnOutcome::StartupFailure {
        reason: StartupFailureReason::BypassRoot,
        errors: vec!["not as root".into()],
    };
    assert_eq!(ended, (expected, Some("not as root".into())));
}

#[test]
fn a_turn_that_was_rejected_without_the_api() {
    let ended = outcome(
        r#""subtype":"success","is_error":true,"terminal_reason":"blocking_limit","result":"Prompt is too long""#,
    );
    let expected = TurnOutcome::Refused {
        reason: Some(TerminalReason::BlockingLimit),
        text: "Prompt is too long".into(),
    };
    assert_eq!(ended, (expected, Some("Prompt is too long".into())));
}

#[test]
fn the_error_text_uses_what_is_present() {
    assert_eq!(
        outcome(r#""subtype":"success","is_error":true,"errors":[" "],"result":" ","api_error_status":503"#).1.unwrap(),
        "API error (HTTP 503)"
    );
    assert_eq!(outcome(r#""subtype":"success","is_error":true"#).1.unwrap(), "unknown error");
    assert_eq!(
        outcome(r#""is_error":true,"api_error_status":503"#).1.unwrap(),
        "API error (HTTP 503)"
    );
    assert_eq!(
        outcome(r#""subtype":"error_max_turns","is_error":false"#).1.unwrap(),
        "error_max_turns"
    );
}

/// The text is that of CLI 2.1.332, whose API refused a login with a plan.
#[test]
fn a_usage_limit_is_recognised_by_its_text() {
    let of = |status, text: &str| {
        let fields = format!(
            r#""subtype":"success","is_error":true,"api_error_status":{status},"api_error_type":"rate_limit_error","api_error":"usage_limit_reached","terminal_reason":"api_error","result":"{text}""#
        );
        outcome(&fields).0
    };
    let reached = of(429, "You've hit your 5-hour limit · resets 2:46am (UTC)");
    assert!(reached.is_usage_limit() && reached.is_rate_limited());
    assert!(of(400, "You're out of usage credits. Add more to go on").is_usage_limit());
    for text in ["API Error: slow down", "This service is disabled for your org", "You've used 90%"]
    {
        assert!(!of(429, text).is_usage_limit(), "{text}");
    }
    let said = outcome(
        r#""subtype":"success","is_error":false,"result":"You've hit your head","terminal_reason":"completed""#,
    );
    assert!(!said.0.is_usage_limit(), "an answer of the model");
}
