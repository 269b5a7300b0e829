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
    /// For readers: the name of its file, with that of a folder where two are compared.
    pub(in crate::tool::show) label: String,
    /// Its number in the page, from 1.
    pub(in crate::tool::show) number: usize,
}

impl Run {
    pub(in crate::tool::show) fn open(
        path: &Path,
        label: String,
        number: usize,
    ) -> Result<Self, Failure> {
        // One read for both, so that they are of the same file even if it is replaced.
        let failed = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let bytes = fs::read(path).map_err(|error| failed(&error))?;
        let recording = Recording::from_bytes(&bytes).map_err(|error| failed(&error))?;
        let timeline = Timeline::of(&recording);
        let read = Read { path: path.to_owned(), recording, timeline };
        Ok(Self { read, bytes, label, number })
    }
}
