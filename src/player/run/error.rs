//! Why a run folder cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::common::looked_in;

/// Why a [`RunFolder`](super::RunFolder) cannot be used. The message names the file and says what
/// to do.
#[derive(Clone)]
pub struct RunError {
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Io(Arc<io::Error>),
    Format(String),
    OtherRecordings { has: String, wanted: String },
    NoPath,
    NotUtf8,
    NoRun,
}

impl RunError {
    /// A file could not be read or written.
    pub fn is_io(&self) -> bool {
        matches!(self.kind, Kind::Io(_))
    }

    /// A file is not one of a run folder.
    pub fn is_format(&self) -> bool {
        matches!(self.kind, Kind::Format(_))
    }

    /// The folder is not that of a run, or no launch has used it.
    pub fn is_no_run(&self) -> bool {
        matches!(self.kind, Kind::NoRun)
    }

    /// The run folder is in use with other recordings.
    pub fn is_other_recordings(&self) -> bool {
        matches!(self.kind, Kind::OtherRecordings { .. })
    }

    /// The replay was not opened from a path that can be noted in the run folder, so that other
    /// launches would not find its recordings.
    pub fn is_no_path(&self) -> bool {
        matches!(self.kind, Kind::NoPath | Kind::NotUtf8)
    }

    /// The file or folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        Self { path: path.to_owned(), kind: Kind::Io(Arc::new(error)) }
    }

    pub(super) fn format(path: &Path, why: impl Into<String>) -> Self {
        Self { path: path.to_owned(), kind: Kind::Format(why.into()) }
    }

    pub(super) fn other_recordings(path: &Path, has: &str, wanted: &str) -> Self {
        let kind = Kind::OtherRecordings { has: has.to_owned(), wanted: wanted.to_owned() };
        Self { path: path.to_owned(), kind }
    }

    pub(super) fn no_path(path: &Path) -> Self {
        Self { path: path.to_owned(), kind: Kind::NoPath }
    }

    pub(super) fn no_run(path: &Path) -> Self {
        Self { path: path.to_owned(), kind: Kind::NoRun }
    }

    pub(super) fn not_utf8(path: &Path) -> Self {
        Self { path: path.to_owned(), kind: Kind::NotUtf8 }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            Kind::Io(error) => write!(f, "{error}{}", looked_in(&self.path)),
            Kind::NoRun => write!(
                f,
                "no run: it has neither a run.json nor the report of a launch; name the folder of CLAUDE_WIRE_RUN, after your program \
                 has started the stand-in{}",
                looked_in(&self.path)
            ),
            Kind::Format(why) => write!(f, "not a file of a run folder: {why}"),
            Kind::OtherRecordings { has, wanted } => write!(
                f,
                "this run plays {has}, not {wanted}; use another run folder for other recordings"
            ),
            Kind::NoPath => f.write_str(
                "this replay was not opened from a path, so that other launches cannot find its \
                 recordings; use `Replay::open` with a run folder",
            ),
            Kind::NotUtf8 => f.write_str(
                "recordings of a run need a path that is UTF-8, for run.json; rename the folder",
            ),
        }
    }
}

debug_is_message!(RunError);

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Io(error) => Some(error),
            _ => None,
        }
    }
}
