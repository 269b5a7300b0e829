//! A recorded launch, and a host that launches and writes what a test says.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use claude_wire::Replay;
use claude_wire::recording::Recording;
use claude_wire::transport::{Launch, Transport};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What a host saw.
pub(crate) struct Played {
    pub(crate) code: Option<i32>,
    /// Without what a host that differs gets last.
    pub(crate) out: String,
    pub(crate) report: String,
}

impl Played {
    /// The places that differ, as the report says them.
    pub(crate) fn differs(&self) -> Vec<&str> {
        self.report.lines().filter_map(|line| line.strip_prefix("  differs at ")).collect()
    }
}

/// A CLI that reads and writes lines of the protocol.
pub(crate) const STREAMS: [&str; 3] =
    ["--input-format=stream-json", "--output-format=stream-json", "--verbose"];

/// A conversation that was launched with these arguments, and with the streams of the protocol if it
/// has lines of it.
pub(crate) fn launched(argv: &[&str], events: &str) -> Recording {
    let argv = with_streams(argv, events.contains("\"in\":{\"type\":"));
    launched_by(json!({"cli": "2.1.332", "argv": argv}), events)
}

fn with_streams(argv: &[impl AsRef<str>], needed: bool) -> Vec<&str> {
    let argv: Vec<&str> = argv.iter().map(AsRef::as_ref).collect();
    let says = |arg: &&str| arg.starts_with("--input-format");
    let missing = needed && !argv.iter().any(says);
    if missing { [&STREAMS[..], &argv].concat() } else { argv }
}

/// A conversation with these fields in its header.
pub(crate) fn launched_by(fields: Value, events: &str) -> Recording {
    let mut header = json!({"claude-wire": "recording", "version": 1});
    header.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let lines = events.lines().map(str::trim).filter(|line| !line.is_empty());
    let file = lines.fold(format!("{header}\n"), |file, line| file + line + "\n");
    let read = Recording::from_bytes(file.as_bytes()).unwrap();
    // As one that was recorded to its end.
    let mut recording = Recording::new(read.header);
    recording.events = read.events;
    recording
}

/// A host that writes one line after the other, each when the CLI has written what it can, and then
/// closes its input. It asks for the streams of the protocol if it writes lines of it.
pub(crate) async fn played(replay: &Replay, argv: &[impl AsRef<str>], lines: &[String]) -> Played {
    let argv = with_streams(argv, lines.iter().any(|line| line.starts_with("{\"type\":")));
    let args = argv.into_iter().map(Into::into).collect();
    played_as(replay, Launch { args, ..Launch::default() }, lines).await
}

/// The same with this launch.
pub(crate) async fn played_as(replay: &Replay, launch: Launch, lines: &[String]) -> Played {
    let mut cli = replay.open(launch).await.unwrap();
    let (mut out, mut report) = (String::new(), String::new());
    let write = async {
        for line in lines {
            // In paused time: until the CLI has nothing left to write.
            let _ = cli.stdin.write_all(format!("{line}\n").as_bytes()).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(cli.stdin);
    };
    let read = cli.stdout.read_to_string(&mut out);
    let ((), read, errors) = tokio::join!(write, read, cli.stderr.read_to_string(&mut report));
    read.unwrap();
    errors.unwrap();
    let exit = cli.control.wait().await.unwrap();
    if exit.code == Some(70) {
        let lines: Vec<_> = out.split_inclusive('\n').collect();
        let last = lines.iter().position(|line| line.contains("claude-wire: "));
        out = lines[..last.expect("the report is on stdout, too")].concat();
    }
    Played { code: exit.code, out, report }
}

/// One prompt, as a host with these fields in its `initialize` writes it; without `initialize` if
/// there are none.
pub(crate) fn conversation(initialize: Option<Value>) -> Vec<String> {
    let initialize = initialize.map(|fields| {
        let mut request = json!({"subtype": "initialize"});
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"type": "control_request", "request_id": "1", "request": request}).to_string()
    });
    let prompt = r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#.to_owned();
    initialize.into_iter().chain([prompt]).collect()
}

/// The recording of such a host.
pub(crate) fn conversed(argv: &[&str], initialize: Option<Value>) -> Recording {
    let ready = r#"{"us":1,"out":{"type":"control_response","response":{"subtype":"success","request_id":"1","response":{}}}}"#;
    let mut events = String::new();
    for line in conversation(initialize) {
        events.push_str(&format!("{{\"us\":1,\"in\":{line}}}\n"));
        if line.contains("initialize") {
            events.push_str(ready);
            events.push('\n');
        }
    }
    events.push_str(
        r#"{"us":1,"out":{"type":"result","subtype":"success","is_error":false}}
        {"us":1,"eof":"in"}
        {"us":1,"exit":{"code":0}}"#,
    );
    launched(argv, &events)
}
