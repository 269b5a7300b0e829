//! A slow reader slows down the CLI without losing lines or blocking others.
#![allow(clippy::unwrap_used, reason = "the helper functions are test code as well")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::cli::{FakeCli, aborted, cli, init, result, success};
use crate::support::read::{ended_well, quiet, read};
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Session, Turn};
use serde_json::{Map, json};
use tokio::sync::Notify;

const PIPE: usize = 4096;
const LIMIT: usize = 16 * 1024;

fn numbered(n: usize) -> String {
    format!("{{\"type\":\"x\",\"n\":{n}}}\n")
}

/// Writes `count` numbered messages, and counts the bytes that were accepted.
async fn flood(cli: &mut FakeCli, count: usize, accepted: &AtomicUsize) {
    let mut lines = String::new();
    for n in 0..count {
        lines.push_str(&numbered(n));
        if lines.len() > 1000 || n + 1 == count {
            cli.write_bytes(lines.as_bytes()).await;
            accepted.fetch_add(lines.len(), Ordering::SeqCst);
            lines.clear();
        }
    }
}

/// A CLI that answers each prompt with a flood and writes nothing else until its end.
fn flooding(count: usize, accepted: &Arc<AtomicUsize>) -> Memory {
    let accepted = accepted.clone();
    cli(move |_, mut cli| {
        let accepted = accepted.clone();
        async move {
            cli.handshake().await;
            while let Some(line) = cli.read().await {
                let uuid = line["uuid"].as_str().unwrap_or_default();
                cli.write(init(uuid)).await;
                flood(&mut cli, count, &accepted).await;
                cli.write(result(uuid, "done")).await;
            }
            Exit::from_code(0)
        }
    })
    .capacity(PIPE)
}

/// Reads a flood one message at a time.
async fn read_flood(turn: &mut Turn, count: usize) {
    for n in 0..count {
        let message = turn.next().await.unwrap().unwrap();
        assert_eq!(message.line_text(), numbered(n).trim_end());
    }
    assert_eq!(turn.next().await.unwrap().unwrap().frame().kind_name(), "result");
    assert!(turn.next().await.is_none());
}

/// The session and the reader may each buffer up to the limit plus one read; then the pipe is full.
const BOUND: usize = 2 * (LIMIT + PIPE) + PIPE + 1100;

