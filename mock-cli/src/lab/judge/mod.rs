//! The judge: what the real CLI wrote, compared with what the simulated one writes.
//!
//! An entry of the corpus is played to a simulation of the scenario that its API script
//! [is](derive()), by the same host program that played it to the real CLI. The two recordings are
//! compared line by line.

mod derive;
mod play;

use std::path::{Path, PathBuf};

use claude_wire::recording::{Agreement, Recording, agreement};

pub use self::derive::derive;
pub use self::play::{Simulated, simulate};
use super::corpus::Entry;

/// How an entry's simulation agrees with its recordings.
#[derive(Debug)]
pub struct Judged {
    /// One for each launch.
    pub launches: Vec<Agreement>,
    /// What did not go as the entry says.
    pub problems: Vec<String>,
}

/// Simulates an entry, and compares it with its recordings, launch by launch.
///
/// Call it in a runtime whose clock is paused.
///
/// # Errors
/// If the entry has no recordings in `folder`, or nothing could be played at all.
pub async fn judge(entry: &Entry, folder: &Path) -> Result<Judged, String> {
    let recorded = recordings_of(entry, folder)?;
    let simulated = simulate(entry, derive(entry, &recorded)?).await?;
    let nothing = Recording::new(claude_wire::recording::Header::new());
    let count = recorded.len().max(simulated.recordings.len());
    let launches = (0..count).map(|launch| {
        let of =
            |recordings: &[Recording]| recordings.get(launch).cloned().unwrap_or(nothing.clone());
        agreement(&of(&recorded), &of(&simulated.recordings))
    });
    Ok(Judged { launches: launches.collect(), problems: simulated.problems })
}

impl Judged {
    /// How many lines there are to agree on.
    pub fn lines(&self) -> usize {
        self.launches.iter().map(|launch| launch.lines).sum()
    }

    /// How many of them are equal.
    pub fn equal(&self) -> usize {
        self.launches.iter().map(Agreement::equal).sum()
    }
}

/// The recordings of an entry's launches in a folder, with neutral values for their variables.
///
/// # Errors
/// If there is none, or one cannot be read.
pub fn recordings_of(entry: &Entry, folder: &Path) -> Result<Vec<Recording>, String> {
    let paths = (1..).map(|launch| folder.join(entry.file_name(launch)));
    let paths: Vec<PathBuf> = paths.take_while(|path| path.is_file()).collect();
    if paths.is_empty() {
        return Err(format!("there is no recording of {} in {}", entry.name, folder.display()));
    }
    let open = |path: &PathBuf| {
        let recording = Recording::open(path)?;
        let vars = recording.header.vars.clone();
        recording.expand(&vars)
    };
    paths.iter().map(open).collect::<Result<_, _>>().map_err(|error| error.to_string())
}
