//! A CLI that is scripted prompt by prompt instead of recorded.

mod file;
mod legacy;
mod lines;
mod progress;
mod reply;
mod rules;
mod stage;

use std::ffi::OsString;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::recording::Recording;
use crate::transport::{self, BoxFuture, Connection, Exit, Launch, Memory, Transport};

use self::progress::Progress;
use self::stage::Stage;
use super::binding::Binding;
use super::difference::Difference;
use super::output_format::OutputFormat;
use super::play::{self, Shared, Streams};
use super::replay::{Runs, in_memory};
use super::report::{Divergence, Report};
use super::run::{LaunchLog, RunError, RunFolder};
use super::script::Script;
use super::signal::Signal;
use super::turns::SharedTurns as _;
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
/// The turns go on over launches: a session that launches the CLI again, and every clone of this
/// scenario, goes on with the next turn. [`next_launch`](Self::next_launch) gives each launch its
/// own turns. A launch with `--resume` or `--continue` goes on with that session's id, or the latest
/// one's; with `--fork-session`, after `/clear` and without either it gets a new one. A launch that
/// resumes a session that no earlier launch had is refused; the first launch may resume any.
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
    /// Where the turns of each further launch begin, if turns are for launches.
    launches: Vec<usize>,
    legacy: bool,
    runs: Runs,
    verification: Verification,
    progress: Progress,
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

    /// The turns that follow are for the next launch, and those before it for the launches before.
    ///
    /// ```
    /// use claude_wire::{Scenario, reply};
    ///
    /// let scenario = Scenario::new()
    ///     .on_prompt("Hello", reply().text("Hi!"))
    ///     .next_launch()
    ///     .on_prompt("Hello", reply().text("Hi again!"));
    /// ```
    #[must_use]
    pub fn next_launch(mut self) -> Self {
        self.launches.push(self.turns.len());
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
    /// only a reply that [hangs](ModelReply::hang) is interrupted. It has the turns of all launches.
    ///
    /// `args` are the launch's arguments; `--include-partial-messages`, `--model`, `--session-id`
    /// and `--permission-mode` show in the lines. A prompt that may be anything becomes `<text:1>`,
    /// which matches any text in a replay.
    pub fn to_recording<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Recording {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        self.played_on(Stage::new(&args, "/home/user/project".to_owned(), &[]), &self.turns)
    }

    /// The scenario ready to be [played](super::play) over your own streams, in this process's
    /// folder. It shares nothing with other launches: all turns are this one's.
    pub fn script<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Script {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let launch = Launch { args, ..Launch::default() };
        let cwd = launch.working_dir().unwrap_or_default();
        let stage = Stage::new(&launch.args, cwd, &[]);
        let mut script = self.script_on(stage, &self.turns, &launch);
        script.shares_nothing = true;
        script
    }

    /// Shares its turns with the launches of a run in other processes.
    ///
    /// # Errors
    /// If the run folder cannot be written.
    pub fn in_run(mut self, run: RunFolder) -> Result<Self, RunError> {
        run.plays_turns(&self.prompts())?;
        self.progress = Progress::Folder(run);
        Ok(self)
    }

    /// Plays a launch as a process that replaces the CLI, over your own streams, in this process's
    /// folder: as [`play`](super::play) does with a script, which `change` may change. Returns the
    /// exit status to end with, and the report of this launch.
    ///
    /// [In a run](Self::in_run) it is the run's next launch; without one, all turns are this
    /// launch's, and it must have them all.
    ///
    /// # Errors
    /// If there are no turns for it, the scenario [has turns for launches](Self::next_launch) and is
    /// not in a run, or the run folder cannot be written; then nothing was written.
    ///
    /// # Cancel safety
    /// As for [`play`](super::play).
    pub async fn play<R, W, E>(
        &self,
        launch: &Launch,
        change: impl FnOnce(Script) -> Script,
        streams: Streams<R, W, E>,
        signals: mpsc::Receiver<Signal>,
    ) -> Result<(Exit, Report), transport::Error>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
        E: AsyncWrite + Unpin,
    {
        let (script, refused, log) = match &self.progress {
            Progress::Folder(run) => {
                let (script, refused) =
                    self.next_script(launch).map_err(transport::Error::other)?;
                let args = launch.args.iter().map(|arg| arg.to_string_lossy().into_owned());
                let log = LaunchLog::start(run, &args.collect::<Vec<_>>());
                let log = log.map_err(|error| transport::Error::other(error.to_string()))?;
                (script, refused, Some(log))
            }
            Progress::Memory(_) if !self.launches.is_empty() => {
                let count = self.turns_of_launches().len();
                return Err(transport::Error::other(format!(
                    "the scenario has turns for {count} launches, which must share a run folder; set \
                     CLAUDE_WIRE_RUN (in Rust, Scenario::in_run)"
                )));
            }
            Progress::Memory(_) => (self.script(launch.args.iter()), None, None),
        };
        let mut script = change(script);
        if let Progress::Folder(run) = &self.progress {
            script.run = Some(run.path().into());
        }
        let launch = Binding::refusing(Arc::new(script), refused);
        let machine = Shared::new(launch, log);
        let exit = play::run(&machine, streams, signals).await;
        Ok((exit, machine.report()))
    }

    /// The script of the next launch, and why that is refused.
    fn next_script(&self, launch: &Launch) -> Result<(Script, Option<Divergence>), String> {
        let number = self.progress.start_launch()?;
        let sessions = self.progress.sessions();
        let cwd = launch.working_dir().unwrap_or_default();
        let stage = Stage::new(&launch.args, cwd, &sessions);
        let refused = stage.unknown_session().map(|id| {
            let expected = format!("a session of an earlier launch ({})", sessions.join(", "));
            let differs = Difference::of_rule("--resume", expected, Some(id.into()));
            Divergence::launch(None, vec![differs])
        });
        if refused.is_none() {
            self.progress.note_session(stage.session());
        }
        if self.launches.is_empty() {
            let mut script = self.script_on(stage, &self.turns, launch);
            script.progress = Some(Arc::new(self.progress.clone()));
            return Ok((script, refused));
        }
        let lists = self.turns_of_launches();
        let count = lists.len();
        let turns = lists.get(number).ok_or_else(|| {
            format!("the scenario has turns for {count} launches, and this is one more")
        })?;
        Ok((self.script_on(stage, turns, launch), refused))
    }

    fn script_on(
        &self,
        stage: Stage,
        turns: &[(Option<String>, ModelReply)],
        launch: &Launch,
    ) -> Script {
        let rules = stage.rules();
        let mut script = Script::new(&self.played_on(stage, turns)).improvising(rules);
        let args = launch.args.iter().map(|arg| arg.to_string_lossy().into_owned());
        script.output = OutputFormat::of(&args.collect::<Vec<_>>());
        script
    }

    fn played_on(&self, stage: Stage, turns: &[(Option<String>, ModelReply)]) -> Recording {
        if self.legacy { stage.legacy_recording(turns) } else { stage.recording(turns) }
    }

    fn turns_of_launches(&self) -> Vec<&[(Option<String>, ModelReply)]> {
        let ends = self.launches.iter().copied().chain([self.turns.len()]);
        let starts = [0].into_iter().chain(self.launches.iter().copied());
        starts.zip(ends).map(|(start, end)| &self.turns[start..end]).collect()
    }

    /// The prompts of each launch, or of all, for a report.
    fn prompts(&self) -> Vec<Vec<String>> {
        let text = |(prompt, _): &(Option<String>, ModelReply)| match prompt {
            Some(text) => format!("prompt {}", Value::from(text.as_str())),
            None => "any prompt".to_owned(),
        };
        let lists = self.turns_of_launches();
        let named = lists.iter().map(|turns| turns.iter().map(text));
        named
            .map(|turns| {
                turns.enumerate().map(|(at, text)| format!("{text} (turn {})", at + 1)).collect()
            })
            .collect()
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
        let (turns, launches) = self.progress.counts();
        let lists = self.prompts();
        if self.launches.is_empty() {
            report.unasked(lists.into_iter().flatten().skip(turns));
        } else {
            report.unasked(lists.into_iter().skip(launches).flatten());
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

/// Fails if the scenario has [turns for launches](Scenario::next_launch), but none for this one.
impl Transport for Scenario {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        self.verification.note_use();
        Box::pin(async move {
            let (script, refused) = self.next_script(&launch).map_err(transport::Error::other)?;
            let machine = self.runs.begin(Binding::refusing(Arc::new(script), refused), None);
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
