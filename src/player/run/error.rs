//! Why a run folder cannot be used.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

    /// The run folder is in use with other recordings.
    pub fn is_other_recordings(&self) -> bool {
        matches!(self.kind, Kind::OtherRecordings { .. })
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
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            Kind::Io(error) => write!(f, "{error}"),
            Kind::Format(why) => write!(f, "not a file of a run folder: {why}"),
            Kind::OtherRecordings { has, wanted } => write!(
                f,
                "this run plays {has}, not {wanted}; use another run folder for other recordings"
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
