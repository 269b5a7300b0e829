//! `scrub`: redacts recordings that exist.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use claude_wire::recording::{Integrity, Recording, Redaction};
use serde_json::json;

use super::arguments::{Folders, Known, may_write};
use super::files::{end, recordings, recordings_help};
use super::terminal::{Output, progress};
use crate::{Failure, Found};

/// Redact recordings: keys, tokens, addresses, paths, host names, signatures, the long texts of the
/// CLI.
///
/// Each place becomes a placeholder, such as user1@redacted.invalid or <secret:1>. Equal values get
/// the same placeholder throughout a recording, and the header counts them. A recorder does the
/// same while it records, unless --no-scrub was given; a second run finds nothing.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire scrub --in-place recordings/mine
  claude-wire scrub session.jsonl -o clean.jsonl --cwd /srv/me/project --home /srv/me --secret-env DEPLOY_PHRASE

Exit codes: 0 all are scrubbed, 2 one could not be read or written (with --in-place the others are done).")]
#[command(group(clap::ArgGroup::new("where").required(true).args(["output", "in_place"])))]
pub(crate) struct Arguments {
    #[arg(required = true, value_name = "RECORDING", help = recordings_help!())]
    paths: Vec<PathBuf>,
    /// Write the one recording here
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Replace each recording
    #[arg(long)]
    in_place: bool,
    /// Replace OUT if it exists
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    printed: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let redaction =
        arguments.folders.roots().into_iter().fold(arguments.known.redaction()?, Redaction::root);
    let (files, mut failures) = recordings(&arguments.paths);
    if let Some(output) = &arguments.output {
        let [file] = files.as_slice() else {
            return Err("-o takes one recording; use --in-place for several".to_owned());
        };
        may_write(output, arguments.force)?;
        scrub(file, output, &redaction)?.say(&arguments.printed);
        return Ok(Found::Nothing);
    }
    let bar = progress(files.len(), arguments.printed.quiet);
    for file in &files {
        bar.set_message(file.display().to_string());
        match scrub(file, file, &redaction) {
            Ok(done) => bar.suspend(|| done.say(&arguments.printed)),
            Err(why) => failures.push(why),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    end(Found::Nothing, &failures)
}

/// A recording that was scrubbed.
struct Scrubbed<'a> {
    file: &'a Path,
    events: usize,
    redacted: BTreeMap<&'static str, u64>,
}

fn scrub<'a>(
    file: &Path,
    output: &'a Path,
    redaction: &Redaction,
) -> Result<Scrubbed<'a>, Failure> {
    let mut recording = Recording::open(file).map_err(|error| error.to_string())?;
    let redacted = redaction.scrub(&mut recording);
    match recording.integrity() {
        Integrity::Truncated { .. } => recording.save_truncated(output),
        _ => recording.save(output),
    }
    .map_err(|error| error.to_string())?;
    Ok(Scrubbed { file: output, events: recording.events.len(), redacted })
}

impl Scrubbed<'_> {
    /// `clean.jsonl: 8 events, 2 email, 1 key`.
    fn say(&self, printed: &Output) {
        let Self { file, events, redacted } = self;
        let what = summary(redacted);
        printed.say(
            format_args!("{}: {events} events, {what}", file.display()),
            || json!({"file": file.to_string_lossy(), "events": events, "redacted": redacted}),
        );
    }
}

fn summary(counts: &BTreeMap<&'static str, u64>) -> String {
    if counts.is_empty() {
        return "nothing to do".to_owned();
    }
    counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}
