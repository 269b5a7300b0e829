//! `lint`: finds what should not be in a recording that is shared.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use claude_wire::Replay;
use claude_wire::player::Rules;
use claude_wire::recording::{
    Event, EventKind, Finding, Header, Integrity, Recording, kept_files, lines_of_file,
};
use serde_json::json;

use super::arguments::{Known, SCRUB, warn_of_folders};
use super::files::{end, recordings, recordings_help};
use super::terminal::{Output, progress};
use crate::common::complain;
use crate::{Failure, Found};

/// Find what should not be shared in recordings.
///
/// Each line names the place, the kind, and how the finding begins; never the whole finding.
/// `claude-wire scrub` redacts what is found, except high-entropy strings: these may be keys, or
/// only hashes and names, so look at them yourself. If one is a secret, pass it with --secret-env.
/// The command first checks itself: it plants one secret of each kind in a test recording, and
/// fails if it does not find them all.
///
/// The files that are kept with a recording are examined, too. Of a folder, each recording is. A
/// warning names recordings that the same launch may be, and that write something else before its
/// first prompt decides which one it is. Another one names lines that `claude-wire accept` took,
/// with the answers that were recorded for another input. Neither is a finding.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire lint recordings/*/*.jsonl
  claude-wire lint tests/recordings/two-launches
  claude-wire lint session.jsonl --secret-env DEPLOY_PHRASE

Exit codes: 0 nothing was found, 1 something was, 2 a recording could not be read to its end, or the search itself does not work.")]
pub(crate) struct Arguments {
    #[arg(required = true, value_name = "RECORDING", help = recordings_help!())]
    paths: Vec<PathBuf>,
    /// Do not report high-entropy strings
    #[arg(long)]
    no_random: bool,
    #[command(flatten)]
    known: Known,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let redaction = arguments.known.redaction()?;
    let find = |recording: &Recording| redaction.lint(recording);
    control(find)?;
    let (files, mut failures) = recordings(&arguments.paths);
    // The folders in which they were found, which may be below those that were named.
    let found = files.iter().filter(|file| !arguments.paths.contains(file));
    for folder in found.filter_map(|file| file.parent()).collect::<BTreeSet<_>>() {
        failures.extend(warn_of_openings(folder).err());
    }
    let report = Report { arguments, find: &find };
    let bar = progress(files.len(), arguments.output.quiet);
    let (mut count, mut read) = (0, 0);
    for file in &files {
        bar.set_message(file.display().to_string());
        match bar.suspend(|| report.recording(file)) {
            Ok((found, why)) => {
                read += 1;
                count += found;
                failures.extend(why);
            }
            Err(why) => failures.push(why),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    for file in files.iter().flat_map(|file| kept_files(file).unwrap_or_default()) {
        match report.kept(&file) {
            Ok(found) => count += found,
            Err(why) => failures.push(why),
        }
    }
    if !arguments.output.quiet {
        complain(format_args!("claude-wire: {count} found in {read} recordings"));
    }
    end(if count == 0 { Found::Nothing } else { Found::Something }, &failures)
}

/// Prints what is found.
struct Report<'a> {
    arguments: &'a Arguments,
    find: &'a dyn Fn(&Recording) -> Vec<Finding>,
}

impl Report<'_> {
    /// How many things were found, and why the recording could not be read to its end.
    fn recording(&self, file: &Path) -> Result<(usize, Option<Failure>), Failure> {
        let recording = Recording::open(file).map_err(|error| error.to_string())?;
        let place = file.display();
        let cut = matches!(recording.integrity(), Integrity::Truncated { dropped: 1.. });
        let cut = cut.then(|| format!("{place}: it ends in half a line, which cannot be looked at; `claude-wire scrub` drops it"));
        warn_of_folders(file, &recording, SCRUB);
        for line in recording.edited() {
            complain(format_args!("claude-wire: warning: {place}: {line}"));
        }
        Ok((self.print(file, &recording, 0), cut))
    }

    /// How many things were found in a file that is kept with a recording.
    fn kept(&self, file: &Path) -> Result<usize, Failure> {
        let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        // What is not text cannot be searched.
        let lines = lines_of_file(&text);
        Ok(lines.map_or(0, |lines| self.print(file, &lines, 1)))
    }

