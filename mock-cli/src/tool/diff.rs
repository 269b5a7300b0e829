//! `diff`: how one recording differs from another.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use claude_wire::recording::{Difference, Recording, Severity, compare, normalise};
use serde_json::json;
use similar::TextDiff;

use super::files::recordings;
use super::show::{Read, Style, Transcript};
use super::terminal::{BOLD, DIM, GREEN, Output, RED, YELLOW, print, progress};
use super::timeline::{Timeline, count};
use crate::{Failure, Found};

/// Compare recordings of the same conversation, and report what a program would notice.
///
/// Both are normalised first: ids, times, paths and texts of the model are not compared. What is
/// left is structure: kinds of lines, fields, their types, sets of values, the order of a turn, the
/// exit. A difference is breaking if a program written against BEFORE may rely on what is gone or
/// different, additive if something is new, and cosmetic otherwise. Folders are compared recording
/// by recording, by their names; a recording that only BEFORE has is a breaking difference.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire diff before.jsonl after.jsonl
  claude-wire diff --lines before.jsonl after.jsonl
  claude-wire diff --breaking old-recordings recordings
  claude-wire diff --json old new | jq 'select(.severity == \"breaking\")'

Exit codes: 0 nothing but cosmetic differences, 1 a breaking or an additive one (with --breaking: a breaking one), 2 one could not be read (the others are compared).")]
pub(crate) struct Arguments {
    /// The earlier recording, or a folder of them
    before: PathBuf,
    /// The later one
    after: PathBuf,
    /// Report breaking differences only
    #[arg(long)]
    breaking: bool,
    /// Print the lines that differ, too: transcripts of both, normalised
    #[arg(long, conflicts_with_all = ["json", "quiet"])]
    lines: bool,
    #[command(flatten)]
    output: Output,
}

/// Two recordings of one name; one of them may be missing.
struct Pair {
    name: String,
    before: Option<PathBuf>,
    after: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let pairs = pairs(&arguments.before, &arguments.after)?;
    let (mut found, mut failures) = (Found::Nothing, Vec::new());
    let bar = progress(pairs.len(), arguments.output.quiet);
    let done = print(|out| {
        for pair in &pairs {
            bar.set_message(pair.name.clone());
            match compared(pair) {
                Ok(compared) => bar.suspend(|| {
                    if compared.report(arguments, out)? {
                        found = Found::Something;
                    }
                    io::Result::Ok(())
                })?,
                Err(why) => failures.push(why),
            }
            bar.inc(1);
        }
        Ok(found)
    });
    bar.finish_and_clear();
    done.and_then(|found| super::files::end(found, &failures))
}

/// Files by themselves; of folders the recordings that have the same place in both.
fn pairs(before: &Path, after: &Path) -> Result<Vec<Pair>, Failure> {
    match (before.is_dir(), after.is_dir()) {
        (false, false) => Ok(vec![Pair {
            name: after.display().to_string(),
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
        }]),
        (true, true) => {
            let below = |folder: &Path| -> Result<BTreeSet<PathBuf>, Failure> {
                let (found, failures) = recordings(&[folder.to_owned()]);
                let places = found.iter().filter_map(|file| file.strip_prefix(folder).ok());
                super::files::end(places.map(Path::to_owned).collect(), &failures)
            };
            let (old, new) = (below(before)?, below(after)?);
            let pair = |place: &PathBuf| Pair {
                name: place.display().to_string(),
                before: old.contains(place).then(|| before.join(place)),
                after: new.contains(place).then(|| after.join(place)),
            };
            Ok(old.union(&new).map(pair).collect())
        }
        _ => Err("one of the two is a folder, the other is not".to_owned()),
    }
}

/// What was found of a pair.
struct Compared<'a> {
    name: &'a str,
    result: Result<Vec<Difference>, &'static str>,
    both: Option<(Recording, Recording)>,
}

