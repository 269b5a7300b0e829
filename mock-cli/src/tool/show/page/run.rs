//! A recording of the page.

use std::fs;
use std::path::Path;

use claude_wire::recording::Recording;

use crate::Failure;
use crate::tool::show::read::Read;
use crate::tool::timeline::Timeline;

/// A recording of a page, with the bytes of its file.
pub(in crate::tool::show) struct Run {
    pub(in crate::tool::show) read: Read,
    pub(in crate::tool::show) bytes: Vec<u8>,
    /// Its number in the page, from 1.
    pub(in crate::tool::show) number: usize,
}

impl Run {
    pub(in crate::tool::show) fn open(path: &Path, number: usize) -> Result<Self, Failure> {
        // One read for both, so that they are of the same file even if it is replaced.
        let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let bytes = fs::read(path).map_err(|error| failed(&error))?;
        let recording = Recording::from_bytes(&bytes).map_err(|error| failed(&error))?;
        let timeline = Timeline::of(&recording);
        Ok(Self { read: Read { path: path.to_owned(), recording, timeline }, bytes, number })
    }

    /// The name of its file.
    pub(in crate::tool::show) fn name(&self) -> String {
        let name = self.read.path.file_name().unwrap_or(self.read.path.as_os_str());
        name.to_string_lossy().into_owned()
    }
}
