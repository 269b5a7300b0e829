//! The reports of a run's launches.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::faults::Injection;
use crate::recording::RecordedExit;

use super::super::accept::Acceptable;
use super::super::candidate::Candidate;
use super::super::report::Report;
use super::error::RunError;

/// The report of one launch of a run.
#[derive(Clone, Debug)]
pub struct LaunchReport {
    number: u32,
    state: State,
    report: Report,
}

/// What a launch writes about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) pid: u32,
    pub(super) argv: Vec<String>,
    /// The name of the recording that it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) recording: Option<String>,
    /// Whether only its end is left.
    pub(super) done: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) exit: Option<RecordedExit>,
    pub(super) report: Value,
    /// Of a launch that differed: what it was compared with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) candidates: Vec<Candidate>,
}

impl LaunchReport {
    /// Its number, from 1, in the order of the starts.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.state.pid
    }

    /// The arguments of the launch.
    pub fn args(&self) -> &[String] {
        &self.state.argv
    }

    /// The name of the recording that it uses; `None` if it uses none, or none yet.
    pub fn recording(&self) -> Option<&str> {
        self.state.recording.as_deref()
    }

    /// How it ended; `None` if it still runs or was killed.
    pub fn exit(&self) -> Option<&RecordedExit> {
        self.state.exit.as_ref()
    }

    /// How its replay went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// What the launch was compared with: every recording that it might have been, or the recorded
    /// events that what it wrote might have been. Per field: whether it is compared, ignored, redacted
    /// or matched by a rule, and where it differs. Empty for a launch that did not differ, and if
    /// nothing of this kind was recorded. For people; only [`RunFolder::last_failure`] has it.
    ///
    /// [`RunFolder::last_failure`]: super::RunFolder::last_failure
    pub fn explanation(&self) -> String {
        let lines = self.state.candidates.iter().map(Candidate::to_string);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What it did that was not recorded, if a recording or its rules can follow: the prompt, the
    /// request, the answer, the flags. `recordings` is what the run plays:
    /// [`RunFolder::recordings`](super::RunFolder::recordings).
    ///
    /// Nothing is acceptable of a launch without a difference. Of one that differs in another way,
    /// such as by an extra prompt, nothing is either: record it again.
    pub fn acceptable(&self, recordings: &Path) -> Vec<Acceptable> {
        let divergences = self.report.divergences().iter();
        divergences
            .filter_map(|divergence| Acceptable::of(divergence, recordings, &self.state.argv))
            .collect()
    }

    /// The report, in which a launch that has not come to its end is left. One that differed was at
    /// its end, even if its host killed it for that.
    pub(super) fn into_report(self) -> Report {
        let mut report = self.report;
        if self.state.exit.is_none() && !self.state.done && report.divergences().is_empty() {
            let number = self.number;
            let of = self.state.recording.map(|name| format!(" of {name}")).unwrap_or_default();
            let text = format!("launch {number}{of} has not ended: it still runs, or was killed");
            // A program kills a launch that hangs because of a fault.
            report.unused([text], usize::from(report.is_ended_by_fault()));
        }
        report
    }
}

/// Reads the reports in a folder. `injections` are those of the run.
pub(super) fn read(folder: &Path, injections: &[Injection]) -> Result<Vec<LaunchReport>, RunError> {
    let failed = |error| RunError::io(folder, error);
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        let Some(number) = number else { continue };
        found.push(read_one(&path, number, injections)?);
    }
    found.sort_by_key(LaunchReport::number);
    Ok(found)
}

/// Reads one report.
pub(super) fn read_one(
    path: &Path,
    number: u32,
    injections: &[Injection],
) -> Result<LaunchReport, RunError> {
    let text = fs::read_to_string(path).map_err(|error| RunError::io(path, error))?;
    let wrong = |why: String| RunError::format(path, why);
    let state: State = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mut report = Report::from_json(&state.report).map_err(wrong)?;
    if state.exit.is_none() {
        // It could not note what happened to it since its last report.
        let of_launch = injections.iter().filter(|injection| injection.launch() == number);
        report.was_killed_with(of_launch.cloned().collect());
    }
    Ok(LaunchReport { number, state, report })
}