fn compared(pair: &Pair) -> Result<Compared<'_>, Failure> {
    let open = |path: &Path| Recording::open(path).map_err(|error| error.to_string());
    let name = pair.name.as_str();
    Ok(match (&pair.before, &pair.after) {
        (Some(before), Some(after)) => {
            let both = (open(before)?, open(after)?);
            Compared { name, result: Ok(compare(&both.0, &both.1)), both: Some(both) }
        }
        (Some(_), None) => Compared { name, result: Err("the recording is gone"), both: None },
        _ => Compared { name, result: Err("the recording is new"), both: None },
    })
}

impl Compared<'_> {
    /// Prints what was found; returns whether it counts.
    fn report(&self, arguments: &Arguments, out: &mut dyn Write) -> io::Result<bool> {
        let name = self.name;
        let shown = |severity| !arguments.breaking || severity == Severity::Breaking;
        let counts = |severity| shown(severity) && severity != Severity::Cosmetic;
        let differences = match &self.result {
            Ok(differences) => differences,
            Err(what) => {
                let severity = match what.ends_with("gone") {
                    true => Severity::Breaking,
                    false => Severity::Additive,
                };
                if shown(severity) {
                    match (arguments.output.json, arguments.output.quiet) {
                        (true, _) => {
                            let object = json!({"recording": name, "severity": severity, "change": "recording", "text": what});
                            writeln!(out, "{object}")?;
                        }
                        (_, true) => {}
                        _ => writeln!(out, "{BOLD}{name}{BOLD:#}\n  {}: {what}", named(severity))?,
                    }
                }
                return Ok(counts(severity));
            }
        };
        let differences: Vec<_> =
            differences.iter().filter(|difference| shown(difference.severity)).collect();
        if arguments.output.json {
            for difference in &differences {
                let mut object = json!(difference);
                object["recording"] = name.into();
                object["text"] = difference.to_string().into();
                writeln!(out, "{object}")?;
            }
        } else if !arguments.output.quiet {
            writeln!(out, "{BOLD}{name}{BOLD:#}: {}", count(differences.len(), "difference"))?;
            for difference in &differences {
                let text = difference.to_string();
                let text = text.split_once(": ").map_or(text.as_str(), |(_, text)| text);
                writeln!(out, "  {}: {text}", named(difference.severity))?;
            }
            if let Some((before, after)) = self.both.as_ref().filter(|_| arguments.lines) {
                lines(before, after, out)?;
            }
        }
        Ok(differences.iter().any(|difference| counts(difference.severity)))
    }
}

fn named(severity: Severity) -> String {
    let colour = match severity {
        Severity::Breaking => RED,
        Severity::Additive => YELLOW,
        _ => DIM,
    };
    format!("{colour}{severity}{colour:#}")
}

/// The lines that differ, with three lines around each.
fn lines(before: &Recording, after: &Recording, out: &mut dyn Write) -> io::Result<()> {
    let (before, after) = (transcript(before)?, transcript(after)?);
    let diff = TextDiff::from_lines(&before, &after);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        writeln!(out, "{DIM}{}{DIM:#}", hunk.header())?;
        for change in hunk.iter_changes() {
            let colour = match change.tag() {
                similar::ChangeTag::Delete => RED,
                similar::ChangeTag::Insert => GREEN,
                similar::ChangeTag::Equal => DIM,
            };
            let line = change.value().trim_end_matches('\n');
            writeln!(out, "{colour}{}{line}{colour:#}", change.tag())?;
        }
    }
    Ok(())
}

fn transcript(recording: &Recording) -> io::Result<String> {
    let recording = normalise(recording);
    let timeline = Timeline::of(&recording);
    let read = Read { path: PathBuf::new(), recording, timeline };
    let mut text = anstream::StripStream::new(Vec::new());
    let mut transcript = Transcript::new(&read, Style { all: false, times: false });
    while transcript.next(&mut text)? {}
    Ok(String::from_utf8_lossy(&text.into_inner()).into_owned())
}
