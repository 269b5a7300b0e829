//! A CLI that was never recorded: scripted prompt by prompt.

mod lines;
mod reply;
mod rules;
mod stage;

use std::ffi::OsString;
use std::sync::Arc;

use crate::recording::Recording;
use crate::transport::{self, BoxFuture, Connection, Launch, Memory, Transport};

use self::stage::Stage;
use super::play::Shared;
use super::replay::{Runs, in_memory};
use super::report::Report;
use super::script::Script;

pub use self::reply::{Reply, reply};
pub(super) use self::rules::{Abort, CLOSED, Rules, Verdict};

/// A scripted CLI: what it answers to which prompt, in order.
///
/// It writes the lines that CLI 2.1.329 writes (an init for each turn, one assistant line for each block, stream events where the launch asks
/// for them, a result), and is as strict as a [`Replay`](super::Replay): prompts come in the scripted order, each exactly once. Beyond a
/// recording, it knows by itself how the CLI answers `initialize`, `interrupt`, `set_model`, `set_permission_mode`, `mcp_status`, and any
/// other request (with the error `unsupported_request`); that a denied tool does not run; and that an error ends in exit code 1. All ids are
/// the same in each run.
///
/// ```
/// use claude_wire::player::{Scenario, reply};
/// use claude_wire::transport::{Launch, Transport};
/// use serde_json::json;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scenario = Scenario::new()
///     .on_prompt("Hello", reply().text("Hi!"))
///     .on_any_prompt(reply().tool_use("Bash", json!({"command": "ls"})).tool_result("a.txt").text("One file."));
///
/// let mut cli = scenario.open(Launch::default()).await?;
/// cli.stdin.write_all(b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hello\"}}\n").await?;
/// cli.stdin.write_all(b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"What is here?\"}}\n").await?;
/// drop(cli.stdin);
/// let mut said = String::new();
/// cli.stdout.read_to_string(&mut said).await?;
/// assert!(said.contains("Hi!") && said.contains("One file."));
/// scenario.assert_finished();
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    turns: Vec<(Option<String>, Reply)>,
    runs: Runs,
}

impl Scenario {
    /// A scenario without a prompt: it answers control requests only.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next prompt must have this text; what comes of it.
    #[must_use]
    pub fn on_prompt(mut self, text: impl Into<String>, reply: Reply) -> Self {
        self.turns.push((Some(text.into()), reply));
        self
    }

    /// The next prompt may be anything.
    #[must_use]
    pub fn on_any_prompt(mut self, reply: Reply) -> Self {
        self.turns.push((None, reply));
        self
    }

    /// The scenario as a recording of a run without a deviation: every permission given, no interrupt but where a reply
    /// [hangs](Reply::hang).
    ///
    /// `args` are those of the launch; `--include-partial-messages`, `--model`, `--session-id` and `--permission-mode` show in the lines. A
    /// prompt that may be anything stands there as `<text:1>`, which a replay takes for any text.
    pub fn to_recording<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Recording {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        Stage::new(&args).recording(&self.turns)
    }

    /// The scenario ready to be [played](super::play) over streams of one's own.
    pub fn script<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Script {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let stage = Stage::new(&args);
        let rules = stage.rules();
        Script::new(&stage.recording(&self.turns)).improvising(rules)
    }

    /// What was found so far, in all runs together; see [`Replay::report`](super::Replay::report).
    pub fn report(&self) -> Report {
        let mut report = self.runs.report();
        if self.runs.len() == 0 {
            report.add(Shared::new(Arc::new(self.script([""; 0]))).report());
        }
        report
    }

    /// For the end of a test: all prompts came, and nothing else.
    ///
    /// # Panics
    /// With the report, unless it [is clean](Report::is_clean).
    #[track_caller]
    pub fn assert_finished(&self) {
        let report = self.report();
        assert!(report.is_clean(), "{report}");
    }
}

/// Each opening plays the scenario from its start. Never fails inside a tokio runtime.
impl Transport for Scenario {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        Box::pin(async move {
            let machine = self.runs.begin(Arc::new(self.script(launch.args.clone())));
            Memory::new(move |_, peer| in_memory(machine.clone(), peer)).open(launch).await
        })
    }
}
