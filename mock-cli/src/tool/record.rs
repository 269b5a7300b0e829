//! `record`: a CLI with a recorder around it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use claude_wire::recorder::{Recorder, claim};
use claude_wire::recording::Recording;
use claude_wire::transport::{CliPath, Process};

use super::arguments::{SCRUB, Scrubbing, warn_of_folders};
use crate::pass_through::PassThrough;
use crate::{Failure, Found};

/// `{n}` in a help text: clap makes a line break of it, unless something (here an empty style)
/// separates its characters.
macro_rules! number {
    () => {
        "{\u{1b}[0mn}"
    };
}

/// Run a CLI and record its streams, redacted.
///
/// The CLI gets everything from stdin, and its output comes out here, unchanged and at once.
/// SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 are passed on. If the recording cannot be
/// written, it ends there, with a line on stderr at the end; the run goes on. Secrets are redacted
/// before a line is written: see `claude-wire scrub`. The working and home directories become
/// variables; a warning on stderr at the end names other directories of this machine that are in
/// the recording.
#[derive(clap::Args)]
#[command(after_help = concat!("\
Examples:
  claude-wire record -o session.jsonl -- claude -p --output-format stream-json --verbose 'Say hello'
  claude-wire record -o 'runs/", number!(), ".jsonl' -- ./node_modules/.bin/claude -p 'Say hello'

To record what an SDK does, let it start `mock-claude` with CLAUDE_WIRE_RECORD_TO and CLAUDE_WIRE_REAL_CLI set.

Exit codes: those of the CLI; 128 plus the number of the signal that ended it, except SIGKILL, which ends this command too; 2 if the CLI could not be started."))]
pub(crate) struct Arguments {
    #[arg(short, long, value_name = "RECORDING", help = concat!("The recording to write; ", number!(), " in its name becomes the first free number"))]
    output: PathBuf,
    /// Replace the recording if it exists
    #[arg(long)]
    force: bool,
    /// The version of the CLI, as in 2.1.332, for the header
    #[arg(long, value_name = "VERSION")]
    cli: Option<String>,
    #[command(flatten)]
    scrubbing: Scrubbing,
    /// The CLI and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run(arguments: Arguments) -> Result<Found, Failure> {
    let redaction = arguments.scrubbing.redaction()?;
    let (program, args) = arguments.command.split_first().ok_or("no command")?;
    let cli = find(program)?;
    let recording = if arguments.force && arguments.output.exists() {
        arguments.output.clone()
    } else {
        claim(&arguments.output).map_err(|error| {
            if error.is_already_there() {
                format!("{error}; --force does")
            } else {
                error.to_string()
            }
        })?
    };
    let change = |recorder: Recorder| {
        let recorder = match redaction {
            Some(redaction) => recorder.redaction(redaction),
            None => recorder.unredacted(),
        };
        match arguments.cli {
            Some(version) => recorder.cli_version(version),
            None => recorder,
        }
    };
    PassThrough { cli: Arc::new(Process::new(cli)), args: args.to_vec(), recording }
        .run(change, |recording, _| warn(recording))
        .map(|_| Found::Nothing)
}

/// Warns of what remains in the recording.
fn warn(path: &Path) {
    // What is not a file (a pipe, a device) cannot be read a second time.
    if path.is_file()
        && let Ok(recording) = Recording::open(path)
    {
        warn_of_folders(path, &recording, SCRUB);
    }
}

/// Resolves a path as it is, a bare name as a shell does, and `claude` also where it is usually
/// installed.
fn find(program: &OsStr) -> Result<CliPath, Failure> {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return Ok(CliPath::Explicit(path.to_owned()));
    }
    let folders = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect::<Vec<_>>())
        .unwrap_or_default();
    let found = folders.iter().map(|folder| folder.join(program)).find(|file| file.is_file());
    match found {
        Some(file) => Ok(CliPath::Explicit(file)),
        None if program == "claude" => Ok(CliPath::Auto),
        None => Err(format!("{}: no such program in the folders of PATH", program.display())),
    }
}
