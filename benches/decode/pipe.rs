//! An in-memory CLI that answers every prompt with the same bytes, and the simplest reader of its
//! pipe.

use std::sync::Arc;

use claude_wire::transport::{BoxedRead, Exit, Launch, Memory, Peer, Transport};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::runtime::{Builder, Runtime};

/// The last line of each answer.
pub(crate) const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"duration_ms":1,"duration_api_ms":1,"num_turns":1,"result":"done","session_id":"5c1f1c3e-7a52-4c1e-9d31-0c2f6d0f7a11","total_cost_usd":0.0,"usage":{"input_tokens":1,"output_tokens":1},"modelUsage":{},"permission_denials":[],"uuid":"00000000-0000-4000-8000-000000000000"}"#;

/// One thread, so that its clock counts everything.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A CLI that answers every prompt with these lines and a result; each of its pipes buffers
/// `capacity` bytes.
pub(crate) fn answering(lines: Arc<[u8]>, capacity: usize) -> Memory {
    Memory::new(move |_, peer| answer(peer, lines.clone())).capacity(capacity)
}

async fn answer(peer: Peer, lines: Arc<[u8]>) -> Exit {
    let Peer { stdin, mut stdout, stderr: _stderr, .. } = peer;
    let mut asked = BufReader::with_capacity(512, stdin).lines();
    while let Ok(Some(line)) = asked.next_line().await {
        if line.contains(r#""initialize""#) {
            let id = line
                .split_once(r#""request_id":""#)
                .and_then(|(_, rest)| rest.split('"').next())
                .unwrap_or_default();
            let reply = format!(
                r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{{}}}}}}"#
            );
            let _ = stdout.write_all(format!("{reply}\n").as_bytes()).await;
        } else if line.contains(r#""user""#) {
            let _ = stdout.write_all(&lines).await;
            let _ = stdout.write_all(format!("{RESULT}\n").as_bytes()).await;
        }
    }
    Exit::from_code(0)
}

/// Opens the CLI without a session, prompts it, and passes its whole answer to `see`. Returns the
/// number of lines.
pub(crate) async fn read(cli: &Memory, mut see: impl FnMut(&[u8])) -> usize {
    let mut cli = cli.open(Launch::default()).await.expect("a pipe");
    cli.stdin.write_all(b"{\"type\":\"user\"}\n").await.expect("a pipe");
    drop(cli.stdin);
    let mut lines = 0;
    let mut buffer = vec![0; 64 * 1024];
    while let count @ 1.. = chunk(&mut cli.stdout, &mut buffer).await {
        lines += memchr::memchr_iter(b'\n', &buffer[..count]).count();
        see(&buffer[..count]);
    }
    lines
}

async fn chunk(from: &mut BoxedRead, buffer: &mut [u8]) -> usize {
    from.read(buffer).await.unwrap_or_default()
}
