//! A recording as a transport.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::common::lock;
use crate::recording::{Error, Recording};
use crate::transport::{self, BoxFuture, Connection, Exit, Launch, Memory, Peer, Transport};

use super::compiled::CompiledRecording;
use super::play::{self, Shared, Streams};
use super::report::Report;
use super::script::Script;
use super::signal::Signal;

/// Plays a recording as a transport: strictly, in memory.
///
/// Each prompt must be the recorded one, and so on (see [`player`](crate::player)); otherwise the
/// connection ends with a report on stderr and exit code 70. You can also get the report from here,
/// and from every clone: keep one while the session owns the other.
///
/// The values of the recording's variables are the folders of the launch: `${cwd}` is its working
/// directory and `${home}` its `HOME`, or else those of this process, or else the defaults in the
/// header. So a prompt that names a file in the working directory matches wherever the test runs.
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
    recordings: Vec<CompiledRecording>,
    /// Whether each recording is for one opening, in order; otherwise the one recording is played
    /// at each.
    in_order: bool,
    truncated: Option<Arc<Error>>,
    runs: Runs,
}

/// The runs of a transport, for its report.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs(Arc<Mutex<Vec<Shared>>>);

impl Runs {
    pub(super) fn begin(&self, script: Arc<Script>) -> Shared {
        let run = Shared::new(script);
        self.lock().push(run.clone());
        run
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
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
    /// Reads a recording from a file.
    ///
    /// # Errors
    /// If it cannot be read or is not a recording. A truncated one is refused when it is played.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let recording = Recording::open(&path)?;
        let name = path.as_ref().display().to_string();
        Ok(Self::of([recording], false).each(|take| take.name = Some(name.clone())))
    }

    /// Takes a recording from memory. Each opening plays it from its start.
    pub fn new(recording: Recording) -> Self {
        Self::of([recording], false)
    }

    /// Takes one recording for each opening, in order: a recording is one process, and a session
    /// that reconnects opens its transport again.
    pub fn sequence(recordings: impl IntoIterator<Item = Recording>) -> Self {
        Self::of(recordings, true)
    }

    /// Plays truncated recordings too. Where the events end, the CLI stays silent until the host
    /// closes its input.
    #[must_use]
    pub fn allow_truncated(mut self) -> Self {
        self.truncated = None;
        self
    }

    /// Plays at this many times the recorded speed (see [`Script::speed`]). By default there are no
    /// delays.
    #[must_use]
    pub fn speed(self, factor: f64) -> Self {
        self.each(|take| take.speed = Some(factor))
    }

    /// How long to wait for the host before failing with a report (default: 10 minutes; see
    /// [`Script::idle_timeout`]).
    #[must_use]
    pub fn idle_timeout(self, limit: Duration) -> Self {
        self.each(|take| take.idle_timeout = Some(limit))
    }

    /// The combined report of all runs so far. Before the first opening, everything is left.
    ///
    /// A run is a separate task: wait for the connection's end (or for the reply that you need)
    /// before you call this.
    pub fn report(&self) -> Report {
        let mut report = self.runs.report();
        let played = self.runs.len();
        let unplayed = if self.in_order || played == 0 {
            self.recordings.get(played..).unwrap_or_default()
        } else {
            &[]
        };
        for take in unplayed {
            report.add(match take.script(&Launch::default()) {
                Ok(script) => Shared::new(script).report(),
                Err(why) => Report::unplayable(why),
            });
        }
        report
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

    fn of(recordings: impl IntoIterator<Item = Recording>, in_order: bool) -> Self {
        let mut truncated = None;
        let mut compiled = Vec::new();
        for recording in recordings {
            if let Err(error) = recording.require_whole() {
                truncated.get_or_insert(Arc::new(error));
            }
            compiled.push(CompiledRecording::new(recording));
        }
        Self { recordings: compiled, in_order, truncated, runs: Runs::default() }
    }

    fn each(mut self, change: impl Fn(&mut CompiledRecording)) -> Self {
        self.recordings =
            self.recordings.into_iter().map(|recording| recording.with(&change)).collect();
        self
    }

    /// The machine for the next opening.
    fn begin(&self, launch: &Launch) -> Result<Shared, transport::Error> {
        if let Some(error) = &self.truncated {
            return Err(transport::Error::other(format!(
                "{error}; Replay::allow_truncated plays it nevertheless"
            )));
        }
        let index = if self.in_order { self.runs.len() } else { 0 };
        match self.recordings.get(index) {
            Some(take) => match take.script(launch) {
                Ok(script) => Ok(self.runs.begin(script)),
                Err(why) => Err(transport::Error::other(why)),
            },
            None => {
                let count = self.recordings.len();
                Err(transport::Error::other(format!(
                    "the replay has {count} recordings, but was opened once more; record another"
                )))
            }
        }
    }
}

/// Fails if the recording is truncated, is too long with the values of its variables
/// ([`Recording::expand`]), or the sequence has no recording left.
impl Transport for Replay {
    fn open(&self, launch: Launch) -> BoxFuture<'_, Result<Connection, transport::Error>> {
        Box::pin(async move {
            let machine = self.begin(&launch)?;
            Memory::new(move |_, peer| in_memory(machine.clone(), peer)).open(launch).await
        })
    }
}

/// Runs a machine as the CLI of an in-memory connection.
pub(super) async fn in_memory(machine: Shared, peer: Peer) -> Exit {
    let Peer { stdin, stdout, stderr, mut control, .. } = peer;
    let (send, signals) = mpsc::channel(1);
    let forward = async {
        loop {
            if control.signal().await == transport::PeerSignal::Terminate {
                // A player that has ended needs no signal.
                let _ = send.send(Signal::Terminate).await;
            }
        }
    };
    tokio::select! {
        exit = play::run(&machine, Streams { stdin, stdout, stderr }, signals) => exit,
        () = forward => Exit::from_code(0),
    }
}
