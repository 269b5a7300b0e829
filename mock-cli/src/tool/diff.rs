//! `diff`: how one recording differs from another.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use claude_wire::recording::{Difference, Recording, Severity, compare, normalise};
use serde_json::json;
use similar::TextDiff;

use super::files::recordings;
use super::show::{Read, Style, Transcript};
use super::terminal::{BOLD, DIM, GREEN, Output, RED, YELLOW, print, printable, progress};
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
        // A reader that closes its end early still gets the exit code of all pairs.
        let mut written = Ok(());
        for pair in &pairs {
            bar.set_message(pair.name.clone());
            match compared(pair) {
                Ok(compared) => {
                    if compared.counts(arguments) {
                        found = Found::Something;
                    }
                    if written.is_ok() {
                        written = bar.suspend(|| compared.report(arguments, out));
                    }
                }
                Err(why) => failures.push(why),
            }
            bar.inc(1);
        }
        written
    });
    bar.finish_and_clear();
    done.and_then(|()| super::files::end(found, &failures))
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
    outcome: Outcome,
}

enum Outcome {
    Both { before: Box<Recording>, after: Box<Recording>, differences: Vec<Difference> },
    Gone,
    New,
}

fn compared(pair: &Pair) -> Result<Compared<'_>, Failure> {
    let open = |path: &Path| Recording::open(path).map_err(|error| error.to_string());
    let outcome = match (&pair.before, &pair.after) {
        (Some(before), Some(after)) => {
            let [before, after] = [Box::new(open(before)?), Box::new(open(after)?)];
            let differences = compare(&before, &after);
            Outcome::Both { before, after, differences }
        }
        (Some(_), None) => Outcome::Gone,
        _ => Outcome::New,
    };
    Ok(Compared { name: &pair.name, outcome })
}

impl Arguments {
    fn shows(&self, severity: Severity) -> bool {
        !self.breaking || severity == Severity::Breaking
    }
}

impl Compared<'_> {
    /// Whether the exit code says so.
    fn counts(&self, arguments: &Arguments) -> bool {
        let counts = |severity| arguments.shows(severity) && severity != Severity::Cosmetic;
        match &self.outcome {
            Outcome::Both { differences, .. } => {
                differences.iter().any(|difference| counts(difference.severity))
            }
            Outcome::Gone => counts(Severity::Breaking),
            Outcome::New => counts(Severity::Additive),
        }
    }

    fn report(&self, arguments: &Arguments, out: &mut dyn Write) -> io::Result<()> {
        match &self.outcome {
            Outcome::Both { before, after, differences } => {
                self.differences(differences, arguments, out)?;
                if arguments.lines { lines(before, after, out) } else { Ok(()) }
            }
            Outcome::Gone => {
                self.missing(Severity::Breaking, "the recording is gone", arguments, out)
            }
            Outcome::New => {
                self.missing(Severity::Additive, "the recording is new", arguments, out)
            }
        }
    }

    fn missing(
        &self,
        severity: Severity,
        what: &str,
        arguments: &Arguments,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let name = self.name;
        if arguments.output.quiet || !arguments.shows(severity) {
            return Ok(());
        }
        if arguments.output.json {
            let object = json!({"recording": name, "severity": severity, "change": "recording", "text": what});
            return writeln!(out, "{object}");
        }
        writeln!(out, "{BOLD}{name}{BOLD:#}\n  {}: {what}", named(severity))
    }

    fn differences(
        &self,
        differences: &[Difference],
        arguments: &Arguments,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let name = self.name;
        let differences: Vec<_> =
            differences.iter().filter(|difference| arguments.shows(difference.severity)).collect();
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
                writeln!(out, "  {}: {}", named(difference.severity), printable(text))?;
            }
        }
        Ok(())
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
