//! A recording that is shown, and where it was.

use std::path::{Path, PathBuf};

use claude_wire::recording::Recording;

use crate::Failure;
use crate::tool::timeline::Timeline;

/// A recording that was read, and where it was.
pub(crate) struct Read {
    pub(crate) path: PathBuf,
    pub(crate) recording: Recording,
    pub(crate) timeline: Timeline,
}

impl Read {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let recording = Recording::open(path).map_err(|error| error.to_string())?;
        let timeline = Timeline::of(&recording);
        Ok(Self { path: path.to_owned(), recording, timeline })
    }
}
