//! A line-level host in front of a player on in-memory pipes. For tests with paused time: waits
//! that end when the runtime is idle take no time.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part of it, and may fail"
)]

use std::time::Duration;

use claude_wire::player::{Report, Script, Signal, Streams, play};
use claude_wire::recording::Recording;
use claude_wire::transport::Exit;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const STUCK: Duration = Duration::from_secs(3600);

/// The lines that most tests need.
pub const INIT: &str = r#"{"type":"system","subtype":"init"}"#;
pub const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false}"#;

/// What a program finds in the last result of a replay that it differs from.
pub const DIVERGED: &str = r#""claude_wire":{"divergence":"#;

pub struct Host {
    stdin: Option<DuplexStream>,
    stdout: BufReader<DuplexStream>,
    stderr: DuplexStream,
    signals: mpsc::Sender<Signal>,
    task: JoinHandle<(Exit, Report)>,
}

/// A recording of these events, one JSON object per line.
pub fn recording(events: &str) -> Recording {
    let mut file =
        String::from("{\"claude-wire\":\"recording\",\"version\":1,\"cli\":\"2.1.329\"}\n");
    for event in events.lines().map(str::trim).filter(|line| !line.is_empty()) {
        file.push_str(event);
        file.push('\n');
    }
    Recording::from_bytes(file.as_bytes()).unwrap()
}

pub fn user(text: &str) -> String {
    serde_json::json!({"type": "user", "message": {"role": "user", "content": text}}).to_string()
}

pub fn control(id: &str, request: &str) -> String {
    format!(r#"{{"type":"control_request","request_id":"{id}","request":{request}}}"#)
}

impl Host {
    /// A host of a player of these events, without an idle timeout.
    pub fn of(events: &str) -> Self {
        Self::with(Script::new(&recording(events)).idle_timeout(Duration::MAX), 64 * 1024)
    }

    /// `capacity` is the size of each pipe, in bytes.
    pub fn with(script: Script, capacity: usize) -> Self {
        let (stdin, cli_stdin) = duplex(capacity);
        let (stdout, cli_stdout) = duplex(capacity);
        let (stderr, cli_stderr) = duplex(capacity);
        let (signals, receiver) = mpsc::channel(1);
        let streams = Streams { stdin: cli_stdin, stdout: cli_stdout, stderr: cli_stderr };
        let task = tokio::spawn(play(script, streams, receiver));
        Self { stdin: Some(stdin), stdout: BufReader::new(stdout), stderr, signals, task }
    }

    pub async fn write(&mut self, line: impl AsRef<str>) {
        self.write_bytes(format!("{}\n", line.as_ref()).as_bytes()).await;
    }

    pub async fn write_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        // A player that ended reads no more; the test notices by its exit.
        let _ = timeout(STUCK, stdin.write_all(bytes)).await.expect("the player reads its stdin");
    }

    pub fn eof(&mut self) {
        self.stdin = None;
    }

    pub async fn signal(&self, signal: Signal) {
        self.signals.send(signal).await.unwrap();
    }

    /// The next line of stdout; `None` at its end.
    pub async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = timeout(STUCK, self.stdout.read_until(b'\n', &mut line)).await;
        assert!(read.is_ok(), "the player says nothing");
        line.pop_if(|end| *end == b'\n');
        (read.unwrap().unwrap() > 0).then(|| String::from_utf8(line).unwrap())
    }

    /// The next line, read byte by byte with a pause before each.
    pub async fn line_slowly(&mut self, pause: Duration) -> String {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            tokio::time::sleep(pause).await;
            line.push(self.stdout.get_mut().read_u8().await.unwrap());
        }
        line.pop();
        String::from_utf8(line).unwrap()
    }

    pub async fn expect(&mut self, lines: &[&str]) {
        for expected in lines {
            assert_eq!(self.line().await.as_deref(), Some(*expected));
        }
    }

    /// Expects that nothing comes, for any time.
    pub async fn expect_silence(&mut self) {
        let read = timeout(STUCK, self.stdout.fill_buf()).await;
        assert!(read.is_err(), "{:?}", String::from_utf8_lossy(read.unwrap().unwrap()));
    }

    /// Waits for the end: the exit, the report, the rest of stdout and stderr.
    pub async fn end(mut self) -> End {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let streams = async {
            tokio::try_join!(self.stdout.read_to_end(&mut out), self.stderr.read_to_end(&mut err))
        };
        timeout(STUCK, streams).await.expect("the player ends").unwrap();
        let (exit, report) = self.task.await.unwrap();
        let mut out = String::from_utf8(out).unwrap();
        let said = out.find(DIVERGED).map(|_| out.trim_end().rfind('\n').map_or(0, |at| at + 1));
        let last_words = said.map_or_else(String::new, |at| out.split_off(at));
        End { exit, report, out, last_words, err: String::from_utf8(err).unwrap() }
    }

    /// Waits for the end without reading: the exit, and what the stdout pipe contains.
    pub async fn exit_unread(mut self) -> (Exit, Vec<u8>) {
        let (exit, _) = timeout(STUCK, self.task).await.expect("the player ends").unwrap();
        let mut out = Vec::new();
        self.stdout.read_to_end(&mut out).await.unwrap();
        (exit, out)
    }

    /// Closes the input and expects the recorded run.
    pub async fn finish(mut self) -> End {
        self.eof();
        let end = self.end().await;
        assert!(end.report.is_clean(), "{}", end.report);
        assert_eq!(end.exit, Exit::from_code(0));
        end
    }
}

#[derive(Debug)]
pub struct End {
    pub exit: Exit,
    pub report: Report,
    pub out: String,
    /// The result that tells the program that it differs from the recording.
    pub last_words: String,
    pub err: String,
}

impl End {
    /// What the CLI wrote to stdout.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The report of a run that diverged, which is also the whole stderr.
    pub fn divergence(&self) -> String {
        assert_eq!(self.exit, Exit::from_code(70), "{}", self.report);
        assert_eq!(self.report.divergences().len(), 1);
        assert_eq!(self.err, format!("{}\n", self.report));
        assert!(self.last_words.contains(DIVERGED), "{}", self.last_words);
        self.report.to_string()
    }
}
