//! Playing the entries, and holding what comes against their recordings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use claude_wire::recording::{Difference, Gap, Recording, Severity, audit, compare};

use crate::Failure;
use crate::corpus::{self, Cli, Entry};
use crate::tasks::side_by_side;

/// How often an entry is played before a difference counts. Some lines of the CLI race with what the host does, and come or stay out by
/// chance; seldom three times in a row.
const TRIES: usize = 3;

/// What came of one entry.
pub(super) struct Compared {
    pub(super) entry: String,
    /// What differs in every run.
    pub(super) differences: BTreeSet<Difference>,
    /// Why it was not compared to its end.
    pub(super) problem: Option<String>,
    /// What came in the way of a run that was not the last.
    pub(super) earlier: BTreeSet<String>,
    /// What the CLI wrote, in any run, that this library does not model.
    pub(super) gaps: BTreeSet<Gap>,
}

/// Plays the entries side by side. In their order.
pub(super) async fn all(
    entries: Vec<Entry>,
    cli: &Cli,
    folder: &Path,
    jobs: usize,
) -> Result<Vec<Compared>, Failure> {
    let compare = |entry: Entry| {
        let (cli, folder) = (cli.clone(), folder.to_owned());
        async move { Ok(one(&entry, &cli, &folder).await) }
    };
    side_by_side(entries, jobs, compare).await
}

async fn one(entry: &Entry, cli: &Cli, folder: &Path) -> Compared {
    let entry_name = entry.name.clone();
    let mut compared = Compared {
        entry: entry_name,
        differences: BTreeSet::new(),
        problem: None,
        earlier: BTreeSet::new(),
        gaps: BTreeSet::new(),
    };
    let recorded = match recordings(entry, folder) {
        Ok(recorded) => recorded,
        Err(problem) => return Compared { problem: Some(problem), ..compared },
    };
    for attempt in 0..TRIES {
        let run = match corpus::run(entry, cli).await {
            Ok(run) => run,
            Err(problem) => return Compared { problem: Some(problem), ..compared },
        };
        let found = differences(&recorded, &run.recordings);
        compared.differences = if attempt == 0 { found } else { &compared.differences & &found };
        compared.gaps.extend(run.recordings.iter().flat_map(audit));
        compared.earlier.extend(compared.problem.take());
        compared.problem = run
            .problems
            .first()
            .cloned()
            .or(run.attempts)
            .or_else(|| launches(&recorded, &run.recordings));
        let matters =
            compared.differences.iter().any(|difference| difference.severity != Severity::Cosmetic);
        if !matters && compared.problem.is_none() {
            break;
        }
    }
    compared.earlier.retain(|earlier| Some(earlier) != compared.problem.as_ref());
    compared
}

/// The recordings of an entry's launches.
fn recordings(entry: &Entry, folder: &Path) -> Result<Vec<Recording>, String> {
    let paths = (1..).map(|launch| folder.join(entry.file_name(launch)));
    let paths: Vec<PathBuf> = paths.take_while(|path| path.is_file()).collect();
    if paths.is_empty() {
        return Err(format!("there is no recording of it in {}", folder.display()));
    }
    paths.iter().map(|path| Recording::open(path).map_err(|error| error.to_string())).collect()
}

fn differences(recorded: &[Recording], played: &[Recording]) -> BTreeSet<Difference> {
    recorded.iter().zip(played).flat_map(|(recorded, played)| compare(recorded, played)).collect()
}

fn launches(recorded: &[Recording], played: &[Recording]) -> Option<String> {
    let (recorded, played) = (recorded.len(), played.len());
    (recorded != played)
        .then(|| format!("the CLI was launched {played} times; recorded are {recorded}"))
}
