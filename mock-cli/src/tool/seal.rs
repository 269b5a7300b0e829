//! `seal`: a footer that is true.

use std::path::PathBuf;

use claude_wire::recording::{Integrity, Recording};
use serde_json::json;

use super::files::{end, recordings, recordings_help};
use super::terminal::Output;
use crate::{Failure, Found};

/// Write a new footer for recordings that were edited or truncated.
///
/// A recording that was not changed is left alone. A truncated one loses a last partial line, and
/// counts as complete from then on: look at its end first.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire seal recordings/2.1.332/one-shot.jsonl
  claude-wire seal tests/recordings

Exit codes: 0 all are sealed, 2 one could not be read or written (the others are done).")]
pub(crate) struct Arguments {
    #[arg(required = true, value_name = "RECORDING", help = recordings_help!())]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    printed: Output,
}

pub(crate) fn run(arguments: Arguments) -> Result<Found, Failure> {
    let (files, mut failures) = recordings(&arguments.paths);
    for path in &files {
        match seal(path) {
            Ok(what) => arguments.printed.say(
                format_args!("{}: {what}", path.display()),
                || json!({"file": path.to_string_lossy(), "done": what}),
            ),
            Err(error) => failures.push(error.to_string()),
        }
    }
    end(Found::Nothing, &failures)
}

fn seal(path: &PathBuf) -> Result<String, claude_wire::recording::Error> {
    let recording = Recording::open(path)?;
    let what = match recording.integrity() {
        Integrity::Sealed => return Ok("was sealed".to_owned()),
        Integrity::Truncated { dropped: 0 } => "sealed, was truncated".to_owned(),
        Integrity::Truncated { dropped } => {
            format!("sealed, was truncated: {dropped} bytes of a half line dropped")
        }
        _ => "sealed, was edited".to_owned(),
    };
    recording.save(path)?;
    Ok(what)
}
