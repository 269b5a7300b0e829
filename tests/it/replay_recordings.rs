//! Every recording plays: a host that does what the recorded host did gets the recorded output,
//! byte for byte.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use crate::support::project;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use claude_wire::player::{Report, Script, Signal, Streams, play};

use claude_wire::recording::{EventKind, ImportOptions, Payload, Recording, Stream, import};
use claude_wire::transport::Exit;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, duplex};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::support::captures::captures;

/// Longer than any wait in virtual time.
const STUCK: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn each_recording_of_the_real_cli_plays_to_its_end() {
    let folders = project::versions();
    let mut played = 0;
    for path in folders.iter().flat_map(|folder| project::files(folder)) {
        let recording = Recording::open(&path).unwrap();
        let early = host(&path, &recording.expand(&BTreeMap::new()).unwrap()).await;
        // A prompt written during a turn does not delay that turn.
        let name = path.file_stem().unwrap();
        assert_eq!(
            early > 0,
            ["queued-prompts", "notice-between-prompts", "initial-prompt"]
                .iter()
                .any(|it| name == *it),
            "{}: {early} lines came early",
            path.display()
        );
        played += 1;
    }
    assert!(played >= 44 * folders.len(), "{played} recordings in {folders:?}");
}

#[tokio::test(start_paused = true)]
async fn each_capture_plays_to_its_end() {
    for path in &captures() {
        let recording = import(&std::fs::read(path).unwrap(), &ImportOptions::default()).unwrap();
        let early = host(path, &recording).await;
        if early > 0 {
            eprintln!("{}: {early} lines came early", path.display());
        }
    }
}

/// Does everything in the recorded order, and awaits each recorded line before it continues.
/// Returns how many lines came early.
async fn host(path: &Path, recording: &Recording) -> usize {
    let (mut stdin, cli_stdin) = duplex(64 * 1024);
    let (stdout, cli_stdout) = duplex(64 * 1024);
    let (stderr, cli_stderr) = duplex(64 * 1024);
    let (signals, receiver) = mpsc::channel(1);
    let streams = Streams { stdin: cli_stdin, stdout: cli_stdout, stderr: cli_stderr };
    let mut task = tokio::spawn(play(Script::new(recording), streams, receiver));
    let (mut out, mut err) = (Lines::new(stdout), Lines::new(stderr));
    let mut killed = false;
    for (number, event) in recording.events.iter().enumerate() {
        let place = format!("{} event {}", path.display(), number + 1);
        match &event.kind {
            // A CLI that failed to start no longer reads prompts; the report says whether it should
            // have.
            EventKind::In(line) => drop(stdin.write_all(&line.wire()).await),
            EventKind::Out(line) => out.until(line, &place).await,
            EventKind::Err(line) => err.until(line, &place).await,
            EventKind::Eof(Stream::In) => stdin.shutdown().await.unwrap(),
            EventKind::Signal(name) => match name.as_str() {
                "SIGTERM" => signals.send(Signal::Terminate).await.unwrap(),
                "SIGHUP" => signals.send(Signal::Hangup).await.unwrap(),
                "SIGINT" => signals.send(Signal::Interrupt).await.unwrap(),
                "SIGKILL" => {
                    task.abort();
                    killed = true;
                }
                _ => panic!("{name} at {place}"),
            },
            EventKind::Exit(_) if killed => assert!((&mut task).await.is_err(), "{place}"),
            EventKind::Exit(exit) => {
                let (actual, report): (Exit, Report) = timeout(STUCK, &mut task)
                    .await
                    .unwrap_or_else(|_| panic!("no exit at {place}"))
                    .unwrap();
                assert!(report.is_clean(), "{place}\n{report}");
                assert_eq!(actual, Exit { code: exit.code, signal: None }, "{place}\n{report}");
            }
            _ => {}
        }
    }
    out.end(path).await;
    err.end(path).await;
    out.early + err.early
}

/// Lines in order of arrival, and those that came before they were requested.
struct Lines<R> {
    read: BufReader<R>,
    waiting: Vec<Vec<u8>>,
    early: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(read: R) -> Self {
        Self { read: BufReader::new(read), waiting: Vec::new(), early: 0 }
    }

    async fn until(&mut self, line: &Payload, place: &str) {
        if let Some(at) = self.waiting.iter().position(|waiting| *waiting == line.wire()) {
            self.waiting.remove(at);
            return;
        }
        loop {
            let mut actual = Vec::new();
            let read = timeout(STUCK, self.read.read_until(b'\n', &mut actual)).await;
            let read = read
                .unwrap_or_else(|_| panic!("nothing comes at {place}, it waits for {line:?}"))
                .unwrap();
            assert!(
                read > 0,
                "the end comes at {place} before {line:?}; until then: {:?}",
                self.waiting
            );
            if actual == line.wire() {
                return;
            }
            self.early += 1;
            self.waiting.push(actual);
        }
    }

    async fn end(&mut self, path: &Path) {
        let mut rest = Vec::new();
        self.read.read_to_end(&mut rest).await.unwrap();
        assert!(
            rest.is_empty() && self.waiting.is_empty(),
            "{}: {}",
            path.display(),
            String::from_utf8_lossy(&rest)
        );
    }
}
