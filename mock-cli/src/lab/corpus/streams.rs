//! A host that writes lines by hand.

use std::sync::Arc;

use bytes::Bytes;
use claude_wire::transport::{BoxedRead, BoxedWrite, Transport};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::entry::Entry;
use super::host::{Answer, StreamStep, answer, held};
use super::log::{Channel, Log};
use super::signal_handle::SignalHandle;
use super::stage::Stage;

pub(super) async fn act(
    entry: &Entry,
    args: &[String],
    steps: &[StreamStep],
    signals: SignalHandle,
    stage: &Stage<'_>,
    log: &Log,
) -> Result<(), String> {
    let connection =
        signals.open(stage.launch(entry, args)).await.map_err(|error| error.to_string())?;
    let stdin = Stdin(Arc::new(Mutex::new(Some(connection.stdin))));
    let mut control = connection.control;
    let mut readers = JoinSet::new();
    readers.spawn(output(connection.stdout, stdin.clone(), entry.answers.clone(), log.clone()));
    readers.spawn(complaints(connection.stderr, log.clone()));
    for (number, step) in (1..).zip(steps) {
        log.at_step(number);
        match step {
            StreamStep::Write { line } => stdin.write(line).await,
            StreamStep::Eof {} => stdin.close().await,
            StreamStep::Signal { name } => signals.signal(*name),
            StreamStep::Release { gate } => stage.release(gate),
            StreamStep::Wait(wait) => {
                stage.wait(wait, log).await.map_err(|error| format!("step {number}: {error}"))?
            }
        }
    }
    log.at_step(steps.len() + 1);
    // A process ended by a signal is not asked to end.
    if !steps.iter().any(|step| matches!(step, StreamStep::Signal { .. })) {
        stdin.close().await;
    }
    while readers.join_next().await.is_some() {}
    let exit =
        control.wait().await.map_err(|error| format!("the CLI's end is not known: {error}"))?;
    log.exit(Some(exit));
    Ok(())
}

#[derive(Clone)]
struct Stdin(Arc<Mutex<Option<BoxedWrite>>>);

impl Stdin {
    /// Writes a line. A CLI that has gone reads none; its end is logged.
    async fn write(&self, line: &Value) {
        if let Some(stdin) = &mut *self.0.lock().await
            && stdin.write_all(format!("{line}\n").as_bytes()).await.is_ok()
        {
            let _ = stdin.flush().await;
        }
    }

    async fn close(&self) {
        self.0.lock().await.take();
    }
}

async fn output(stdout: BoxedRead, stdin: Stdin, answers: Vec<Answer>, log: Log) {
    let mut lines = BufReader::new(stdout);
    let mut held_back = JoinSet::new();
    while let Some(line) = next(&mut lines).await {
        let json: Value = serde_json::from_slice(&line).unwrap_or_default();
        log.push(
            if json["type"] == "command_lifecycle" { Channel::Lifecycle } else { Channel::Output },
            line,
        );
        if json["type"] == "control_request" {
            let id = &json["request_id"];
            let response = match answer(&answers, &json["request"]) {
                Some(Ok(answer)) => {
                    json!({"subtype": "success", "request_id": id, "response": answer})
                }
                Some(Err(error)) => json!({"subtype": "error", "request_id": id, "error": error}),
                None => continue,
            };
            let line = json!({"type": "control_response", "response": response});
            match held(&answers, &json["request"]) {
                None => stdin.write(&line).await,
                Some(after) => {
                    let (stdin, log) = (stdin.clone(), log.clone());
                    held_back.spawn(async move {
                        log.until_message(Some(&after)).await;
                        stdin.write(&line).await;
                    });
                }
            }
        }
    }
}

async fn complaints(stderr: BoxedRead, log: Log) {
    let mut lines = BufReader::new(stderr);
    while let Some(line) = next(&mut lines).await {
        log.stderr(&String::from_utf8_lossy(&line));
    }
}

/// The next line without its ending. An unreadable stream has ended.
async fn next(lines: &mut BufReader<BoxedRead>) -> Option<Bytes> {
    let mut line = Vec::new();
    let read = lines.read_until(b'\n', &mut line).await.ok()?;
    line.pop_if(|last| *last == b'\n');
    (read > 0).then(|| line.into())
}
