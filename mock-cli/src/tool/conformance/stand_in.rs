//! The `claude` of a case: this program again, with a script in its environment.

use std::fs::{self, File};
use std::io::{self, BufRead as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use claude_wire::CLI_VERSION;
use serde_json::{Value, json};

use super::lenient;
use super::script::{Record, Script, Step};
use crate::common::complain;
use crate::exit_codes;

/// The folder with the script, and for the log. A host passes it on with its environment.
pub(super) const FOLDER: &str = "CLAUDE_WIRE_CONFORMANCE";

pub(super) fn script_in(folder: &Path) -> PathBuf {
    folder.join("script.json")
}

pub(super) fn log_in(folder: &Path) -> PathBuf {
    folder.join("log.jsonl")
}

/// Plays a case if the environment says so.
pub(crate) fn stand_in() -> Option<ExitCode> {
    let folder = PathBuf::from(std::env::var_os(FOLDER).filter(|folder| !folder.is_empty())?);
    let args: Vec<_> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    // Some clients ask for the version before they start a session.
    if let [only] = &args[..]
        && ["-v", "--version"].contains(&only.as_str())
    {
        write(format!("{CLI_VERSION} (Claude Code)\n").as_bytes());
        return Some(ExitCode::SUCCESS);
    }
    Some(play(&folder, args).unwrap_or_else(|why| {
        complain(format_args!("claude-wire conformance, the stand-in: {why}"));
        ExitCode::from(exit_codes::CONFIG)
    }))
}

fn play(folder: &Path, args: Vec<String>) -> Result<ExitCode, String> {
    let log = File::options().create(true).append(true).open(log_in(folder));
    let log = log.map_err(|error| format!("{}: {error}", log_in(folder).display()))?;
    let log = Log(Arc::new(Mutex::new(log)));
    log.record(&Record::Argv(args));
    let played = read(folder).and_then(|script| {
        let lines = read_lines(log.clone());
        let until = Instant::now() + script.limit;
        Player { lines, log: log.clone(), initialize: script.initialize, until }.play(&script.steps)
    });
    if let Err(why) = &played {
        log.record(&Record::Failed(why.clone()));
    }
    played
}

fn read(folder: &Path) -> Result<Script, String> {
    let path = script_in(folder);
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let script = fs::read(&path).map_err(|error| failed(&error))?;
    serde_json::from_slice(&script).map_err(|error| failed(&error))
}

#[derive(Clone)]
struct Log(Arc<Mutex<File>>);

impl Log {
    /// A log that cannot be written shows in what is missing from it.
    fn record(&self, record: &Record) {
        let line = json!(record);
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}

/// The lines on stdin, each in the log before it is used.
fn read_lines(log: Log) -> Receiver<Value> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut line = Vec::new();
        while stdin.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            log.record(&Record::In(text.to_owned()));
            if send.send(lenient::value(text).unwrap_or_default()).is_err() {
                // The script is over: what still comes is read, so that the host can write it.
                let _ = stdin.read_to_end(&mut line);
                break;
            }
            line.clear();
        }
    });
    receive
}

struct Player {
    lines: Receiver<Value>,
    log: Log,
    initialize: Value,
    until: Instant,
}

impl Player {
    fn play(&self, steps: &[Step]) -> Result<ExitCode, String> {
        for step in steps {
            match step {
                Step::Prompt => self.wait(self.until, |line| line["type"] == "user"),
                Step::Request(subtype) => {
                    let is_asked = |line: &Value| line["request"]["subtype"] == subtype.as_str();
                    self.wait(self.until, is_asked);
                }
                Step::Reply { id, most } => {
                    let is_reply = |line: &Value| {
                        line["type"] == "control_response"
                            && line["response"]["request_id"] == id.as_str()
                    };
                    self.wait(self.limited(*most), is_reply);
                }
                Step::Answer(time) => self.wait(self.limited(*time), |_| false),
                Step::Pause(time) => std::thread::sleep(*time),
                Step::Write(bytes) => {
                    let bytes = STANDARD.decode(bytes).map_err(|error| error.to_string())?;
                    write(&bytes);
                }
                // A host that has closed its end does not read it.
                Step::Complain(text) => drop(io::stderr().write_all(text.as_bytes())),
                Step::Exit { code, signal } => {
                    self.log_exit();
                    return Ok(exit(*code, *signal));
                }
            }
        }
        self.wait(self.until, |_| false);
        self.log_exit();
        Ok(ExitCode::SUCCESS)
    }

    fn limited(&self, time: Duration) -> Instant {
        self.until.min(Instant::now() + time)
    }

    /// Answers requests until the line comes that is waited for, which is not answered; until stdin
    /// ends, or until this time.
    fn wait(&self, until: Instant, is_it: impl Fn(&Value) -> bool) {
        let left = || until.saturating_duration_since(Instant::now());
        while let Ok(line) = self.lines.recv_timeout(left()) {
            if is_it(&line) {
                return;
            }
            if line["type"] == "control_request" {
                self.answer(&line);
            }
        }
    }

    fn answer(&self, request: &Value) {
        let response = match request["request"]["subtype"].as_str() {
            Some("initialize") => self.initialize.clone(),
            _ => json!({}),
        };
        let answer = json!({"type": "control_response", "response": {
            "subtype": "success", "request_id": request["request_id"], "response": response,
        }});
        write(format!("{answer}\n").as_bytes());
    }

    fn log_exit(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.log.record(&Record::Exit(now.as_millis() as u64));
    }
}

/// A host that has closed its end does not read it.
fn write(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

fn exit(code: Option<i32>, signal: Option<i32>) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = signal.and_then(rustix::process::Signal::from_named_raw) {
        let _ = rustix::process::kill_process(rustix::process::getpid(), signal);
    }
    let code = code.unwrap_or_else(|| 128 + signal.unwrap_or_default());
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
