//! `report`: how the launches of a run went.

use std::path::PathBuf;

use claude_wire::player::{LaunchReport, RunFolder};

use crate::tool::terminal::say;
use crate::{Failure, Found};

/// Report how the launches of a run went.
///
/// A run is what the launches of one test share: the folder of CLAUDE_WIRE_RUN. The report names
/// each launch with its recording, what differed, what is left of the recordings, and which
/// recordings no launch used.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire report \"$CLAUDE_WIRE_RUN\"
  claude-wire report --keep \"$CLAUDE_WIRE_RUN\"

Exit codes: 0 nothing differed and nothing is left, 1 something differed or is left, 2 the run could not be read, or its recordings not be kept.")]
pub(crate) struct Arguments {
    /// Move the recordings that the run made to the folder that it plays, where they replace the
    /// recordings that it had
    #[arg(long)]
    keep: bool,
    /// The folder of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    if !arguments.run.is_dir() {
        return Err(format!("{}: not a folder", arguments.run.display()));
    }
    let run = RunFolder::open(&arguments.run).map_err(|error| error.to_string())?;
    let failed = |error: claude_wire::player::RunError| error.to_string();
    for launch in run.launches().map_err(failed)? {
        say(line(&launch));
    }
    let report = run.report().map_err(failed)?;
    say(&report);
    if arguments.keep {
        let kept = run.keep().map_err(failed)?;
        kept.iter().for_each(|path| say(format_args!("kept {}", path.display())));
    } else if let made @ 1.. = run.recorded().map_err(failed)?.len() {
        say(format_args!("{made} recordings were made; `claude-wire report --keep` keeps them"));
    }
    Ok(if report.is_clean() { Found::Nothing } else { Found::Something })
}

/// One launch on one line.
fn line(launch: &LaunchReport) -> String {
    let recording = launch.recording().unwrap_or("no recording");
    let exit = match launch.exit() {
        Some(exit) => match (exit.code, &exit.signal) {
            (Some(code), _) => format!("exit code {code}"),
            (None, signal) => signal.clone().unwrap_or_default(),
        },
        None => "no end".to_owned(),
    };
    let report = launch.report();
    format!(
        "launch {}: {recording}, played={} matched={}, {exit}",
        launch.number(),
        report.played(),
        report.matched()
    )
}
