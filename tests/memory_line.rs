//! What a very long line costs in memory.
//!
//! One test per file: it measures the memory of the whole program.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod handshake;

use claude_wire::Session;
use claude_wire::transport::{Exit, Memory};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

const MIB: usize = 1024 * 1024;
/// Long enough that the allocator gives it back to the system at once.
const LINE: usize = 40 * MIB;
const MESSAGE: &str = r#"{"type":"assistant","session_id":"s","uuid":"u","parent_tool_use_id":null,"message":{"role":"assistant","content":[{"type":"text","text":""#;
const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"done","session_id":"s"}"#;

/// A value of this program's status, in bytes.
fn status(key: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<usize>().unwrap() * 1024
}

/// A CLI that answers with one long line, and keeps no copy of it.
fn cli() -> Memory {
    Memory::new(|_, peer| async move {
        let mut stdin = BufReader::new(peer.stdin).lines();
        let mut stdout = peer.stdout;
        let asked = stdin.next_line().await.unwrap().unwrap();
        stdout.write_all(handshake::reply(&asked, "{}").as_bytes()).await.unwrap();
        stdin.next_line().await.unwrap();
        stdout.write_all(MESSAGE.as_bytes()).await.unwrap();
        let piece = "x".repeat(64 * 1024);
        for _ in 0..LINE / piece.len() {
            stdout.write_all(piece.as_bytes()).await.unwrap();
        }
        stdout.write_all(format!("\"}}]}}}}\n{RESULT}\n").as_bytes()).await.unwrap();
        while let Ok(Some(_)) = stdin.next_line().await {}
        Exit::from_code(0)
    })
}

#[tokio::test]
async fn a_long_line_and_its_text_take_little_more_than_twice_its_size() {
    let session = Session::builder().transport(cli()).start().unwrap();
    let mut turn = session.query("go");
    let before = status("VmRSS:");
    let mut read = 0;
    while let Some(message) = turn.next().await {
        read += message.unwrap().text().map_or(0, |text| text.len());
    }
    drop(turn);
    assert_eq!(read, LINE);
    let most = status("VmHWM:").saturating_sub(before);
    println!("a line of {} MiB: {:.2} times", LINE / MIB, most as f64 / LINE as f64);
    assert!(most >= LINE, "{most} bytes: the line was never in memory");
    assert!(most * 10 <= LINE * 22, "{} MiB for a line of {} MiB", most / MIB, LINE / MIB);
    let left = status("VmRSS:").saturating_sub(before);
    assert!(left < 4 * MIB, "{left} bytes are left");
    session.stop().await.unwrap();
}
