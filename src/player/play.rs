//! The player over byte streams.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_core::Stream;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::codec::FramedRead;

use crate::common::lock;
use crate::faults::ArmedFaults;
use crate::transport::Exit;
use crate::wire::{Item, LineCodec};

use super::engine::Engine;
use super::machine::{Input, Step};
use super::observer::Watched;
use super::report::Report;
use super::run::LaunchLog;
use super::script::Script;
use super::signal::Signal;
use super::watchdog::Watchdog;

/// How long unread output is kept after a signal, or after the host last read; CLI 2.1.329 gives up
/// after 2.0 to 2.2 seconds.
const FLUSH_AT_END: Duration = Duration::from_secs(2);

/// The three streams of the CLI, from its side.
#[derive(Debug)]
pub struct Streams<R, W, E> {
    /// What the host writes.
    pub stdin: R,
    /// What the host reads.
    pub stdout: W,
    /// Error messages.
    pub stderr: E,
}

/// Plays a script as the CLI, until it exits. Returns the exit status to end with, and the report.
///
/// A host that differs from the recording gets the report on stderr, the end of stdout and exit
/// code [`Exit::DIVERGED`]. Stdin is read even if the host does not read stdout; output that is
/// unread 2 seconds after a signal is dropped. A host that does nothing although the recording
/// waits for it gets the report after [`Script::idle_timeout`]. `signals` brings the signals to the
/// process; drop its sender if there are none.
///
/// # Cancel safety
/// Dropping the future acts like a crash of the CLI: output may be lost, and a line may be cut.
pub async fn play<R, W, E>(
    script: Script,
    streams: Streams<R, W, E>,
    signals: mpsc::Receiver<Signal>,
) -> (Exit, Report)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    E: AsyncWrite + Unpin,
{
    let machine = Shared::new(Engine::of(Arc::new(script)), None);
    let exit = run(&machine, streams, signals).await;
    (exit, machine.report())
}

/// A launch that its driver shares with the readers of its report.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    launch: Arc<Mutex<Engine>>,
    /// Its report in a run folder.
    log: Option<Arc<LaunchLog>>,
    runs: Arc<AtomicBool>,
    /// Wakes the driver after a gate was released.
    released: Arc<Notify>,
    faults: Option<ArmedFaults>,
    watched: Watched,
    /// Set when the host differs: whether a fault had ended the conversation by then.
    differs_after: Arc<OnceLock<bool>>,
}

/// The run goes on until this is dropped.
struct Running<'a>(&'a AtomicBool);

