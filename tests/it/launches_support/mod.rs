//! Folders of recorded launches, and programs that launch the CLI on them.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;

use crate::replay_support::{control, recording, user};
use claude_wire::player::Replay;
use claude_wire::recording::Recording;
use claude_wire::transport::{BoxedRead, BoxedWrite, Connection, Control, Exit, Launch, Transport};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

pub(crate) const INITIALIZE: &str = r#"{"subtype":"initialize"}"#;

pub(crate) fn result(text: &str) -> String {
    format!(r#"{{"type":"result","subtype":"success","is_error":false,"result":"{text}"}}"#)
}

/// The events of a launch with one prompt, whose ids end in `n`.
pub(crate) fn one_prompt(n: usize, prompt: &str, answer: &str) -> String {
    format!(
        r#"{{"us":0,"in":{}}}
        {{"us":1,"out":{{"type":"control_response","response":{{"subtype":"success","request_id":"r{n}","response":{{"pid":{n}}}}}}}}}
        {{"us":1,"in":{}}}
        {{"us":1,"out":{}}}
        {{"us":1,"eof":"in"}}
        {{"us":1,"exit":{{"code":0}}}}"#,
        control(&format!("r{n}"), INITIALIZE),
        user(prompt),
        result(answer)
    )
}

/// The same with this request before its prompt.
pub(crate) fn with_a_request(n: usize, prompt: &str, request: &str) -> String {
    one_prompt(n, prompt, "answer").replacen(
        &format!("{{\"us\":1,\"in\":{}}}", user(prompt)),
        &format!(
            "{{\"us\":1,\"in\":{}}}\n{{\"us\":1,\"out\":{{\"type\":\"control_response\",\"response\":{{\"subtype\":\"success\",\"request_id\":\"s{n}\"}}}}}}\n{{\"us\":1,\"in\":{}}}",
            control(&format!("s{n}"), request),
            user(prompt)
        ),
        1,
    )
}

/// A folder with these recordings, named in order.
pub(crate) fn folder(recordings: &[String]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (index, events) in recordings.iter().enumerate() {
        save(folder.path(), &format!("{:03}.jsonl", index + 1), events);
    }
    folder
}

pub(crate) fn save(folder: &Path, name: &str, events: &str) {
    recording(events).save(folder.join(name)).unwrap();
}

/// One launch, line by line.
pub(crate) struct Cli {
    stdin: Option<BoxedWrite>,
    stdout: BufReader<BoxedRead>,
    stderr: BoxedRead,
    control: Box<dyn Control>,
}

impl Cli {
    pub(crate) async fn start(replay: &Replay) -> Self {
        Self::start_with(replay, &[]).await
    }

    pub(crate) async fn start_with(replay: &Replay, args: &[&str]) -> Self {
        let args = args.iter().map(Into::into).collect();
        let Connection { stdin, stdout, stderr, control } =
            replay.open(Launch { args, ..Launch::default() }).await.unwrap();
        Self { stdin: Some(stdin), stdout: BufReader::new(stdout), stderr, control }
    }

    pub(crate) async fn write(&mut self, line: &str) {
        // A replay that has ended does not read.
        let _ = self.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).await;
    }

    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    /// Sends SIGTERM, and waits for the end.
    pub(crate) async fn terminate(&mut self) {
        self.control.terminate();
        std::future::poll_fn(|cx| self.control.poll_wait(cx)).await.unwrap();
    }

    /// Closes the input; returns the rest of stdout and stderr, and the exit.
    pub(crate) async fn end(mut self) -> (String, String, Exit) {
        self.stdin = None;
        let (mut out, mut err) = (String::new(), String::new());
        tokio::try_join!(
            self.stdout.read_to_string(&mut out),
            self.stderr.read_to_string(&mut err)
        )
        .unwrap();
        (out, err, std::future::poll_fn(|cx| self.control.poll_wait(cx)).await.unwrap())
    }

    /// Sends `initialize` and a prompt; returns the reply's `pid` and the answer.
    pub(crate) async fn ask(&mut self, id: &str, prompt: &str) -> (String, String) {
        self.write(&control(id, INITIALIZE)).await;
        let reply = self.line().await;
        assert!(reply.contains(&format!(r#""request_id":"{id}""#)), "{reply}");
        self.write(&user(prompt)).await;
        (reply, self.line().await)
    }
}

/// One launch with these lines, to its end.
pub(crate) async fn launch(replay: &Replay, lines: &[String]) -> (String, String, Exit) {
    let mut cli = Cli::start(replay).await;
    for line in lines {
        cli.write(line).await;
    }
    cli.end().await
}

pub(crate) fn two() -> tempfile::TempDir {
    folder(&[one_prompt(1, "one", "first"), one_prompt(2, "two", "second")])
}

/// A launch whose prompt is an argument.
pub(crate) fn with_args(args: &[&str], answer: &str) -> Recording {
    let mut recording = recording(&format!(
        r#"{{"us":1,"out":{}}}
        {{"us":1,"exit":{{"code":0}}}}"#,
        result(answer)
    ));
    recording.header.argv = Some(args.iter().map(|arg| (*arg).to_owned()).collect());
    recording
}

pub(crate) fn folder_of(recordings: &[Recording]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, recording) in (1..).zip(recordings) {
        recording.save(folder.path().join(format!("{number}.jsonl"))).unwrap();
    }
    folder
}

pub(crate) async fn launch_with(replay: &Replay, args: &[&str]) -> (String, String, Exit) {
    let args = args.iter().map(Into::into).collect();
    let Connection { stdin, mut stdout, mut stderr, mut control } =
        replay.open(Launch { args, ..Launch::default() }).await.unwrap();
    drop(stdin);
    let (mut out, mut err) = (String::new(), String::new());
    tokio::try_join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err)).unwrap();
    (out, err, control.wait().await.unwrap())
}

pub(crate) const PRINT: [&str; 4] = ["-p", "--output-format", "stream-json", "--verbose"];
