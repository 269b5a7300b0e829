//! Why a past session could not be read or changed.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a past session could not be found, read or changed.
///
/// The message names the file or the session, and what to do.
pub struct Error {
    kind: Kind,
    path: Option<PathBuf>,
}

enum Kind {
    /// A session id or a message id that is not a uuid.
    InvalidId(String),
    NotFound(String),
    /// A value that may not be stored.
    InvalidValue(String),
    NoHome,
    Io(io::Error),
    /// A session store.
    #[cfg_attr(not(feature = "session"), allow(dead_code, reason = "there are no stores"))]
    Store(Box<dyn std::error::Error + Send + Sync>),
}

/// The result of reading or changing past sessions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The id of a session or of a message is not a uuid.
    pub fn is_invalid_id(&self) -> bool {
        matches!(self.kind, Kind::InvalidId(_))
    }

    /// There is no session, sub-agent or message with this id.
    pub fn is_not_found(&self) -> bool {
        matches!(self.kind, Kind::NotFound(_))
    }

    /// A title or a tag has nothing that can be stored, or a session has nothing to fork.
    pub fn is_invalid_value(&self) -> bool {
        matches!(self.kind, Kind::InvalidValue(_))
    }

    /// The home directory is not known, so the CLI's configuration folder is not either.
    pub fn is_no_home(&self) -> bool {
        matches!(self.kind, Kind::NoHome)
    }

    /// A file or a folder could not be read or written.
    pub fn is_io(&self) -> bool {
        matches!(self.kind, Kind::Io(_))
    }

    /// A session store (`store`) failed. The [source](std::error::Error::source) is its error.
    pub fn is_store(&self) -> bool {
        matches!(self.kind, Kind::Store(_))
    }

    /// The file or folder the error is about, if it is about one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(super) fn invalid_id(what: &str, id: &str) -> Self {
        Self::new(Kind::InvalidId(format!(
            "{what} {id:?} is not a uuid such as 0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f"
        )))
    }

    pub(crate) fn not_found(message: String) -> Self {
        Self::new(Kind::NotFound(message))
    }

    pub(crate) fn invalid_value(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidValue(message.into()))
    }

    #[cfg(feature = "session")]
    pub(crate) fn store(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::Store(Box::new(error)))
    }

    pub(super) fn no_home() -> Self {
        Self::new(Kind::NoHome)
    }

    pub(crate) fn io(error: io::Error, path: &Path) -> Self {
        Self { kind: Kind::Io(error), path: Some(path.to_owned()) }
    }

    fn new(kind: Kind) -> Self {
        Self { kind, path: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::InvalidId(message) | Kind::NotFound(message) | Kind::InvalidValue(message) => {
                f.write_str(message)
            }
            Kind::NoHome => f.write_str(
                "the home directory is not known: set CLAUDE_CONFIG_DIR, or name the CLI's \
                 configuration folder with `History::at`",
            ),
            Kind::Io(error) => match &self.path {
                Some(path) => write!(f, "{}: {error}", path.display()),
                None => error.fmt(f),
            },
            Kind::Store(error) => error.fmt(f),
        }
    }
}

debug_is_message!(Error);

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Io(error) => Some(error),
            Kind::Store(error) => Some(&**error),
            _ => None,
        }
    }
}
