//! Why a configuration cannot be read.

use std::io;

use super::super::OptionError;

/// An invalid application configuration. The text names the file or the variable.
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct ConfigError {
    kind: Kind,
}

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("cannot read the configuration {file}: {error}")]
    #[cfg_attr(not(feature = "config"), allow(dead_code))]
    Unreadable { file: String, error: io::Error },
    #[error("the configuration {file} is not TOML: {error}")]
    #[cfg_attr(not(feature = "config"), allow(dead_code))]
    Syntax { file: String, error: String },
    #[error("unknown key `{key}` in the configuration {file}; known are {known}")]
    #[cfg_attr(not(feature = "config"), allow(dead_code))]
    UnknownKey { file: String, key: String, known: String },
    #[error("{origin}: {error}")]
    Option { origin: String, error: OptionError },
    #[error("the environment variable {variable} is not set; it must hold the API key")]
    Missing { variable: &'static str },
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

impl From<Kind> for ConfigError {
    fn from(kind: Kind) -> Self {
        ConfigError { kind }
    }
}
