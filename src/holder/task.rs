//! The task of one CLI: its pipes, and its owner's connection.

use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use serde_json::json;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::hello::{HeldSession, Hello, Open, answer};
use super::kept::{Goes, Kept};
use super::lines::{Lines, Read, put};
use crate::common::{later, lock};
use crate::transport::{
    BoxedRead, BoxedWrite, Connection, Control, Exit, Launch, OrphanGuard, Shutdown, Transport,
};
use crate::wire::DEFAULT_MAX_LINE;

/// How much is written to the owner at once, and how much may wait for the CLI.
const CHUNK: usize = 64 * 1024;
/// How long the output is read after the exit: another process may hold it open.
const AFTER_EXIT: Duration = Duration::from_millis(500);
/// The same, if that process keeps writing.
const REST: Duration = Duration::from_secs(2);
/// How long an answer to an owner may take.
const ANSWER: Duration = Duration::from_secs(10);

/// What the tasks of all CLIs share.
pub(super) struct Settings {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) unclaimed: Duration,
    pub(super) buffer: usize,
    pub(super) shutdown: Shutdown,
}

/// A program that wants a key.
pub(super) struct Attach {
    pub(super) open: Open,
    pub(super) pid: Option<u32>,
    pub(super) reader: Lines<OwnedReadHalf>,
    pub(super) writer: OwnedWriteHalf,
}

struct Task {
    settings: Arc<Settings>,
    stopped: watch::Receiver<bool>,
    info: Arc<Mutex<HeldSession>>,
    kept: Kept,
    stdin: Option<BoxedWrite>,
    to_cli: BytesMut,
    /// Whether the input ends when all of it is written.
    closing: bool,
    stdout: Lines<BoxedRead>,
    stderr: Lines<BoxedRead>,
    control: Box<dyn Control>,
    exit: Option<Exit>,
    owner: Option<OwnedWriteHalf>,
    /// Whether the owner reads no more. What it wrote before still counts.
    deaf: bool,
    from_owner: Lines<OwnedReadHalf>,
    /// Whether the owner has closed its connection, so that what it wrote has an end.
    hung_up: bool,
    to_owner: BytesMut,
    /// When the CLI is ended, if no program claims it.
    unclaimed: Option<Instant>,
    due: Option<(Instant, Due)>,
    /// Whether the CLI is being ended.
    ending: bool,
    /// Until when the output is read after the exit, whatever comes.
    rest_until: Option<Instant>,
    /// Whether its exit was passed on.
    over: bool,
}

/// What is due at a time.
#[derive(Clone, Copy)]
enum Due {
    Terminate,
    Kill,
    GiveUp,
    /// The exit counts, whatever still holds the output.
    Exit,
}

enum Event {
    Attach(Box<Attach>),
    Output(Option<Read>),
    Error(Option<Read>),
    Exit(io::Result<Exit>),
    Written(io::Result<usize>),
    Owner(Option<Read>),
    HungUp,
    Sent(io::Result<usize>),
    Due(Due),
    Unclaimed,
    Stop,
}

/// Starts the CLI, and keeps it until it has ended and an owner knows it. Returns the programs that
/// wait for the next one.
pub(super) async fn run(
    settings: Arc<Settings>,
    stopped: watch::Receiver<bool>,
    info: Arc<Mutex<HeldSession>>,
    first: Attach,
    mut waiting: mpsc::UnboundedReceiver<Attach>,
) -> mpsc::UnboundedReceiver<Attach> {
    let Attach { open, pid, reader, mut writer } = first;
    let launch = Launch { orphan_guard: OrphanGuard::IfPossible, ..open.into_launch() };
    match settings.transport.open(launch).await {
        Ok(connection) => {
            lock(&info).pid = connection.control.pid();
            let mut task = Task::new(settings.clone(), stopped, info, connection);
            task.attach(pid, reader, writer).await;
            task.serve(&mut waiting).await;
        }
        Err(error) => {
            let failed = Hello::Failed { error: error.to_string() };
            let _ = tokio::time::timeout(ANSWER, answer(&mut writer, &failed)).await;
        }
    }
    waiting
}

impl Task {
    fn new(
        settings: Arc<Settings>,
        stopped: watch::Receiver<bool>,
        info: Arc<Mutex<HeldSession>>,
        connection: Connection,
    ) -> Self {
        let Connection { stdin, stdout, stderr, control } = connection;
        Self {
            kept: Kept::new(settings.buffer),
            settings,
            stopped,
            info,
            stdin: Some(stdin),
            to_cli: BytesMut::new(),
            closing: false,
            stdout: Lines::new(stdout),
            stderr: Lines::new(stderr),
            control,
            exit: None,
            owner: None,
            deaf: false,
            from_owner: Lines::closed(),
            hung_up: false,
            to_owner: BytesMut::new(),
            unclaimed: None,
            due: None,
            ending: false,
            rest_until: None,
            over: false,
        }
    }

