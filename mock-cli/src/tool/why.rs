//! `why`: explains the last launch of a run that differed.

use std::path::PathBuf;

use claude_wire::player::RunFolder;

use crate::{Failure, Found};

/// Explain the last launch of a run that differed from the recordings.
///
/// It names the arguments of the launch, what arrived and what was expected, where they differ, and
/// every recording that the launch might have been.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire why \"$CLAUDE_WIRE_RUN\"

Exit codes: 0 no launch differed, 1 one did, 2 the run could not be read.")]
pub(crate) struct Arguments {
    /// The folder of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    if !arguments.run.is_dir() {
        let place = arguments.run.display();
        return Err(format!(
            "{place}: not a folder; without CLAUDE_WIRE_RUN the reports of launches are not kept"
        ));
    }
    let run = RunFolder::open(&arguments.run).map_err(|error| error.to_string())?;
    let Some(launch) = run.last_failure().map_err(|error| error.to_string())? else {
        println!("no launch of this run differed from its recordings");
        return Ok(Found::Nothing);
    };
    println!("arguments: {}", launch.args().join(" "));
    if let Some(recordings) = run.recordings().map_err(|error| error.to_string())? {
        println!("recordings: {}", recordings.display());
    }
    println!("used: {}", launch.recording().unwrap_or("none of them"));
    println!("{}", launch.report());
    Ok(Found::Something)
}
