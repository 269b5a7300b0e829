//! The replay transport: opening, reopening, truncation, the report.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::replay_support::{DIVERGED, RESULT, recording, user};
use claude_wire::player::Replay;
use claude_wire::recording::Recording;
use claude_wire::transport::{Connection, Exit, Launch, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn one_turn(prompt: &str) -> Recording {
    let recording = recording(&format!(
        r#"
        {{"us":0,"in":{{"type":"user","message":{{"role":"user","content":"{prompt}"}}}}}}
        {{"us":1,"out":{{"type":"result","subtype":"success","is_error":false}}}}
        {{"us":1,"eof":"in"}}
        {{"us":1,"exit":{{"code":0}}}}"#
    ));
    Recording::from_bytes(&recording.to_bytes()).unwrap()
}

/// Sends one prompt and the end of input; returns stdout, stderr and the exit.
async fn run(replay: &Replay, prompt: &str) -> (String, String, Exit) {
    let Connection { mut stdin, mut stdout, mut stderr, mut control } =
        replay.open(Launch::default()).await.unwrap();
    stdin.write_all(format!("{}\n", user(prompt)).as_bytes()).await.unwrap();
    drop(stdin);
    let (mut out, mut err) = (String::new(), String::new());
    tokio::try_join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err)).unwrap();
    (out, err, control.wait().await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_reopened_replay_plays_from_the_start() {
    let replay = Replay::new(one_turn("Hi"));
    for _ in 0..2 {
        assert_eq!(
            run(&replay, "Hi").await,
            (format!("{RESULT}\n"), String::new(), Exit::from_code(0))
        );
    }
    replay.assert_finished();
    assert_eq!(replay.report().matched(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_sequence_plays_each_recording_once() {
    let replay = Replay::sequence([one_turn("one"), one_turn("two")]);
    assert_eq!(run(&replay, "one").await.2, Exit::from_code(0));
    assert_eq!(replay.report().left().len(), 2, "the second was not played: {}", replay.report());
    assert_eq!(run(&replay, "two").await.2, Exit::from_code(0));
    replay.assert_finished();
    let error = replay.open(Launch::default()).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("has 2 recordings"), "{source}");
}

#[tokio::test(start_paused = true)]
async fn a_truncated_recording_is_rejected_unless_allowed() {
    let bytes = one_turn("Hi").to_bytes();
    let cut = bytes.windows(6).position(|window| window == b"{\"end\"").unwrap();
    let replay = Replay::new(Recording::from_bytes(&bytes[..cut]).unwrap());
    let error = replay.open(Launch::default()).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("truncated") && source.contains("allow_truncated"), "{source}");
    assert_eq!(run(&replay.allow_truncated(), "Hi").await.2, Exit::from_code(0));
}

#[tokio::test(start_paused = true)]
async fn a_difference_ends_the_connection_and_is_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hi.jsonl");
    one_turn("Hi").save(&path).unwrap();
    let replay = Replay::open(&path).unwrap();
    let (out, err, exit) = run(&replay, "Ho").await;
    assert_eq!((out.lines().count(), exit), (1, Exit::from_code(70)));
    assert!(out.contains(DIVERGED), "{out}");
    assert!(
        err.starts_with(&format!("replay of {}: input differs from the recording", path.display())),
        "{err}"
    );
    assert_eq!(replay.report().divergences().len(), 1);
    assert_eq!(err, format!("{}\n", replay.report()));
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "left: prompt \"Hi\" (event 1)")]
async fn a_replay_that_was_never_opened_is_not_finished() {
    Replay::new(one_turn("Hi")).assert_finished();
}

#[tokio::test(start_paused = true)]
async fn the_end_need_not_be_played() {
    let replay = Replay::new(one_turn("Hi"));
    let mut connection = replay.open(Launch::default()).await.unwrap();
    connection.stdin.write_all(format!("{}\n", user("Hi")).as_bytes()).await.unwrap();
    let mut line = vec![0; RESULT.len() + 1];
    connection.stdout.read_exact(&mut line).await.unwrap();
    replay.assert_finished();
}

#[tokio::test(start_paused = true)]
async fn terminate_and_kill_end_it() {
    let replay = Replay::new(one_turn("Hi")).unverified();
    let mut connection = replay.open(Launch::default()).await.unwrap();
    connection.control.terminate();
    assert_eq!(connection.control.wait().await.unwrap(), Exit::from_code(143));
    let mut connection = replay.open(Launch::default()).await.unwrap();
    connection.control.kill();
    assert_eq!(connection.control.wait().await.unwrap(), Exit::from_signal(9));
}
