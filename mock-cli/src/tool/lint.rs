//! `lint`: finds what should not be in a recording that is shared.

use std::path::{Path, PathBuf};

use claude_wire::Replay;
use claude_wire::player::Rules;
use claude_wire::recording::{
    Event, EventKind, Finding, Header, Integrity, Recording, kept_files, lines_of_file,
    recordings_in,
};

use super::arguments::{Known, SCRUB, warn_of_folders};
use crate::{Failure, Found};

/// Find what should not be shared in recordings.
///
/// Each line names the place, the kind, and how the finding begins; never the whole finding.
/// `claude-wire scrub` redacts what is found, except high-entropy strings: these may be keys, or
/// only hashes and names, so look at them yourself. If one is a secret, pass it with --secret-env.
/// The command first checks itself: it plants one secret of each kind in a test recording, and
/// fails if it does not find them all.
///
/// The files that are kept with a recording are examined, too. Of a folder, each recording is. A warning names recordings that the same launch may be,
/// and that write something else before its first prompt decides which one it is; it is not a
/// finding.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire lint recordings/*/*.jsonl
  claude-wire lint tests/recordings/two-launches
  claude-wire lint session.jsonl --secret-env DEPLOY_PHRASE

Exit codes: 0 nothing was found, 1 something was, 2 a recording could not be read to its end, or the search itself does not work.")]
pub(crate) struct Arguments {
    /// The recordings, or folders of them
    #[arg(required = true, value_name = "RECORDING")]
    paths: Vec<PathBuf>,
    /// Do not report high-entropy strings
    #[arg(long)]
    no_random: bool,
    #[command(flatten)]
    known: Known,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let redaction = arguments.known.redaction()?;
    let find = |recording: &Recording| redaction.lint(recording);
    control(find)?;
    let (mut failures, mut count, mut read) = (Vec::new(), 0, 0);
    let mut files = Vec::new();
    for path in &arguments.paths {
        match path.is_dir() {
            true => match folder(path) {
                Ok(found) => files.extend(found),
                Err(why) => failures.push(why),
            },
            false => files.push(path.clone()),
        }
    }
    for file in &files {
        let recording = match Recording::open(file) {
            Ok(recording) => recording,
            Err(error) => {
                failures.push(error.to_string());
                continue;
            }
        };
        read += 1;
        if let Integrity::Truncated { dropped: 1.. } = recording.integrity() {
            failures.push(format!("{}: it ends in half a line, which cannot be looked at; `claude-wire scrub` drops it", file.display()));
        }
        warn_of_folders(file, &recording, SCRUB);
        for finding in find(&recording)
            .into_iter()
            .filter(|finding| finding.kind != "random" || !arguments.no_random)
        {
            count += 1;
            println!(
                "{}:{}: {} in {}: {}",
                file.display(),
                finding.line,
                finding.kind,
                finding.place,
                finding.excerpt
            );
        }
    }
    for file in files.iter().flat_map(|file| kept_files(file).unwrap_or_default()) {
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            Err(error) => {
                failures.push(format!("{}: {error}", file.display()));
                continue;
            }
        };
        // What is not text cannot be searched.
        let Some(lines) = lines_of_file(&text) else { continue };
        for finding in find(&lines)
            .into_iter()
            .filter(|finding| finding.kind != "random" || !arguments.no_random)
        {
            count += 1;
            let (line, Finding { kind, place, excerpt, .. }) = (finding.line - 1, &finding);
            println!("{}:{line}: {kind} in {place}: {excerpt}", file.display());
        }
    }
    eprintln!("claude-wire: {count} found in {read} recordings");
    match failures.is_empty() {
        true if count == 0 => Ok(Found::Nothing),
        true => Ok(Found::Something),
        false => Err(failures.join("\nclaude-wire: ")),
    }
}

/// The recordings of a folder. Warns of those that a replay may play in the place of another.
fn folder(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    Rules::of_recordings(path).map_err(|error| error.to_string())?;
    // What cannot be read is reported file by file.
    if let Ok(replay) = Replay::open(path) {
        for warning in replay.opening_warnings() {
            eprintln!("claude-wire: warning: {}: {warning}", path.display());
        }
    }
    match recordings_in(path).map_err(|error| error.to_string())? {
        found if found.is_empty() => Err(format!("{}: no recordings in it", path.display())),
        found => Ok(found),
    }
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
