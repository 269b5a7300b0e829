//! The faults of a launch that is played.

use std::sync::Arc;

use crate::faults::{self, ArmedFaults, Form, Written};
use crate::transport::{self, Launch};

use super::launch::CommandLine;
use super::output_format::OutputFormat;
use super::run::{RunFolder, RunTally};

/// The faults of the next launch; `None` if it has none, as a launch that only prints something,
/// such as the version. A simulated CLI writes text where no argument says another form, as the real
/// one does; a recording has its own form.
///
/// # Errors
/// If one cannot happen in this launch, or the launch cannot be started because of one; if the run
/// cannot be written.
pub(super) fn next_launch(
    faults: Option<&ArmedFaults>,
    launch: &Launch,
    run: Option<&RunFolder>,
    is_simulated: bool,
) -> Result<Option<ArmedFaults>, transport::Error> {
    let Some(faults) = faults else { return Ok(None) };
    let args: Vec<String> =
        launch.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let line = CommandLine::read(&args, None, true).ok();
    if line.as_ref().is_some_and(CommandLine::prints) {
        return Ok(None);
    }
    let form = line.map_or_else(Form::default, |line| form(&args, &line, is_simulated));
    let armed = faults.next_launch(form);
    let mut armed = armed.map_err(|refused| transport::Error::other(refused.to_string()))?;
    if let Some(run) = run {
        let tally = RunTally::open(run.path(), &faults.plan());
        let tally = tally.map_err(|error| transport::Error::other(error.to_string()))?;
        armed = armed.counted_by(Arc::new(tally));
    }
    faults::refuse_launch(&armed)?;
    Ok(Some(armed))
}

fn form(args: &[String], line: &CommandLine, is_simulated: bool) -> Form {
    let has_prompt = line.prompt().is_some();
    let has = |flag| line.value(flag).is_some();
    // Without a terminal the CLI prints, whether it is asked to or not.
    let prints = is_simulated && !args.iter().all(String::is_empty);
    let is_one = prints || has("--print") || has("--output-format") || has_prompt;
    let written = match OutputFormat::of(args) {
        OutputFormat::AsRecorded if is_one => Written::Text,
        OutputFormat::AsRecorded | OutputFormat::StreamJson => Written::Lines,
        OutputFormat::Json { all: false } => Written::Object,
        OutputFormat::Json { all: true } => Written::Array,
        OutputFormat::Text => Written::Text,
    };
    let reads_text = is_one && line.value("--input-format") != Some("stream-json");
    Form { written, reads_text, has_prompt }
}
