//! Why a configuration cannot be read.

use std::error::Error;
use std::{fmt, io};

use super::super::OptionError;

/// An invalid application configuration. The text names the file or the variable.
pub struct ConfigError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    #[cfg_attr(not(feature = "config"), allow(dead_code))]
    Unreadable {
        file: String,
        error: io::Error,
    },
    #[cfg_attr(not(feature = "config"), allow(dead_code))]
    Syntax {
        file: String,
        error: String,
    },
    #[cfg_attr(not(feature = "config"), allow(dead_code))]
    UnknownKey {
        file: String,
        key: String,
        known: String,
    },
    Option {
        origin: String,
        error: OptionError,
    },
    Missing {
        variable: &'static str,
    },
}

#[cfg(feature = "config")]
impl ConfigError {
    pub(super) fn unreadable(file: String, error: io::Error) -> Self {
        Kind::Unreadable { file, error }.into()
    }

    pub(super) fn syntax(file: String, error: String) -> Self {
        Kind::Syntax { file, error }.into()
    }

    pub(super) fn unknown_key(file: String, key: String, known: String) -> Self {
        Kind::UnknownKey { file, key, known }.into()
    }
}

impl ConfigError {
    pub(super) fn option(origin: String, error: OptionError) -> Self {
        Kind::Option { origin, error }.into()
    }

    pub(super) fn missing(variable: &'static str) -> Self {
        Kind::Missing { variable }.into()
    }

    /// Returns true if and only if the file could not be read at all.
    pub fn is_unreadable(&self) -> bool {
        matches!(self.kind, Kind::Unreadable { .. })
    }

    /// Returns true if and only if the file is not TOML.
    pub fn is_syntax(&self) -> bool {
        matches!(self.kind, Kind::Syntax { .. })
    }

    /// Returns true if and only if the file has a key that the SDK does not know.
    pub fn is_unknown_key(&self) -> bool {
        matches!(self.kind, Kind::UnknownKey { .. })
    }

    /// Returns true if and only if a required variable is not set.
    pub fn is_missing(&self) -> bool {
        matches!(self.kind, Kind::Missing { .. })
    }

    /// Returns the error of the option whose value is invalid, if any.
    pub fn option_error(&self) -> Option<&OptionError> {
        match &self.kind {
            Kind::Option { error, .. } => Some(error),
            _ => None,
        }
    }
}

debug_is_message!(ConfigError);

impl Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Unreadable { file, error } => {
                write!(f, "cannot read the configuration {file}: {error}")
            }
            Kind::Syntax { file, error } => {
                write!(f, "the configuration {file} is not TOML: {error}")
            }
            Kind::UnknownKey { file, key, known } => {
                write!(f, "unknown key `{key}` in the configuration {file}; known are {known}")
            }
            Kind::Option { origin, error } => write!(f, "{origin}: {error}"),
            Kind::Missing { variable } => {
                let purpose = "it must hold the API key";
                write!(f, "the environment variable {variable} is not set; {purpose}")
            }
        }
    }
}

impl From<Kind> for ConfigError {
    fn from(kind: Kind) -> Self {
        ConfigError { kind }
    }
}
