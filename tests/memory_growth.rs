//! A turn of any length takes the same memory.
//!
//! One test per file: it counts what the whole program allocates.
#![allow(clippy::unwrap_used)]

use claude_wire::Session;
use claude_wire::transport::{Exit, Memory};
use peak_alloc::PeakAlloc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MIB: usize = 1024 * 1024;
const DELTA: &str = r#"{"type":"stream_event","session_id":"s","parent_tool_use_id":null,"event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some words of an answer that goes on for long"}}}"#;
const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"done","session_id":"s"}"#;

/// A CLI that writes this many blocks of deltas as fast as it can.
fn cli(blocks: usize, block: &'static str) -> Memory {
    Memory::new(move |_, peer| async move {
        let mut stdin = BufReader::new(peer.stdin).lines();
        let mut stdout = peer.stdout;
        stdin.next_line().await.unwrap();
        let reply =
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"cw-1"}}"#;
        stdout.write_all(format!("{reply}\n").as_bytes()).await.unwrap();
        stdin.next_line().await.unwrap();
        for _ in 0..blocks {
            stdout.write_all(block.as_bytes()).await.unwrap();
        }
        stdout.write_all(format!("{RESULT}\n").as_bytes()).await.unwrap();
        while let Ok(Some(_)) = stdin.next_line().await {}
        Exit::from_code(0)
    })
}

/// The most memory that a turn takes at once, after its first message. The reader is slow: it lets
/// the session read what it will before it takes the next messages.
async fn growth(blocks: usize, block: &'static str) -> usize {
    let session = Session::builder().transport(cli(blocks, block)).start().unwrap();
    let mut turn = session.query("go");
    turn.next().await.unwrap().unwrap();
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let mut messages = 1;
    while let Some(message) = turn.next().await {
        message.unwrap();
        messages += 1;
        if messages % 500 == 0 {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
    }
    assert_eq!(messages, blocks * block.lines().count() + 1);
    let most = ALLOCATOR.peak_usage().saturating_sub(before);
    session.stop().await.unwrap();
    most
}

#[tokio::test]
async fn a_turn_of_any_length_takes_less_than_a_megabyte() {
    let block: &'static str = format!("{DELTA}\n").repeat(300).leak();
    for blocks in [10, 400] {
        let most = growth(blocks, block).await;
        assert!(most > MIB / 8, "{most} bytes: the session has read nothing ahead");
        assert!(most < MIB, "{most} bytes for {blocks} blocks");
    }
}
