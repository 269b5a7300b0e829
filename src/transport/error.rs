//! Why a connection could not be opened.

use std::fmt;

/// A connection could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    kind: Kind,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Debug)]
enum Kind {
    NoRuntime,
    Other,
}

impl Error {
    /// An error of a transport of one's own.
    pub fn other(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Other, source: Some(source.into()) }
    }

    pub(crate) fn no_runtime() -> Self {
        Self { kind: Kind::NoRuntime, source: None }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRuntime => f.write_str("no tokio runtime here: open a transport inside one, with I/O and time enabled"),
            Self::Other => f.write_str("the transport could not be opened"),
        }
    }
}
