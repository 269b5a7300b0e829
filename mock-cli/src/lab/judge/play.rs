//! Playing an entry to a simulated CLI.

use std::path::PathBuf;

use claude_wire::recorder::Recorder;
use claude_wire::recording::Recording;
use claude_wire::{CLI_VERSION, Scenario};

use crate::lab::corpus::{Entry, LIMIT, Log, Stage, act};

/// The outcome of a simulation.
#[derive(Debug)]
pub struct Simulated {
    /// One for each launch.
    pub recordings: Vec<Recording>,
    /// What did not go as the entry says.
    pub problems: Vec<String>,
}

/// Plays an entry's host to a simulated CLI in memory, and records it.
///
/// # Errors
/// If nothing could be recorded.
pub async fn simulate(entry: &Entry, scenario: Scenario) -> Result<Simulated, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let path = folder.path().join("recording.jsonl");
    let recorder = Recorder::new(scenario.clone(), path).cli_version(CLI_VERSION).unredacted();
    let log = Log::new();
    let mut problems = Vec::new();
    let stage = Stage::Simulated(&scenario);
    match tokio::time::timeout(LIMIT, act(entry, recorder.clone(), &stage, &log)).await {
        Ok(done) => problems.extend(done.err()),
        Err(_) => problems.push(format!("not finished, in step {} of the host script", log.step())),
    }
    problems.extend(recorder.flush().await.err().map(|error| error.to_string()));
    let report = scenario.report();
    if !report.is_clean() {
        problems.push(report.to_string());
    }
    problems.extend(entry.missing(&log.take()));
    let read = |path: PathBuf| {
        let mut recording = Recording::open(path)?;
        recording.header.recorded_at = None;
        let vars = recording.header.vars.clone();
        recording.expand(&vars)
    };
    let recordings = recorder.paths().into_iter().map(read).collect::<Result<_, _>>();
    let recordings = recordings.map_err(|error| error.to_string())?;
    Ok(Simulated { recordings, problems })
}
