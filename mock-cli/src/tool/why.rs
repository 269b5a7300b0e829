//! `why`: explains the last launch of a run that differed.

use std::path::PathBuf;

use claude_wire::player::RunFolder;
use serde_json::json;

use crate::tool::terminal::{Output, say, say_json};
use crate::{Failure, Found};

/// Explain the last launch of a run that differed from the recordings.
///
/// It names the arguments of the launch, what arrived and what was expected, and where they differ.
/// Then it lists every recording that the launch might have been, or the recorded events that its
/// input might have been, and says of each field whether it is compared, ignored, redacted or matched
/// by a rule.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire why \"$CLAUDE_WIRE_RUN\"

Exit codes: 0 no launch differed, 1 one did, 2 the folder is not that of a run, or could not be read.")]
pub(crate) struct Arguments {
    /// The folder of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let run = RunFolder::existing(&arguments.run).map_err(|error| match error.is_no_run() {
        true => error.to_string(),
        false => format!("{error}; without CLAUDE_WIRE_RUN no last-failure.json is written"),
    })?;
    let Output { json, quiet } = arguments.output;
    let Some(launch) = run.last_failure().map_err(|error| error.to_string())? else {
        if !json && !quiet {
            say("no launch of this run differed from its recordings");
        }
        return Ok(Found::Nothing);
    };
    let recordings = run.recordings().map_err(|error| error.to_string())?;
    let explanation = launch.explanation();
    if json {
        say_json(json!({
            "launch": launch.number(),
            "args": launch.args(),
            "recordings": recordings,
            "used": launch.recording(),
            "report": launch.report().to_string(),
            "compared": explanation,
        }));
    } else if !quiet {
        say(format_args!("arguments: {}", launch.args().join(" ")));
        if let Some(recordings) = recordings {
            say(format_args!("recordings: {}", recordings.display()));
        }
        say(format_args!("used: {}", launch.recording().unwrap_or("none of them")));
        say(launch.report());
        if !explanation.is_empty() {
            say(format_args!("\ncompared with:\n{explanation}"));
        }
    }
    Ok(Found::Something)
}
