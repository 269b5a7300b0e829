//! A CLI that is scripted prompt by prompt instead of recorded.

mod file;
mod legacy;
mod lines;
mod reply;
mod rules;
mod stage;

use std::ffi::OsString;
use std::sync::Arc;

use crate::recording::Recording;
use crate::transport::{self, BoxFuture, Connection, Launch, Memory, Transport};

use self::stage::Stage;
use super::binding::Binding;
use super::replay::{Runs, in_memory};
use super::report::Report;
use super::script::Script;
use super::verification::Verification;

pub use self::file::ScenarioError;
pub use self::reply::{ModelReply, reply};
pub(super) use self::rules::{Abort, CLOSED, CLOSED_BEFORE, Rules, Verdict};

/// A scripted CLI: its answer to each prompt, in order.
///
/// It writes the lines that the CLI of [`CLI_VERSION`](crate::CLI_VERSION) writes (an init for each
/// turn, one assistant line for each block, stream events if the launch requests them, a result),
/// and is as strict as a [`Replay`](super::Replay): prompts come in the scripted order, each
/// exactly once. Unlike a recording, it knows how the CLI answers `initialize`, `interrupt`,
/// `set_model`, `set_permission_mode`, `mcp_status`, and any other request (with the error
/// `unsupported_request`); that a denied tool does not run; and that an error ends in exit code 1.
/// All ids are the same in each run. The handle that you made verifies itself when it is dropped,
/// as that of a `Replay` does.
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
    turns: Vec<(Option<String>, ModelReply)>,
    legacy: bool,
    runs: Runs,
    verification: Verification,
}

impl Scenario {
    /// A scenario without prompts: it only answers control requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next prompt must have this text. `reply` is the turn that follows.
    #[must_use]
    pub fn on_prompt(mut self, text: impl Into<String>, reply: ModelReply) -> Self {
        self.turns.push((Some(text.into()), reply));
        self
    }

    /// The next prompt may be anything.
    #[must_use]
    pub fn on_any_prompt(mut self, reply: ModelReply) -> Self {
        self.turns.push((None, reply));
        self
    }

    /// Uses the dialect of early guides to the CLI, which no known version speaks: a bare `message`
    /// for the model's text, `tool_use` and `result` lines for tools, `done` at the end of a turn,
    /// no result, and an exit after the last turn. For testing that your program does not hang with
    /// such a CLI.
    #[must_use]
    pub fn legacy(mut self) -> Self {
        self.legacy = true;
        self
    }

    /// The scenario as the recording of a run without deviations: every permission is granted, and
    /// only a reply that [hangs](ModelReply::hang) is interrupted.
    ///
    /// `args` are the launch's arguments; `--include-partial-messages`, `--model`, `--session-id`
    /// and `--permission-mode` show in the lines. A prompt that may be anything becomes `<text:1>`,
    /// which matches any text in a replay.
    pub fn to_recording<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Recording {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        self.played_on(Stage::new(&args, "/home/user/project".to_owned()))
    }

    /// The scenario ready to be [played](super::play) over your own streams, in this process's
    /// folder.
    pub fn script<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Script {
        self.script_for(&Launch {
            args: args.into_iter().map(Into::into).collect(),
            ..Launch::default()
        })
    }

    fn script_for(&self, launch: &Launch) -> Script {
        let stage = Stage::new(&launch.args, launch.working_dir().unwrap_or_default());
        let rules = stage.rules();
        Script::new(&self.played_on(stage)).improvising(rules)
    }

    fn played_on(&self, stage: Stage) -> Recording {
        if self.legacy { stage.legacy_recording(&self.turns) } else { stage.recording(&self.turns) }
    }

    /// Does not verify when it is dropped: for a program that plays a part of the scenario.
    #[must_use]
    pub fn unverified(mut self) -> Self {
        self.verification.turn_off();
        self
    }

    /// The combined report of all runs so far; see [`Replay::report`](super::Replay::report).
    pub fn report(&self) -> Report {
        self.verification.note_report();
        self.report_so_far()
    }

    fn report_so_far(&self) -> Report {
        let mut report = self.runs.report();
        if self.runs.len() == 0 {
            report.add(Binding::to(Arc::new(self.script([""; 0]))).report(false));
        }
        report
    }

    /// For the end of a test: checks that all prompts came, and nothing else.
    ///
    /// # Panics
    /// With the report, unless it [is clean](Report::is_clean).
    #[track_caller]
    pub fn assert_finished(&self) {
        let report = self.report();
        assert!(report.is_clean(), "{report}");
    }
}

/// Each opening plays the scenario from its start. Does not fail inside a tokio runtime.
impl Transport for Scenario {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        self.verification.note_use();
        Box::pin(async move {
            let machine = self.runs.begin(Binding::to(Arc::new(self.script_for(&launch))), None);
            Memory::new(move |_, peer| in_memory(machine.clone(), peer)).open(launch).await
        })
    }

    fn taken(&self) {
        self.verification.note_taken();
    }

    fn unfinished(&self) -> Option<String> {
        self.verification.unfinished(|| self.report_so_far())
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        self.verification.verify(|| self.report_so_far());
    }
}
