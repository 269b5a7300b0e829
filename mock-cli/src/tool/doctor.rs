//! `doctor`: what is installed here, what the environment asks for, and common faults.

use std::env;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use claude_wire::CLI_VERSION;
use claude_wire::player::{FlagTable, Rules};
use claude_wire::recorder::Mode;
use claude_wire::recording::{Integrity, Recording};
use claude_wire::transport::CliPath;
use serde_json::json;

use super::files::recordings;
use super::install::reported_version;
use super::terminal::{DIM, GREEN, Output, RED, YELLOW, print, printable};
use crate::mock_claude::Environment;
use crate::{Failure, Found};

/// Look for the CLI and the stand-in, and for common faults.
///
/// It runs nothing but `--version`, in an empty environment. Values of variables that may be
/// secrets are not printed.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire doctor
  claude-wire doctor --cli ./node_modules/.bin/claude
  CLAUDE_WIRE_REPLAY=tests/recordings claude-wire doctor --json

Exit codes: 0 nothing is wrong (there may be notes), 1 something is, 2 it could not be examined.")]
pub(crate) struct Arguments {
    /// The CLI to look at (default: the one that a session would start)
    #[arg(long, value_name = "CLAUDE")]
    cli: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// One thing that was looked at.
struct Check {
    name: &'static str,
    verdict: Verdict,
    text: String,
    /// What to do about it.
    hint: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Good,
    /// Worth knowing.
    Note,
    Wrong,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let mut checks = Vec::new();
    cli(arguments.cli.as_deref(), &mut checks);
    stand_in(&mut checks);
    environment(&mut checks);
    recorded(&mut checks);
    network(&mut checks);
    print(|out| {
        for check in checks.iter().filter(|_| !arguments.output.quiet) {
            match arguments.output.json {
                true => writeln!(out, "{}", check.json())?,
                false => check.write(out)?,
            }
        }
        Ok(())
    })?;
    let is_wrong = checks.iter().any(|check| check.verdict == Verdict::Wrong);
    Ok(if is_wrong { Found::Something } else { Found::Nothing })
}

/// Whether there is a CLI, and whether its version is one that is known.
fn cli(named: Option<&Path>, checks: &mut Vec<Check>) {
    let wanted = named.map_or(CliPath::Auto, |path| CliPath::Explicit(path.to_owned()));
    let path = match wanted.find() {
        Ok(path) => path,
        Err(error) => {
            let text = error.to_string();
            let hint = match text.contains("claude-wire install") {
                true => None,
                false => Some("`claude-wire install` installs one".to_owned()),
            };
            let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
            // A program that is given the stand-in needs no CLI.
            let is_played = ["CLAUDE_WIRE_REPLAY", "CLAUDE_WIRE_SCENARIO"].into_iter().any(is_set);
            let is_note = is_played && named.is_none();
            let verdict = if is_note { Verdict::Note } else { Verdict::Wrong };
            checks.push(Check { hint, ..Check::new("CLI", verdict, text) });
            return;
        }
    };
    let version = match reported_version(&path) {
        Ok(version) => version,
        Err(error) => {
            checks.push(Check::wrong("CLI", error.to_string()).hint("install it again"));
            return;
        }
    };
    if is_stand_in(&path) {
        let text = format!("{} is mock-claude, the stand-in, not the CLI", path.display());
        let hint = "leave it out of PATH, except in tests";
        checks.push(Check::note("CLI", text).hint(hint));
    } else {
        checks.push(Check::good("CLI", format!("{}, version {version}", path.display())));
    }
    let table = FlagTable::of(Some(&version)).version();
    checks.push(if version == CLI_VERSION {
        Check::good("version", format!("{version} is the one that this release is tested with"))
    } else if table == version {
        Check::good("version", format!("{version} is known; this release is tested with {CLI_VERSION}"))
    } else {
        let text = format!("{version} is not known to this release, which is tested with {CLI_VERSION}: flags are read with the table of {table}");
        Check::note("version", text).hint("`claude-wire drift --against CLAUDE` reports what differs")
    });
}

/// Whether this file is the stand-in, or a link to it.
fn is_stand_in(path: &Path) -> bool {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real.file_stem() == Some(OsStr::new("mock-claude"))
}

fn stand_in(checks: &mut Vec<Check>) {
    // The tool and the stand-in are installed together.
    let name = format!("mock-claude{}", env::consts::EXE_SUFFIX);
    let next_to_tool = env::current_exe().ok().map(|tool| tool.with_file_name(name));
    let found = match next_to_tool.filter(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => claude_wire::testing::mock_claude().map_err(|error| error.to_string()),
    };
    checks.push(match found {
        Ok(path) => Check::good("stand-in", path.display().to_string()),
        Err(why) => Check::wrong("stand-in", why),
    });
}

/// The variables that a program and the stand-in would read.
fn environment(checks: &mut Vec<Check>) {
    let names: Vec<String> =
        env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let ours: Vec<&String> =
        names.iter().filter(|name| name.starts_with("CLAUDE_WIRE_") && set(name)).collect();
    for name in &ours {
        if !Environment::NAMES.contains(&name.as_str()) {
            checks.push(match nearest(name) {
                Some(near) => Check::wrong("environment", format!("{name} has no effect"))
                    .hint(format!("did you mean {near}?")),
                None => Check::note(
                    "environment",
                    format!(
                        "{name} is only for a program that reads its options from the environment"
                    ),
                ),
            });
        }
    }
    // A test in Rust reads CLAUDE_WIRE_RECORD without any of these.
    let is_used = ["REPLAY", "SCENARIO", "RECORD_TO", "RUN"]
        .iter()
        .any(|name| set(&format!("CLAUDE_WIRE_{name}")));
    if is_used {
        let read = Environment::of_process();
        let wrong = read.and_then(|environment| environment.source.map(|_| ()));
        checks.push(match wrong {
            Ok(()) => Check::good("environment", list("what mock-claude reads", &ours)),
            Err(why) => Check::wrong("environment", why),
        });
    }
    if set("CLAUDECODE") {
        let text = "CLAUDECODE is set: this runs within a session of the CLI";
        checks.push(Check::note("environment", text));
    }
    let keys = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];
    let keys: Vec<_> = keys.into_iter().filter(|name| set(name)).collect();
    checks.push(match keys.as_slice() {
        [] => Check::good("credentials", "no variable has any; the CLI uses what it has stored"),
        keys => Check::note("credentials", format!("set: {}", keys.join(", "))),
    });
    let ways = ["ANTHROPIC_BASE_URL", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"];
    let ways: Vec<_> = ways.into_iter().filter(|name| set(name)).collect();
    if !ways.is_empty() {
        let text = format!("set: {}; the CLI's requests go there", ways.join(", "));
        checks.push(Check::note("network", text));
    }
    if set("CLAUDE_WIRE_RECORD") && Mode::is_refused_where(|name| env::var_os(name)) {
        let text = "CI is set: `once` and `rewrite` of CLAUDE_WIRE_RECORD are refused";
        checks
            .push(Check::note("environment", text).hint("CLAUDE_WIRE_RECORD_IN_CI=1 allows them"));
    }
}

fn list(what: &str, names: &[&String]) -> String {
    let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
    format!("{what}: {}", names.join(", "))
}

/// The name that this one was meant to be: one or two letters are missing, or are others.
fn nearest(name: &str) -> Option<&'static str> {
    const ALIKE: f32 = 0.92;
    let likeness = |known: &str| similar::TextDiff::from_chars(name, known).ratio();
    let known = Environment::NAMES.into_iter().map(|known| (likeness(known), known));
    let nearest = known.max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, name)| name)
}

