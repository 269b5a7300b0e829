use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a recording stopped. The session that was recorded went on.
///
/// The message names the file and says what to do.
#[derive(Clone, Debug)]
pub struct Error {
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Exists,
    Io(Arc<io::Error>),
    Overflow(usize),
}

impl Error {
    /// There is a file of that name, and it was not to be overwritten.
    pub fn is_already_there(&self) -> bool {
        matches!(self.kind, Kind::Exists)
    }

    /// The file could not be created or written: no such folder, no permission, no space.
    pub fn is_io(&self) -> bool {
        matches!(self.kind, Kind::Io(_))
    }

    /// The disk was so slow that too much waited to be written.
    pub fn is_overflow(&self) -> bool {
        matches!(self.kind, Kind::Overflow(_))
    }

    /// The recording's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        let kind = if error.kind() == io::ErrorKind::AlreadyExists { Kind::Exists } else { Kind::Io(Arc::new(error)) };
        Self { path: path.to_owned(), kind }
    }

    pub(super) fn overflow(path: &Path, limit: usize) -> Self {
        Self { path: path.to_owned(), kind: Kind::Overflow(limit) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not recorded: ", self.path.display())?;
        match &self.kind {
            Kind::Exists => f.write_str("the file is there already; remove it, choose another name, or ask the recorder to overwrite"),
            Kind::Io(error) => write!(f, "{error}; the recording ends here, the session goes on"),
            Kind::Overflow(limit) => {
                write!(f, "the disk is too slow, over {limit} bytes waited to be written; the recording ends here, the session goes on")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Io(error) => Some(error),
            _ => None,
        }
    }
}
