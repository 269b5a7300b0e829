//! The memory of an idle session, as counted by the allocator.
//!
//! One test per file: it counts what the whole program allocates.
#![allow(clippy::unwrap_used)]

mod handshake;

use std::sync::atomic::{AtomicU32, Ordering};

use claude_wire::Session;
use claude_wire::transport::{Connection, Exit, Launch, Memory, Transport};
use peak_alloc::PeakAlloc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const SESSIONS: usize = 100;
/// Bytes for each session.
const LIMIT: usize = 8 * 1024;

/// A CLI that reports lists of 18 KiB in the handshake, as CLI 2.1.332 does, with its own process
/// id, and answers each prompt with 32 deltas and a result.
fn cli() -> Memory {
    static PID: AtomicU32 = AtomicU32::new(1000);
    Memory::new(|_, peer| async move {
        let pid = PID.fetch_add(1, Ordering::Relaxed);
        let mut stdin = BufReader::with_capacity(512, peer.stdin).lines();
        let mut stdout = peer.stdout;
        while let Ok(Some(line)) = stdin.next_line().await {
            let answer = match line.contains(r#""request_id":""#) {
                true => handshake::reply(&line, &response(pid)),
                false => turn(),
            };
            stdout.write_all(answer.as_bytes()).await.unwrap();
        }
        Exit::from_code(0)
    })
    .capacity(512)
}

fn response(pid: u32) -> String {
    let command = r#"{"name":"a-command","description":"What it does, in one sentence of about this length, with an example.","argumentHint":"[file]"}"#;
    let agent = r#"{"name":"an-agent","description":"For a task of many steps; use it when one search is not enough.","model":"inherit"}"#;
    let (commands, agents) = ([command; 130].join(","), [agent; 20].join(","));
    let response = format!(
        r#"{{"commands":[{commands}],"agents":[{agents}],"output_style":"default","models":[{{"value":"default"}}],"account":{{"apiKeySource":"user"}},"pid":{pid}}}"#
    );
    assert!(response.len() > 16 * 1024);
    response
}

fn turn() -> String {
    const SESSION: &str = r#""session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11""#;
    let init = format!(
        r#"{{"type":"system","subtype":"init",{SESSION},"cwd":"/a/folder","permissionMode":"default","model":"claude-sonnet-5"}}"#
    );
    let delta = format!(
        r#"{{"type":"stream_event",{SESSION},"event":{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"some words "}}}}}}"#
    );
    let result = format!(
        r#"{{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"done",{SESSION},"total_cost_usd":0.01,"usage":{{"input_tokens":1,"output_tokens":1}},"modelUsage":{{"claude-sonnet-5":{{"inputTokens":1,"outputTokens":1,"costUSD":0.01}}}}}}"#
    );
    [vec![init], vec![delta; 32], vec![result]].concat().join("\n") + "\n"
}

async fn sessions() -> Vec<Session> {
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let session = Session::builder().transport(cli()).start().unwrap();
        let mut turn = session.query("go");
        let mut messages = 0;
        while let Some(message) = turn.next().await {
            message.unwrap();
            messages += 1;
        }
        assert_eq!(messages, 34);
        sessions.push(session);
    }
    sessions
}

async fn connections() -> Vec<(Memory, Connection)> {
    let mut connections = Vec::new();
    for _ in 0..SESSIONS {
        let cli = cli();
        let connection = cli.open(Launch::default()).await.unwrap();
        connections.push((cli, connection));
    }
    // Lets each CLI come to the point where it waits.
    tokio::task::yield_now().await;
    connections
}

#[tokio::test]
async fn an_idle_session_stays_within_8_kib() {
    // What the first session leaves behind serves all later ones.
    let mut first = sessions().await;
    let shared = first[0].server_info().unwrap().raw().unwrap().clone();
    assert!(shared.as_bytes().len() > 16 * 1024, "the handshake is kept whole");
    for session in first.drain(1..) {
        session.stop().await.unwrap();
    }

    let before = ALLOCATOR.current_usage();
    let sessions = sessions().await;
    let with_sessions = ALLOCATOR.current_usage() - before;
    let connections = connections().await;
    let with_connections = ALLOCATOR.current_usage() - before - with_sessions;
    let each = with_sessions.saturating_sub(with_connections) / SESSIONS;
    println!("an idle session: {each} bytes, and {} for its pipes", with_connections / SESSIONS);
    assert!(each <= LIMIT, "an idle session has {each} bytes, must be at most {LIMIT}");
    assert!(each > 1024, "{each} bytes: the session itself was not counted");

    drop(connections);
    for session in sessions {
        session.stop().await.unwrap();
    }
    let left = ALLOCATOR.current_usage().saturating_sub(before) / SESSIONS;
    assert!(left < 256, "a session leaves {left} bytes behind");
}
