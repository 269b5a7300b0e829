//! Shared helpers of the tests with real children.
#![allow(dead_code, clippy::unwrap_used)]

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use claude_wire::transport::{
    BoxedRead, CliPath, Connection, Launch, Process, Shutdown, Transport,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// Far longer than anything here takes: a test that waits this long has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn shell() -> Process {
    Process::new(CliPath::Explicit("/bin/sh".into()))
}

/// A shell that is killed at once if it does not end at once.
pub(crate) fn impatient_shell() -> Process {
    shell().shutdown(Shutdown { grace_after_sigterm: Duration::ZERO, ..Shutdown::default() })
}

pub(crate) fn script(script: &str) -> Launch {
    args(["-c", script])
}

pub(crate) fn args<S: Into<OsString>>(args: impl IntoIterator<Item = S>) -> Launch {
    Launch { args: args.into_iter().map(Into::into).collect(), ..Launch::default() }
}

pub(crate) async fn run(transport: &Process, launch: Launch) -> Connection {
    transport.open(launch).await.unwrap()
}

/// The next line of output, and the rest of the stream.
pub(crate) async fn line(stdout: BoxedRead) -> (String, BoxedRead) {
    let mut stdout = BufReader::with_capacity(1, stdout);
    let mut line = String::new();
    tokio::time::timeout(LIMIT, stdout.read_line(&mut line)).await.unwrap().unwrap();
    (line.trim_end().to_owned(), Box::new(stdout))
}

/// All output until the pipe is closed by the child and by every process that inherited it.
pub(crate) async fn rest(mut stream: BoxedRead) -> Vec<u8> {
    let mut rest = Vec::new();
    tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    rest
}

/// Waits until a process is gone: neither running nor our zombie. (Another process reaps its own.)
pub(crate) fn gone(pid: u32) {
    let start = Instant::now();
    while let Some(stat) = Stat::of(pid) {
        if stat.state == 'Z' && stat.parent != std::process::id() {
            return;
        }
        assert!(start.elapsed() < LIMIT, "{pid} is still there: {stat:?}");
        // The end of another process's child is not reported: poll.
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) fn is_alive(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.state != 'Z')
}

#[derive(Debug)]
pub(crate) struct Stat {
    pub(crate) state: char,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    pub(crate) session: u32,
}

impl Stat {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat =
            fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |index: usize| fields[index].parse().ok();
        Some(Self {
            state: fields[0].chars().next()?,
            parent: number(1)?,
            group: number(2)?,
            session: number(3)?,
        })
    }
}
