//! Why a recording cannot be read or written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::common::looked_in;

use super::format::{FORMAT_VERSION, MAX_RECORDED_LINE};

/// Why a recording could not be read, written, imported or accepted.
///
/// The message names the file and the line where they are known, what was expected there, and what
/// to do.
pub struct Error {
    kind: Kind,
    path: Option<PathBuf>,
    line: Option<usize>,
}

enum Kind {
    Io(io::Error),
    Format(String),
    NewerVersion(u64),
    NoMigration(u64),
    Truncated,
    LongLine,
    /// The values of variables would make one line, or the recording as a whole, longer than this
    /// limit.
    Expansion {
        line: bool,
        limit: usize,
    },
}

impl Error {
    /// The file could not be read or written.
    pub fn is_io(&self) -> bool {
        matches!(self.kind, Kind::Io(_))
    }

    /// The content is not in the format of a recording (or, for an import, of a capture).
    pub fn is_format(&self) -> bool {
        matches!(self.kind, Kind::Format(_))
    }

    /// The recording's format version cannot be read by this build: it is newer, or too old to be
    /// migrated.
    pub fn is_version(&self) -> bool {
        matches!(self.kind, Kind::NewerVersion(_) | Kind::NoMigration(_))
    }

    /// The recording ends without a footer, where a complete one is required.
    pub fn is_truncated(&self) -> bool {
        matches!(self.kind, Kind::Truncated)
    }

    /// A line is longer than [`MAX_RECORDED_LINE`](super::MAX_RECORDED_LINE), or the values of the
    /// variables would make a line or the recording too long.
    pub fn is_too_long(&self) -> bool {
        matches!(self.kind, Kind::LongLine | Kind::Expansion { .. })
    }

    /// The file the error is about, if it came from a file.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The line the error is about, counted from 1.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    pub(super) fn io(error: io::Error) -> Self {
        Self::new(Kind::Io(error))
    }

    pub(super) fn format(message: impl Into<String>) -> Self {
        Self::new(Kind::Format(message.into()))
    }

    pub(super) fn newer_version(found: u64) -> Self {
        Self::new(Kind::NewerVersion(found)).at_line(1)
    }

    pub(super) fn no_migration(found: u64) -> Self {
        Self::new(Kind::NoMigration(found)).at_line(1)
    }

    #[cfg(feature = "player")]
    pub(crate) fn no_recordings(folder: &Path) -> Self {
        Self::format("no recording in this folder: it has no file that ends in .jsonl")
            .in_file(folder)
    }

    pub(super) fn truncated() -> Self {
        Self::new(Kind::Truncated)
    }

    pub(super) fn long_line() -> Self {
        Self::new(Kind::LongLine)
    }

    pub(super) fn expansion(line: bool, limit: usize) -> Self {
        Self::new(Kind::Expansion { line, limit })
    }

    pub(super) fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn in_file(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    fn new(kind: Kind) -> Self {
        Self { kind, path: None, line: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, self.line) {
            (Some(path), Some(line)) => write!(f, "{}:{line}: ", path.display())?,
            (Some(path), None) => write!(f, "{}: ", path.display())?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        match &self.kind {
            Kind::Io(error) => {
                let folder = self.path().map(looked_in);
                write!(f, "{error}{}", folder.unwrap_or_default())
            }
            Kind::Format(message) => f.write_str(message),
            Kind::NewerVersion(found) => write!(
                f,
                "recording format version {found} is newer than {FORMAT_VERSION}, the newest this build reads; update claude-wire"
            ),
            Kind::NoMigration(found) => {
                write!(f, "recording format version {found} has no migration to {FORMAT_VERSION}; record it again")
            }
            Kind::LongLine => write!(
                f,
                "longer than {MAX_RECORDED_LINE} bytes, the most that a line of a recording or a capture may have; record \
                 again with less in one line, or remove the line and run `claude-wire seal`"
            ),
            Kind::Expansion { line, limit } => {
                if *line {
                    write!(f, "with the values of its variables it would be longer than {limit} bytes")?;
                } else {
                    write!(f, "up to here the values of variables would add more than {limit} bytes to the recording")?;
                }
                f.write_str(
                    "; shorten the values of `vars` in the header and run `claude-wire seal`, or run in a folder with a \
                     shorter path",
                )
            }
            Kind::Truncated => f.write_str(
                "the recording is truncated: it ends without a footer, so what followed its last event is unknown; \
                 record it again, or accept it as it is with `claude-wire seal`",
            ),
        }
    }
}

debug_is_message!(Error);

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Io(error) => Some(error),
            _ => None,
        }
    }
}
