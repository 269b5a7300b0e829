//! A recording as a transport.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::common::lock;
use crate::faults::{ArmedFaults, FaultPlan};
use crate::recording::{Error, Recording, is_recordings_folder, recordings_in};
use crate::transport::{self, BoxFuture, Connection, Exit, Launch, Transport};

use super::binding::Binding;
use super::choice::Pool;
use super::compiled::{CompiledRecording, Launched};
use super::connection::{behind_faults, connect};
use super::engine::Engine;
use super::faulted;
use super::observer::Observer;
use super::openings;
use super::play::{Shared, Streams};
use super::report::Report;
use super::rules::{Rules, RulesError};
use super::run::{Claims, LaunchLog, RunError, RunFolder};
use super::script::{SIGNAL_LATE, Unsent};
use super::sessions::Sessions;
use super::signal::Signal;
use super::verification::Verification;

/// Plays a recording as a transport: strictly, in memory.
///
/// Each prompt must be the recorded one, and so on (see [`player`](crate::player)); otherwise the
/// connection ends with a report on stderr and exit code 70. You can also get the report from here,
/// and from every clone.
///
/// The handle that you made verifies itself when it is dropped: it panics with the report if
/// something differed or is left (but not for lines that the CLI of a run that goes on is still to
/// write). Give the session a clone, and keep the handle until the end of the test. One that was
/// never opened panics, too: a test that does not use it proves nothing. It does not panic while the
/// thread panics already, after [`report`](Self::report) or [`assert_finished`](Self::assert_finished), or after
/// [`unverified`](Self::unverified). A handle that you move into a session does not panic either:
/// what is left is then an error of [`Session::stop`](crate::Session::stop), and a
/// [`Warning`](crate::SessionEvent::Warning).
///
/// The values of the recording's variables are the folders of the launch: `${cwd}` is its working
/// directory and `${home}` its `HOME`, or else those of this process, or else the defaults in the
/// header. So a prompt that names a file in the working directory matches wherever the test runs.
/// The directory for which a waiting CLI is claimed ([`Spare::claim`](crate::session::Spare::claim))
/// takes the place of the recorded one in the same way, from then on. Another directory that a
/// request names (`set_cwd`) is compared, as a text.
///
/// ```
/// use claude_wire::player::Replay;
/// use claude_wire::recording::{Event, EventKind, Header, Recording};
/// use claude_wire::transport::{Launch, Transport};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut recording = Recording::new(Header::new());
/// recording.events.push(Event::new(0, EventKind::In(r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#.into())));
/// recording.events.push(Event::new(9, EventKind::Out(r#"{"type":"result","subtype":"success","result":"Hello"}"#.into())));
///
/// let replay = Replay::new(recording);
/// let mut cli = replay.clone().open(Launch::default()).await?;
/// cli.stdin.write_all(b"{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Hi\"}}\n").await?;
/// drop(cli.stdin);
/// let mut said = String::new();
/// cli.stdout.read_to_string(&mut said).await?;
/// assert!(said.contains("Hello"));
/// replay.assert_finished();
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Replay {
    pool: Pool,
    /// Where the recordings are.
    path: Option<PathBuf>,
    /// Whether each recording is for one opening, in order.
    in_order: bool,
    /// Why it cannot be opened: rules that could not be read, faults that are not for it.
    refused: Option<Arc<str>>,
    faults: Option<ArmedFaults>,
    observer: Observer,
    runs: Runs,
    verification: Verification,
}

/// The runs of a transport, for its report.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs(Arc<Mutex<Vec<Shared>>>);

