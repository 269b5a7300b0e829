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
