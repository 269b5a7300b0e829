//! Turns that failed because the API was busy: how they are recognised, and retries.

use crate::support::cli::{Log, cli, init, result};
use crate::support::project;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use claude_wire::session::RetryPolicy;
use claude_wire::transport::Exit;
use claude_wire::wire::usage::RateLimitStatus;
use claude_wire::wire::{Body, Frame, Message, System, TurnOutcome};
use claude_wire::{Error, Replay, Scenario, Session, reply};
use serde_json::{Value, json};
use tokio::time::Instant;

fn outcome(fields: &str) -> TurnOutcome {
    let line = format!(
        r#"{{"subtype":"success","is_error":true,"terminal_reason":"api_error",{fields},"type":"result"}}"#
    );
    Message::new(Frame::parse(line).unwrap()).as_result().unwrap().outcome()
}

#[test]
fn api_failures_are_classified_by_status_or_error_type() {
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
        "a turn that succeeded in the end"
    );
}

#[tokio::test]
async fn the_error_of_a_recorded_turn_is_classified() {
    let failed = async |recording: &str| -> Error {
        let replay = Replay::open(project::recording(recording)).unwrap();
        let session = Session::builder().transport(replay).start().unwrap();
        session.query("Hello").text().await.unwrap_err()
    };
    let error = failed("api-error-529").await;
    assert!(error.is_overloaded() && !error.is_rate_limited() && !error.is_auth(), "{error}");
    let error = failed("api-error-401").await;
    assert!(error.is_auth() && !error.is_overloaded(), "{error}");
    // Only the assistant message shows it here: the CLI had no key and never called the API.
    let error = failed("missing-key").await;
    assert!(error.is_auth() && !error.is_rate_limited(), "{error}");
}

