//! The real CLI behind this process, recorded or not.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use claude_wire::player::RunFolder;
use claude_wire::recorder::{claim, claim_in_folder};
use claude_wire::recording::is_recordings_folder;
#[cfg(not(unix))]
use claude_wire::transport::Exit;
use claude_wire::transport::{CliPath, Process};

use super::journal::Journal;
use super::journaled::Journaled;
use crate::pass_through::PassThrough;
#[cfg(not(unix))]
use crate::pass_through::end;

pub(crate) const REAL_CLI: &str = "CLAUDE_WIRE_REAL_CLI";

/// What an SDK asks a CLI before it starts it; not recorded.
const QUESTIONS: [&str; 5] = ["--version", "-v", "-V", "--help", "-h"];

/// Where the recording of a launch goes.
#[derive(Debug)]
pub(crate) enum Target<'a> {
    /// A file, or the next file of a folder.
    Path(&'a Path),
    /// The run, until its test has passed.
    Run(&'a RunFolder),
    /// Nowhere.
    Nothing,
}

/// Runs the real CLI with this process's arguments, environment and folder. Returns only when it
/// could not be run. `why` is the variable that asks for it.
pub(crate) fn record(
    target: &Target<'_>,
    why: &str,
    redact: bool,
    keep: &[String],
    journal: &Journal,
) -> Result<ExitCode, String> {
    let cli = real_cli(why, env::var_os(REAL_CLI))?;
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    let is_question = |arg: &OsString| QUESTIONS.iter().any(|known| arg == known);
    let target = match args.as_slice() {
        [question] if is_question(question) => &Target::Nothing,
        _ => target,
    };
    let text: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    // A recording that is not wanted has to go somewhere.
    let mut scrap = None;
    let recording = match target {
        Target::Path(to) => claim_in(to)?,
        Target::Run(run) => run.record(&text).map_err(|error| error.to_string())?,
        Target::Nothing if !journal.is_open() => return run(&cli, &args),
        Target::Nothing => {
            let folder =
                tempfile::tempdir().map_err(|error| format!("temporary files: {error}"))?;
            scrap.insert(folder).path().join("launch.jsonl")
        }
    };
    journal.start(&text, &[], None, None);
    let cli = Process::new(CliPath::Explicit(cli));
    let cli = Arc::new(Journaled { cli, journal: journal.clone() });
    PassThrough { cli, args, recording }.run(
        |recorder| {
            let recorder = recorder.keep_files(keep);
            if redact { recorder } else { recorder.unredacted() }
        },
        |_, exit| {
            drop(scrap);
            journal.exit(&exit.into());
        },
    )
}

/// Claims the recording that `CLAUDE_WIRE_RECORD_TO` names: a file, or the next one of a folder.
fn claim_in(to: &Path) -> Result<PathBuf, String> {
    let named = |error: &dyn std::fmt::Display| format!("CLAUDE_WIRE_RECORD_TO: {error}");
    if !is_recordings_folder(to) {
        return claim(to).map_err(|error| {
            let hint = if error.is_already_there() {
                "; a folder, or {n} in the name, gives each launch its own file"
            } else {
                ""
            };
            named(&format!("{error}{hint}"))
        });
    }
    claim_in_folder(to).map_err(|error| named(&error))
}

/// Runs the CLI with the streams of this process: in its place, so that signals reach it, where the
/// system can do that.
fn run(cli: &Path, args: &[OsString]) -> Result<ExitCode, String> {
    let mut command = Command::new(cli);
    command.args(args);
    let failed = |error: std::io::Error| format!("{}: {error}", cli.display());
    #[cfg(unix)]
    return Err(failed(std::os::unix::process::CommandExt::exec(&mut command)));
    #[cfg(not(unix))]
    Ok(end(Exit::from(command.status().map_err(failed)?)))
}

fn real_cli(why: &str, named: Option<OsString>) -> Result<PathBuf, String> {
    let Some(path) = named.filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Err(format!("{why} needs {REAL_CLI}: the path of the claude to record"));
    };
    let same = |path: &Path| {
        Some(path.canonicalize().ok()? == env::current_exe().ok()?.canonicalize().ok()?)
    };
    if same(&path) == Some(true) {
        return Err(format!(
            "{REAL_CLI} names mock-claude itself; set it to the path of the real claude"
        ));
    }
    Ok(path)
}
