//! Sessions over CLIs in memory.

use claude_wire::Session;
use claude_wire::transport::{Exit, Memory};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::{run, runtime};

pub(crate) fn run(sessions: usize) -> Vec<String> {
    let make = |_| Session::builder().transport(cli()).start().expect("a session");
    let answer = |session, turn| format!("question {session} {turn}");
    // No limit: an answer is there at once, so that a session goes on until the runtime takes the
    // processor from it. How its sessions finish shows the runtime.
    run::run("in memory", &runtime(), sessions, sessions, None, make, answer)
}

/// A CLI that answers each prompt with its text.
pub(crate) fn cli() -> Memory {
    Memory::new(|_, peer| async move {
        let mut stdin = BufReader::with_capacity(512, peer.stdin).lines();
        let mut stdout = peer.stdout;
        while let Ok(Some(line)) = stdin.next_line().await {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            let answer = match line["type"].as_str() {
                Some("user") => json!({"type": "result", "subtype": "success", "is_error": false, "session_id": "s",
                    "result": line["message"]["content"], "user_message_uuids": [line["uuid"]]}),
                Some("control_request") => json!({"type": "control_response", "response": {"subtype": "success",
                    "request_id": line["request_id"], "response": {}}}),
                _ => continue,
            };
            if stdout.write_all(format!("{answer}\n").as_bytes()).await.is_err() {
                break;
            }
        }
        Exit::from_code(0)
    })
    .capacity(512)
}
