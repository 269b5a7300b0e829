//! Runs a host program for one case, and reads what it reports.

use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::lenient;
use super::program::{Program, lines};
use crate::session_host::lock;
use crate::tool::terminal::clipped;

/// What the host has reported.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) messages: Vec<Value>,
    /// With the time at which each came.
    pub(super) errors: Vec<(Value, SystemTime)>,
    /// How many times a handler was called.
    pub(super) callbacks: usize,
    pub(super) end: Option<Value>,
    pub(super) unsupported: Option<String>,
}

impl Heard {
    /// Whether the host has reported anything of a session.
    fn is_silent(&self) -> bool {
        self.messages.is_empty() && self.errors.is_empty() && self.callbacks == 0
    }
}

/// Why a case was not played to its end.
#[derive(Debug)]
pub(super) enum Broken {
    /// The host does not follow the protocol.
    Host(String),
    /// The host could not be run.
    Harness(String),
}

/// How long a host that is done may take to exit.
const GRACE: Duration = Duration::from_secs(2);
/// How much of its stderr is kept.
const STDERR: usize = 64 * 1024;

/// Runs the host: it gets one line, and reports until it is done.
pub(super) fn run(
    command: &str,
    ask: &str,
    folder: &Path,
    limit: Duration,
) -> Result<Heard, Broken> {
    let until = Instant::now() + limit;
    let failed = |error: io::Error| Broken::Harness(format!("--command {command}: {error}"));
    let mut host = Program::start(shell(command), folder).map_err(failed)?;
    let Some((mut stdin, stdout, stderr)) = host.streams() else {
        return Err(Broken::Harness("the host has no standard streams".to_owned()));
    };
    // By a thread, because a host may write before it reads, and may never read. A host that has
    // exited already is found out below.
    let ask = format!("{ask}\n");
    let writer = thread::spawn(move || {
        let _ = stdin.write_all(ask.as_bytes()).and_then(|()| stdin.flush());
        stdin
    });
    let complaints = Complaints::of(stderr);
    let heard = listen(&lines(stdout), until, limit);
    let exit = match &heard {
        Ok(_) => host.end(Instant::now() + GRACE),
        // Its exit says why its lines have ended.
        Err(_) => host.end(until.min(Instant::now() + GRACE)),
    };
    drop(host);
    // It has the host's stdin, which is open until here.
    drop(writer);
    heard.map_err(|why| {
        let code = exit.and_then(|exit| exit.code());
        let exit = exit.map_or_else(|| "it was still running".to_owned(), |exit| exit.to_string());
        let complaints = match complaints.all().trim() {
            "" => "nothing on stderr".to_owned(),
            text => format!("stderr ends: {}", tail(text)),
        };
        let why = format!("{why} ({exit}; {complaints})");
        match code {
            // By these a shell says that it could not start the program.
            Some(126 | 127) if cfg!(unix) => Broken::Harness(format!("--command {command}: {why}")),
            _ => Broken::Host(why),
        }
    })
}

/// The command line, as a shell reads it.
fn shell(command: &str) -> Command {
    #[cfg(unix)]
    {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]);
        shell
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        let mut shell = Command::new("cmd");
        shell.args(["/d", "/c"]).raw_arg(command);
        shell
    }
}

/// Reads until the host is done.
fn listen(
    lines: &Receiver<io::Result<Vec<u8>>>,
    until: Instant,
    limit: Duration,
) -> Result<Heard, String> {
    let mut heard = Heard::default();
    let late = || Err(format!("the host was not done after {} s", limit.as_secs_f64()));
    loop {
        let left = until.saturating_duration_since(Instant::now());
        // A line that is there is received without any time left: a host may write for ever.
        if left.is_zero() {
            return late();
        }
        let line = match lines.recv_timeout(left) {
            Ok(line) => line.map_err(|error| format!("its stdout: {error}"))?,
            Err(RecvTimeoutError::Timeout) => return late(),
            Err(RecvTimeoutError::Disconnected) => {
                return Err("the host ended before it was done".to_owned());
            }
        };
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let wrong = |why: &str| format!("the host wrote {why}: {}", clipped(text, 200));
        let event = lenient::value(text).ok_or_else(|| wrong("a line that is not JSON"))?;
        let Some((key, value)) =
            event.as_object().filter(|it| it.len() == 1).and_then(|it| it.iter().next())
        else {
            return Err(wrong("a line that is not an object with one key"));
        };
        match (key.as_str(), value) {
            ("message", Value::Object(message))
                if message.get("type").is_some_and(Value::is_string) =>
            {
                heard.messages.push(value.clone());
            }
            ("error", Value::Object(_)) => heard.errors.push((value.clone(), SystemTime::now())),
            ("callback", Value::String(_)) => heard.callbacks += 1,
            ("end", Value::Object(_)) => heard.end = Some(value.clone()),
            ("unsupported", Value::String(why)) if !why.is_empty() => {
                if !heard.is_silent() {
                    return Err(wrong("that a case is unsupported after it had begun"));
                }
                heard.unsupported = Some(why.clone());
                return Ok(heard);
            }
            ("done", Value::Bool(true)) => return Ok(heard),
            _ => return Err(wrong("a line that the protocol does not have")),
        }
    }
}

/// The last part of stderr.
struct Complaints(Arc<Mutex<Vec<u8>>>, JoinHandle<()>);

impl Complaints {
    fn of(mut stderr: impl Read + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&kept);
        let reader = thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(read @ 1..) = stderr.read(&mut part) {
                let mut kept = lock(&shared);
                kept.extend_from_slice(part.get(..read).unwrap_or_default());
                let over = kept.len().saturating_sub(STDERR);
                kept.drain(..over);
            }
        });
        Self(kept, reader)
    }

    /// A process that outlives the host may keep its stderr open: the wait for the end is short.
    fn all(&self) -> String {
        let until = Instant::now() + Duration::from_millis(300);
        while !self.1.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
        String::from_utf8_lossy(&lock(&self.0)).into_owned()
    }
}

/// The end of a text, on one line.
fn tail(text: &str) -> String {
    const MOST: usize = 300;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let over = line.chars().count().saturating_sub(MOST);
    line.chars().skip(over).collect()
}
