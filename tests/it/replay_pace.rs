//! Instant by default, the recorded pace on demand.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use crate::replay_support::{Host, INIT, RESULT, control, recording, user};
use claude_wire::player::Script;
use tokio::time::Instant;

/// Half a second to the first line, then three; the usage takes one.
const SLOW: &str = r#"
    {"us":9000000,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
    {"us":500000,"out":{"type":"system","subtype":"init"}}
    {"us":1000000,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"get_usage"}}}
    {"us":1000000,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
    {"us":1000000,"out":{"type":"result","subtype":"success","is_error":false}}
    {"us":1000000,"eof":"in"}
    {"us":2000000,"exit":{"code":0}}"#;
const R1: &str =
    r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}"#;

/// A text and a tool call, then a question about it, and its result.
const ASKS: &str = r#"
    {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
    {"us":1,"out":{"type":"assistant","n":1}}
    {"us":1,"out":{"type":"assistant","n":2}}
    {"us":1,"out":{"type":"control_request","request_id":"c1","request":{"subtype":"can_use_tool"}}}
    {"us":1,"in":{"type":"control_response","response":{"subtype":"success","request_id":"c1"}}}
    {"us":1,"out":{"type":"assistant","n":3}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#;

#[tokio::test(start_paused = true)]
async fn a_pause_comes_before_a_request_and_before_a_result() {
    for pause in [0, 20, 5000].map(Duration::from_millis) {
        let mut host = Host::with(Script::new(&recording(ASKS)).pause(pause), 1024);
        let start = Instant::now();
        host.write(user("Hi")).await;
        host.line().await;
        host.line().await;
        assert_eq!(start.elapsed(), Duration::ZERO, "messages follow each other at once");
        assert!(host.line().await.unwrap().contains("can_use_tool"));
        let asked = start.elapsed();
        assert!(asked >= pause && asked <= pause + Duration::from_millis(1), "{asked:?}");
        // A host that took its time has read everything.
        tokio::time::sleep(pause * 2).await;
        let start = Instant::now();
        host.write(
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"c1"}}"#,
        )
        .await;
        host.line().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        host.expect(&[RESULT]).await;
        let ended = start.elapsed();
        assert!(ended >= pause && ended <= pause + Duration::from_millis(1), "{ended:?}");
        host.finish().await;
    }
}

/// Nothing came before it that the host could still have to handle.
#[tokio::test(start_paused = true)]
async fn the_first_line_needs_no_pause() {
    let script = Script::new(&recording(
        r#"
        {"us":0,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
        {"us":1,"out":{"type":"result","subtype":"success","is_error":false}}"#,
    ));
    let mut host = Host::with(script.pause(Duration::from_secs(9)), 1024);
    let start = Instant::now();
    host.write(user("Hi")).await;
    host.expect(&[RESULT]).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    host.finish().await;
}

async fn times(speed: f64) -> [Duration; 4] {
    let mut host = Host::with(Script::new(&recording(SLOW)).speed(speed), 1024);
    let start = Instant::now();
    host.write(user("Hi")).await;
    host.expect(&[INIT]).await;
    let init = start.elapsed();
    host.write(control("r1", r#"{"subtype":"get_usage"}"#)).await;
    host.expect(&[R1]).await;
    let usage = start.elapsed();
    host.expect(&[RESULT]).await;
    let result = start.elapsed();
    host.finish().await;
    [init, usage, result, start.elapsed()]
}

#[tokio::test(start_paused = true)]
async fn output_comes_at_once_by_default() {
    let script = Script::new(&recording(SLOW));
    let nonsense = [0.0, -1.0, f64::NAN, f64::INFINITY].map(|speed| script.clone().speed(speed));
    for script in nonsense.into_iter().chain([script]) {
        let mut host = Host::with(script, 1024);
        let start = Instant::now();
        host.write(user("Hi")).await;
        host.write(control("r1", r#"{"subtype":"get_usage"}"#)).await;
        host.expect(&[INIT, R1, RESULT]).await;
        host.finish().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn each_output_keeps_its_delay_after_what_it_waited_for() {
    // The 9 seconds before the prompt are the host's; the usage was requested earlier than
    // recorded.
    let expected = [500, 1500, 3500, 6500].map(Duration::from_millis);
    // The resolution of the timer is a millisecond.
    for (actual, expected) in times(1.0).await.into_iter().zip(expected) {
        assert!(
            actual >= expected && actual < expected + Duration::from_millis(5),
            "{actual:?} for {expected:?}"
        );
    }
    for (actual, expected) in times(2.0).await.into_iter().zip(expected) {
        assert!(
            actual >= expected / 2 && actual < expected / 2 + Duration::from_millis(5),
            "{actual:?} for {:?}",
            expected / 2
        );
    }
}
