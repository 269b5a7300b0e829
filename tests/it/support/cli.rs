//! The CLI's side of a session, written line by line by a test.

use std::sync::{Arc, Mutex};

use claude_wire::transport::{BoxedRead, BoxedWrite, Exit, Launch, Memory, Peer, PeerControl};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};

/// The id of the conversation.
pub const SESSION: &str = "6f1a3e52-0000-4000-8000-000000000001";

/// The other end of an in-memory connection.
pub struct FakeCli {
    stdin: Option<Lines<BufReader<BoxedRead>>>,
    stdout: Option<BoxedWrite>,
    pub stderr: Option<BoxedWrite>,
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

/// A CLI that answers each prompt with its content, and any control request.
pub fn echo() -> Memory {
    cli(|_, mut cli| async move { cli.serve().await })
}

/// A transport whose CLI writes these bytes as its answer to the first prompt, after a handshake,
/// and exits at the end of its input.
pub fn answering(bytes: impl Into<Vec<u8>>) -> Memory {
    let bytes = bytes.into();
    cli(move |_, mut cli| {
        let bytes = bytes.clone();
        async move {
            cli.handshake().await;
            cli.prompt().await;
            cli.write_bytes(&bytes).await;
            cli.drain().await;
            Exit::from_code(0)
        }
    })
}

/// A CLI that answers its only prompt with these lines and the result that `result` builds from the
/// prompt's uuid.
pub fn saying(lines: &[impl ToString], last: fn(&str) -> Value, log: &Log) -> Memory {
    let (lines, log): (Vec<_>, _) = (lines.iter().map(ToString::to_string).collect(), log.clone());
    cli(move |_, mut cli| {
        let (lines, log) = (lines.clone(), log.clone());
        async move {
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            cli.write(init(&uuid)).await;
            for line in lines {
                cli.write(line).await;
            }
            cli.write(last(&uuid)).await;
            cli.drain().await;
            log.push("end of input");
            Exit::from_code(0)
        }
    })
}

/// A CLI that serves, in any number of processes.
pub fn serving(launches: &Launches) -> Memory {
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        launches.note(launch);
        async move { cli.serve().await }
    })
}

/// A CLI whose first process runs `script` with the uuid of its first prompt; the other processes
/// serve.
pub fn first<F, Fut>(launches: &Launches, script: F) -> Memory
where
    F: Fn(FakeCli, String) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Exit> + Send + 'static,
{
    let launches = launches.clone();
    cli(move |launch, mut cli| {
        let process = launches.note(launch);
        let script = script.clone();
        async move {
            if process > 0 {
                return cli.serve().await;
            }
            cli.handshake().await;
            let (uuid, _) = cli.prompt().await;
            script(cli, uuid).await
        }
    })
}

impl FakeCli {
    pub fn new(peer: Peer) -> Self {
        let Peer { stdin, stdout, stderr, control } = peer;
        Self {
            stdin: Some(BufReader::new(stdin).lines()),
            stdout: Some(stdout),
            stderr: Some(stderr),
            control,
        }
    }

    /// The next line of the host, verbatim; `None` at the end of input.
    pub async fn read_text(&mut self) -> Option<String> {
        self.stdin.as_mut()?.next_line().await.unwrap_or_default()
    }

    /// The next line of the host; `None` at the end of input.
    pub async fn read(&mut self) -> Option<Value> {
        let line = self.read_text().await?;
        Some(
            serde_json::from_str(&line)
                .unwrap_or_else(|error| panic!("the host wrote {line:?}: {error}")),
        )
    }

    /// Writes one line and returns whether the pipe is still open.
    pub async fn write(&mut self, line: impl ToString) -> bool {
        self.write_bytes(format!("{}\n", line.to_string()).as_bytes()).await
    }

    pub async fn write_bytes(&mut self, bytes: &[u8]) -> bool {
        let Some(stdout) = &mut self.stdout else { return false };
        stdout.write_all(bytes).await.is_ok() && stdout.flush().await.is_ok()
    }

