//! Nothing hangs: a replay that waits for input that never comes ends with a report, after a stated
//! time.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::{Host, INIT, RESULT, recording, user};
use claude_wire::player::{Replay, Scenario, Script, reply};
use claude_wire::{Session, transport::Exit};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(600);

const TWO_TURNS: &str = r#"
    {"us":0,"in":{"type":"user","message":{"role":"user","content":"one"}}}
    {"us":1,"out":{"type":"system","subtype":"init"}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
    {"us":1,"in":{"type":"user","message":{"role":"user","content":"two"}}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
    {"us":1,"eof":"in"}
    {"us":1,"exit":{"code":0}}"#;

fn host(events: &str) -> Host {
    Host::with(Script::new(&recording(events)), 64 * 1024)
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_nothing_for_ten_minutes_gets_a_report() {
    let mut host = host(TWO_TURNS);
    let start = Instant::now();
    host.write(user("one")).await;
    host.expect(&[INIT, RESULT]).await;
    let end = host.end().await;
    assert_eq!(start.elapsed(), LIMIT);
    assert!(end.report.divergences()[0].is_stalled());
    let report = end.divergence();
    for part in [
        "no input for 600 s",
        "expected: prompt \"two\" (event 4)",
        "left: 1 prompt, 1 line of the CLI\n",
        "idle_timeout",
        "CLAUDE_WIRE_IDLE_TIMEOUT",
        "played=2 matched=1 divergences=1 left=2",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
}

#[tokio::test(start_paused = true)]
async fn any_input_restarts_the_idle_timeout() {
    let mut host = host(TWO_TURNS);
    let start = Instant::now();
    for _ in 0..3 {
        tokio::time::sleep(LIMIT / 2).await;
        // Not a write to the CLI, but a sign of life.
        host.write("").await;
    }
    assert!(host.end().await.report.divergences()[0].is_stalled());
    assert_eq!(start.elapsed(), LIMIT / 2 * 3 + LIMIT);
}

#[tokio::test(start_paused = true)]
async fn the_idle_timeout_does_not_apply_once_only_the_end_is_left() {
    let mut host = host(TWO_TURNS);
    host.write(user("one")).await;
    host.expect(&[INIT, RESULT]).await;
    host.write(user("two")).await;
    host.expect(&[RESULT]).await;
    host.expect_silence().await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn lines_after_the_end_of_input_are_not_awaited_forever() {
    let mut host = host(
        r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"one"}}}
        {"us":1,"out":{"type":"system","subtype":"init"}}
        {"us":1,"out":{"type":"control_request","request_id":"c","request":{"subtype":"can_use_tool"}}}
        {"us":1,"eof":"in"}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#,
    );
    host.write(user("one")).await;
    host.expect(&[INIT]).await;
    let report = host.end().await.divergence();
    assert!(report.contains("expected: end of input (event 4)"), "{report}");
}

/// The recorded host killed the CLI between turns or before the first. This one does not, whether it
/// ends its input or keeps it open: a program that forgot to end its CLI would wait for ever.
#[tokio::test(start_paused = true)]
async fn a_signal_that_never_comes_is_reported() {
    let turn = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"one"}}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#;
    for (signal, exit) in [
        ("SIGTERM", r#"{"code":143}"#),
        ("SIGTERM", r#"{"signal":"SIGTERM"}"#),
        ("SIGINT", r#"{"code":0}"#),
        ("SIGHUP", r#"{"code":129}"#),
    ] {
        for turns in ["", turn] {
            for (input, ends) in ["", "{\"us\":1,\"eof\":\"in\"}"]
                .into_iter()
                .flat_map(|input| [(input, true), (input, false)])
            {
                let mut host = host(&format!(
                    "{turns}\n{input}\n{{\"us\":1,\"signal\":\"{signal}\"}}\n{{\"us\":1,\"exit\":{exit}}}"
                ));
                let start = Instant::now();
                if !turns.is_empty() {
                    host.write(user("one")).await;
                    host.expect(&[RESULT]).await;
                }
                // A recorded end of input is no reason to wait less.
                tokio::time::sleep(LIMIT / 2).await;
                if ends {
                    host.eof();
                }
                let end = host.end().await;
                assert!(end.report.divergences()[0].is_stalled(), "{}", end.report);
                let report = end.divergence();
                assert!(report.contains(&format!("expected: {signal}")), "{report}");
                let since = if ends { LIMIT / 2 + LIMIT } else { LIMIT };
                assert_eq!(start.elapsed(), since);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_idle_timeout_is_an_option_and_may_be_unlimited() {
    let start = Instant::now();
    let short = Host::with(
        Script::new(&recording(TWO_TURNS)).idle_timeout(Duration::from_millis(1500)),
        1024,
    );
    let report = short.end().await.divergence();
    assert!(report.contains("no input for 1.5 s"), "{report}");
    assert_eq!(start.elapsed(), Duration::from_millis(1500));

    let mut endless =
        Host::with(Script::new(&recording(TWO_TURNS)).idle_timeout(Duration::MAX), 1024);
    endless.expect_silence().await;
}

#[tokio::test(start_paused = true)]
async fn a_recorded_pause_does_not_count_as_an_idle_host() {
    let slow = r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"one"}}}
        {"us":3000000000,"out":{"type":"result","subtype":"success","is_error":false}}
        {"us":1,"in":{"type":"user","message":{"role":"user","content":"two"}}}"#;
    let mut host = Host::with(Script::new(&recording(slow)).speed(1.0), 1024);
    let start = Instant::now();
    host.write(user("one")).await;
    host.expect(&[RESULT]).await;
    assert_eq!(start.elapsed().as_secs(), 3000);
    let report = host.end().await.divergence();
    assert!(report.contains("expected: prompt \"two\""), "{report}");
    assert_eq!(start.elapsed().as_secs(), 3600);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_read_is_detected() {
    let mut host = Host::with(Script::new(&recording(TWO_TURNS)), 16);
    let start = Instant::now();
    host.write_bytes(format!("{}\n", user("one")).as_bytes()).await;
    let (exit, _) = host.exit_unread().await;
    assert_eq!(exit, Exit::from_code(70));
    // Output on its way to stderr has two more seconds.
    assert_eq!(start.elapsed(), LIMIT + Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_does_not_time_out() {
    let mut host =
        Host::with(Script::new(&recording(TWO_TURNS)).idle_timeout(Duration::from_secs(10)), 16);
    host.write_bytes(format!("{}\n", user("one")).as_bytes()).await;
    let line = host.line_slowly(Duration::from_secs(9)).await;
    assert_eq!(line, INIT);
    let line = host.line_slowly(Duration::from_secs(9)).await;
    assert_eq!(line, RESULT);
}

#[tokio::test(start_paused = true)]
async fn a_turn_on_a_stalled_replay_ends_with_the_report() {
    let replay = Replay::new(recording(
        r#"
        {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}}
        {"us":9,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
        {"us":1,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"system","subtype":"init"}}
        {"us":1,"in":{"type":"control_request","request_id":"r2","request":{"subtype":"set_model","model":"opus"}}}
        {"us":9,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r2"}}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#,
    ));
    let replay = replay.allow_truncated().idle_timeout(Duration::from_secs(5));
    let session = Session::builder().transport(replay.clone()).no_timeout().start().unwrap();
    let error = session.query("Hi").text().await.unwrap_err();
    assert!(error.is_divergence(), "{error}");
    assert!(error.to_string().contains("expected: control_request set_model"), "{error}");
    assert!(replay.report().divergences()[0].is_stalled());
}

#[tokio::test(start_paused = true)]
async fn a_scenario_has_no_time_limit_by_default() {
    let scenario = Scenario::new().on_prompt("Hi", reply().text("Hello"));
    let mut patient = Host::with(scenario.script([""; 0]), 1024);
    patient.expect_silence().await;
    let report =
        Host::with(scenario.script([""; 0]).idle_timeout(LIMIT), 1024).end().await.divergence();
    assert!(report.contains("expected: prompt \"Hi\""), "{report}");
}
