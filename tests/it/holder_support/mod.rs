//! A holder, the CLI that it keeps, and the programs that have it.
#![cfg(unix)]

use std::path::PathBuf;
use std::time::Duration;

use claude_wire::holder::{HeldTransport, Holder};
use claude_wire::transport::{Exit, Memory, Transport};
use claude_wire::{Decision, Message, PermissionRequest, Session, SessionBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::support::ask::ask;
use crate::support::cli::{FakeCli, Log, assistant, cli, init, result, success};

/// A holder, in the runtime of the test.
pub(crate) struct Held {
    pub(crate) folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Held {
    pub(crate) fn new(transport: impl Transport) -> Self {
        Self::with(transport, |holder| holder)
    }

    pub(crate) fn with(transport: impl Transport, change: impl FnOnce(Holder) -> Holder) -> Self {
        Self::at(tempfile::tempdir().unwrap(), transport, change)
    }

    pub(crate) fn at(
        folder: TempDir,
        transport: impl Transport,
        change: impl FnOnce(Holder) -> Holder,
    ) -> Self {
        let holder = change(Holder::bind(folder.path().join("socket"), transport).unwrap());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(holder.run(async { drop(stopped.await) }));
        Self { folder, stop: Some(stop), task }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) fn transport(&self) -> HeldTransport {
        HeldTransport::new(self.socket(), "chat")
    }

    pub(crate) async fn keys(&self) -> Vec<String> {
        let all = HeldTransport::list(self.socket()).await.unwrap();
        all.into_iter().map(|held| held.key).collect()
    }

    /// Waits until the holder has no CLI any more.
    pub(crate) async fn is_empty(&self) {
        while !self.keys().await.is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until no program has the CLI.
    pub(crate) async fn is_unclaimed(&self) {
        while HeldTransport::list(self.socket()).await.unwrap()[0].owner.is_some() {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn stop(mut self) -> TempDir {
        drop(self.stop.take());
        self.task.await.unwrap();
        self.folder
    }
}

/// A program with a session: a runtime that is shut down without a word, as by SIGKILL.
pub(crate) struct Program {
    pub(crate) runtime: Runtime,
    pub(crate) session: Session,
    /// What it sees: `asked NAME`, and its messages.
    seen: mpsc::UnboundedReceiver<String>,
    reports: mpsc::UnboundedSender<String>,
}

impl Program {
    /// Answers this many permission requests, and leaves others open.
    pub(crate) fn new(held: &Held, answers: usize) -> Self {
        Self::with(held, answers, |builder| builder)
    }

    pub(crate) fn with(
        held: &Held,
        answers: usize,
        change: impl FnOnce(SessionBuilder) -> SessionBuilder,
    ) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (reports, seen) = mpsc::unbounded_channel();
        let report = reports.clone();
        let left = std::sync::atomic::AtomicUsize::new(answers);
        let builder = Session::builder().on_permission(move |request: PermissionRequest| {
            let _ = report.send(format!("asked {}", request.tool_name()));
            let left = left.fetch_update(
                std::sync::atomic::Ordering::SeqCst,
                std::sync::atomic::Ordering::SeqCst,
                |left| left.checked_sub(1),
            );
            async move {
                if left.is_err() {
                    std::future::pending::<()>().await;
                }
                Decision::allow()
            }
        });
        let session = change(builder.transport(held.transport())).start().unwrap();
        Self { runtime, session, seen, reports }
    }

    /// Reads a turn to its end, and reports each message.
    pub(crate) fn read(&self, mut turn: claude_wire::Turn) {
        let reports = self.reports.clone();
        self.runtime.spawn(async move {
            while let Some(message) = turn.next().await {
                let _ = reports.send(message.map_or_else(|error| error.to_string(), describe));
            }
            let _ = reports.send("end".into());
        });
    }

    /// The last turn of a CLI that ran before.
    pub(crate) async fn held_turn(&self) -> Option<claude_wire::Turn> {
        let session = self.session.clone();
        self.runtime.spawn(async move { session.held_turn().await }).await.unwrap().unwrap()
    }

    pub(crate) async fn text(&self, prompt: &'static str) -> String {
        let session = self.session.clone();
        self.runtime
            .spawn(async move { session.query(prompt).text().await })
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn stop(self) -> Option<Exit> {
        let session = self.session.clone();
        let exit = self.runtime.spawn(async move { session.stop().await }).await.unwrap().unwrap();
        self.runtime.shutdown_background();
        exit
    }

    /// What it sees up to this, which is the last.
    pub(crate) async fn seen_until(&mut self, last: &str) -> Vec<String> {
        let mut all = Vec::new();
        while all.last().is_none_or(|seen| seen != last) {
            all.push(self.seen.recv().await.expect("it sees more"));
        }
        all
    }

    pub(crate) async fn kill(self) {
        let Self { runtime, session, .. } = self;
        let ended = move || runtime.shutdown_timeout(Duration::from_secs(60));
        tokio::task::spawn_blocking(ended).await.unwrap();
        // Not before: a killed program drops no session, which would end its CLI.
        drop(session);
    }
}

pub(crate) fn describe(message: Message) -> String {
    let frame = message.frame();
    match message.as_assistant() {
        Some(_) => {
            let content = frame.json().pointer("/message/content/0/text");
            content.and_then(|text| text.as_str().map(String::from)).unwrap_or_default()
        }
        None => frame.kind_name().into_owned(),
    }
}

/// A CLI that answers each prompt with three texts and asks for a permission between them. Logs what
/// is written for it.
pub(crate) fn asking(log: &Log) -> Memory {
    let log = log.clone();
    cli(move |_, mut cli| {
        let log = log.clone();
        async move {
            while let Some(line) = next(&mut cli, &log).await {
                let uuid = line["uuid"].as_str().unwrap().to_owned();
                cli.write(init(&uuid)).await;
                cli.write(assistant("one")).await;
                for (id, text) in [("r-1", "two"), ("r-2", "three")] {
                    let input = json!({"subtype": "can_use_tool", "tool_name": id, "tool_use_id": "t", "input": {}});
                    cli.write(ask(id, &input.to_string())).await;
                    let answer = next(&mut cli, &log).await;
                    if answer.is_none() {
                        return Exit::from_code(1);
                    }
                    cli.write(assistant(text)).await;
                }
                cli.write(result(&uuid, "done")).await;
            }
            Exit::from_code(0)
        }
    })
}

/// The next prompt or answer; other requests are confirmed.
async fn next(cli: &mut FakeCli, log: &Log) -> Option<Value> {
    loop {
        let line = cli.read().await?;
        match line["type"].as_str().unwrap() {
            "control_request" => {
                log.push(line["request"]["subtype"].as_str().unwrap());
                cli.write(success(&line, json!({}))).await;
            }
            "control_response" => {
                log.push(line["response"]["request_id"].as_str().unwrap());
                return Some(line);
            }
            _ => {
                log.push(line["message"]["content"].as_str().unwrap());
                return Some(line);
            }
        }
    }
}