#[tokio::test]
async fn a_missing_key_is_an_auth_error_however_the_turn_is_read() {
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

/// A CLI whose API fails with these statuses, prompt by prompt, and then answers.
fn failing(statuses: &[u16]) -> Session {
    let failing = statuses.iter().fold(Scenario::new(), |cli, status| {
        cli.on_prompt("go", reply().error(*status, "API Error"))
    });
    Session::builder().transport(failing.on_prompt("go", reply().text("done"))).start().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_busy_api_is_retried_with_growing_delays() {
    let session = failing(&[529, 429]);
    let policy = RetryPolicy::new().attempts(3).first_delay(Duration::from_secs(10));
    let start = Instant::now();
    assert_eq!(policy.run(|| session.query("go").text()).await.unwrap(), "done");
    let waited = start.elapsed();
    assert!(
        (Duration::from_secs(15)..Duration::from_secs(31)).contains(&waited),
        "between half and all of 10 s and 20 s: {waited:?}"
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
async fn other_failures_are_not_retried() {
    for status in [400, 401, 404, 413, 500] {
        let session = failing(&[status]);
        let start = Instant::now();
        let error = RetryPolicy::new().run(|| session.query("go").text()).await.unwrap_err();
        assert!(error.is_result(), "{status}: {error}");
        assert!(start.elapsed() < Duration::from_secs(1), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_retried_without_a_policy() {
    let session = failing(&[529]);
    assert!(session.query("go").text().await.unwrap_err().is_overloaded());
}

/// A CLI whose plan is used up, prompt by prompt, until `resetsAt`, which is `resets_in` from now.
fn exhausted(limits: Vec<Value>) -> (Session, Log) {
    let asked = Log::default();
    let log = asked.clone();
    let transport = cli(move |_, mut cli| {
        let (limits, log) = (limits.clone(), log.clone());
        async move {
            cli.handshake().await;
            for limit in limits {
                let (uuid, _) = cli.prompt().await;
                log.push("asked");
                cli.write(init(&uuid)).await;
                cli.write(json!({"type": "rate_limit_event", "rate_limit_info": limit})).await;
                let mut last = result(&uuid, "You've hit your session limit");
                last["is_error"] = json!(true);
                last["api_error_status"] = json!(429);
                cli.write(last).await;
            }
            let (uuid, _) = cli.prompt().await;
            log.push("asked");
            cli.turn(&uuid, "done").await;
            cli.drain().await;
            Exit::from_code(0)
        }
    });
    (Session::builder().transport(transport).start().unwrap(), asked)
}

/// Seconds since 1970, this much from now.
fn in_seconds(seconds: f64) -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.as_secs_f64() + seconds
}

#[tokio::test(start_paused = true)]
async fn a_plan_used_up_for_long_is_not_retried() {
    for limit in [
        json!({"status": "rejected", "resetsAt": in_seconds(7200.0), "rateLimitType": "five_hour", "overageStatus": "rejected"}),
        json!({"status": "rejected", "resetsAt": in_seconds(7200.0) * 1000.0}),
        // Just above the longest delay.
        json!({"status": "rejected", "resetsAt": in_seconds(130.0)}),
        // The CLI does not say how long.
        json!({"status": "rejected"}),
    ] {
        let (session, asked) = exhausted(vec![limit.clone(); 3]);
        let start = Instant::now();
        let error = RetryPolicy::new().run(|| session.query("go").text()).await.unwrap_err();
        assert!(error.is_rate_limited(), "{error}");
        assert_eq!(error.rate_limit().unwrap().status, RateLimitStatus::Rejected);
        assert_eq!((asked.len(), start.elapsed()), (1, Duration::ZERO), "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_resets_soon_is_retried_after_the_reset() {
    let soon = json!({"status": "rejected", "resetsAt": in_seconds(60.0)});
    let (session, asked) = exhausted(vec![soon]);
    let start = Instant::now();
    let answer = RetryPolicy::new().run(|| session.query("go").text()).await;
    assert_eq!((answer.unwrap().as_str(), asked.len()), ("done", 2));
    let waited = start.elapsed().as_secs_f64();
    assert!(
        (55.0..=60.0).contains(&waited),
        "until the reset, at most a minute from now: {waited}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_allows_requests_is_retried_as_usual() {
    for limit in [
        json!({"status": "allowed", "resetsAt": in_seconds(7200.0)}),
        json!({"status": "allowed_warning", "resetsAt": in_seconds(7200.0)}),
        json!({"status": "rejected", "resetsAt": in_seconds(7200.0), "overageStatus": "allowed"}),
        // Of an hour ago.
        json!({"status": "rejected", "resetsAt": in_seconds(-3600.0)}),
    ] {
        let (session, asked) = exhausted(vec![limit.clone()]);
        let start = Instant::now();
        let mut seen = None;
        let ask = async || {
            let answer = session.query("go").text().await;
            if let Err(error) = &answer {
                seen = Some(error.rate_limit().is_some());
            }
            answer
        };
        assert_eq!(RetryPolicy::new().run(ask).await.unwrap(), "done", "{limit}");
        assert_eq!((asked.len(), seen), (2, Some(false)), "{limit}");
        assert!(start.elapsed() <= Duration::from_secs(5), "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_retried_closure_may_borrow_mutably() {
    let session = failing(&[529, 529]);
    let mut prompts = Vec::new();
    let policy = RetryPolicy::new();
    let answer = policy.run(async || {
        prompts.push("go");
        session.query(*prompts.last().unwrap()).text().await
    });
    assert_eq!(answer.await.unwrap(), "done");
    assert_eq!(prompts, ["go"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_can_be_spawned() {
    let policy = RetryPolicy::new();
    let session = failing(&[529]);
    let task = tokio::spawn(async move { policy.run_send(|| session.query("go").text()).await });
    assert_eq!(task.await.unwrap().unwrap(), "done");
    let session = failing(&[529]);
    let task = tokio::spawn(async move {
        let mut prompts = vec!["go".to_owned(); 2];
        let ask = async move || session.query(prompts.pop().unwrap()).text().await;
        policy.run(ask).await
    });
    assert_eq!(task.await.unwrap().unwrap(), "done");
    // The result is the same however it is run.
    let (session, asked) = exhausted(vec![json!({"status": "rejected"}); 2]);
    let error = policy.run_send(|| session.query("go").text()).await.unwrap_err();
    assert!(error.is_rate_limited() && asked.len() == 1, "{error}");
}

#[test]
fn delays_double_up_to_their_limit() {
    let policy =
        RetryPolicy::new().first_delay(Duration::from_secs(3)).max_delay(Duration::from_secs(20));
    let seconds: Vec<_> = (0..7).map(|attempt| policy.delay_before(attempt).as_secs()).collect();
    assert_eq!(seconds, [0, 0, 3, 6, 12, 20, 20]);
    assert_eq!(policy.delay_before(u32::MAX), Duration::from_secs(20));
}

#[test]
fn delays_reported_by_the_cli_are_durations() {
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
    assert_eq!(resets_in("1090.5"), Some(Duration::from_millis(90_500)));
    // Milliseconds: as seconds this would be thousands of years.
    assert_eq!(resets_in("1795900000"), Some(Duration::from_secs(1_795_899_000)));
    assert_eq!(resets_in("1795900000000"), Some(Duration::from_secs(1_795_899_000)));
    assert_eq!(resets_in("99999999999"), Some(Duration::from_secs(99_999_998_999)));
    assert_eq!(resets_in("100000000000"), Some(Duration::from_secs(99_999_000)));
    assert_eq!(resets_in("99999999999000"), Some(Duration::from_secs(99_999_998_999)));
    for never in ["1e14", "1e17", "1e300", "-1e300"] {
        assert_eq!(resets_in(never), None, "{never}");
    }
    assert_eq!(resets_in("10"), Some(Duration::ZERO));
    assert_eq!(resets_in("null"), None);
    assert_eq!(resets_in("-5"), None);
}
