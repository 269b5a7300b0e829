//! What one launch writes into its run folder.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::common::{lock, os_error};
use crate::transport::Exit;

use super::super::report::{Divergence, Report};
use super::error::RunError;
use super::folder::{LAST_FAILURE, RunFolder, replace, to_json, write_once};
use super::launches::State;

/// The report of a launch, while it runs.
#[derive(Debug)]
pub(in crate::player) struct LaunchLog {
    path: PathBuf,
    number: u32,
    noted: Mutex<Noted>,
}

#[derive(Debug)]
struct Noted {
    state: State,
    /// Whether its difference is written.
    diverged: bool,
}

impl LaunchLog {
    /// Starts the report of the next launch.
    pub(in crate::player) fn start(run: &RunFolder, argv: &[String]) -> Result<Self, RunError> {
        let state = State {
            pid: std::process::id(),
            argv: argv.to_vec(),
            recording: None,
            done: false,
            exit: None,
            report: Report::default().to_json(),
            candidates: Vec::new(),
        };
        let content = to_json(&state);
        let mut number = 1_u32;
        loop {
            let path = run.path().join("launches").join(format!("{number}.json"));
            match write_once(&path, &content) {
                Ok(()) => {
                    let noted = Mutex::new(Noted { state, diverged: false });
                    return Ok(Self { path, number, noted });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(RunError::io(&path, error)),
            }
        }
    }

    /// The number of the launch, from 1.
    pub(in crate::player) fn number(&self) -> u32 {
        self.number
    }

    /// Notes how far it is. Call it whenever the launch waits: it may be killed there. A host may do
    /// that as soon as it reads that it differs, so call it before it can.
    pub(in crate::player) fn note(
        &self,
        recording: Option<&str>,
        done: bool,
        diverged: bool,
        report: impl FnOnce() -> Report,
    ) {
        let mut noted = lock(&self.noted);
        let state = &noted.state;
        let known = (state.recording.as_deref(), state.done, noted.diverged);
        if known == (recording, done, diverged) {
            return;
        }
        noted.diverged = diverged;
        noted.state.recording = recording.map(str::to_owned);
        noted.state.done = done;
        self.write(&mut noted.state, &report());
    }

    /// Notes that this launch is recorded, which has no report.
    pub(in crate::player) fn recorded(&self, recording: &str) {
        self.note(Some(recording), true, false, Report::default);
    }

    /// Notes its end.
    pub(in crate::player) fn end(&self, recording: Option<&str>, exit: Exit, report: &Report) {
        let mut noted = lock(&self.noted);
        noted.state.recording = recording.map(str::to_owned);
        noted.state.exit = Some(exit.into());
        self.write(&mut noted.state, report);
    }

    /// Notes that nothing can be played for this launch.
    pub(in crate::player) fn unplayable(&self, why: &str) {
        let report = Report::default().diverged(Divergence::unplayable(why.to_owned()));
        let mut noted = lock(&self.noted);
        self.write(&mut noted.state, &report);
    }

    fn write(&self, state: &mut State, report: &Report) {
        state.report = report.to_json();
        self.save(state);
        if !report.divergences().is_empty()
            && let Some(run) = self.path.parent().and_then(Path::parent)
        {
            let candidates = report.divergences().iter().flat_map(Divergence::candidates);
            let state = State { candidates: candidates.cloned().collect(), ..state.clone() };
            if let Err(error) = replace(&run.join(LAST_FAILURE), &to_json(&state)) {
                tracing::warn!(
                    error = %os_error(&error),
                    "the last failure of a run is not written"
                );
            }
        }
    }

    fn save(&self, state: &State) {
        // The launch goes on without; a report that is missing counts as left.
        if let Err(error) = replace(&self.path, &to_json(state)) {
            tracing::warn!(
                path = %self.path.display(),
                error = %os_error(&error),
                "the report of a launch is not written"
            );
        }
    }
}
