//! The CLI's reply to the handshake waits only for the initialize request, not for other lines that
//! the recorded host wrote meanwhile.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{Host, control, recording, user};
use claude_wire::player::Replay;
use claude_wire::{Session, transport::Exit};

const READY: &str =
    r#"{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}"#;
const INIT: &str = r#"{"type":"system","subtype":"init"}"#;
const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"Hello"}"#;
const INITIALIZE: &str = r#"{"subtype":"initialize"}"#;

/// The recorded host wrote its prompt before the reply came.
const HASTY: &str = r#"
    {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}}
    {"us":1,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
    {"us":1,"out":{"type":"system","subtype":"ui_invalidate"}}
    {"us":9,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
    {"us":1,"out":{"type":"system","subtype":"init"}}
    {"us":1,"out":{"type":"result","subtype":"success","is_error":false,"result":"Hello"}}
    {"us":1,"eof":"in"}
    {"us":1,"exit":{"code":0}}"#;

/// The CLI ended before it was ready.
const FAILED: &str = r#"
    {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}}
    {"us":1,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
    {"us":9,"err":"error: no such option"}
    {"us":1,"exit":{"code":1}}"#;

#[tokio::test(start_paused = true)]
async fn a_waiting_session_can_replay_a_host_that_did_not_wait() {
    let replay = Replay::new(recording(HASTY)).allow_truncated();
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    assert_eq!(session.query("Hi").text().await.unwrap(), "Hello", "{}", replay.report());
    session.stop().await.unwrap().unwrap();
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn the_prompt_delays_its_turn_and_not_the_reply() {
    let mut host = Host::of(HASTY);
    host.write(control("r1", INITIALIZE)).await;
    host.expect(&[r#"{"type":"system","subtype":"ui_invalidate"}"#, READY]).await;
    host.expect_silence().await;
    host.write(user("Hi")).await;
    host.expect(&[INIT, RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_wait_works_as_well() {
    let mut host = Host::of(HASTY);
    host.write(control("r1", INITIALIZE)).await;
    host.write(user("Hi")).await;
    host.expect(&[r#"{"type":"system","subtype":"ui_invalidate"}"#, READY, INIT, RESULT]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_input_does_not_delay_the_reply() {
    let mut host = Host::of(
        r#"
        {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}}
        {"us":1,"eof":"in"}
        {"us":9,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
        {"us":1,"exit":{"code":0}}"#,
    );
    host.write(control("r1", INITIALIZE)).await;
    host.expect(&[READY]).await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_second_early_prompt_waits_for_its_turn() {
    let mut host = Host::of(
        r#"
        {"us":0,"in":{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}}
        {"us":1,"in":{"type":"user","message":{"role":"user","content":"one"}}}
        {"us":1,"in":{"type":"user","message":{"role":"user","content":"two"}}}
        {"us":9,"out":{"type":"control_response","response":{"subtype":"success","request_id":"r1"}}}
        {"us":1,"out":{"type":"system","subtype":"init","n":1}}
        {"us":1,"out":{"type":"result","n":1}}
        {"us":1,"out":{"type":"system","subtype":"init","n":2}}
        {"us":1,"out":{"type":"result","n":2}}"#,
    );
    host.write(control("r1", INITIALIZE)).await;
    host.expect(&[READY]).await;
    host.write(user("one")).await;
    host.expect(&[r#"{"type":"system","subtype":"init","n":1}"#, r#"{"type":"result","n":1}"#])
        .await;
    host.expect_silence().await;
    host.write(user("two")).await;
    host.expect(&[r#"{"type":"system","subtype":"init","n":2}"#, r#"{"type":"result","n":2}"#])
        .await;
    host.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_cli_that_fails_to_start_waits_for_no_prompt() {
    let mut host = Host::of(FAILED);
    host.write(control("r1", INITIALIZE)).await;
    let end = host.end().await;
    assert!(end.report.is_clean(), "{}", end.report);
    assert_eq!((end.exit, end.err.as_str()), (Exit::from_code(1), "error: no such option\n"));
}

#[tokio::test(start_paused = true)]
async fn a_session_reports_the_startup_failure() {
    let replay = Replay::new(recording(FAILED)).allow_truncated();
    let session = Session::builder().transport(replay.clone()).start().unwrap();
    let error = session.query("Hi").text().await.unwrap_err();
    assert!(error.stderr_tail().contains("no such option"), "{error}");
    assert_eq!(error.exit(), Some(&Exit::from_code(1)));
    session.stop().await.unwrap();
    replay.assert_finished();
}