#[tokio::test(start_paused = true)]
async fn an_unread_turn_blocks_the_cli_and_loses_nothing() {
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = 1_000_000;
    let session = Session::builder()
        .no_timeout()
        .buffer_limit(LIMIT)
        .transport(flooding(count, &accepted))
        .start()
        .unwrap();
    let mut turn = session.query("go");
    assert_eq!(turn.next().await.unwrap().unwrap().frame().kind_name(), "system");
    for _ in 0..5 {
        quiet().await;
    }
    let held = accepted.load(Ordering::SeqCst);
    assert!((PIPE..BOUND).contains(&held), "{held} bytes were taken");
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(accepted.load(Ordering::SeqCst), held, "the CLI is blocked");
    read_flood(&mut turn, count).await;
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_never_exceeds_the_bound() {
    let accepted = Arc::new(AtomicUsize::new(0));
    let session = Session::builder()
        .buffer_limit(LIMIT)
        .transport(flooding(20_000, &accepted))
        .start()
        .unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    let mut taken = 0;
    for n in 0..20_000 {
        taken += turn.next().await.unwrap().unwrap().frame().bytes().len() + 1;
        if n % 100 == 0 {
            quiet().await;
            let waiting = accepted.load(Ordering::SeqCst).saturating_sub(taken);
            assert!(waiting < BOUND, "{waiting} bytes wait at message {n}");
        }
    }
    assert_eq!(turn.next().await.unwrap().unwrap().frame().kind_name(), "result");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn a_bound_of_one_byte_still_makes_progress() {
    let session = Session::builder()
        .buffer_limit(0)
        .transport(flooding(1000, &Arc::default()).capacity(1))
        .start()
        .unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    read_flood(&mut turn, 1000).await;
    ended_well(&session).await;
}

/// Answers requests within the flood, as the CLI does; the flood continues until `enough` is
/// notified.
async fn flood_and_answer(mut cli: FakeCli, enough: Arc<Notify>) -> Exit {
    cli.handshake().await;
    let (uuid, _) = cli.prompt().await;
    cli.write(init(&uuid)).await;
    let mut n = 0;
    let done = enough.notified();
    tokio::pin!(done);
    loop {
        tokio::select! {
            biased;
            () = &mut done => break,
            line = cli.read() => {
                let line = line.unwrap_or_default();
                cli.write(success(&line, json!({"n": n}))).await;
                if line["request"]["subtype"] == "interrupt" {
                    break;
                }
            }
            () = tokio::task::yield_now() => {
                cli.write_bytes(numbered(n).as_bytes()).await;
                n += 1;
            }
        }
    }
    cli.write(aborted(&uuid)).await;
    cli.serve().await
}

#[tokio::test(start_paused = true)]
async fn a_request_is_answered_while_the_turn_is_not_read() {
    let enough = Arc::new(Notify::new());
    let flood_end = enough.clone();
    let transport = cli(move |_, cli| flood_and_answer(cli, flood_end.clone())).capacity(PIPE);
    let session = Session::builder().buffer_limit(LIMIT).transport(transport).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    quiet().await;
    for _ in 0..20 {
        let reply = session.control("get_usage", Map::new()).await.unwrap().unwrap();
        assert!(reply.pointer("/n").is_some(), "{reply:?}");
    }
    session.interrupt().await.unwrap();
    let turn = read(turn).await;
    assert!(turn.error.is_none(), "{:?}", turn.error);
    let values = turn.values();
    assert!(
        values[..values.len() - 1].iter().enumerate().all(|(n, value)| value["n"] == n),
        "in order, without a gap"
    );
    assert_eq!(values.last().unwrap()["terminal_reason"], "aborted_streaming");
    assert_eq!(read(session.query("next")).await.text(), "next");
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn an_unread_turn_can_time_out_and_the_same_cli_continues() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        flood(&mut cli, 5000, &AtomicUsize::new(0)).await;
        cli.acknowledge("interrupt").await;
        flood(&mut cli, 5000, &AtomicUsize::new(0)).await;
        cli.write(aborted(&uuid)).await;
        cli.serve().await
    })
    .capacity(PIPE);
    let session = Session::builder()
        .timeout(Duration::from_secs(5))
        .buffer_limit(LIMIT)
        .transport(transport)
        .start()
        .unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let turn = read(turn).await;
    assert!(turn.error().is_timeout(), "{:?}", turn.error);
    let drained = session.stats().lines.drained as usize;
    assert_eq!(turn.lines.len() + drained, 10_001, "every line is accounted for");
    assert_eq!(session.exit(), None, "a slow reader does not end the CLI");
    assert_eq!(read(session.query("next")).await.text(), "next");
    ended_well(&session).await;
}

