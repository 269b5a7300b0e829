//! `CLAUDE_WIRE_RECORD_TO`: runs the real CLI instead, and records it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use claude_wire::recorder::claim;
use claude_wire::transport::{CliPath, Exit};

use crate::pass_through::{PassThrough, end};

const REAL_CLI: &str = "CLAUDE_WIRE_REAL_CLI";

/// What an SDK asks a CLI before it starts it; not recorded.
const QUESTIONS: [&str; 5] = ["--version", "-v", "-V", "--help", "-h"];

/// Runs the real CLI with this process's arguments, environment and folder. Returns only when it
/// could not be run.
pub(crate) fn record(to: &Path, redact: bool) -> Result<ExitCode, String> {
    let cli = real_cli(env::var_os(REAL_CLI))?;
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    if let [question] = args.as_slice()
        && QUESTIONS.iter().any(|known| question == known)
    {
        let status = Command::new(&cli)
            .args(&args)
            .status()
            .map_err(|error| format!("{}: {error}", cli.display()))?;
        return Ok(end(Exit::from(status)));
    }
    let recording = claim(to).map_err(|error| {
        let hint = if error.is_already_there() {
            "; with {n} in its name each launch gets its own file"
        } else {
            ""
        };
        format!("CLAUDE_WIRE_RECORD_TO: {error}{hint}")
    })?;
    PassThrough { cli: CliPath::Explicit(cli), args, recording }
        .run(|recorder| if redact { recorder } else { recorder.unredacted() })
}

fn real_cli(named: Option<OsString>) -> Result<PathBuf, String> {
    let Some(path) = named.filter(|path| !path.is_empty()).map(PathBuf::from) else {
        return Err(format!(
            "CLAUDE_WIRE_RECORD_TO needs {REAL_CLI}: the path of the claude to record"
        ));
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
