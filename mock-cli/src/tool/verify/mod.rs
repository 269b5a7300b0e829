//! `verify`: replays a recording to its end, and checks that nothing is lost.

mod account;
mod asked;
mod seen;
mod session;
mod streams;
mod writable;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claude_wire::player::{HostScript, Replay};
use claude_wire::recording::{EventKind, Integrity, Recording};
use claude_wire::wire::{Frame, FrameKind, Item, Outcome, classify};

use crate::common::complain;
use crate::tool::arguments::limit;
use crate::tool::files::{recordings, recordings_help};
use crate::tool::terminal::{Output, progress};
use crate::{Failure, Found};

/// Replay recordings to their end, and account for every line.
///
/// Each recording is read and its footer checked. Every line of output is decoded. Then the
/// recording is replayed, with the input that it has: through a session of this library if a
/// session could have written it, else on the bare streams, with the reason. A missing line, one
/// that is not delivered, another exit, a difference in the input, or a wait that does not end: the
/// first of them is reported. A recording with lines that `claude-wire accept` took is named, with
/// the answers that were recorded for another input.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire verify recordings/2.1.332/one-shot.jsonl
  claude-wire verify --timeout 5 recordings
  claude-wire verify --quiet tests/recordings && echo good

  ok  session  recordings/2.1.332/one-shot.jsonl  8 events, 1 turn

Exit codes: 0 all are as recorded, 1 something was lost, diverged or hung, 2 one could not be read (the others are done).")]
pub(crate) struct Arguments {
    #[arg(required = true, value_name = "RECORDING", help = recordings_help!())]
    paths: Vec<PathBuf>,
    /// How long one recording may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = limit)]
    timeout: Duration,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(arguments: Arguments) -> Result<Found, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let mut found = Found::Nothing;
    let (files, failures) = recordings(&arguments.paths);
    let mut unreadable = failures.len();
    failures.iter().for_each(|why| complain(format_args!("claude-wire: {why}")));
    let bar = progress(files.len(), arguments.output.quiet);
    for path in &files {
        bar.set_message(path.display().to_string());
        let recording = match Recording::open(path) {
            Ok(recording) => recording,
            Err(error) => {
                bar.suspend(|| complain(format_args!("claude-wire: {error}")));
                unreadable += 1;
                continue;
            }
        };
        let checked = runtime.block_on(check(&recording, path, arguments.timeout));
        if checked.problem.is_some() {
            found = Found::Something;
        }
        bar.suspend(|| {
            for line in recording.edited() {
                let place = path.display();
                complain(format_args!("claude-wire: warning: {place}: {line}"));
            }
            arguments.output.say(&checked, || checked.json(&recording));
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    match unreadable {
        0 => Ok(found),
        _ => Err(format!(
            "{unreadable} of {} recordings could not be read",
            files.len() + failures.len()
        )),
    }
}

/// The outcome of one recording.
struct Checked<'a> {
    way: &'static str,
    path: &'a Path,
    summary: String,
    problem: Option<String>,
}

impl Checked<'_> {
    fn json(&self, recording: &Recording) -> serde_json::Value {
        serde_json::json!({
            "file": self.path.to_string_lossy(),
            "ok": self.problem.is_none(),
            "way": self.way,
            "summary": self.summary,
            "problem": self.problem,
            "edited": recording.header.edited,
        })
    }
}

/// `ok  session  x.jsonl  8 events, 1 turn`; a problem follows on the next lines.
impl fmt::Display for Checked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.problem.is_none() { "ok" } else { "FAIL" };
        write!(f, "{verdict}  {}  {}  {}", self.way, self.path.display(), self.summary)?;
        for line in self.problem.iter().flat_map(|problem| problem.lines()) {
            write!(f, "\n    {line}")?;
        }
        Ok(())
    }
}

async fn check<'a>(recording: &Recording, path: &'a Path, limit: Duration) -> Checked<'a> {
    let mut summary = summary(recording);
    let expanded = || recording.expand(&BTreeMap::new()).map_err(|error| error.to_string());
    let expanded = match file(recording).and_then(|()| expanded()) {
        Ok(mut expanded) => {
            // The session that plays the caller's part has its own launch.
            expanded.header.argv = None;
            expanded
        }
        Err(problem) => return Checked { way: "file", path, summary, problem: Some(problem) },
    };
    let recording = &expanded;
    let script = HostScript::from_recording(recording);
    let hung = || format!("hung: not at its end after {} s (--timeout)", limit.as_secs_f64());
    let (way, played) = match writable::can_write(recording, &script) {
        Ok(()) => {
            let replay = Replay::new(recording.clone()).unverified();
            let played = tokio::time::timeout(limit, session::act(recording, &replay)).await;
            // The report says what it still waits for.
            ("session", played.unwrap_or_else(|_| Err(format!("{}\n{}", hung(), replay.report()))))
        }
        Err(reason) => {
            summary.push_str(&format!(" ({reason})"));
            let played = tokio::time::timeout(limit, streams::act(recording)).await;
            ("streams", played.unwrap_or_else(|_| Err(hung())))
        }
    };
    let problem = played.err();
    Checked { way, path, summary, problem }
}

/// The checks that need only the file.
fn file(recording: &Recording) -> Result<(), String> {
    match recording.integrity() {
        Integrity::Sealed | Integrity::InMemory => account::decode(recording),
        _ => Err(recording.warnings().join("\n")),
    }
}

/// `8 events, 1 turn`.
fn summary(recording: &Recording) -> String {
    let (mut turns, mut broken) = (0, 0);
    for event in &recording.events {
        if let EventKind::Out(line) = &event.kind {
            turns += usize::from(
                Frame::parse(line.bytes().clone())
                    .is_ok_and(|frame| frame.kind() == FrameKind::Result),
            );
            let item = Item::from(claude_wire::wire::Line::new(line.bytes().clone()));
            broken += usize::from(matches!(classify(item), Outcome::Malformed(_)));
        }
    }
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let events = recording.events.len();
    let mut text = format!("{events} event{}, {turns} turn{}", plural(events), plural(turns));
    if broken > 0 {
        text.push_str(&format!(", {broken} broken line{}", plural(broken)));
    }
    text
}

/// A conversation, in the terms of a recording.
#[cfg(test)]
mod fixtures {
    use claude_wire::recording::{Event, EventKind, Header, Recording};

    pub(super) const INITIALIZE: &str =
        r#"{"type":"control_request","request_id":"1","request":{"subtype":"initialize"}}"#;
    pub(super) const READY: &str =
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"1"}}"#;
    pub(super) const PROMPT: &str = r#"{"type":"user","message":{"role":"user","content":"Hi"}}"#;
    pub(super) const RESULT: &str = r#"{"type":"result","subtype":"success"}"#;

    pub(super) fn read(line: &str) -> EventKind {
        EventKind::Out(line.into())
    }

    pub(super) fn write(line: &str) -> EventKind {
        EventKind::In(line.into())
    }

    pub(super) fn recording(events: Vec<EventKind>) -> Recording {
        let mut recording = Recording::new(Header::new());
        recording.events = events.into_iter().map(|kind| Event::new(0, kind)).collect();
        recording
    }
}
