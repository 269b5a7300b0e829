//! The CLI's side of a session, written line by line by a test.

use claude_wire::transport::{BoxedRead, BoxedWrite, Exit, Launch, Memory, Peer, PeerControl};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};

/// The other end of an in-memory connection.
pub struct FakeCli {
    stdin: Lines<BufReader<BoxedRead>>,
    stdout: Option<BoxedWrite>,
    pub stderr: BoxedWrite,
    pub control: PeerControl,
}

/// A transport whose CLI runs `script`.
pub fn cli<F, Fut>(script: F) -> Memory
where
    F: Fn(Launch, FakeCli) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Exit> + Send + 'static,
{
    Memory::new(move |launch, peer| script(launch, FakeCli::new(peer)))
}

impl FakeCli {
    pub fn new(peer: Peer) -> Self {
        let Peer { stdin, stdout, stderr, control } = peer;
        Self { stdin: BufReader::new(stdin).lines(), stdout: Some(stdout), stderr, control }
    }

    /// The next line of the host; `None` at the end of input.
    pub async fn read(&mut self) -> Option<Value> {
        let line = self.stdin.next_line().await.unwrap_or_default()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("the host wrote {line:?}: {error}")))
    }

    /// Writes one line; whether anybody reads.
    pub async fn write(&mut self, line: impl ToString) -> bool {
        self.write_bytes(format!("{}\n", line.to_string()).as_bytes()).await
    }

    pub async fn write_bytes(&mut self, bytes: &[u8]) -> bool {
        let Some(stdout) = &mut self.stdout else { return false };
        stdout.write_all(bytes).await.is_ok() && stdout.flush().await.is_ok()
    }

    pub fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Reads a control request of this subtype and acknowledges it.
    pub async fn acknowledge(&mut self, subtype: &str) -> Value {
        let line = self.read().await.unwrap_or_default();
        assert_eq!(line["request"]["subtype"], subtype, "{line}");
        self.write(success(&line, json!({}))).await;
        line["request"].clone()
    }

    /// Reads a prompt: its uuid and its content.
    pub async fn prompt(&mut self) -> (String, Value) {
        let line = self.read().await.unwrap_or_default();
        assert_eq!(line["type"], "user", "{line}");
        (line["uuid"].as_str().unwrap_or_default().to_string(), line["message"]["content"].clone())
    }

    /// Plays a whole turn as CLI 2.1.329 does: the echo, an answer of one text, the result.
    pub async fn turn(&mut self, uuid: &str, text: &str) {
        self.write(init(uuid)).await;
        self.write(assistant(text)).await;
        self.write(result(uuid, text)).await;
    }

    /// Waits for the end of input.
    pub async fn drain(&mut self) {
        while self.read().await.is_some() {}
    }
}

pub fn success(request: &Value, response: Value) -> Value {
    json!({"type": "control_response", "response": {"subtype": "success", "request_id": request["request_id"], "response": response}})
}

pub fn init(uuid: &str) -> Value {
    json!({"type": "system", "subtype": "init", "session_id": "s-1", "uuid": "i", "user_message_uuids": [uuid]})
}

pub fn assistant(text: &str) -> Value {
    json!({"type": "assistant", "message": {"id": "m", "role": "assistant", "model": "claude-test", "content": [{"type": "text", "text": text}]},
        "parent_tool_use_id": null, "session_id": "s-1", "uuid": "a"})
}

pub fn result(uuid: &str, text: &str) -> Value {
    json!({"duration_api_ms": 1, "is_error": false, "duration_ms": 2, "num_turns": 1, "result": text, "session_id": "s-1", "subtype": "success",
        "type": "result", "terminal_reason": "completed", "uuid": "r", "user_message_uuid": uuid, "user_message_uuids": [uuid]})
}
