//! A CLI that follows the input bytes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};

use crate::common::lock;
use crate::transport::{BoxedRead, BoxedWrite, Exit, Memory, Peer};

/// The session's limit of a line, which some lines of the CLI exceed.
pub(super) const MAX_LINE: usize = 1024;

/// The remaining script, for all processes, and what they have read.
#[derive(Clone, Default)]
pub(super) struct Script(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    heard: Vec<String>,
    uuids: Vec<String>,
}

impl Script {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(State {
            bytes: bytes.iter().copied().collect(),
            ..State::default()
        })))
    }

    /// The next byte; 0 when there are no more.
    pub(super) fn byte(&self) -> u8 {
        self.lock().bytes.pop_front().unwrap_or_default()
    }

    /// As many bytes as the next byte says, without quotes, so that they form no keys and no
    /// strings.
    fn garbage(&self) -> Vec<u8> {
        let count = usize::from(self.byte());
        let mut state = self.lock();
        let count = count.min(state.bytes.len());
        state.bytes.drain(..count).map(|byte| if byte == b'"' { b'\'' } else { byte }).collect()
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.lock().heard.clone()
    }

    /// The uuids of the prompts.
    pub(super) fn uuids(&self) -> Vec<String> {
        self.lock().uuids.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

/// A transport whose processes follow the script.
pub(super) fn cli(script: &Script) -> Memory {
    let script = script.clone();
    Memory::new(move |_, Peer { stdin, stdout, stderr, .. }| {
        Process {
            script: script.clone(),
            stdin: BufReader::new(stdin).lines(),
            stdout,
            stderr,
            count: 0,
        }
        .main()
    })
}

struct Process {
    script: Script,
    stdin: Lines<BufReader<BoxedRead>>,
    stdout: BoxedWrite,
    stderr: BoxedWrite,
    count: u64,
}

impl Process {
    async fn main(mut self) -> Exit {
        while let Some(line) = self.hear().await {
            match line["type"].as_str() {
                Some("control_request") => {
                    let response = json!({"subtype": "success", "request_id": line["request_id"], "response": {}});
                    self.say(&json!({"type": "control_response", "response": response})).await;
                }
                Some("user") => {
                    let uuid = line["uuid"].as_str().unwrap_or_default();
                    self.script.lock().uuids.push(uuid.to_owned());
                    if let Some(exit) = self.turn(uuid).await {
                        return exit;
                    }
                }
                _ => {}
            }
        }
        Exit::from_code(0)
    }

    /// Echoes the prompt, follows the script, and ends with a result, unless it exits.
    async fn turn(&mut self, uuid: &str) -> Option<Exit> {
        self.say(&json!({"type": "system", "subtype": "init", "session_id": "s", "user_message_uuids": [uuid]})).await;
        loop {
            self.count += 1;
            let n = self.count;
            match self.script.byte() % 12 {
                0 => break,
                1 | 2 => self.say(&json!({"type": "assistant", "n": n})).await,
                3 => {
                    let length = usize::from(self.script.byte()) * 3;
                    self.say(&json!({"type": "user", "n": n, "pad": "é".repeat(length)})).await;
                }
                4 => self.write(&[b"#".to_vec(), self.script.garbage(), b"\n".to_vec()].concat()).await,
                5 => self.write(&[br#"{"type":"user","pad":"#.to_vec(), self.script.garbage(), b"\n".to_vec()].concat()).await,
                6 => self.say(&json!({"type": "user", "pad": "x".repeat(MAX_LINE)})).await,
                7 => self.say(&json!({"type": "keep_alive"})).await,
                8 => self.say(&json!({"type": "control_response", "response": {"subtype": "success", "request_id": "x"}})).await,
                9 => {
                    let request = json!({"subtype": "can_use_tool", "tool_name": "Bash", "input": {"n": n}});
                    self.say(&json!({"type": "control_request", "request_id": n, "request": request})).await;
                    self.hear().await;
                }
                10 => {
                    let complaint = self.script.garbage();
                    let _ = self.stderr.write_all(&complaint).await;
                }
                _ => {
                    let code = i32::from(self.script.byte() % 3);
                    self.write(br#"{"type":"#).await;
                    return Some(Exit::from_code(code));
                }
            }
        }
        self.say(&json!({"type": "result", "subtype": "success", "session_id": "s", "user_message_uuids": [uuid]})).await;
        // After the result.
        if self.script.byte().is_multiple_of(2) {
            self.say(&json!({"type": "system", "subtype": "tail", "n": self.count})).await;
        }
        None
    }

    async fn hear(&mut self) -> Option<Value> {
        let line = self.stdin.next_line().await.ok()??;
        let value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("the host wrote {line:?}: {error}"));
        self.script.lock().heard.push(line);
        Some(value)
    }

    async fn say(&mut self, line: &Value) {
        self.write(format!("{line}\n").as_bytes()).await;
    }

    /// Whether the host still reads.
    async fn write(&mut self, bytes: &[u8]) {
        let _ = self.stdout.write_all(bytes).await;
    }
}