    async fn serve(&mut self, waiting: &mut mpsc::UnboundedReceiver<Attach>) {
        loop {
            self.fill();
            let is_sent = self.kept.is_sent() && self.to_owner.is_empty();
            let is_done = if self.owner.is_some() { is_sent } else { self.ending };
            if self.over && is_done {
                return;
            }
            match self.wait(waiting).await {
                Event::Attach(attach) => {
                    let Attach { pid, reader, writer, .. } = *attach;
                    self.attach(pid, reader, writer).await;
                }
                Event::Output(Some(_)) | Event::Error(Some(_))
                    if self.ending && !self.kept.has_room() => {}
                Event::Output(Some(Read::Line(line))) => self.kept.written(line),
                Event::Output(Some(Read::Tail(line))) => self.kept.push(b'O', line),
                Event::Error(Some(Read::Line(line) | Read::Tail(line))) => {
                    self.kept.push(b'r', line)
                }
                Event::Output(Some(Read::TooLong(len))) => {
                    let text = format!("claude-wire hold: dropped a line of {len} bytes");
                    self.kept.push(b'r', text.into());
                }
                Event::Output(None) => {
                    self.kept.push(b'c', Default::default());
                    self.end_of_output();
                }
                Event::Error(_) => self.end_of_output(),
                Event::Exit(exit) => {
                    let now = Instant::now();
                    self.exit = Some(exit.unwrap_or(Exit { code: None, signal: None }));
                    self.due = Some((now + AFTER_EXIT, Due::Exit));
                    self.rest_until = Some(now + REST);
                    self.end_of_output();
                }
                Event::Written(Ok(written)) if written > 0 => {
                    self.to_cli.advance(written);
                    self.close_when_written();
                }
                Event::Written(_) => {
                    (self.stdin, self.to_cli) = (None, BytesMut::new());
                    self.kept.push(b'b', Default::default());
                }
                Event::Owner(Some(Read::Line(line))) => self.ordered(&line),
                Event::Owner(Some(Read::TooLong(len))) => {
                    // Without its letter.
                    let len = len - 1;
                    let text = format!(
                        "claude-wire hold: a line of {len} bytes did not reach the CLI: the limit \
                         is {DEFAULT_MAX_LINE}"
                    );
                    let key = lock(&self.info).key.clone();
                    tracing::warn!(key, "a program's line for its CLI was too long");
                    self.kept.push(b'r', text.into());
                }
                Event::HungUp => self.hung_up = true,
                // A line that was cut off was not meant for the CLI.
                Event::Owner(Some(Read::Tail(_)) | None) => self.left(),
                Event::Sent(Err(_) | Ok(0)) => {
                    self.deaf = true;
                    self.take_back();
                }
                Event::Sent(Ok(sent)) => self.to_owner.advance(sent),
                Event::Due(due) => {
                    if self.due(due) {
                        return;
                    }
                }
                Event::Unclaimed if self.over => return,
                Event::Unclaimed => {
                    let key = lock(&self.info).key.clone();
                    tracing::info!(key, "a CLI that no program claimed is ended");
                    self.end();
                }
                Event::Stop => self.end(),
            }
            let mut info = lock(&self.info);
            if info.turn.as_ref() != self.kept.turn() {
                info.turn = self.kept.turn().cloned();
            }
        }
    }