    /// `before`: how many lines the recording has that the file has not.
    fn print(&self, file: &Path, recording: &Recording, before: usize) -> usize {
        let is_shown = |kind: &str| kind != "random" || !self.arguments.no_random;
        let found = (self.find)(recording).into_iter().filter(|finding| is_shown(finding.kind));
        let mut count = 0;
        for Finding { line, kind, place, excerpt, .. } in found {
            count += 1;
            let line = line - before;
            let shown = format_args!("{}:{line}: {kind} in {place}: {excerpt}", file.display());
            self.arguments.output.say(shown, || {
                json!({"file": file.to_string_lossy(), "line": line, "kind": kind, "place": place, "excerpt": excerpt})
            });
        }
        count
    }
}

/// Warns of the recordings of a folder that a replay may play in the place of another.
fn warn_of_openings(folder: &Path) -> Result<(), Failure> {
    Rules::of_recordings(folder).map_err(|error| error.to_string())?;
    // What cannot be read is reported file by file.
    if let Ok(replay) = Replay::open(folder).map(Replay::unverified) {
        for warning in replay.opening_warnings() {
            complain(format_args!("claude-wire: warning: {}: {warning}", folder.display()));
        }
    }
    Ok(())
}

/// Checks that a search finds one of each kind where it was planted, and nothing else.
fn control(find: impl Fn(&Recording) -> Vec<Finding>) -> Result<(), Failure> {
    for kind in Finding::kinds() {
        let mut recording = Recording::new(Header::new());
        recording.events.push(Event::new(
            0,
            EventKind::Out(r#"{"type":"result","result":"Nothing to see."}"#.into()),
        ));
        recording.events.push(Event::new(0, EventKind::Out(planted(kind).as_str().into())));
        let found: Vec<_> =
            find(&recording).iter().map(|finding| (finding.line, finding.kind)).collect();
        if found != [(3, *kind)] {
            return Err(format!(
                "the search does not work: of a planted {kind} it found {found:?}; nothing was looked at"
            ));
        }
    }
    Ok(())
}

/// A line with one thing of this kind. Assembled here, so that no scanner takes this file for a
/// leak.
fn planted(kind: &str) -> String {
    let random = "a1B2c3D4e5F6g7H8i9J0";
    match kind {
        "key" => format!(r#"{{"text":"use {}{random}"}}"#, ["sk", "ant", "api03", ""].join("-")),
        "token" => format!(r#"{{"text":"{} {random}"}}"#, "Bearer"),
        "secret" => format!(r#"{{"{}":"{random}"}}"#, ["client", "secret"].join("_")),
        "email" => r#"{"text":"ask someone@mail.example.org"}"#.to_owned(),
        "organization" => r#"{"type":"auth_status","organization":"Planted and Sons"}"#.to_owned(),
        "account" => format!(r#"{{"type":"auth_status","accountUuid":"{random}"}}"#),
        "user" => r#"{"cwd":"/home/someone/project"}"#.to_owned(),
        "host" => r#"{"text":"connect to 10.11.12.13"}"#.to_owned(),
        "signature" => format!(r#"{{"type":"thinking","signature":"{random}"}}"#),
        "random" => format!(r#"{{"text":"use {random}q7Rt2XvB"}}"#),
        "text" => {
            format!(r#"{{"type":"control_response","description":"{}"}}"#, [random; 4].join(" "))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_wire::recording::lint;

    #[test]
    fn the_search_works() {
        control(lint).unwrap();
    }

    #[test]
    fn a_search_that_misses_one_kind_is_refused() {
        for missing in Finding::kinds() {
            let blind = |recording: &Recording| {
                lint(recording).into_iter().filter(|finding| finding.kind != *missing).collect()
            };
            let why = control(blind).unwrap_err();
            assert!(why.contains(missing) && why.contains("nothing was looked at"), "{why}");
        }
        let blind = |_: &Recording| Vec::new();
        assert!(control(blind).is_err());
    }

    #[test]
    fn a_search_that_finds_too_much_is_refused() {
        let eager = |recording: &Recording| {
            let mut found = lint(recording);
            found.extend(found.clone());
            found
        };
        assert!(control(eager).is_err());
    }
}