/// What CLAUDE_WIRE_REPLAY names.
fn recorded(checks: &mut Vec<Check>) {
    let Some(path) = env::var_os("CLAUDE_WIRE_REPLAY").filter(|path| !path.is_empty()) else {
        return;
    };
    let path = PathBuf::from(path);
    if let Err(error) = Rules::of_recordings(&path) {
        checks.push(Check::wrong("rules", error.to_string()));
    }
    let (files, failures) = recordings(std::slice::from_ref(&path));
    checks.extend(failures.into_iter().map(|why| Check::wrong("recordings", why)));
    let mut good = 0;
    for file in &files {
        let recording = match Recording::open(file) {
            Ok(recording) => recording,
            Err(error) => {
                let hint = "record it again";
                checks.push(Check::wrong("recordings", error.to_string()).hint(hint));
                continue;
            }
        };
        match recording.integrity() {
            Integrity::Sealed | Integrity::InMemory => good += 1,
            Integrity::Truncated { .. } => {
                let text = format!("{}: truncated: its launch was killed", file.display());
                let hint = "record it again, or look at its end and run `claude-wire seal`";
                checks.push(Check::wrong("recordings", text).hint(hint));
            }
            _ => {
                let text = format!("{}: edited since it was sealed", file.display());
                checks.push(Check::note("recordings", text).hint("`claude-wire seal`"));
            }
        }
    }
    if good > 0 {
        let text = format!("{}: {good} whole", path.display());
        checks.push(Check::good("recordings", text));
    }
}

/// Whether tests with the real CLI can close the network.
fn network(checks: &mut Vec<Check>) {
    if !cfg!(target_os = "linux") {
        let text = "only Linux can close it, so tests with the real CLI and `drift --against` do not run here";
        return checks.push(Check::note("network", text));
    }
    let has = |program: &str| {
        let folders = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&folders).any(|folder| folder.join(program).is_file())
    };
    let missing: Vec<_> = ["unshare", "ip"].into_iter().filter(|program| !has(program)).collect();
    checks.push(match missing.as_slice() {
        [] => Check::good("network", "it can be closed for tests with the real CLI (unshare, ip)"),
        missing => {
            let text = format!(
                "not found: {}; without them `drift --against` and `check` cannot close it",
                missing.join(", ")
            );
            Check::note("network", text).hint("install util-linux and iproute2")
        }
    });
}

impl Check {
    fn new(name: &'static str, verdict: Verdict, text: impl Into<String>) -> Self {
        Self { name, verdict, text: text.into(), hint: None }
    }

    fn good(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Good, text)
    }

    fn note(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Note, text)
    }

    fn wrong(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Wrong, text)
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn json(&self) -> serde_json::Value {
        let (verdict, _) = self.verdict.word();
        json!({"check": self.name, "verdict": verdict, "text": self.text, "hint": self.hint})
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (word, colour) = self.verdict.word();
        let text = printable(&self.text);
        writeln!(out, "{colour}{word:<5}{colour:#} {:<12} {text}", self.name)?;
        match &self.hint {
            Some(hint) => writeln!(out, "{:19}{DIM}{}{DIM:#}", "", printable(hint)),
            None => Ok(()),
        }
    }
}

impl Verdict {
    fn word(self) -> (&'static str, anstyle::Style) {
        match self {
            Self::Good => ("ok", GREEN),
            Self::Note => ("note", YELLOW),
            Self::Wrong => ("WRONG", RED),
        }
    }
}