    async fn wait(&mut self, waiting: &mut mpsc::UnboundedReceiver<Attach>) -> Event {
        if let Some(due) = self.overdue() {
            return Event::Due(due);
        }
        let may_read = self.kept.has_room() || self.ending;
        let (takes_owners, stops) = (!self.ending, !self.ending);
        let unclaimed = self.unclaimed.filter(|_| !self.ending);
        // Much, because an order to end the CLI comes behind what it does not read.
        let most = self.settings.buffer.max(CHUNK);
        let takes_more = self.to_cli.len() < most || self.hung_up;
        let Self {
            stopped,
            stdin,
            to_cli,
            stdout,
            stderr,
            control,
            owner,
            from_owner,
            to_owner,
            due,
            ..
        } = self;
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped), if stops => Event::Stop,
            // First, so that an owner that is gone does not keep the next one out.
            event = of_owner(from_owner, takes_more) => event,
            Some(attach) = waiting.recv(), if takes_owners => Event::Attach(Box::new(attach)),
            sent = write(owner, to_owner) => Event::Sent(sent),
            written = write(stdin, to_cli) => Event::Written(written),
            // Before the output, which may have no end.
            exit = control.wait(), if self.exit.is_none() => Event::Exit(exit),
            read = stderr.next(), if may_read => Event::Error(read),
            read = stdout.next(), if may_read => Event::Output(read),
            due = at(*due) => Event::Due(due),
            () = until(unclaimed) => Event::Unclaimed,
        }
    }

    /// What is due and must not wait until the CLI stops writing.
    fn overdue(&self) -> Option<Due> {
        let (at, due) = self.due?;
        let at = if matches!(due, Due::Exit) { self.rest_until? } else { at };
        (at <= Instant::now()).then_some(due)
    }

    /// A program wants to own the CLI.
    async fn attach(
        &mut self,
        pid: Option<u32>,
        reader: Lines<OwnedReadHalf>,
        mut writer: OwnedWriteHalf,
    ) {
        let owned = self.owner.is_some();
        let hello = match owned {
            true => Hello::Owned { pid: lock(&self.info).owner },
            false => Hello::Opened {
                pid: self.control.pid(),
                turn: self.kept.turn().cloned(),
                ran: self.kept.has_run(),
            },
        };
        let answered = tokio::time::timeout(ANSWER, answer(&mut writer, &hello)).await;
        if owned {
            return;
        }
        if answered != Ok(true) {
            return self.left();
        }
        self.kept.attach();
        (self.owner, self.from_owner) = (Some(writer), reader);
        (self.deaf, self.hung_up) = (false, false);
        lock(&self.info).owner = pid.or(Some(0));
        self.unclaimed = None;
    }

    /// The owner is gone: another one may come.
    fn left(&mut self) {
        self.owner = None;
        self.from_owner = Lines::closed();
        self.take_back();
        lock(&self.info).owner = None;
        if self.unclaimed.is_none() {
            self.unclaimed = Instant::now().checked_add(self.settings.unclaimed);
        }
    }

    /// What the owner has not taken is for the next one.
    fn take_back(&mut self) {
        let lines = self.to_owner.iter().filter(|byte| **byte == b'\n').count();
        self.kept.take_back(lines);
        self.to_owner = BytesMut::new();
    }

    /// Moves lines to the owner's connection.
    fn fill(&mut self) {
        while self.owner.is_some()
            && !self.deaf
            && self.to_owner.len() < CHUNK
            && let Some((tag, line)) = self.kept.next()
        {
            put(&mut self.to_owner, tag, &line);
        }
    }

    fn ordered(&mut self, line: &bytes::Bytes) {
        match line.split_first() {
            Some((b'i', _)) => {
                if let Goes::ToCli(line) = self.kept.asked(line.slice(1..))
                    && self.stdin.is_some()
                    && !self.closing
                {
                    self.to_cli.extend_from_slice(&line);
                    self.to_cli.extend_from_slice(b"\n");
                }
            }
            Some((b'e', _)) => {
                self.closing = true;
                self.close_when_written();
            }
            Some((b't', _)) => self.control.terminate(),
            Some((b'k', _)) => self.control.kill(),
            _ => tracing::debug!("a line of the owner has an unknown letter"),
        }
    }

    fn close_when_written(&mut self) {
        if self.closing && self.to_cli.is_empty() {
            self.stdin = None;
        }
    }

    /// Passes the exit on, once nothing can follow.
    fn end_of_output(&mut self) {
        let Some(exit) = self.exit else { return };
        if self.over || self.stdout.is_open() || self.stderr.is_open() {
            return;
        }
        self.over = true;
        // An owner that does not read must not stop the end.
        self.due = self.ending.then(|| (Instant::now() + AFTER_EXIT, Due::GiveUp));
        let exit = json!({"code": exit.code, "signal": exit.signal}).to_string();
        self.kept.push(b'x', exit.into());
    }

    fn close_outputs(&mut self) {
        (self.stdout, self.stderr) = (Lines::closed(), Lines::closed());
        self.end_of_output();
    }

    /// Ends the CLI, as a session does.
    fn end(&mut self) {
        self.ending = true;
        self.closing = true;
        self.close_when_written();
        // After its exit, the rest of its output has a time limit already.
        if self.exit.is_none() || self.over {
            let at = later(Instant::now(), self.settings.shutdown.grace_after_eof);
            self.due = Some((at, Due::Terminate));
        }
    }

    /// Does what is due. Returns whether the CLI is given up.
    fn due(&mut self, due: Due) -> bool {
        let now = Instant::now();
        self.due = None;
        match due {
            Due::Terminate => {
                self.control.terminate();
                self.due =
                    Some((later(now, self.settings.shutdown.grace_after_sigterm), Due::Kill));
            }
            Due::Kill => {
                self.control.kill();
                self.due = Some((now + AFTER_EXIT, Due::GiveUp));
            }
            Due::GiveUp => return true,
            // What is in the pipe waits until there is room.
            Due::Exit if !self.kept.has_room() && !self.ending => {
                self.due = Some((now + AFTER_EXIT, Due::Exit));
                self.rest_until = Some(now + REST);
            }
            Due::Exit => self.close_outputs(),
        }
        false
    }
}

/// Writes what waits; pending while nothing does, or there is nothing to write to.
async fn write(to: &mut Option<impl AsyncWrite + Unpin>, bytes: &BytesMut) -> io::Result<usize> {
    match to {
        Some(to) if !bytes.is_empty() => to.write(bytes).await,
        _ => pending().await,
    }
}

/// What the owner does: what it writes, or, while that is not taken, its end.
async fn of_owner(from_owner: &mut Lines<OwnedReadHalf>, takes_more: bool) -> Event {
    if takes_more {
        return Event::Owner(from_owner.next().await);
    }
    from_owner.hung_up().await;
    Event::HungUp
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

async fn at(due: Option<(Instant, Due)>) -> Due {
    match due {
        Some((at, due)) => {
            sleep_until(at).await;
            due
        }
        None => pending().await,
    }
}
