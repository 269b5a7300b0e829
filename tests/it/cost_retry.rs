//! Turns that the API was too busy for: which they are, and asking again.

use crate::support::project;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use claude_wire::session::RetryPolicy;
use claude_wire::wire::{Body, Frame, Message, System, TurnOutcome};
use claude_wire::{Error, Replay, Scenario, Session, reply};
use tokio::time::Instant;

fn outcome(fields: &str) -> TurnOutcome {
    let line = format!(
        r#"{{"subtype":"success","is_error":true,"terminal_reason":"api_error",{fields},"type":"result"}}"#
    );
    Message::new(Frame::parse(line).unwrap()).as_result().unwrap().outcome()
}

#[test]
fn the_status_or_the_word_of_the_api_tells_why() {
    let classes = |fields: &str| {
        let outcome = outcome(fields);
        (outcome.is_rate_limited(), outcome.is_overloaded(), outcome.is_auth())
    };
    assert_eq!(classes(r#""api_error_status":429"#), (true, false, false));
    assert_eq!(classes(r#""api_error_type":"rate_limit_error""#), (true, false, false));
    assert_eq!(classes(r#""api_error_status":529"#), (false, true, false));
    assert_eq!(
        classes(r#""api_error_status":null,"api_error_type":"overloaded_error""#),
        (false, true, false)
    );
    assert_eq!(classes(r#""api_error_status":401"#), (false, false, true));
    assert_eq!(classes(r#""api_error_status":403"#), (false, false, true));
    assert_eq!(classes(r#""api_error_type":"authentication_error""#), (false, false, true));
    for other in [
        r#""api_error_status":500"#,
        r#""api_error_status":404"#,
        r#""api_error":"connection_failed""#,
        r#""result":"429""#,
    ] {
        assert_eq!(classes(other), (false, false, false), "{other}");
    }
    let success = Message::new(
        Frame::parse(
            r#"{"type":"result","subtype":"success","is_error":false,"api_error_status":529}"#,
        )
        .unwrap(),
    );
    assert!(
        !success.as_result().unwrap().outcome().is_overloaded(),
        "a turn that went well in the end"
    );
}

#[tokio::test]
async fn the_error_of_a_recorded_turn_tells_why() {
    let failed = async |recording: &str| -> Error {
        let replay = Replay::open(project::recording(recording)).unwrap();
        let session = Session::builder().transport(replay).start().unwrap();
        session.query("Hello").text().await.unwrap_err()
    };
    let error = failed("api-error-529").await;
    assert!(error.is_overloaded() && !error.is_rate_limited() && !error.is_auth(), "{error}");
    let error = failed("api-error-401").await;
    assert!(error.is_auth() && !error.is_overloaded(), "{error}");
    // Only the assistant message says so here: the CLI had no key, and never asked the API.
    let error = failed("missing-key").await;
    assert!(error.is_auth() && !error.is_rate_limited(), "{error}");
}

#[tokio::test]
async fn a_missing_key_is_an_error_of_the_login_however_the_turn_is_read() {
    let ask = || {
        let session =
            Session::builder().transport(Replay::open(project::recording("missing-key")).unwrap());
        session.start().unwrap().query("Hello")
    };
    assert!(ask().final_text().await.unwrap_err().is_auth());
    assert!(ask().drain().await.unwrap_err().is_auth());
    assert!(ask().json::<u8>().await.unwrap_err().is_auth());
    assert!(ask().text_content().collect().await.unwrap_err().is_auth());
    assert!(ask().collect_summary().await.unwrap().outcome().is_auth());
}

/// A CLI whose API fails so, prompt by prompt, and then has an answer.
fn failing(statuses: &[u16]) -> Session {
    let failing = statuses.iter().fold(Scenario::new(), |cli, status| {
        cli.on_prompt("go", reply().error(*status, "API Error"))
    });
    Session::builder().transport(failing.on_prompt("go", reply().text("done"))).start().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_busy_api_is_asked_again_after_longer_and_longer_waits() {
    let session = failing(&[529, 429]);
    let policy = RetryPolicy::new().attempts(3).first_delay(Duration::from_secs(10));
    let start = Instant::now();
    assert_eq!(policy.run(|| session.query("go").text()).await.unwrap(), "done");
    let waited = start.elapsed();
    assert!(
        (Duration::from_secs(15)..Duration::from_secs(31)).contains(&waited),
        "half to all of 10 s and 20 s: {waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_error_comes_back_when_the_attempts_are_used_up() {
    for (attempts, asked) in [(0, 1), (1, 1), (2, 2)] {
        let session = failing(&[529, 529, 529]);
        let count = AtomicU32::new(0);
        let policy = RetryPolicy::new().attempts(attempts);
        let ask = || {
            count.fetch_add(1, Ordering::Relaxed);
            session.query("go").text()
        };
        assert!(policy.run(ask).await.unwrap_err().is_overloaded());
        assert_eq!(count.load(Ordering::Relaxed), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn any_other_failure_comes_back_at_once() {
    for status in [400, 401, 404, 413, 500] {
        let session = failing(&[status]);
        let start = Instant::now();
        let error = RetryPolicy::new().run(|| session.query("go").text()).await.unwrap_err();
        assert!(error.is_result(), "{status}: {error}");
        assert!(start.elapsed() < Duration::from_secs(1), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_again_unless_a_policy_says_so() {
    let session = failing(&[529]);
    assert!(session.query("go").text().await.unwrap_err().is_overloaded());
}

#[test]
fn waits_double_up_to_their_limit() {
    let policy =
        RetryPolicy::new().first_delay(Duration::from_secs(3)).max_delay(Duration::from_secs(20));
    let seconds: Vec<_> = (0..7).map(|attempt| policy.delay_before(attempt).as_secs()).collect();
    assert_eq!(seconds, [0, 0, 3, 6, 12, 20, 20]);
    assert_eq!(policy.delay_before(u32::MAX), Duration::from_secs(20));
}

#[test]
fn the_waits_that_the_cli_names_are_durations() {
    let retry = |delay: &str| {
        let line = format!(
            r#"{{"type":"system","subtype":"api_retry","attempt":1,"max_retries":2,"retry_delay_ms":{delay},"error_status":429}}"#
        );
        match Message::new(Frame::parse(line).unwrap()).as_system() {
            Some(System::ApiRetry(retry)) => retry.retry_after(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(retry("1050"), Duration::from_millis(1050));
    assert_eq!(retry("-1"), Duration::ZERO);
    assert_eq!(retry("1e300"), Duration::MAX);

    let resets_in = |resets_at: &str| {
        let line = format!(
            r#"{{"type":"rate_limit_event","rate_limit_info":{{"status":"rejected","resetsAt":{resets_at}}}}}"#
        );
        match Message::new(Frame::parse(line).unwrap()).body() {
            Body::RateLimitEvent(event) => {
                event.info.resets_in(SystemTime::UNIX_EPOCH + Duration::from_secs(1000))
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(resets_in("1090"), Some(Duration::from_secs(90)));
    assert_eq!(resets_in("10"), Some(Duration::ZERO));
    assert_eq!(resets_in("null"), None);
    assert_eq!(resets_in("-5"), None);
}