impl Runs {
    pub(super) fn begin(&self, run: Shared) -> Shared {
        self.lock().push(run.clone());
        run
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Releases a gate in all runs.
    pub(super) fn release(&self, gate: &str) {
        self.lock().iter().for_each(|run| run.release(gate));
    }

    /// Whether the last launch of these faults ended before it was known to be one of several
    /// recordings: because of a fault, which then also ended what it would have done.
    fn is_last_unknown(&self, faults: &ArmedFaults) -> bool {
        let Some(last) = faults.last_launch().filter(ArmedFaults::has_ended) else { return false };
        let runs = self.lock();
        let run = runs.iter().rev().find(|run| run.faults().is_some());
        // One that could not be started is not among the runs.
        last.is_refused() || run.is_some_and(|run| run.recording().is_none())
    }

    /// The combined report of all runs.
    pub(super) fn report(&self) -> Report {
        let mut report = Report::default();
        for run in self.lock().iter() {
            report.add(run.report());
        }
        report
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Shared>> {
        lock(&self.0)
    }
}

impl Replay {
    /// Reads a recording from a file, or takes the recordings of a folder.
    ///
    /// A path that ends in `.jsonl` is one recording, and each opening plays it from its start.
    /// Anything else is a folder, with [one recording for each
    /// launch](crate::recording::recordings_in): an opening plays the first one that no other
    /// opening has used and whose first prompt is the one that the program writes. Until then it
    /// plays the first one that fits. A file of the folder is read when it is needed.
    ///
    /// [`Rules`] are read from `NAME.rules.json` next to `NAME.jsonl`, or from `rules.json` in the
    /// folder, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read or is not a recording, or the folder cannot be read or has no
    /// recording. What is wrong with a recording of a folder, with a truncated one or with a file of
    /// rules is reported when it is played.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        if is_recordings_folder(path) {
            let recordings = recordings_in(path)?;
            if recordings.is_empty() {
                return Err(Error::no_recordings(path));
            }
            let recordings = recordings.iter().map(|path| CompiledRecording::file(path));
            let replay = Self::of(recordings.collect(), Claims::in_memory());
            return Ok(replay.at(path));
        }
        let recording = CompiledRecording::of_file(path, Recording::open(path)?);
        Ok(Self::of(vec![recording], Claims::Free).at(path))
    }

    /// Takes a recording from memory. Each opening plays it from its start.
    pub fn new(recording: Recording) -> Self {
        Self::of(vec![CompiledRecording::new(recording)], Claims::Free)
    }

    /// Takes the files of one test, one for each opening, in order, with the [`Rules`] next to the
    /// first. They have been read.
    pub(crate) fn of_files(files: Vec<(PathBuf, Recording)>) -> Self {
        let rules = files.first().map(|(path, _)| Rules::of_recordings(path));
        let files = files.into_iter();
        let files = files.map(|(path, recording)| CompiledRecording::of_file(&path, recording));
        let replay = Self::in_order(files.collect());
        match rules {
            Some(rules) => replay.with_rules(|_| rules),
            None => replay,
        }
    }

    /// Takes one recording for each opening, in order: a recording is one process, and a session
    /// that reconnects opens its transport again.
    pub fn sequence(recordings: impl IntoIterator<Item = Recording>) -> Self {
        Self::in_order(recordings.into_iter().map(CompiledRecording::new).collect())
    }

    fn in_order(recordings: Vec<CompiledRecording>) -> Self {
        let mut replay = Self::of(recordings, Claims::Free);
        replay.in_order = true;
        replay.pool.sessions = Sessions::in_memory();
        replay
    }

    /// Plays truncated recordings too. Where the events end, the CLI stays silent until the host
    /// closes its input.
    #[must_use]
    pub fn allow_truncated(self) -> Self {
        self.each(|take| take.settings.allow_truncated = true)
    }

    /// Plays at this many times the recorded speed (see [`Script::speed`](super::Script::speed)). By default there are no
    /// delays.
    #[must_use]
    pub fn speed(self, factor: f64) -> Self {
        self.each(|take| take.settings.speed = Some(factor))
    }

    /// Waits this long before requests of the CLI and results (see [`Script::pause`](super::Script::pause)). By default
    /// there is no pause.
    #[must_use]
    pub fn pause(self, pause: Duration) -> Self {
        self.each(|take| take.settings.pause = pause)
    }

