//! Moves bytes between a host and a CLI, with faults in between.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, Sink};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::injector::Injector;
use super::item::{Effect, Ended, Item, Output};
use super::lane::{Done, Lane};
use crate::transport::{BoxFuture, BoxedRead, BoxedWrite, Exit};
use crate::wire::DEFAULT_MAX_LINE;

/// How long what a CLI wrote is read after its end, if its streams stay open.
const AFTER_EXIT: Duration = Duration::from_secs(2);

/// How much is read at once. A buffer that begins empty would stay at 64 bytes.
const CHUNK: usize = 8 * 1024;

/// The host's side.
pub(crate) struct Host<R, W, E, S> {
    pub(crate) stdin: R,
    pub(crate) stdout: W,
    pub(crate) stderr: E,
    pub(crate) signals: mpsc::Receiver<S>,
}

/// The side of the CLI.
pub(crate) struct Cli<'a, S> {
    pub(crate) stdin: BoxedWrite,
    pub(crate) stdout: BoxedRead,
    pub(crate) stderr: BoxedRead,
    /// Passes on a signal.
    pub(crate) signal: Box<dyn FnMut(S) + Send + 'a>,
    /// Its end; dropping it ends it.
    pub(crate) end: BoxFuture<'a, Exit>,
}

/// The end of a connection with faults.
pub(crate) struct Over<W> {
    pub(crate) ended: Ended,
    /// Whether the streams broke, instead of ending.
    pub(crate) broke: bool,
    /// Dropping it closes stdout.
    pub(crate) stdout: Option<W>,
}

/// Moves bytes until the CLI has ended. `exit_by` says how a CLI ends by a signal.
///
/// A CLI that a fault has ended or hung is dropped at once.
pub(crate) async fn pump<R, W, E, S>(
    mut injector: Injector,
    host: Host<R, W, E, S>,
    cli: Cli<'_, S>,
    exit_by: impl Fn(&S) -> Exit,
) -> Over<W>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    E: AsyncWrite + Unpin,
{
    let start = Instant::now();
    let now = || u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let Host { stdin, stdout, stderr, mut signals } = host;
    let Cli { stdin: cli_stdin, stdout: cli_stdout, stderr: cli_stderr, signal: mut pass, end } =
        cli;
    let mut end = Some(end);
    let mut to_host = Lane::new(stdout, Some(stderr));
    let mut to_cli: Lane<BoxedWrite, NoStream> = Lane::new(cli_stdin, None);
    let mut from_host = Some(Lines::new(stdin));
    let lines = Lines { takes_all: injector.takes_all(), ..Lines::new(cli_stdout) };
    let (mut out, mut err) = (Some(lines), Some(cli_stderr));
    let mut reads = true;
    let mut broke = false;
    let mut exit: Option<(Exit, Instant)> = None;
    // Whether the CLI behind got a signal, by which it may end.
    let mut signalled = false;
    let mut chunk = BytesMut::with_capacity(CHUNK);
    let mut output = injector.launch();
    loop {
        let Output { host, cli, effects } = output;
        if effects.contains(&Effect::Discard) {
            to_host.clear();
        }
        to_host.push(host);
        to_cli.push(cli);
        for effect in effects {
            match effect {
                Effect::Discard => {}
                Effect::StopReading => reads = false,
                Effect::CloseInput => from_host = None,
                Effect::EndCli => (end, out, err) = (None, None, None),
            }
        }
        output = Output::default();
        if let Some((ended, _)) = exit
            && out.is_none()
            && err.is_none()
            && end.is_some()
        {
            end = None;
            output = injector.exited(ended);
            continue;
        }
        let timer = injector.due().map(|us| start + Duration::from_micros(us));
        let last = exit.map(|(_, at)| at + AFTER_EXIT);
        let is_late = signalled && !to_host.is_idle();
        let hears = to_host.is_idle();
        tokio::select! {
            biased;
            done = to_host.step(), if !to_host.is_idle() => match done {
                Done::End(ended) => return Over { ended, broke, stdout: to_host.into_main() },
                Done::Read => reads = true,
                Done::Break => broke = true,
                Done::Step | Done::NoReader => {}
            },
            done = to_cli.step(), if !to_cli.is_idle() => if done == Done::NoReader {
                // The host sees it, too.
                from_host = None;
            },
            line = next(&mut from_host), if reads && to_cli.is_idle() => output = match line {
                Some(line) => injector.host_wrote(line),
                None => injector.eof(),
            },
            // Only once the host has read what came before: an event that repeats must not pile up.
            () = at(timer), if timer.is_some() && hears => output = injector.fire(now()),
            line = next(&mut out), if hears => output = match line {
                Some(line) => injector.cli_wrote(now(), line),
                None if exit.is_some() => Output::default(),
                None => injector.closed(true),
            },
            read = read(&mut err, &mut chunk), if hears => output = match read {
                Some(bytes) => injector.err(bytes),
                None if exit.is_some() => Output::default(),
                None => injector.closed(false),
            },
            ended = over(&mut end), if exit.is_none() => {
                exit = Some((ended, Instant::now()));
                // A process that a signal ended waits for nothing.
                if signalled {
                    to_host.hurry();
                    injector.gone();
                }
            }
            Some(signal) = signals.recv() => {
                let (passes, made) = injector.signal(exit_by(&signal));
                output = made;
                if passes {
                    signalled = true;
                    if exit.is_some() {
                        to_host.hurry();
                        injector.gone();
                    }
                    pass(signal);
                }
            }
            // Nor for a host that does not read what it wrote.
            () = at(last), if last.is_some() && is_late => {
                to_host.clear();
                (out, err) = (None, None);
                if end.is_none() && let Some((ended, _)) = exit {
                    to_host.push([Item::End(ended.into())]);
                }
            }
            () = at(last), if last.is_some() && (out.is_some() || err.is_some()) => {
                (out, err) = (None, None);
            }
        }
    }
}

