//! Why a session store could not do what it was asked for.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::key::SessionKey;

/// Why a session store failed.
#[derive(Clone)]
pub struct Error(Arc<Kind>);

enum Kind {
    Unsupported(&'static str),
    Timeout(String, Duration),
    Other(String, Option<Box<dyn std::error::Error + Send + Sync>>),
}

/// The result of a call to a session store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with this message, for a store of your own.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Arc::new(Kind::Other(message.into(), None)))
    }

    /// An error with a cause, for a store of your own. `doing` says what failed, such as `write the
    /// summary`.
    pub fn caused(
        doing: impl fmt::Display,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let source = source.into();
        Self(Arc::new(Kind::Other(format!("could not {doing}: {source}"), Some(source))))
    }

    /// The error of an optional method that a store does not have.
    pub fn unsupported(method: &'static str) -> Self {
        Self(Arc::new(Kind::Unsupported(method)))
    }

    pub(crate) fn timeout(what: impl Into<String>, limit: Duration) -> Self {
        Self(Arc::new(Kind::Timeout(what.into(), limit)))
    }

    /// The store does not have this optional method.
    pub fn is_unsupported(&self) -> bool {
        matches!(*self.0, Kind::Unsupported(_))
    }

    /// The store took too long.
    pub fn is_timeout(&self) -> bool {
        matches!(*self.0, Kind::Timeout(..))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Unsupported(method) => write!(f, "this session store has no `{method}`"),
            Kind::Timeout(what, limit) => write!(f, "{what} took longer than {limit:?}"),
            Kind::Other(message, _) => f.write_str(message),
        }
    }
}

debug_is_message!(Error);

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Kind::Other(_, Some(source)) => Some(&**source),
            _ => None,
        }
    }
}

/// Entries that a session's store did not get.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MirrorFailure {
    /// Their transcript. `None` if the path that the CLI reports is not that of a transcript, or if
    /// nothing more is sent at all.
    pub key: Option<SessionKey>,
    /// How many they are; at least, if a transcript could not be compared.
    pub entries: u64,
    /// Why the store did not get them.
    pub error: Error,
    /// Whether they are sent again, before anything later of their transcript.
    pub is_sent_again: bool,
}

impl fmt::Display for MirrorFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, entries, error, is_sent_again } = self;
        write!(f, "{entries} entries")?;
        if let Some(key) = key {
            write!(f, " of {key}")?;
        }
        let then = match is_sent_again {
            true => "they are sent again",
            false => "the CLI has them on its own disk",
        };
        write!(f, " did not reach the session store: {error}; {then}")
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self(Arc::new(Kind::Other(error.to_string(), Some(Box::new(error)))))
    }
}
