//! Why a recording could not be made.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::common::looked_in;
use crate::recording;

/// Why a recording stopped, could not be started, or could not be played in a test.
///
/// The message names the file and says what to do. The recorded session continues even if its
/// recording fails.
#[derive(Clone)]
pub struct Error {
    path: Option<PathBuf>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Exists,
    Uncreated(Arc<io::Error>),
    Io(Arc<io::Error>),
    Overflow { limit: usize, stall: Duration },
    Endless(usize),
    Mode(String),
    Missing,
    Refused,
    Empty,
    Unfinished,
    Unplayable(Arc<recording::Error>),
    Diverged(String),
}

impl Error {
    /// What it is about, for a log.
    pub(super) fn kind(&self) -> &'static str {
        match self.kind {
            Kind::Exists => "the file exists",
            Kind::Uncreated(_) => "the file cannot be created",
            Kind::Io(_) => "the file cannot be written",
            Kind::Overflow { .. } => "the file accepts nothing",
            Kind::Endless(_) => "a line has no end",
            _ => "it cannot be used",
        }
    }

    /// The file already exists, and overwriting was not allowed.
    pub fn is_already_there(&self) -> bool {
        matches!(self.kind, Kind::Exists)
    }

    /// The file could not be created or written: a missing folder, permissions, a full disk.
    pub fn is_io(&self) -> bool {
        matches!(self.kind, Kind::Uncreated(_) | Kind::Io(_))
    }

    /// The queue was full while the file accepted nothing, or an unfinished line was too long.
    pub fn is_overflow(&self) -> bool {
        matches!(self.kind, Kind::Overflow { .. } | Kind::Endless(_))
    }

    /// There is no such [`Mode`](super::Mode).
    pub fn is_unknown_mode(&self) -> bool {
        matches!(self.kind, Kind::Mode(_))
    }

    /// The recording to play is missing.
    pub fn is_missing(&self) -> bool {
        matches!(self.kind, Kind::Missing)
    }

    /// This is a build server, and recording was not allowed there.
    pub fn is_refused(&self) -> bool {
        matches!(self.kind, Kind::Refused)
    }

    /// Nothing was recorded: the CLI was never started.
    pub fn is_empty(&self) -> bool {
        matches!(self.kind, Kind::Empty)
    }

    /// A recorded session has not ended yet.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.kind, Kind::Unfinished)
    }

    /// The recording to play cannot be read, or was cut off.
    pub fn is_unplayable(&self) -> bool {
        matches!(self.kind, Kind::Unplayable(_))
    }

    /// The host did something other than what was recorded, or less.
    pub fn is_divergence(&self) -> bool {
        matches!(self.kind, Kind::Diverged(_))
    }

    /// The recording's file; `None` for an unknown mode.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        let kind = if error.kind() == io::ErrorKind::AlreadyExists {
            Kind::Exists
        } else {
            Kind::Io(Arc::new(error))
        };
        Self::new(path, kind)
    }

    /// The file could not be created, and nothing was started.
    pub(super) fn uncreated(path: &Path, error: io::Error) -> Self {
        let kind = if error.kind() == io::ErrorKind::AlreadyExists {
            Kind::Exists
        } else {
            Kind::Uncreated(Arc::new(error))
        };
        Self::new(path, kind)
    }

    pub(super) fn overflow(path: &Path, limit: usize, stall: Duration) -> Self {
        Self::new(path, Kind::Overflow { limit, stall })
    }

    pub(super) fn endless(path: &Path, limit: usize) -> Self {
        Self::new(path, Kind::Endless(limit))
    }

    pub(super) fn mode(name: &str) -> Self {
        Self { path: None, kind: Kind::Mode(name.to_owned()) }
    }

    pub(super) fn missing(path: &Path) -> Self {
        Self::new(path, Kind::Missing)
    }

    pub(super) fn refused(path: &Path) -> Self {
        Self::new(path, Kind::Refused)
    }

    pub(super) fn empty(path: &Path) -> Self {
        Self::new(path, Kind::Empty)
    }

    pub(super) fn unfinished(path: &Path) -> Self {
        Self::new(path, Kind::Unfinished)
    }

    pub(super) fn unplayable(path: &Path, error: recording::Error) -> Self {
        Self::new(path, Kind::Unplayable(Arc::new(error)))
    }

    pub(super) fn diverged(path: &Path, report: String) -> Self {
        Self::new(path, Kind::Diverged(report))
    }

    fn new(path: &Path, kind: Kind) -> Self {
        Self { path: Some(path.to_owned()), kind }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        match &self.kind {
            Kind::Exists => f.write_str("not recorded: the file already exists; remove it, choose another name, or allow overwriting"),
            Kind::Uncreated(error) => {
                let folder = self.path().map(looked_in).unwrap_or_default();
                write!(f, "not recorded: the file cannot be created: {error}{folder}")
            }
            Kind::Io(error) => write!(f, "not recorded: {error}; the recording ends here, the session goes on"),
            Kind::Overflow { limit, stall } => write!(
                f,
                "not recorded: the file accepted nothing for {stall:?} while over {limit} bytes waited to be written; the recording ends \
                 here, the session goes on; is the disk full, or away?"
            ),
            Kind::Endless(limit) => write!(
                f,
                "not recorded: a line has over {limit} bytes and no end, more than a recording may have; the recording ends here, the \
                 session goes on"
            ),
            Kind::Mode(name) => {
                write!(f, "CLAUDE_WIRE_RECORD must be one of none, once, rewrite, passthrough, not {name:?}")
            }
            Kind::Missing => f.write_str("there is no such recording; set CLAUDE_WIRE_RECORD=once to make it with the real CLI"),
            Kind::Refused => f.write_str("not recorded: CI is set; record elsewhere, or set CLAUDE_WIRE_RECORD_IN_CI=1"),
            Kind::Empty => f.write_str("nothing was recorded: the CLI was never started"),
            Kind::Unfinished => f.write_str("not recorded yet: the session has not ended; stop it, and drop what is left of it, first"),
            Kind::Unplayable(error) => write!(f, "cannot be played: {error}; set CLAUDE_WIRE_RECORD=rewrite to record it again"),
            Kind::Diverged(report) => {
                write!(f, "the session is not the recorded one; set CLAUDE_WIRE_RECORD=rewrite if it should be\n{report}")
            }
        }
    }
}

debug_is_message!(Error);

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Uncreated(error) | Kind::Io(error) => Some(error),
            Kind::Unplayable(error) => Some(error),
            _ => None,
        }
    }
}