/// A paused CLI does not count as silent.
#[tokio::test(start_paused = true)]
async fn the_pause_of_a_reader_is_not_the_silence_of_the_cli() {
    let session = Session::builder()
        .no_timeout()
        .idle_timeout(Duration::from_secs(5))
        .buffer_limit(LIMIT)
        .transport(flooding(10_000, &Arc::default()))
        .start()
        .unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    read_flood(&mut turn, 10_000).await;
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn past_the_hard_cap_the_turn_fails_and_the_session_continues() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let pending = cli.request("get_usage").await;
        // The host waits for its answer and keeps reading.
        flood(&mut cli, 20_000, &AtomicUsize::new(0)).await;
        cli.acknowledge("interrupt").await;
        cli.write(success(&pending, json!({}))).await;
        cli.write(aborted(&uuid)).await;
        cli.serve().await
    })
    .capacity(PIPE);
    let session = Session::builder()
        .buffer_limit(LIMIT)
        .buffer_cap(100 * 1024)
        .drain_timeout(Duration::from_secs(5))
        .transport(transport)
        .start()
        .unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    session.control("get_usage", Map::new()).await.unwrap();
    let turn = read(turn).await;
    assert!(turn.error().is_overflow(), "{:?}", turn.error);
    assert!(turn.error().to_string().contains("102400"), "{:?}", turn.error);
    // 20 bytes each, with about 400 bytes of overhead. A read returns 200 of them.
    let kept = turn.lines.len();
    assert!((200..500).contains(&kept), "{kept} lines were kept");
    assert!(
        turn.values().iter().enumerate().all(|(n, value)| value["n"] == n),
        "what was kept is in order"
    );
    assert_eq!(read(session.query("next")).await.text(), "next");
    assert_eq!(session.stats().lines.drained as usize, 20_000 - turn.lines.len() + 1);
    ended_well(&session).await;
}

/// The cap applies to what is read past the limit, not to what waits within it.
#[tokio::test(start_paused = true)]
async fn a_cap_of_any_size_does_not_affect_a_turn_that_is_read() {
    for cap in [1, 5000, LIMIT, 1024 * 1024] {
        let session = Session::builder()
            .buffer_cap(cap)
            .transport(flooding(2000, &Arc::default()))
            .start()
            .unwrap();
        let mut turn = session.query("go");
        turn.next().await.unwrap().unwrap();
        quiet().await;
        read_flood(&mut turn, 2000).await;
        ended_well(&session).await;
    }
}

#[test]
fn unusable_bounds_are_rejected() {
    let builder = Session::builder();
    for (name, builder) in [
        ("buffer_cap", builder.clone().buffer_cap(0)),
        ("max_line", builder.clone().max_line(0)),
        ("max_line", builder.max_line(0).buffer_cap(1).buffer_limit(0)),
    ] {
        let error = builder.start().unwrap_err();
        assert!(error.is_option(), "{error}");
        let error = error.option_error().unwrap();
        assert_eq!((error.field(), error.expected()), (name, "at least 1 byte"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_last_line_exceeds_the_cap_is_interrupted() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let pending = cli.request("get_usage").await;
        cli.write(json!({"type": "x", "pad": "x".repeat(200 * 1024)})).await;
        let asked = tokio::time::Instant::now();
        cli.acknowledge("interrupt").await;
        assert!(
            asked.elapsed() < Duration::from_secs(1),
            "the interrupt came after {:?}",
            asked.elapsed()
        );
        cli.write(success(&pending, json!({}))).await;
        cli.write(aborted(&uuid)).await;
        cli.serve().await
    })
    .capacity(1024 * 1024);
    let session = Session::builder()
        .buffer_limit(LIMIT)
        .buffer_cap(100 * 1024)
        .transport(transport)
        .start()
        .unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    session.control("get_usage", Map::new()).await.unwrap();
    let turn = read(turn).await;
    assert!(turn.error().is_overflow() && turn.lines.len() == 1, "{:?}", turn.error);
    ended_well(&session).await;
}

#[tokio::test(start_paused = true)]
async fn output_before_an_exit_waits_for_a_slow_reader() {
    let transport = cli(|_, mut cli| async move {
        cli.handshake().await;
        let (uuid, _) = cli.prompt().await;
        cli.write(init(&uuid)).await;
        let mut bytes = String::new();
        (0..20_000).for_each(|n| bytes.push_str(&numbered(n)));
        bytes.push_str(&format!("{}\n", result(&uuid, "done")));
        cli.write_bytes(bytes.as_bytes()).await;
        // The pipe outlives the process.
        std::mem::forget(cli.take_stdout());
        Exit::from_code(0)
    })
    .capacity(1024 * 1024);
    let session = Session::builder().buffer_limit(1000).transport(transport).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    read_flood(&mut turn, 20_000).await;
}
