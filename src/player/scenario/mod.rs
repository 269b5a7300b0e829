//! A CLI that is scripted prompt by prompt instead of recorded.

mod builder;
mod command;
mod file;
mod format;
mod outside;
mod progress;
mod rehearsal;
mod reply;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::faults::{ArmedFaults, Fault, FaultPlan};
use crate::recording::Recording;
use crate::transport::{self, BoxFuture, Connection, Exit, Launch, Transport};

use self::progress::Progress;
use super::connection::{behind_faults, connect};
use super::engine::Engine;
use super::faulted;
use super::observer::Observer;
use super::play::{Shared, Streams};
use super::replay::Runs;
use super::report::Report;
use super::run::{LaunchLog, RunError, RunFolder};
use super::script::{Pace, Script, Simulation};
use super::signal::Signal;
use super::simulator::{Found, LaunchOptions, PromptMatch, ScriptedTurn, TurnList, prints};
use super::turns::SharedTurns as _;
use super::verification::Verification;

pub use self::command::CommandOutput;
pub(super) use self::command::ScriptedCommand;
pub use self::file::ScenarioError;
pub(super) use self::outside::Outside;
pub(super) use self::outside::ScriptedTool;
pub use self::outside::{ScriptedServer, ScriptedSkill, ShellHook};
pub(super) use self::reply::{Elicitation, Step, ToolOutput};
pub use self::reply::{ModelReply, reply};

/// A simulated CLI, whose model says what is scripted.
///
/// A scenario says what the model answers to each prompt and what tools return. What the CLI of
/// [`CLI_VERSION`](crate::CLI_VERSION) does about it follows from its rules: it calls the host's
/// hooks and in-process tools, asks for permission, keeps limits, retries, and writes the lines that
/// it writes; the page `docs/stand-in.md` has the list. A flag, hook or request whose effect is not
/// simulated is in the [report](Report::not_simulated).
///
/// It is as strict as a [`Replay`](super::Replay): prompts come in the scripted order, each exactly
/// once, unless it says otherwise ([`times`](Self::times), [`any_order`](Self::any_order)). All ids
/// are the same in each run, but the session's where a process [plays](Self::play) without a run. The handle that you made verifies itself when it is dropped, as that of
/// a `Replay` does.
///
/// The turns go on over launches: a session that launches the CLI again, and every clone of this
/// scenario, goes on with the next turn. [`next_launch`](Self::next_launch) gives each launch its
/// own turns. A launch with `--resume` or `--continue` goes on with that session's id, or the latest
/// one's; with `--fork-session`, after `/clear`, without either and where there is none to continue it
/// gets a new one. A launch that resumes a session that does not exist ends with the CLI's error: one
/// exists if an earlier launch had it, if [`sessions`](Self::sessions) lists it, or if its transcript is
/// in the CLI's folder. With [`any_session`](Self::any_session) each one exists.
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
    turns: Vec<ScriptedTurn>,
    /// Where the turns of each further launch begin, if turns are for launches.
    launches: Vec<usize>,
    legacy: bool,
    any_order: bool,
    outside: Outside,
    /// What is printed for commands.
    commands: Vec<ScriptedCommand>,
    /// What happens at the start and at the end of each launch.
    ends: BTreeMap<usize, (ModelReply, ModelReply)>,
    /// The sessions before the first launch, if they are listed.
    sessions: Option<Vec<String>>,
    /// Whether every session exists.
    any_session: bool,
    armed: Option<ArmedFaults>,
    observer: Observer,
    runs: Runs,
    verification: Verification,
    progress: Progress,
}

impl Scenario {
    /// Lets the replies go on that wait for this gate ([`ApiReply::hold`](super::ApiReply::hold)),
    /// in all launches in this process.
    pub fn release(&self, gate: &str) {
        self.runs.release(gate);
    }

    /// The scenario as the recording of a run without deviations: every permission is granted,
    /// other requests of the CLI fail, and only a reply that [hangs](ModelReply::hang) is
    /// interrupted. It has the turns of all launches.
    ///
    /// `args` are the launch's arguments. A prompt that may be anything becomes `<text:1>`, which
    /// matches any text in a replay.
    pub fn to_recording<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Recording {
        // It has its purpose without a launch.
        self.verification.note_report();
        let args = args.into_iter().map(Into::into).collect();
        let cwd = Some("/home/user/project".into());
        let launch = Launch { args, cwd, ..Launch::default() };
        // A text that an expression or a function accepts is not known.
        let mut rehearsed = self.clone().unverified();
        for turn in &mut rehearsed.turns {
            if matches!(turn.when, PromptMatch::Regex(_) | PromptMatch::When(_)) {
                turn.when = PromptMatch::Any;
            }
        }
        rehearsal::record(rehearsed.alone(&launch, Progress::default()), &rehearsed.turns)
    }

    /// The scenario ready to be [played](super::play) over your own streams, in this process's
    /// folder. It shares nothing with other launches: all turns are this one's, and its session has the
    /// same id each time.
    pub fn script<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Script {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        // What plays the script has the report.
        self.verification.note_report();
        self.alone(&Launch { args, ..Launch::default() }, Progress::default())
    }

