//! Recordings that the launches of a run make.

use std::path::PathBuf;

use crate::recording::{
    Recording, create_next, is_recordings_folder, recordings_in, replace_recordings,
};

use super::error::RunError;
use super::folder::RunFolder;
use super::log::LaunchLog;

impl RunFolder {
    /// Starts a launch that is recorded: claims the file of its recording (`001.jsonl` and so on in
    /// the folder `recordings`), which is empty and may be overwritten.
    ///
    /// # Errors
    /// If a file of the run cannot be created.
    pub fn record(&self, args: &[String]) -> Result<PathBuf, RunError> {
        let path = create_next(&self.made()).map_err(|(path, error)| RunError::io(&path, error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        LaunchLog::start(self, args)?.recorded(&name);
        Ok(path)
    }

    /// The recordings that the launches of this run made.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn recorded(&self) -> Result<Vec<PathBuf>, RunError> {
        let folder = self.made();
        if !folder.exists() {
            return Ok(Vec::new());
        }
        recordings_in(&folder).map_err(|error| RunError::format(&folder, error.to_string()))
    }

    /// Moves the recordings that the launches of this run made to the folder that the run plays,
    /// where they replace the recordings that it had. Other files there stay. Returns the new
    /// recordings; none if the run made none.
    ///
    /// # Errors
    /// If a recording is not whole, because its launch was killed or still runs: then nothing is
    /// moved. If a file cannot be written.
    pub fn keep(&self) -> Result<Vec<PathBuf>, RunError> {
        let made = self.recorded()?;
        let Some(folder) = self.recordings()?.filter(|_| !made.is_empty()) else {
            return Ok(Vec::new());
        };
        if !is_recordings_folder(&folder) {
            return Err(RunError::format(&folder, "not a folder of recordings"));
        }
        for path in &made {
            Recording::open(path)
                .and_then(|recording| recording.require_whole())
                .map_err(|error| RunError::format(path, error.to_string()))?;
        }
        replace_recordings(&folder, &made).map_err(|error| RunError::io(&folder, error))
    }

    fn made(&self) -> PathBuf {
        self.path().join("recordings")
    }
}