/// The input of a CLI has no second stream.
type NoStream = Sink;

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn over(end: &mut Option<BoxFuture<'_, Exit>>) -> Exit {
    match end {
        Some(end) => end.await,
        None => std::future::pending().await,
    }
}

/// The next line; the end once, then waits forever.
async fn next<R: AsyncRead + Unpin>(lines: &mut Option<Lines<R>>) -> Option<Bytes> {
    let Some(open) = lines else { return std::future::pending().await };
    let line = open.next().await;
    if line.is_none() {
        *lines = None;
    }
    line
}

/// What stderr brings; its end once, then waits forever.
async fn read(stream: &mut Option<BoxedRead>, chunk: &mut BytesMut) -> Option<Bytes> {
    let Some(open) = stream else { return std::future::pending().await };
    // A read error counts as the end.
    let count = open.read_buf(chunk).await.unwrap_or_default();
    if count == 0 {
        *stream = None;
        return None;
    }
    Some(chunk.split().freeze())
}

/// The lines of a stream, with their endings. The last one may have none, and one that is longer
/// than readers accept comes in parts.
struct Lines<R> {
    stream: R,
    buffer: BytesMut,
    /// How much of the buffer has no line ending.
    searched: usize,
    ended: bool,
    /// Whether all up to the end is taken as one line.
    takes_all: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(stream: R) -> Self {
        let buffer = BytesMut::with_capacity(CHUNK);
        Self { stream, buffer, searched: 0, ended: false, takes_all: false }
    }

    /// The next line. Cancel safe.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let rest = self.buffer.get(self.searched..).unwrap_or_default();
            let end = if self.takes_all { None } else { memchr::memchr(b'\n', rest) };
            if let Some(at) = end {
                let line = self.buffer.split_to(self.searched + at + 1);
                self.searched = 0;
                return Some(line.freeze());
            }
            self.searched = self.buffer.len();
            if self.ended || self.searched > DEFAULT_MAX_LINE {
                self.searched = 0;
                return Some(self.buffer.split().freeze()).filter(|line| !line.is_empty());
            }
            let read = pin!(self.stream.read_buf(&mut self.buffer)).await;
            self.ended = read.unwrap_or_default() == 0;
        }
    }
}
