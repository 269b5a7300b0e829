//! `scrub`: takes secrets out of recordings that are there.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use claude_wire::recording::{Integrity, Recording, Redaction, Root};

use super::import::root;
use super::{Failure, Found};

/// Take out of recordings what should not be shared: keys, tokens, addresses, paths, hosts, signatures, the CLI's own long texts.
///
/// Each place becomes a placeholder such as <key:1> or ${cwd}; the same text becomes the same placeholder throughout a recording. The header
/// counts them. A recorder does all this while it records, unless it was told not to; a second run finds nothing.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire scrub --in-place recordings/mine/*.jsonl
  claude-wire scrub session.jsonl -o clean.jsonl --cwd /srv/me/project --home /srv/me --secret-env DEPLOY_PHRASE

Exit codes: 0 all are scrubbed, 2 one could not be read or written (with --in-place the others are done).")]
#[command(group(clap::ArgGroup::new("where").required(true).args(["output", "in_place"])))]
pub(crate) struct Arguments {
    /// The recordings
    #[arg(required = true, value_name = "RECORDING")]
    files: Vec<PathBuf>,
    /// Write the one recording here
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Replace each recording
    #[arg(long)]
    in_place: bool,
    /// Replace OUT if it is there already
    #[arg(long, requires = "output")]
    force: bool,
    /// The CLI's working folder, which becomes ${cwd}
    #[arg(long, value_name = "FOLDER")]
    cwd: Option<String>,
    /// The CLI's home folder, which becomes ${home}
    #[arg(long, value_name = "FOLDER")]
    home: Option<String>,
    /// A further folder that becomes a variable, and what stands for it; may be repeated
    #[arg(long, value_name = "VAR=FOLDER:NEUTRAL", value_parser = root)]
    root: Vec<Root>,
    #[command(flatten)]
    known: Known,
}

/// What only the caller knows.
#[derive(clap::Args)]
pub(crate) struct Known {
    /// The name of a variable of this environment whose value is a secret; may be repeated
    #[arg(long, value_name = "NAME")]
    secret_env: Vec<String>,
    /// The name of a machine; may be repeated
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
}

impl Known {
    pub(crate) fn redaction(&self) -> Result<Redaction, Failure> {
        let mut redaction = self.host.iter().fold(Redaction::new(), Redaction::host);
        for name in &self.secret_env {
            // A variable that is not there would leave its value unsought.
            let value = env::var(name).map_err(|error| format!("--secret-env {name}: {error}"))?;
            redaction = redaction.secret(value);
        }
        Ok(redaction)
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let mut redaction = arguments.known.redaction()?;
    let folders = arguments.cwd.iter().map(Root::cwd).chain(arguments.home.iter().map(Root::home)).chain(arguments.root.iter().cloned());
    redaction = folders.fold(redaction, Redaction::root);
    if let Some(output) = &arguments.output {
        let [file] = arguments.files.as_slice() else { return Err("-o takes one recording; use --in-place for several".to_owned()) };
        if !arguments.force && output.exists() {
            return Err(format!("{} is there already; remove it, or say --force", output.display()));
        }
        println!("{}", scrub(file, output, &redaction)?);
        return Ok(Found::Nothing);
    }
    let mut failures = Vec::new();
    for file in &arguments.files {
        match scrub(file, file, &redaction) {
            Ok(what) => println!("{what}"),
            Err(why) => failures.push(why),
        }
    }
    if failures.is_empty() { Ok(Found::Nothing) } else { Err(failures.join("\nclaude-wire: ")) }
}

/// `clean.jsonl: 8 events, 2 email, 1 key`.
fn scrub(file: &Path, output: &Path, redaction: &Redaction) -> Result<String, Failure> {
    let mut recording = Recording::open(file).map_err(|error| error.to_string())?;
    let counts = redaction.scrub(&mut recording);
    match recording.integrity() {
        Integrity::Truncated { .. } => save_without_footer(&recording, output).map_err(|error| format!("{}: {error}", output.display()))?,
        _ => recording.save(output).map_err(|error| error.to_string())?,
    }
    Ok(format!("{}: {} events, {}", output.display(), recording.events.len(), told(&counts)))
}

fn told(counts: &BTreeMap<&'static str, u64>) -> String {
    if counts.is_empty() {
        return "nothing to do".to_owned();
    }
    counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

/// A recording that was cut off stays one.
fn save_without_footer(recording: &Recording, output: &Path) -> io::Result<()> {
    let mut bytes = recording.to_bytes();
    bytes.pop();
    bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = output.with_file_name(name);
    fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, output)).inspect_err(|_| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    })
}