    /// The script of a launch that shares nothing.
    fn alone(&self, launch: &Launch, progress: Progress) -> Script {
        let all = 0..self.turns.len();
        let mut script = self.script_of(launch, 0, progress, all, !prints(launch));
        script.shares_nothing = true;
        script
    }

    /// Shares its turns with the launches of a run in other processes.
    ///
    /// # Errors
    /// If the run folder cannot be written.
    pub fn in_run(mut self, run: RunFolder) -> Result<Self, RunError> {
        if let Err(error) = run.plays_turns(&self.prompts()) {
            // The error is enough.
            self.verification.turn_off();
            return Err(error);
        }
        self.progress = Progress::Folder(run);
        Ok(self)
    }

    /// Plays a launch as a process that replaces the CLI, over your own streams, in this process's
    /// folder: as [`play`](super::play) does with a script, which `change` may change. Returns the
    /// exit status to end with, and the report of this launch.
    ///
    /// [In a run](Self::in_run) it is the run's next launch; without one, all turns are this
    /// launch's, and it must have them all. A launch without arguments takes its input for lines of JSON
    /// if it begins like one, and else for text, as the CLI takes it.
    ///
    /// # Errors
    /// If the scenario [has turns for launches](Self::next_launch) and is not in a run, or the run
    /// folder cannot be written; then nothing was written. A launch that it has no turns for differs.
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
        self.verification.note_report();
        let run = match &self.progress {
            Progress::Folder(run) => Some(run),
            Progress::Memory(_) => None,
        };
        let mut faults = faulted::next_launch(self.armed.as_ref(), launch, run, true)?;
        let (script, log) = match &self.progress {
            Progress::Folder(run) => {
                let script = self.next_script(launch).map_err(transport::Error::other)?;
                let args = launch.args.iter().map(|arg| arg.to_string_lossy().into_owned());
                let log = LaunchLog::start(run, &args.collect::<Vec<_>>());
                let log = log.map_err(|error| transport::Error::other(error.to_string()))?;
                faults = faults.map(|faults| faults.numbered(log.number()));
                (script, Some(log))
            }
            Progress::Memory(_) if !self.launches.is_empty() && !prints(launch) => {
                let count = self.turns_of_launches().len();
                return Err(transport::Error::other(format!(
                    "the scenario has turns for {count} launches, which must share a run folder; set \
                     CLAUDE_WIRE_RUN (in Rust, Scenario::in_run)"
                )));
            }
            Progress::Memory(_) => (self.alone(launch, Progress::of_process()), None),
        };
        let mut script = change(script.with_faults(faults.as_ref()));
        if let Some(simulation) = &mut script.simulation {
            let has_arguments = launch.args.iter().any(|arg| !arg.is_empty());
            simulation.options.set_process(has_arguments);
        }
        if let Progress::Folder(run) = &self.progress {
            script.run = Some(run.path().into());
        }
        let machine = Shared::new(Engine::of(Arc::new(script)), log);
        let machine = machine.with_faults(faults);
        let machine = machine.watched(self.observer.of_launch());
        let exit = behind_faults(&machine, streams, signals).await;
        Ok((exit, machine.report()))
    }

    /// The script of the next launch.
    fn next_script(&self, launch: &Launch) -> Result<Script, String> {
        if prints(launch) {
            // It is none of the launches that have turns.
            let all = 0..self.turns.len();
            return Ok(self.script_of(launch, 0, self.progress.clone(), all, false));
        }
        let number = self.progress.start_launch()?;
        if self.launches.is_empty() {
            let all = 0..self.turns.len();
            return Ok(self.script_of(launch, 0, self.progress.clone(), all, false));
        }
        let ranges = self.ranges();
        let count = ranges.len();
        let range = ranges.into_iter().nth(number);
        let is_extra = range.is_none();
        let none = self.turns.len()..self.turns.len();
        let range = range.unwrap_or(none);
        let mut script = self.script_of(launch, number, self.progress.clone(), range, true);
        if let Some(simulation) = script.simulation.as_mut().filter(|_| is_extra) {
            simulation.one_more_than = Some(count);
        }
        Ok(script)
    }

    /// The script of the launch with this number, counted from 0.
    fn script_of(
        &self,
        launch: &Launch,
        number: usize,
        progress: Progress,
        range: std::ops::Range<usize>,
        is_exclusive: bool,
    ) -> Script {
        let listed = self.sessions.iter().flatten().cloned();
        let sessions: Vec<_> = listed.chain(progress.sessions()).collect();
        let found = Found {
            sessions: &sessions,
            any_session: self.any_session,
            lists_sessions: self.sessions.is_some(),
            shared: Some(&progress),
            commands: &self.commands,
            logged_out: self.outside.logged_out,
            files: Some(&self.outside.files),
        };
        let mut options = LaunchOptions::of(launch, found);
        options.set_legacy(self.legacy);
        let (start, end) = self.ends.get(&number).cloned().unwrap_or_default();
        options.set_ends(start, end);
        if options.keeps_session() {
            progress.note_session(options.session());
        }
        let turns = TurnList {
            turns: self.turns.clone().into(),
            range,
            shared: Arc::new(progress),
            is_exclusive,
            any_order: self.any_order,
        };
        let mut script = Script::empty();
        script.pace = Pace::Recorded(1.0);
        script.idle_timeout = std::time::Duration::MAX;
        script.simulation = Some(Simulation {
            options,
            turns,
            outside: Arc::new(self.outside.clone()),
            faults: self.armed.clone(),
            one_more_than: None,
        });
        script
    }

    /// The numbers of the turns of each launch.
    fn ranges(&self) -> Vec<std::ops::Range<usize>> {
        let ends = self.launches.iter().copied().chain([self.turns.len()]);
        let starts = [0].into_iter().chain(self.launches.iter().copied());
        starts.zip(ends).map(|(start, end)| start..end).collect()
    }

    fn turns_of_launches(&self) -> Vec<&[ScriptedTurn]> {
        self.ranges().into_iter().map(|range| &self.turns[range]).collect()
    }

    /// The prompts of each launch, or of all, for a report.
    fn prompts(&self) -> Vec<Vec<String>> {
        let named = self.turns_of_launches().into_iter().map(|turns| {
            let named = turns.iter().enumerate();
            named.map(|(at, turn)| format!("{} (turn {})", turn.when, at + 1)).collect()
        });
        named.collect()
    }

    /// Injects the faults of this plan, in addition to earlier ones, such as those of the
    /// [file](Self::load). What a plan counts goes on over the launches and the clones, and [in a
    /// run](Self::in_run) over its launches. A launch that only prints something, such as the version,
    /// has no faults.
    ///
    /// After a fault that [ends the conversation](crate::faults::FaultInfo::ends_conversation) the
    /// host cannot do all that is scripted for this launch. So what is left of it, and what differs
    /// since, does not fail the verification; everything else does. The [report](Self::report) lists
    /// what was [injected](Report::injected), and what was [not](Report::not_injected). A launch in
    /// which one cannot happen, such as `stuck_tool` where the CLI prints text, is refused. Faults of
    /// the [API](crate::faults::FaultKind::Api) replace the model's next reply: the CLI does what it does
    /// about such an error, and asks again where it would.
    ///
    /// ```
    /// use claude_wire::faults::FaultPlan;
    /// use claude_wire::Scenario;
    ///
    /// let scenario = Scenario::new()
    ///     .on_prompt("Hello", "Hi!")
    ///     .faults(FaultPlan::parse("api_529; double_result")?);
    /// # let _ = scenario.unverified();
    /// # Ok::<(), claude_wire::faults::FaultError>(())
    /// ```
    #[must_use]
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        let plan = match self.armed.take() {
            Some(earlier) => earlier.plan().and(plan),
            None => plan,
        };
        self.armed = Some(plan.arm());
        self
    }

    /// Calls this when a launch differs, with its report so far, and before its host can read anything
    /// about it: a host may then end the launch at once. It must not block.
    #[must_use]
    pub fn on_divergence(mut self, observer: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observer);
        self
    }

    /// The faults that will be injected, those of the file included.
    pub fn planned_faults(&self) -> Vec<Fault> {
        self.armed.iter().flat_map(|armed| armed.plan().faults().to_vec()).collect()
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
        let (mut is_last_ended, mut is_last_refused) = (false, false);
        if let Some(faults) = &self.armed {
            // One that is injected before there is a run, too.
            report = report.with_faults(faults.injections(), faults.missed());
            let last = faults.last_launch();
            is_last_ended = last.as_ref().is_some_and(ArmedFaults::has_ended);
            is_last_refused = last.is_some_and(|last| last.is_refused());
        }
        if self.launches.is_empty() {
            let turns = TurnList {
                turns: self.turns.clone().into(),
                range: 0..self.turns.len(),
                shared: Arc::new(self.progress.clone()),
                is_exclusive: false,
                any_order: self.any_order,
            };
            report.unasked(turns.open(), is_last_ended);
        } else {
            let launches = self.prompts().into_iter().skip(self.progress.launches());
            for (index, prompts) in launches.enumerate() {
                report.unasked(prompts, index == 0 && is_last_refused);
            }
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

/// Fails if a run folder cannot be written. A launch for which a scenario with [turns for
/// launches](Scenario::next_launch) has none differs, and ends with exit code 70.
impl Transport for Scenario {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        self.verification.note_use();
        Box::pin(async move {
            let faults = faulted::next_launch(self.armed.as_ref(), &launch, None, true)?;
            let script = self.next_script(&launch).map_err(transport::Error::other)?;
            let script = script.with_faults(faults.as_ref());
            let launch = Shared::new(Engine::of(Arc::new(script)), None).with_faults(faults);
            connect(self.runs.begin(launch.watched(self.observer.of_launch()))).await
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