impl<'a> Running<'a> {
    fn begin(runs: &'a AtomicBool) -> Self {
        runs.store(true, Ordering::Relaxed);
        Self(runs)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn new(launch: Engine, log: Option<LaunchLog>) -> Self {
        Self {
            launch: Arc::new(Mutex::new(launch)),
            log: log.map(Arc::new),
            runs: Arc::default(),
            released: Arc::default(),
            faults: None,
            watched: Watched::default(),
            differs_after: Arc::default(),
        }
    }

    /// Calls someone when it differs.
    pub(super) fn watched(self, watched: Watched) -> Self {
        Self { watched, ..self }
    }

    /// With the faults of this launch.
    pub(super) fn with_faults(self, faults: Option<ArmedFaults>) -> Self {
        let shared = Self { faults, ..self };
        // It may differ in its arguments: before any fault.
        shared.with(|_| ());
        shared
    }

    /// The faults between it and its host.
    pub(super) fn faults(&self) -> Option<&ArmedFaults> {
        self.faults.as_ref()
    }

    /// Notes how far it is, whenever it waits.
    fn note(&self) {
        let differs = self.with(|launch| {
            let report = || self.reported(launch.report(false));
            let diverged = launch.is_diverged();
            if let Some(log) = &self.log {
                log.note(launch.recording(), launch.is_done(), diverged, report);
            }
            diverged.then(report)
        });
        // It may look at this launch.
        if let Some(report) = differs {
            self.watched.call(&report);
        }
    }

    /// Notes the end in the run folder.
    pub(super) fn end(&self, exit: Exit) {
        if let Some(log) = &self.log {
            self.with(|launch| {
                let report = self.reported(launch.report(false));
                log.end(launch.recording(), exit, &report);
            });
        }
    }

    pub(super) fn report(&self) -> Report {
        let runs = self.runs.load(Ordering::Relaxed);
        self.reported(self.with(|machine| machine.report(runs)))
    }

    /// The report with what the faults of this launch did.
    fn reported(&self, report: Report) -> Report {
        let Some(faults) = &self.faults else { return report };
        let mut report = report.with_faults(faults.of_launch(), faults.missed());
        if faults.has_ended() {
            report.excuse(self.differs_after.get() == Some(&true));
        }
        report
    }

    /// The name of the recording that it uses, one of several.
    pub(super) fn recording(&self) -> Option<String> {
        self.with(|launch| launch.recording().map(str::to_owned))
    }

    /// Releases a gate of a scenario.
    pub(super) fn release(&self, gate: &str) {
        self.with(|launch| launch.release(gate));
        self.released.notify_one();
    }

    fn with<T>(&self, act: impl FnOnce(&mut Engine) -> T) -> T {
        // A panic elsewhere does not make the state wrong.
        let mut launch = lock(&self.launch);
        let done = act(&mut launch);
        if let Some(faults) = &self.faults
            && self.differs_after.get().is_none()
            && launch.is_diverged()
        {
            let _ = self.differs_after.set(faults.has_ended());
        }
        done
    }
}

pub(super) async fn run<R, W, E>(
    machine: &Shared,
    streams: Streams<R, W, E>,
    mut signals: mpsc::Receiver<Signal>,
) -> Exit
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    E: AsyncWrite + Unpin,
{
    let _running = Running::begin(&machine.runs);
    let start = Instant::now();
    let now = || u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let mut lines = Some(FramedRead::new(streams.stdin, LineCodec::new()));
    let mut out = Writer::new(streams.stdout);
    let mut err = Writer::new(streams.stderr);
    let mut deadline = None;
    // The host closed its end, which is not handled yet.
    let mut ended = false;
    let mut watchdog = Watchdog::new(machine.with(|machine| machine.script().idle_timeout));
    loop {
        let mut wake = None;
        let mut exit = None;
        // One line at a time, so that unwritten output is still the machine's.
        while out.is_idle() && exit.is_none() && wake.is_none() {
            match machine.with(|machine| machine.next(now())) {
                Step::Out(bytes) => out.queue(bytes),
                Step::Err(bytes) => err.queue(bytes),
                Step::PutBack(file) => {
                    let done = file.put_back().map(|()| file);
                    if let Err(why) = &done {
                        err.queue(format!("claude-wire: {why}\n").into());
                    }
                    machine.with(|machine| machine.note_put_back(done));
                }
                Step::CloseOut => out.close(),
                Step::CloseErr => err.close(),
                Step::Exit(status) => exit = Some(status),
                Step::Wait(until) => wake = Some(until),
            }
        }
        if let Some(exit) = exit
            && out.is_idle()
            && err.is_idle()
        {
            machine.end(exit);
            return exit;
        }
        // Before the host sees the last line: it may kill the player then.
        machine.note();
        if std::mem::take(&mut ended) {
            // A signal that was sent before that comes before it.
            if let Some(signal) = sent(&mut signals).await {
                ended = true;
                deadline = Some(Instant::now() + FLUSH_AT_END);
                machine.with(|machine| machine.handle(now(), Input::Signal(signal)));
            } else {
                machine.with(|machine| machine.handle(now(), Input::Eof));
            }
            watchdog.reset(Instant::now());
            continue;
        }
        let timer = wake.flatten();
        let timer = timer.and_then(|until| start.checked_add(Duration::from_micros(until)));
        let input = tokio::select! {
            biased;
            // What the host wrote before it sent a signal comes before it.
            item = next(&mut lines) => match item {
                Some(Item::Line(line)) => Input::Line(line.bytes().clone()),
                Some(Item::TooLong(long)) => Input::TooLong(long.len()),
                None => {
                    ended = true;
                    continue;
                }
            },
            Some(signal) = signals.recv() => {
                deadline = Some(Instant::now() + FLUSH_AT_END);
                Input::Signal(signal)
            }
            () = machine.released.notified() => continue,
            () = out.drain(), if !out.is_idle() => continue,
            () = err.drain(), if !err.is_idle() => continue,
            () = at(timer), if timer.is_some() => {
                watchdog.reset(Instant::now());
                continue;
            }
            () = watchdog.fired() => {
                watchdog.reset(out.moved.max(err.moved).max(timer.unwrap_or(start)));
                if watchdog.is_early() {
                    continue;
                }
                let unread = !out.is_idle() || !err.is_idle();
                if unread {
                    out.abandon();
                    deadline = Some(Instant::now() + FLUSH_AT_END);
                }
                watchdog.stop();
                machine.with(|machine| machine.handle(now(), Input::Nothing { limit: watchdog.limit(), unread }));
                continue;
            }
            () = at(deadline), if deadline.is_some() => {
                out.abandon();
                err.abandon();
                deadline = None;
                continue;
            }
        };
        watchdog.reset(Instant::now());
        machine.with(|machine| machine.handle(now(), input));
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// A signal that was sent already: the runtime must see it, and then what passes it on.
async fn sent(signals: &mut mpsc::Receiver<Signal>) -> Option<Signal> {
    const ROUNDS: usize = 8;
    for _ in 0..ROUNDS {
        if let Ok(signal) = signals.try_recv() {
            return Some(signal);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// The next item of the input; its end once, then waits forever.
async fn next<R: AsyncRead + Unpin>(lines: &mut Option<FramedRead<R, LineCodec>>) -> Option<Item> {
    let item = match lines {
        Some(lines) => poll_fn(|cx| Pin::new(&mut *lines).poll_next(cx)).await,
        None => std::future::pending().await,
    };
    // A read error counts as the end of input.
    let item = item.and_then(Result::ok);
    if item.is_none() {
        *lines = None;
    }
    item
}

/// A stream to write to, with its queue. Once it has failed or was closed, it discards everything,
/// as the CLI does when its reader is gone.
struct Writer<W> {
    stream: Option<W>,
    queue: VecDeque<Bytes>,
    flushed: bool,
    /// When the reader last read something, as far as known.
    moved: Instant,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    fn new(stream: W) -> Self {
        Self { stream: Some(stream), queue: VecDeque::new(), flushed: true, moved: Instant::now() }
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.flushed
    }

    fn queue(&mut self, bytes: Bytes) {
        if self.stream.is_some() && !bytes.is_empty() {
            self.queue.push_back(bytes);
            self.flushed = false;
        }
    }

    /// Closes it after the queue: an empty chunk marks the end.
    fn close(&mut self) {
        if self.stream.is_some() {
            self.queue.push_back(Bytes::new());
        }
    }

    fn abandon(&mut self) {
        self.stream = None;
        self.queue.clear();
        self.flushed = true;
    }

    /// Writes until the queue is empty. Cancel safe: it remembers what was written.
    async fn drain(&mut self) {
        while let Some(piece) = self.queue.front_mut() {
            let Some(stream) = &mut self.stream else { break };
            let result = if piece.is_empty() {
                stream.shutdown().await.and(Err(io::ErrorKind::BrokenPipe.into()))
            } else {
                write(stream, piece).await
            };
            self.moved = Instant::now();
            if result.is_err() {
                return self.abandon();
            }
            if piece.is_empty() {
                self.queue.pop_front();
            }
        }
        if let Some(stream) = &mut self.stream
            && pin!(stream.flush()).await.is_err()
        {
            return self.abandon();
        }
        self.flushed = true;
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), piece: &mut Bytes) -> io::Result<()> {
    match stream.write(piece).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        written => {
            piece.advance(written);
            Ok(())
        }
    }
}