    pub async fn complain(&mut self, text: &str) {
        if let Some(stderr) = &mut self.stderr {
            let _ = stderr.write_all(text.as_bytes()).await;
        }
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    pub fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Lets another owner keep the output open.
    pub fn take_stdout(&mut self) -> Option<BoxedWrite> {
        self.stdout.take()
    }

    /// Reads a control request of this subtype: the whole line.
    pub async fn request(&mut self, subtype: &str) -> Value {
        let line = self.read().await.unwrap_or_default();
        assert_eq!(line["request"]["subtype"], subtype, "{line}");
        line
    }

    /// Reads a control request of this subtype and acknowledges it.
    pub async fn acknowledge(&mut self, subtype: &str) -> Value {
        let line = self.request(subtype).await;
        self.write(success(&line, json!({}))).await;
        line["request"].clone()
    }

    pub async fn handshake(&mut self) {
        self.acknowledge("initialize").await;
    }

    /// A handshake in which the CLI takes all hooks.
    pub async fn handshake_with_hooks(&mut self) {
        let initialize = self.request("initialize").await;
        let reply = json!({"hooks_applied": true, "hook_on_failure_supported": true});
        self.write(success(&initialize, reply)).await;
    }

    /// Reads a prompt and returns its uuid and content.
    pub async fn prompt(&mut self) -> (String, Value) {
        let line = self.read().await.unwrap_or_default();
        assert_eq!(line["type"], "user", "{line}");
        (line["uuid"].as_str().unwrap_or_default().to_string(), line["message"]["content"].clone())
    }

    /// The uuid and the text of the next prompt, past any other line; `None` at the end of input.
    pub async fn next_prompt(&mut self) -> Option<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        loop {
            let line = self.read().await?;
            if line["type"] == "user" {
                return Some((text(&line["uuid"]), text(&line["message"]["content"])));
            }
        }
    }

    /// Plays a whole turn as CLI 2.1.329 does: the echo, an answer with one text, the result.
    pub async fn turn(&mut self, uuid: &str, text: &str) {
        self.write(init(uuid)).await;
        self.write(assistant(text)).await;
        self.write(result(uuid, text)).await;
    }

    /// Answers each prompt with its content and any request with success, until the end of input.
    pub async fn serve(&mut self) -> Exit {
        while let Some(line) = self.read().await {
            if line["type"] == "user" {
                let text = line["message"]["content"].as_str().unwrap_or_default();
                self.turn(line["uuid"].as_str().unwrap_or_default(), text).await;
            } else if line["type"] == "control_request" {
                self.write(success(&line, json!({}))).await;
            }
        }
        Exit::from_code(0)
    }

    /// Waits for the end of input.
    pub async fn drain(&mut self) {
        while self.read_text().await.is_some() {}
    }
}

pub fn success(request: &Value, response: Value) -> Value {
    json!({"type": "control_response", "response": {"subtype": "success", "request_id": request["request_id"], "response": response}})
}

pub fn refusal(request: &Value, error: &str) -> Value {
    json!({"type": "control_response", "response": {"subtype": "error", "request_id": request["request_id"], "error": error}})
}

pub fn init(uuid: &str) -> Value {
    json!({"type": "system", "subtype": "init", "session_id": SESSION, "uuid": "i", "user_message_uuids": [uuid]})
}

pub fn assistant(text: &str) -> Value {
    json!({"type": "assistant", "message": {"id": "m", "role": "assistant", "model": "claude-test", "content": [{"type": "text", "text": text}]},
        "parent_tool_use_id": null, "session_id": SESSION, "uuid": "a"})
}

pub fn result(uuid: &str, text: &str) -> Value {
    json!({"duration_api_ms": 1, "is_error": false, "duration_ms": 2, "num_turns": 1, "result": text, "session_id": SESSION, "subtype": "success",
        "type": "result", "terminal_reason": "completed", "uuid": "r", "user_message_uuid": uuid, "user_message_uuids": [uuid]})
}

/// The result of an interrupted turn.
pub fn aborted(uuid: &str) -> Value {
    json!({"type": "result", "subtype": "error_during_execution", "is_error": true, "duration_ms": 2, "duration_api_ms": 1, "num_turns": 1,
        "session_id": SESSION, "terminal_reason": "aborted_streaming", "errors": ["aborted"], "uuid": "r", "user_message_uuids": [uuid]})
}

/// A log shared by a test and the CLI's side.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn push(&self, entry: impl Into<String>) {
        self.0.lock().unwrap().push(entry.into());
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// The launches of a transport.
#[derive(Clone, Default)]
pub struct Launches(Arc<Mutex<Vec<Launch>>>);

impl Launches {
    /// Records a launch and returns its number, from 0.
    pub fn note(&self, launch: Launch) -> usize {
        let mut launches = self.0.lock().unwrap();
        launches.push(launch);
        launches.len() - 1
    }

    pub fn all(&self) -> Vec<Launch> {
        self.0.lock().unwrap().clone()
    }

    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The value of a flag of one launch.
    pub fn flag(&self, launch: usize, flag: &str) -> Option<String> {
        let args = self.args(launch);
        let at = args.iter().position(|arg| arg == flag || arg.starts_with(&format!("{flag}=")))?;
        match args[at].split_once('=') {
            Some((_, value)) => Some(value.into()),
            None => args.get(at + 1).cloned(),
        }
    }

    pub fn args(&self, launch: usize) -> Vec<String> {
        self.0.lock().unwrap()[launch]
            .args
            .iter()
            .map(|arg| arg.to_string_lossy().into_owned())
            .collect()
    }
}
