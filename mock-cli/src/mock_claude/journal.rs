//! The journal: what the stand-in saw, written as it happens.
//!
//! JSON Lines, appended to the file that `CLAUDE_WIRE_JOURNAL` names. Each entry is one object:
//! `pid`, the process; `us`, microseconds since that process's previous entry; and one of
//!
//! | key | holds |
//! |---|---|
//! | `start` | `argv`, `prompt` (the one among them, if there is one), `unknown_flags` (those that only `CLAUDE_WIRE_LENIENT` let pass), `cwd`, `env`, `cli` (the version), `plays` (the file) |
//! | `in`, `out`, `err` | a line that crossed stdin, stdout, stderr, with `as` and `eol` as in a recording |
//! | `eof` | `"in"`: the host closed its end |
//! | `signal` | the name of one that came |
//! | `fault` | a fault that is injected: its `name`, its parameters, `seed`, and `why` there |
//! | `report` | what became of the replay: `played`, `matched`, `divergences` (texts), `left` (texts), `not_simulated` (of a scenario), `injected` (the number of faults, where some were asked for), `not_injected` (texts) |
//! | `exit` | `{"code":0}` or `{"signal":"SIGKILL"}` |
//!
//! A process that was killed has no `exit`. Each entry is appended in one write, so that processes
//! may share a file. Lines and arguments are in it as they are; of the environment, what begins
//! with `CLAUDE` or `ANTHROPIC`, without the values of secrets. So the file is created for its
//! owner alone, and a symbolic link to a file is refused: a device or a pipe, such as
//! `/dev/stderr`, may be named by one.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use claude_wire::faults::Injection;
use claude_wire::player::{CommandLine, Report};
use claude_wire::recording::{Eol, Payload, RecordedExit, is_secret_variable};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::at;
use crate::session_host::lock;

/// The journal, or none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Option<Arc<Mutex<Pen>>>);

#[derive(Debug)]
struct Pen {
    file: File,
    last: Instant,
}

impl Journal {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let file =
            open(path).map_err(|error| format!("CLAUDE_WIRE_JOURNAL: {}", at(path, error)))?;
        Ok(Self(Some(Arc::new(Mutex::new(Pen { file, last: Instant::now() })))))
    }

    pub(crate) fn start(
        &self,
        argv: &[String],
        unknown_flags: &[String],
        cli: Option<&str>,
        plays: Option<&str>,
    ) {
        let cwd = std::env::current_dir().ok().map(|cwd| cwd.to_string_lossy().into_owned());
        let env =
            environment(std::env::vars_os().map(|(name, value)| (lossy(&name), lossy(&value))));
        let mut start = json!({"argv": argv, "unknown_flags": unknown_flags, "cwd": cwd, "env": env, "cli": cli, "plays": plays});
        let read = CommandLine::read(argv, cli, true).ok();
        if let Some(prompt) = read.as_ref().and_then(CommandLine::prompt) {
            start["prompt"] = prompt.into();
        }
        self.entry(&json!({"start": start}));
    }

    /// True if a journal is written.
    pub(crate) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// `stream` is `in`, `out` or `err`; the line has its ending, unless it goes on in the next
    /// entry.
    pub(crate) fn line(&self, stream: &str, wire: &[u8]) {
        if !self.is_open() {
            return;
        }
        let line = Payload::from_wire(wire.to_vec());
        let (value, form) = match line.json() {
            // As it is spelled.
            Some(raw) if stream != "err" => (raw.get().to_owned(), None),
            _ => match std::str::from_utf8(line.bytes()) {
                Ok(text) => (Value::from(text).to_string(), (stream != "err").then_some("text")),
                Err(_) => (Value::from(BASE64.encode(line.bytes())).to_string(), Some("base64")),
            },
        };
        let mut entry = format!("\"{stream}\":{value}");
        if let Some(form) = form {
            entry.push_str(&format!(",\"as\":\"{form}\""));
        }
        if line.eol() != Eol::Lf {
            entry.push_str(&format!(",\"eol\":{}", Value::from(line.eol().as_str())));
        }
        self.write(&entry);
    }

    pub(crate) fn eof(&self) {
        self.entry(&json!({"eof": "in"}));
    }

    pub(crate) fn signal(&self, name: &str) {
        self.entry(&json!({"signal": name}));
    }

    pub(crate) fn fault(&self, injection: &Injection) {
        self.entry(&json!({"fault": injection.to_json()}));
    }

    pub(crate) fn report(&self, report: &Report) {
        let divergences: Vec<String> =
            report.divergences().iter().map(ToString::to_string).collect();
        let mut object = json!({
            "played": report.played(), "matched": report.matched(), "divergences": divergences, "left": report.left(),
        });
        if !report.not_simulated().is_empty() {
            object["not_simulated"] = report.not_simulated().into();
        }
        if report.has_faults() {
            object["injected"] = report.injected().len().into();
        }
        if !report.not_injected().is_empty() {
            object["not_injected"] = report.not_injected().into();
        }
        self.entry(&json!({"report": object}));
    }

    pub(crate) fn exit(&self, exit: &RecordedExit) {
        if let Ok(exit) = to_raw_value(exit) {
            self.write(&format!("\"exit\":{exit}"));
        }
    }

    fn entry(&self, entry: &Value) {
        let text = entry.to_string();
        self.write(text.trim_start_matches('{').strip_suffix('}').unwrap_or_default());
    }

    /// Appends one entry with these members, after the process and the time.
    fn write(&self, members: &str) {
        let Some(pen) = &self.0 else { return };
        let mut pen = lock(pen);
        let now = Instant::now();
        let us = now.duration_since(pen.last).as_micros();
        pen.last = now;
        let entry = format!("{{\"pid\":{},\"us\":{us},{members}}}\n", std::process::id());
        // The stand-in does not behave differently because its journal is full.
        let _ = pen.file.write_all(entry.as_bytes());
    }
}

/// Opens a file to append to; a new one is readable and writable by its owner only.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
        let is_file = fs::metadata(path).map_or(true, |there| there.is_file());
        if is_file {
            options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
        }
    }
    options.open(path).map_err(|error| {
        let is_link = fs::symlink_metadata(path).is_ok_and(|there| there.is_symlink());
        if is_link {
            io::Error::new(
                error.kind(),
                "a symbolic link, which is not followed; name the file itself",
            )
        } else {
            error
        }
    })
}

/// The variables of the environment that the journal shows.
fn environment(vars: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let shown =
        vars.filter(|(name, _)| name.starts_with("CLAUDE") || name.starts_with("ANTHROPIC"));
    shown
        .map(|(name, value)| {
            let secret = is_secret_variable(&name);
            (name, if secret { "<set>".to_owned() } else { value })
        })
        .collect()
}

fn lossy(text: &std::ffi::OsStr) -> String {
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_shown_without_secrets() {
        let vars = [
            ("ANTHROPIC_API_KEY", "canary"),
            ("ANTHROPIC_AUTH_TOKEN", "canary"),
            ("ANTHROPIC_CUSTOM_HEADERS", "x: canary"),
            ("CLAUDE_CODE_OAUTH_TOKEN", "canary"),
            ("CLAUDE_CODE_ENTRYPOINT", "sdk-ts"),
            ("PATH", "canary"),
        ];
        let shown =
            environment(vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(shown.len(), 5);
        assert_eq!(shown["CLAUDE_CODE_ENTRYPOINT"], "sdk-ts");
        assert!(!format!("{shown:?}").contains("canary"), "{shown:?}");
    }
}