    /// Does not compare these places: flags (`--model`), prompts (`prompt[0]`), and fields of
    /// requests (`set_model /model`). See [`Rules`].
    ///
    /// What is not a place is refused when the replay is opened.
    ///
    /// ```
    /// # use claude_wire::{Replay, recording::{Header, Recording}};
    /// let replay = Replay::new(Recording::new(Header::new())).ignore(["--model", "prompt[0]"]);
    /// ```
    #[must_use]
    pub fn ignore(self, places: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.with_rules(|rules| rules.ignore(places))
    }

    /// Compares less, as these rules say, in addition to those that were set before.
    #[must_use]
    pub fn rules(self, rules: Rules) -> Self {
        self.with_rules(|before| Ok(before.and(rules)))
    }

    fn with_rules(mut self, change: impl FnOnce(Rules) -> Result<Rules, RulesError>) -> Self {
        let before = self.pool.recordings.first().map(|take| Rules::clone(&take.rules));
        match change(before.unwrap_or_default()) {
            Ok(rules) => {
                let rules = Arc::new(rules);
                self.each(|take| take.rules = Arc::clone(&rules))
            }
            Err(error) => {
                self.refused.get_or_insert(error.to_string().into());
                self
            }
        }
    }

    /// Injects the faults of this plan, in addition to earlier ones. What a plan counts goes on over
    /// the openings and the clones, and [in a run](Self::in_run) over its launches.
    ///
    /// After a fault that [ends the conversation](crate::faults::FaultInfo::ends_conversation) the
    /// host cannot do all that was recorded for this launch. So what is left of it, and what differs
    /// since, does not fail the verification; everything else does. The [report](Self::report) lists
    /// what was [injected](Report::injected), and what was [not](Report::not_injected).
    ///
    /// Opening fails for a fault of the API, because a recording asks none, and for one that cannot
    /// happen in such a launch: `stuck_tool` if the CLI prints text.
    ///
    /// ```
    /// # use claude_wire::{Replay, faults::FaultPlan, recording::{Header, Recording}};
    /// let replay = Replay::new(Recording::new(Header::new())).faults(FaultPlan::parse("exit_mid_turn:nth=2")?);
    /// # Ok::<(), claude_wire::faults::FaultError>(())
    /// ```
    #[must_use]
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        if let Err(error) = plan.only_of_streams() {
            self.refused.get_or_insert(error.to_string().into());
        }
        let plan = match self.faults.take() {
            Some(earlier) => earlier.plan().and(plan),
            None => plan,
        };
        self.faults = Some(plan.arm());
        self
    }

    /// Calls this when a launch differs, with its report so far, and before its host can read anything
    /// about it: a host may then end the launch at once. It must not block.
    #[must_use]
    pub fn on_divergence(mut self, observer: impl Fn(&Report) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observer);
        self
    }

    /// Begins a report on stderr with a line `PROGRAM: ...` (see
    /// [`Script::reported_by`](super::Script::reported_by)).
    #[must_use]
    pub fn reported_by(self, program: &'static str) -> Self {
        self.each(|take| take.settings.program = Some(program))
    }

    /// How long to wait for the host before failing with a report (default: 10 minutes; see
    /// [`Script::idle_timeout`](super::Script::idle_timeout)).
    #[must_use]
    pub fn idle_timeout(self, limit: Duration) -> Self {
        self.each(|take| take.settings.idle_timeout = Some(limit))
    }

    /// Shares its recordings with the other launches of a run, in other processes too: each
    /// recording is for one launch, even if there is only one.
    ///
    /// # Errors
    /// If the run folder plays other recordings, or cannot be written; if this replay was not
    /// [opened](Self::open) from a path.
    pub fn in_run(mut self, run: RunFolder) -> Result<Self, RunError> {
        if let Err(error) = run.plays(self.path.as_deref().unwrap_or(Path::new("")), || false) {
            // The error is enough.
            self.verification.turn_off();
            return Err(error);
        }
        self.pool.sessions = Sessions::Folder(run.clone());
        let folder: Arc<Path> = run.path().into();
        self.pool.claims = Claims::Folder(run);
        Ok(self.each(|take| take.run = Some(Arc::clone(&folder))))
    }

    /// Plays the next launch as a process that replaces the CLI, over your own streams: as
    /// [`play`](super::play) does with a script. Returns the exit status to end with, and the report
    /// of this launch.
    ///
    /// A signal that the recorded CLI got comes by itself later than in memory: see
    /// [`Script`](super::Script).
    ///
    /// # Errors
    /// As for opening it; then nothing was written.
    ///
    /// # Cancel safety
    /// As for [`play`](super::play).
    pub async fn play<R, W, E>(
        &self,
        launch: &Launch,
        streams: Streams<R, W, E>,
        signals: mpsc::Receiver<Signal>,
    ) -> Result<(Exit, Report), transport::Error>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
        E: AsyncWrite + Unpin,
    {
        self.verification.note_report();
        let as_process = self.clone().each(|take| take.settings.unsent = Unsent::Late(SIGNAL_LATE));
        let machine = as_process.begin(launch)?;
        let exit = behind_faults(&machine, streams, signals).await;
        Ok((exit, machine.report()))
    }

    /// The version of the CLI that the first recording that can be read is of, if it says so.
    pub fn cli_version(&self) -> Option<String> {
        let launch = Launched::default();
        let first = self.pool.recordings.iter().find_map(|take| take.beginning(&launch).ok())?;
        first.cli.clone()
    }

    /// Warnings to show to the user: that a recording was edited since it was sealed, or is
    /// truncated. Only for a replay of one recording.
    pub fn warnings(&self) -> Vec<String> {
        match &*self.pool.recordings {
            [only] => only.warnings(),
            _ => Vec::new(),
        }
    }

    /// Warnings about recordings that the same launch may be, and that differ in what they write
    /// before its first prompt: ids, times and paths aside.
    ///
    /// Until its first prompt decides, a launch plays the first recording that it may be. If it then
    /// turns out to be another one, the program has already read the lines of the first, such as its
    /// reply to `initialize`. Each warning names two recordings and where they differ.
    ///
    /// Reads all recordings; one that cannot be played is left out. Each recording is compared with
    /// those before it that differ, so that a folder of 1,000 recordings of which none is like
    /// another can take some seconds.
    pub fn opening_warnings(&self) -> Vec<String> {
        // It has its purpose without a launch.
        self.verification.note_report();
        if self.in_order { Vec::new() } else { openings::warnings(&self.pool) }
    }

    /// Does not verify when it is dropped: for a program that plays a part of a recording.
    #[must_use]
    pub fn unverified(mut self) -> Self {
        self.verification.turn_off();
        self
    }

    /// The combined report of all runs so far. Before the first opening, everything is left.
    ///
    /// After it, the handle does not verify itself when it is dropped.
    ///
    /// A run is a separate task: wait for the connection's end (or for the reply that you need)
    /// before you call this.
    pub fn report(&self) -> Report {
        self.verification.note_report();
        self.report_so_far()
    }

    fn report_so_far(&self) -> Report {
        let mut report = self.runs.report();
        let (mut is_excused, mut is_refused) = (false, false);
        if let Some(faults) = &self.faults {
            // One that is injected before there is a run, too.
            report = report.with_faults(faults.injections(), faults.missed());
            is_excused = self.runs.is_last_unknown(faults);
            is_refused = faults.last_launch().is_some_and(|last| last.is_refused());
        }
        if self.pool.claims.is_shared() {
            report.unused(self.unused(), usize::from(is_excused));
            return report;
        }
        let played = self.runs.len();
        let unplayed = if self.in_order || played == 0 {
            self.pool.recordings.get(played..).unwrap_or_default()
        } else {
            &[]
        };
        for (index, take) in unplayed.iter().enumerate() {
            let mut left = match take.script(&Launched::new(&Launch::default())) {
                Ok(script) => Binding::to(script).report(false),
                Err(why) => Report::unplayable(why),
            };
            if index == 0 && is_refused {
                left.excuse(false);
            }
            report.add(left);
        }
        report
    }

    /// The recordings that no opening has used, one line each.
    fn unused(&self) -> Vec<String> {
        let launch = Launched::new(&Launch::default());
        let recordings = self.pool.recordings.iter().enumerate();
        let unused = recordings.filter(|(index, _)| !self.pool.is_used(*index));
        unused.map(|(_, recording)| recording.unused(&launch)).collect()
    }

    /// For the end of a test: checks that nothing differed and nothing is left.
    ///
    /// # Panics
    /// With the report, unless it [is clean](Report::is_clean).
    #[track_caller]
    pub fn assert_finished(&self) {
        let report = self.report();
        assert!(report.is_clean(), "{report}");
    }

    /// The recordings are there, and so are their rules.
    fn at(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self.with_rules(|_| Rules::of_recordings(path))
    }

    fn of(recordings: Vec<CompiledRecording>, claims: Claims) -> Self {
        let sessions = match &claims {
            Claims::Free => Sessions::None,
            Claims::Memory(_) => Sessions::in_memory(),
            Claims::Folder(run) => Sessions::Folder(run.clone()),
        };
        let pool = Pool { recordings: recordings.into(), claims, sessions };
        Self {
            pool,
            path: None,
            in_order: false,
            refused: None,
            faults: None,
            observer: Observer::default(),
            runs: Runs::default(),
            verification: Verification::default(),
        }
    }

    fn each(mut self, change: impl Fn(&mut CompiledRecording)) -> Self {
        let recordings = self.pool.recordings.iter().cloned();
        self.pool.recordings = recordings.map(|recording| recording.with(&change)).collect();
        self
    }

    /// The machine for the next opening.
    fn begin(&self, launch: &Launch) -> Result<Shared, transport::Error> {
        let run = match &self.pool.claims {
            Claims::Folder(run) => Some(run),
            _ => None,
        };
        let faults = faulted::next_launch(self.faults.as_ref(), launch, run, false)?;
        let mut pool = self.pool.clone();
        if self.in_order {
            let index = self.runs.len();
            let count = pool.recordings.len();
            let Some(take) = pool.recordings.get(index) else {
                return Err(transport::Error::other(format!(
                    "the replay has {count} recordings, but was opened once more; record another"
                )));
            };
            pool.recordings = Arc::new([take.clone()]);
        }
        let launch = Launched::new(launch).after(pool.sessions.known());
        let log = run.map(|run| LaunchLog::start(run, &launch.args));
        let log = log.transpose().map_err(|error| transport::Error::other(error.to_string()))?;
        let unplayable = |why: String| {
            log.iter().for_each(|log| log.unplayable(&why));
            transport::Error::other(why)
        };
        if let Some(why) = &self.refused {
            return Err(unplayable(why.to_string()));
        }
        let faults = match &log {
            Some(log) => faults.map(|faults| faults.numbered(log.number())),
            None => faults,
        };
        let launch = Binding::among(&pool, launch).map_err(unplayable)?;
        let launch = Shared::new(Engine::replay(launch), log).with_faults(faults);
        Ok(self.runs.begin(launch.watched(self.observer.of_launch())))
    }
}

/// Fails if a rule is not one, if the recording is truncated or too long with the values of its
/// variables ([`Recording::expand`]), or if the sequence has no recording left.
impl Transport for Replay {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        Box::pin(async move {
            self.verification.note_use();
            let machine = self.begin(&launch)?;
            connect(machine).await
        })
    }

    fn taken(&self) {
        self.verification.note_taken();
    }

    fn unfinished(&self) -> Option<String> {
        self.verification.unfinished(|| self.report_so_far())
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        self.verification.verify(|| self.report_so_far());
    }
}
