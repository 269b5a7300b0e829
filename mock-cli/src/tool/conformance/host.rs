//! Runs a host program for one case, and reads what it reports.

use std::borrow::Cow;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::stand_in::FOLDER;
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
/// How long a line may be: a host repeats the texts of messages.
const LINE: u64 = 64 * 1024 * 1024;

/// Runs the host: it gets one line, and reports until it is done.
pub(super) fn run(
    command: &str,
    ask: &str,
    folder: &Path,
    limit: Duration,
) -> Result<Heard, Broken> {
    let until = Instant::now() + limit;
    let mut child = shell(command);
    child.env(FOLDER, folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |error: io::Error| Broken::Harness(format!("--command {command}: {error}"));
    let mut host = Host(child.spawn().map_err(failed)?);
    let (stdin, stdout, stderr) = (host.0.stdin.take(), host.0.stdout.take(), host.0.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(Broken::Harness("the host has no standard streams".to_owned()));
    };
    // A host that has exited already is found out below. Its stdin stays open meanwhile.
    let _ = stdin.write_all(format!("{ask}\n").as_bytes()).and_then(|()| stdin.flush());
    let complaints = Complaints::of(stderr);
    let heard = listen(&lines(stdout), until, limit);
    let exit = match &heard {
        Ok(_) => host.end(Instant::now() + GRACE),
        // Its exit says why its lines have ended.
        Err(_) => host.end(until.min(Instant::now() + GRACE)),
    };
    drop(host);
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
        use std::os::unix::process::CommandExt as _;
        let mut shell = Command::new("sh");
        // With its children in one group, so that all of them can be ended.
        shell.args(["-c", command]).process_group(0);
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

/// A host, which does not outlive this.
struct Host(Child);

impl Host {
    /// How it exited, if it does so in time.
    fn end(&mut self, until: Instant) -> Option<ExitStatus> {
        loop {
            match self.0.try_wait() {
                Ok(Some(exit)) => return Some(exit),
                Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(5)),
                _ => return None,
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = rustix::process::Pid::from_raw(self.0.id() as i32) {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads until the host is done.
fn listen(
    lines: &Receiver<io::Result<Vec<u8>>>,
    until: Instant,
    limit: Duration,
) -> Result<Heard, String> {
    let mut heard = Heard::default();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let line = match lines.recv_timeout(left) {
            Ok(line) => line.map_err(|error| format!("its stdout: {error}"))?,
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("the host was not done after {} s", limit.as_secs_f64()));
            }
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
        let event: Value = serde_json::from_str(&whole_pairs(text))
            .map_err(|_| wrong("a line that is not JSON"))?;
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

/// JSON without halves of surrogate pairs: some languages write them, and no text has them.
fn whole_pairs(json: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let hex = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(hex, 16).ok()
    };
    let (mut at, mut halves) = (0, Vec::new());
    while let Some(found) = json.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        at += match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                halves.push(at);
                6
            }
            _ => 2,
        };
    }
    if halves.is_empty() {
        return json.into();
    }
    let mut whole = json.to_owned();
    halves.iter().for_each(|half| whole.replace_range(*half..half + 6, "\\ufffd"));
    whole.into()
}

fn lines(stdout: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        loop {
            let mut line = Vec::new();
            let read = stdout.by_ref().take(LINE).read_until(b'\n', &mut line);
            match read {
                Ok(0) => break,
                Ok(_) if send.send(Ok(line)).is_ok() => {}
                Ok(_) => break,
                Err(error) => {
                    let _ = send.send(Err(error));
                    break;
                }
            }
        }
    });
    receive
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

#[cfg(test)]
mod tests {
    use super::whole_pairs;

    #[test]
    fn halves_of_pairs_are_replaced() {
        for (json, whole) in [
            (r#"{"a":"\ud83d\ude80 é"}"#, r#"{"a":"\ud83d\ude80 é"}"#),
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\ude80\ud83dx\n\ud83d\ud83d\ude80""#, r#""\ufffd\ufffdx\n\ufffd\ud83d\ude80""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\u00"#, r#""\u00"#),
            ("\\", "\\"),
            ("\\é\\u", "\\é\\u"),
        ] {
            assert_eq!(whole_pairs(json), whole);
        }
    }
}
