//! Limits in bytes also limit memory.
//!
//! One test per file: it measures the memory of the whole program.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod handshake;

use std::time::Duration;

use claude_wire::Session;
use claude_wire::transport::{Exit, Memory, Shutdown};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

const MIB: usize = 1024 * 1024;

/// The memory used by this program, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<usize>().unwrap() * 1024
}

/// A CLI that answers the handshake and then floods the host with this line.
fn flooding(line: &'static str) -> Memory {
    Memory::new(move |_, peer| async move {
        let mut stdin = BufReader::new(peer.stdin).lines();
        let mut stdout = peer.stdout;
        let asked = stdin.next_line().await.unwrap().unwrap();
        stdout.write_all(handshake::reply(&asked, "{}").as_bytes()).await.unwrap();
        stdin.next_line().await.unwrap();
        let flood = format!("{line}\n").repeat(64 * 1024 / (line.len() + 1));
        while stdout.write_all(flood.as_bytes()).await.is_ok() {}
        Exit::from_code(0)
    })
}

/// Leaves a turn unread while a request keeps the session reading. Returns how much memory that
/// took.
async fn unread(line: &'static str, cap: usize) -> usize {
    let session = Session::builder()
        .buffer_cap(cap)
        .drain_timeout(Duration::from_millis(1))
        .shutdown(Shutdown { grace_after_eof: Duration::ZERO, grace_after_sigterm: Duration::ZERO })
        .transport(flooding(line))
        .start()
        .unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    let before = resident();
    assert!(session.interrupt().await.is_err(), "the flood has no reply in it");
    let taken = resident().saturating_sub(before);
    let error = loop {
        match turn.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("the turn ended well"),
        }
    };
    assert!(error.is_overflow(), "{error}");
    session.stop().await.unwrap();
    taken
}

#[tokio::test]
async fn bounds_hold_in_memory() {
    // From lines that are all overhead to lines with almost none.
    const TINY: &str = r#"{"type":"x"}"#;
    const SMALL: &str = concat!(
        r#"{"type":"assistant","parent_tool_use_id":null,"session_id":"s","uuid":"u","#,
        r#""message":{"role":"assistant","content":[{"type":"text","text":"a hundred bytes or two"}]}}"#
    );
    for (line, cap) in [(TINY, 16 * MIB), (SMALL, 32 * MIB)] {
        let taken = unread(line, cap).await;
        assert!(taken < cap, "{} MiB of a cap of {} MiB", taken / MIB, cap / MIB);
    }

    let session = Session::builder().transport(flooding(TINY)).start().unwrap();
    let before = resident();
    for _ in 0..1_000_000 {
        drop(session.events());
    }
    let taken = resident().saturating_sub(before);
    assert!(taken < 4 * MIB, "{taken} bytes for listeners that have gone");
}
