//! A turn of any length takes the same memory, and each delta in it one or two allocations.
//!
//! Each test counts what its own thread allocates.
#![allow(clippy::unwrap_used)]

mod handshake;

use allocation_counter::measure;
use claude_wire::transport::{Exit, Memory};
use claude_wire::{Message, Session};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::runtime::{Builder, Runtime};

const MIB: u64 = 1024 * 1024;
const DELTA: &str = r#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"some words of an answer that goes on for long"}},"session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","parent_tool_use_id":null,"uuid":"00000000-0000-4000-8000-000000000000","api_message_id":"msg_0000000000000000000001"}"#;
const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"done","session_id":"s"}"#;

/// A CLI that writes this many blocks of deltas as fast as it can.
fn cli(blocks: usize, block: &'static str) -> Memory {
    Memory::new(move |_, peer| async move {
        let mut stdin = BufReader::new(peer.stdin).lines();
        let mut stdout = peer.stdout;
        let asked = stdin.next_line().await.unwrap().unwrap();
        stdout.write_all(handshake::reply(&asked, "{}").as_bytes()).await.unwrap();
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
fn growth(blocks: usize, block: &'static str) -> u64 {
    let runtime = runtime();
    let (session, mut turn) = runtime.block_on(async {
        let session = Session::builder().transport(cli(blocks, block)).start().unwrap();
        let mut turn = session.query("go");
        turn.next().await.unwrap().unwrap();
        (session, turn)
    });
    let rest = async {
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
    };
    let taken = measure(|| runtime.block_on(rest));
    runtime.block_on(session.stop()).unwrap();
    taken.bytes_max
}

#[test]
fn a_turn_of_any_length_takes_less_than_a_megabyte() {
    let block: &'static str = format!("{DELTA}\n").repeat(300).leak();
    for blocks in [10, 400] {
        let most = growth(blocks, block);
        println!("{} deltas: at most {most} bytes more", blocks * block.lines().count());
        assert!(most > MIB / 8, "{most} bytes: the session has read nothing ahead");
        assert!(most < MIB, "{most} bytes for {blocks} blocks");
    }
}

/// How often a whole session with one turn allocates, and the CLI in memory with it.
fn allocations(blocks: usize, block: &'static str, see: fn(&Message)) -> u64 {
    let runtime = runtime();
    let all = async {
        let session = Session::builder().transport(cli(blocks, block)).start().unwrap();
        let mut turn = session.query("go");
        let mut messages = 0;
        while let Some(message) = turn.next().await {
            see(&message.unwrap());
            messages += 1;
        }
        assert_eq!(messages, blocks * block.lines().count() + 1);
        session.stop().await.unwrap();
    };
    measure(|| runtime.block_on(all)).count_total
}

#[test]
fn a_delta_takes_one_allocation_and_its_text_at_most_one_more() {
    let block: &'static str = format!("{DELTA}\n").repeat(300).leak();
    let escaped: &'static str = block.replace("words of", r"words\nof").leak();
    let untouched: fn(&Message) = |_| {};
    let text: fn(&Message) = |message| drop(message.text_delta());
    for (what, block, see, most) in [
        ("untouched", block, untouched, 1.0),
        ("its text read", block, text, 1.0),
        ("its text read, with an escape", escaped, text, 2.0),
    ] {
        let (blocks, deltas) = (100, 100.0 * 300.0);
        let more = allocations(2 * blocks, block, see) - allocations(blocks, block, see);
        let each = more as f64 / deltas;
        println!("a delta, {what}: {each:.3} allocations");
        // A read of many lines allocates once or twice.
        assert!(each < most + 0.05, "{each} allocations for a delta, {what}");
        assert!(each >= 1.0, "{each}: not every delta has an allocation");
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
