//! One case: the program as it is, and the changed one.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use claude_wire::player::{Report, RunFolder};
use claude_wire_cli::Failure;

use super::cases::{Case, Change, Source, With};
use super::client::{Place, Tools};
use super::counts::{self, Counts};
use crate::limited;

/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(60);
/// How long the stand-in waits for a program, in seconds: one that does what was recorded, and one
/// that does not.
const IDLE: [&str; 2] = ["30", "5"];

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) counts: Counts,
    /// `yes`, or `no: ` with the reason.
    pub(super) played: String,
    /// What became of the changed program: `refused: ` with the reason, `refused elsewhere: ` with a
    /// reason that is not the change, `accepted`, or nothing if there is none.
    pub(super) changed: String,
}

/// How an outcome begins that says nothing of the change.
pub(super) const ELSEWHERE: &str = "refused elsewhere: ";

impl Outcome {
    /// Whether both are the same, but for the reasons.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let word = |text: &str| text.split(':').next().map(str::to_owned);
        self.counts == other.counts
            && word(&self.played) == word(&other.played)
            && word(&self.changed) == word(&other.changed)
    }
}

/// Runs a case.
pub(super) async fn outcome(case: &Case, tools: &Tools) -> Result<Outcome, Failure> {
    let unchanged = run(case, tools, None).await?;
    let played = match unchanged.why() {
        None => "yes".to_owned(),
        Some(why) => format!("no: {why}"),
    };
    let mut changed = String::new();
    if case.is_changed_too() {
        let change = case.program.change;
        let ran = run(case, tools, Some(change)).await?;
        changed = match ran.difference() {
            None => "accepted".to_owned(),
            // If the unchanged program is refused as well, so is the changed one, whatever it does.
            Some(why) if played == "yes" && ran.shows(change) => format!("refused: {why}"),
            Some(why) => format!("{ELSEWHERE}{why}"),
        };
    }
    Ok(Outcome { counts: unchanged.counts, played, changed })
}

/// What a program did.
struct Ran {
    /// Nothing if it did not launch the stand-in.
    report: Option<Report>,
    counts: Counts,
    output: Output,
}

async fn run(case: &Case, tools: &Tools, change: Option<Change>) -> Result<Ran, Failure> {
    let what = || format!("{} with {}", case.client.name(), case.plays());
    let failed = |error: std::io::Error| format!("{}: {error}", what());
    let place = Place::new().map_err(failed)?;
    let program = case.program;
    let mut command = tools.command(case.client, program.file, &place).map_err(failed)?;
    command.envs(program.env.iter().copied());
    match change.map(|change| change.with) {
        Some(With::Args(args)) => command.args(args),
        Some(With::Env(name, value)) => command.args(program.args).env(name, value),
        None => command.args(program.args),
    };
    let variable = match case.source {
        Source::Scenario => "CLAUDE_WIRE_SCENARIO",
        _ => "CLAUDE_WIRE_REPLAY",
    };
    let (run, journal) = (place.path("run"), place.path("journal.jsonl"));
    command.env(variable, played(case, &place).map_err(failed)?);
    command.env("CLAUDE_WIRE_RUN", &run).env("CLAUDE_WIRE_JOURNAL", &journal);
    command.env("CLAUDE_WIRE_IDLE_TIMEOUT", IDLE[usize::from(change.is_some())]);
    // As if no CLI called it.
    command.env_remove("CLAUDECODE");
    let output = limited::output(&mut command, LIMIT).await;
    let output = output.map_err(|why| format!("{}: {why}", what()))?;
    let report = report(&run).map_err(|why| format!("{}: {why}", what()))?;
    if report.is_none() && change.is_none() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {NO_LAUNCH}: {errors}", what()));
    }
    let folders = [("cwd", place.path("work")), ("home", place.path("home"))];
    let folders: Vec<(&str, &Path)> = folders.iter().map(|(name, path)| (*name, &**path)).collect();
    let written = counts::written(&counts::read(&journal), &folders);
    let mut recorded = Vec::new();
    for recording in case.recordings() {
        recorded.extend(counts::recorded(&recording)?);
    }
    let counts = counts::count(written, recorded, report.as_ref().unwrap_or(&Report::default()));
    Ok(Ran { report, counts, output })
}

/// What the variable of the stand-in names: the recordings of several launches are in a folder.
fn played(case: &Case, place: &Place) -> std::io::Result<PathBuf> {
    let path = crate::root().join(case.plays());
    if path.is_dir() || case.recordings().len() < 2 {
        return Ok(path);
    }
    let folder = place.path("recordings");
    std::fs::create_dir(&folder)?;
    for (number, recording) in (1..).zip(case.recordings()) {
        std::fs::copy(recording, folder.join(format!("{number:03}.jsonl")))?;
    }
    Ok(folder)
}

const NO_LAUNCH: &str = "it did not launch the stand-in";

/// The report of all launches, if there was one.
fn report(run: &Path) -> Result<Option<Report>, String> {
    let folder = RunFolder::open(PathBuf::from(run)).map_err(|error| error.to_string())?;
    if folder.launches().map_err(|error| error.to_string())?.is_empty() {
        return Ok(None);
    }
    folder.report().map(Some).map_err(|error| error.to_string())
}

impl Ran {
    /// Why the program was not played all of it.
    fn why(&self) -> Option<String> {
        self.difference().or_else(|| {
            let failed = !self.output.status.success();
            failed.then(|| format!("the program failed: {}", last_line(&self.output)))
        })
    }

    /// Whether the first difference is this change.
    fn shows(&self, change: Change) -> bool {
        let divergences = self.report.as_ref().map(Report::divergences).unwrap_or_default();
        divergences.first().is_some_and(|first| change.shows.is_in(&first.to_string()))
    }

    /// What it did otherwise than it was recorded.
    fn difference(&self) -> Option<String> {
        let Some(report) = &self.report else { return Some(NO_LAUNCH.to_owned()) };
        if report.is_clean() {
            return None;
        }
        let Some(divergence) = report.divergences().first() else {
            let left = report.left();
            let more = left.len().saturating_sub(1);
            let first = left.first().map_or("", String::as_str);
            let more = if more == 0 { String::new() } else { format!(", and {more} more") };
            return Some(format!("not done: {first}{more}"));
        };
        let text = divergence.to_string();
        let what = text.lines().next().unwrap_or_default().to_owned();
        let after = |words: &str| text.lines().find_map(|line| line.trim().strip_prefix(words));
        Some(match (after("differs at "), after("expected: ")) {
            (Some(at), _) => format!("{what}, at {at}"),
            (None, Some(expected)) => format!("{what}; expected: {expected}"),
            (None, None) => what,
        })
    }
}

/// What a program said last.
fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    text.trim().lines().last().unwrap_or_default().to_owned()
}
