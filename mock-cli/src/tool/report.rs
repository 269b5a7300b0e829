//! `report`: how the launches of a run went.

use std::path::PathBuf;

use claude_wire::player::{LaunchReport, Report, RunFolder};
use serde_json::{Value, json};

use crate::tool::terminal::{Output, say, say_json};
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

Exit codes: 0 nothing differed and nothing is left, 1 something differed or is left, 2 the folder is not that of a run, could not be read, or its recordings not be kept.")]
pub(crate) struct Arguments {
    /// Move the recordings that the run made to the folder that it plays, where they replace the
    /// recordings that it had
    #[arg(long)]
    keep: bool,
    /// The folder of the run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let run = RunFolder::existing(&arguments.run).map_err(|error| error.to_string())?;
    let failed = |error: claude_wire::player::RunError| error.to_string();
    let launches = run.launches().map_err(failed)?;
    let report = run.report().map_err(failed)?;
    let kept = if arguments.keep { run.keep().map_err(failed)? } else { Vec::new() };
    let recorded = run.recorded().map_err(failed)?.len();
    match &arguments.output {
        Output { quiet: true, .. } => {}
        Output { json: true, .. } => {
            for launch in &launches {
                let mut line = json_of(launch.report());
                line["launch"] = launch.number().into();
                line["args"] = launch.args().into();
                line["recording"] = launch.recording().into();
                line["exit"] = launch
                    .exit()
                    .map_or(Value::Null, |exit| json!({"code": exit.code, "signal": exit.signal}));
                say_json(line);
            }
            let mut line = json_of(&report);
            line["clean"] = report.is_clean().into();
            line["recorded"] = recorded.into();
            line["kept"] = kept.iter().map(|path| path.to_string_lossy()).collect();
            say_json(line);
        }
        Output { .. } => {
            launches.iter().for_each(|launch| say(line(launch)));
            say(&report);
            kept.iter().for_each(|path| say(format_args!("kept {}", path.display())));
            if !arguments.keep && recorded > 0 {
                say(format_args!(
                    "{recorded} recordings were made; `claude-wire report --keep` keeps them"
                ));
            }
        }
    }
    Ok(if report.is_clean() { Found::Nothing } else { Found::Something })
}

/// What a report counts, and what it names.
fn json_of(report: &Report) -> Value {
    let texts = |all: &mut dyn Iterator<Item = String>| all.collect::<Vec<_>>();
    json!({
        "played": report.played(),
        "matched": report.matched(),
        "divergences": texts(&mut report.divergences().iter().map(ToString::to_string)),
        "left": report.left(),
        "injected": texts(&mut report.injected().iter().map(ToString::to_string)),
        "not_injected": report.not_injected(),
        "not_simulated": report.not_simulated(),
    })
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
