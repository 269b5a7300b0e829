//! The memory of this process for an idle session over a real process, compared with the simplest
//! reader of lines. The lists of the handshake have the size of a real CLI's.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::meter::Meter;
use crate::processes::StandIn;
use crate::runtime;

/// KiB over the reader of lines, for each session.
const BUDGET: f64 = 10.0;

pub(crate) fn run(sessions: usize) -> Vec<String> {
    let stand_in = StandIn::new();
    let runtime = runtime();
    runtime.block_on(async {
        // What the first one creates stays.
        let first = stand_in.session().start().expect("a session");
        first.query("warm up").drain().await.expect("an answer");
        drop(bare(&stand_in).await);
        let before = Meter::read(0);
        let mut all = Vec::new();
        for _ in 0..sessions {
            let session = stand_in.session().start().expect("a session");
            session.query("hello").drain().await.expect("an answer");
            all.push(session);
        }
        let with_sessions = Meter::read(0);
        let mut readers = Vec::new();
        for _ in 0..sessions {
            readers.push(bare(&stand_in).await);
        }
        let with_readers = Meter::read(0);
        let each = |now: usize, before: usize| now.saturating_sub(before) as f64 / sessions as f64;
        let session = each(with_sessions.resident, before.resident);
        let reader = each(with_readers.resident, with_sessions.resident);
        let info = all.first().and_then(claude_wire::Session::server_info);
        println!(
            "idle at {sessions} processes: {session:.1} KiB for a session, {reader:.1} for a reader of lines; {:.1} and {:.1} allocated; the handshake had {} bytes",
            each(with_sessions.allocated, before.allocated) / 1024.0,
            each(with_readers.allocated, with_sessions.allocated) / 1024.0,
            info.and_then(|info| info.raw().map(|raw| raw.as_bytes().len())).unwrap_or(0),
        );
        for session in all {
            session.stop().await.expect("an end");
        }
        first.stop().await.expect("an end");
        let over = session - reader;
        (over > BUDGET)
            .then(|| format!("idle: {over:.1} KiB over a reader of lines, must be at most {BUDGET}"))
            .into_iter()
            .collect()
    })
}

/// A process after one turn, read line by line.
async fn bare(stand_in: &StandIn) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = Command::new(&stand_in.cli);
    command
        .args([
            "-p",
            "--output-format",
            "stream-json",
            "--input-format",
            "stream-json",
            "--verbose",
        ])
        .envs(stand_in.env())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut child = command.spawn().expect("a process");
    let stdin = child.stdin.as_mut().expect("a pipe");
    let input = concat!(
        r#"{"type":"control_request","request_id":"1","request":{"subtype":"initialize"}}"#,
        "\n",
        r#"{"type":"user","uuid":"00000000-0000-4000-8000-000000000001","session_id":"","message":{"role":"user","content":"hello"},"parent_tool_use_id":null}"#,
        "\n"
    );
    stdin.write_all(input.as_bytes()).await.expect("a pipe");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    while let Some(line) = lines.next_line().await.expect("a pipe") {
        if line.contains(r#""type":"result""#) {
            break;
        }
    }
    (child, lines)
}
