//! `import`: a recording from a raw capture.

use std::path::{Path, PathBuf};

use claude_wire::recording::{self, EventKind, Header, ImportOptions, Recording, Root};
use serde_json::{Value, json};

use super::arguments::{Folders, Scrubbing, may_write, warn_of_folders};
use super::terminal::Output;
use crate::{Failure, Found};

/// Turn a raw capture into a redacted recording.
///
/// A capture is a log of JSON lines, one for each line that crossed a pipe:
/// {"t":0.031,"dir":"out","line":"{\"type\":...}"}. t is in seconds, dir is in, out, err or exit,
/// and "ev":"eof" or "ev":"SIGTERM" replaces the line. Keys, tokens, addresses and the long texts
/// of the CLI are redacted, unless --no-scrub is given. The working and home directories that the
/// CLI reports in the capture become variables, unless --cwd and --home name others; what else
/// looks like a directory of the recording machine is reported on stderr.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire import raw.jsonl -o session.jsonl
  claude-wire import raw.jsonl -o session.jsonl --cli 2.1.332 --cwd /srv/me/project --home /srv/me
  claude-wire import raw.jsonl -o session.jsonl --arg=--print --arg=--verbose --env CLAUDE_CODE_MAX_RETRIES=2
  claude-wire import raw.jsonl -o session.jsonl --argv '[\"--print\",\"--verbose\"]' --root tmp=/var/tmp/me:/tmp

Exit codes: 0 written, 2 not.")]
pub(crate) struct Arguments {
    /// The capture
    capture: PathBuf,
    /// The recording to write
    #[arg(short, long, value_name = "RECORDING")]
    output: PathBuf,
    /// Replace the recording if it exists
    #[arg(long)]
    force: bool,
    /// The version of the CLI, as in 2.1.332
    #[arg(long, value_name = "VERSION")]
    cli: Option<String>,
    /// One argument that the CLI was started with; may be repeated
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    arg: Vec<String>,
    /// All arguments that the CLI was started with, as a JSON list
    #[arg(long, value_name = "JSON", value_parser = argument_list, conflicts_with = "arg")]
    argv: Option<ArgumentList>,
    /// A variable of the CLI's environment that matters; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// When it was captured, in RFC 3339
    #[arg(long, value_name = "DATE")]
    recorded_at: Option<String>,
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    scrubbing: Scrubbing,
    #[command(flatten)]
    printed: Output,
}

#[derive(Clone)]
struct ArgumentList(Vec<String>);

pub(crate) fn run(arguments: Arguments) -> Result<Found, Failure> {
    let Arguments { capture, output, force, .. } = &arguments;
    may_write(output, *force)?;
    let redaction = arguments.scrubbing.redaction()?;
    let bytes = recording::read_lines(capture).map_err(|error| error.to_string())?;
    let mut recording =
        import(&bytes, &arguments).map_err(|error| format!("{}: {error}", capture.display()))?;
    if let Some(redaction) = redaction {
        redaction.scrub(&mut recording);
    }
    recording.save(output).map_err(|error| error.to_string())?;
    arguments.printed.complain(summary(output, &recording), || {
        let redactions = recording.header.redactions.unwrap_or(0);
        json!({"file": output.to_string_lossy(), "events": recording.events.len(), "redactions": redactions})
    });
    warn_of_folders(output, &recording, "--cwd, --home and --root make variables of them");
    Ok(Found::Nothing)
}

fn import(capture: &[u8], arguments: &Arguments) -> Result<Recording, recording::Error> {
    let mut header = Header::new();
    header.cli.clone_from(&arguments.cli);
    header.recorder =
        Some(concat!("claude-wire ", env!("CARGO_PKG_VERSION"), " import").to_owned());
    header.recorded_at.clone_from(&arguments.recorded_at);
    header.argv = match &arguments.argv {
        Some(ArgumentList(list)) => Some(list.clone()),
        None => Some(arguments.arg.clone()).filter(|list| !list.is_empty()),
    };
    header.env = arguments.env.iter().cloned().collect();
    let mut roots = arguments.folders.roots();
    let bare = recording::import(capture, &ImportOptions::new(Header::new()))?;
    for root in roots_in(&bare) {
        if roots.iter().all(|known| known.var() != root.var() && known.path() != root.path()) {
            roots.push(root);
        }
    }
    recording::import(capture, &ImportOptions::new(header).roots(roots))
}

/// The working folder, the configuration folder and the home of the CLI, if the capture shows them:
/// `cwd` and `memory_paths` of the first `system/init`, and `output_styles_dir` of the reply to
/// `initialize`.
fn roots_in(capture: &Recording) -> Vec<Root> {
    let (mut cwd, mut config) = (None, None);
    for event in &capture.events {
        let EventKind::Out(line) = &event.kind else { continue };
        let Ok(message) = serde_json::from_slice::<Value>(line.bytes()) else { continue };
        let folder = |pointer: &str| {
            message.pointer(pointer).and_then(Value::as_str).filter(|path| path.starts_with('/'))
        };
        if message["type"] == "system" && message["subtype"] == "init" && cwd.is_none() {
            cwd = folder("/cwd").map(str::to_owned);
            config = config.or_else(|| {
                Some(folder("/memory_paths/auto")?.split_once("/projects/")?.0.to_owned())
            });
        }
        if message["type"] == "control_response" {
            let styles = folder("/response/response/output_styles_dir");
            config = config.or_else(|| Some(styles?.strip_suffix("/output-styles")?.to_owned()));
        }
    }
    let home = config.as_deref().and_then(|config| config.strip_suffix("/.claude")).map(Root::home);
    let config = config.as_deref().map(|path| Root::new("config", path, "/home/user/.claude"));
    cwd.map(Root::cwd)
        .into_iter()
        .chain(config)
        .chain(home)
        .filter(|root| !root.path().is_empty())
        .collect()
}

/// `session.jsonl: 8 events, 3 redactions`.
fn summary(output: &Path, recording: &Recording) -> String {
    let redactions = recording.header.redactions.unwrap_or(0);
    format!("{}: {} events, {redactions} redactions", output.display(), recording.events.len())
}

fn argument_list(text: &str) -> Result<ArgumentList, String> {
    serde_json::from_str(text)
        .map(ArgumentList)
        .map_err(|error| format!("expected a JSON list of strings: {error}"))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
