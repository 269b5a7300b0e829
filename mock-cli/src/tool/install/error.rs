//! Why an installation fails.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The package of the CLI.
pub(super) const PACKAGE: &str = "@anthropic-ai/claude-code";

/// Why the CLI was not installed: what went wrong, and what to do about it.
#[derive(Debug)]
pub(crate) enum InstallError {
    Form(String),
    NoHome,
    NoNpm,
    NoSuchVersion(String),
    NoSpace(PathBuf),
    NoRegistry(String),
    Npm { status: String, said: String },
    NoNative(String),
    WrongVersion { wanted: String, found: String },
    Mute { path: PathBuf, status: String, said: String },
    Io { what: &'static str, path: PathBuf, error: io::Error },
}

impl InstallError {
    pub(super) fn io(what: &'static str, path: &Path, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::NoSpace(path.to_owned()),
            _ => Self::Io { what, path: path.to_owned(), error },
        }
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(version) => write!(f, "{version:?} is not a version: give it in full, such as {}", claude_wire::CLI_VERSION),
            Self::NoHome => f.write_str("no home directory to install into: choose one with --dir"),
            Self::NoNpm => {
                f.write_str("npm was not found on PATH: install Node.js, or copy a `claude` executable into the directory yourself")
            }
            Self::NoSuchVersion(version) => write!(f, "npm knows no version {version} of {PACKAGE}"),
            Self::NoSpace(path) => {
                write!(f, "no space left for {}: the CLI takes about 400 MB, and npm's cache as much again", path.display())
            }
            Self::NoRegistry(said) => write!(f, "npm did not reach its registry; it said:\n{said}"),
            Self::Npm { status, said } => write!(f, "npm failed ({status}); it said:\n{said}"),
            Self::NoNative(version) => {
                let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
                write!(f, "version {version} has no native executable for {os} on {arch}; versions before 2.1.110 have none at all")
            }
            Self::WrongVersion { wanted, found } => write!(f, "npm brought version {found} where {wanted} was asked for"),
            Self::Mute { path, status, said } => write!(f, "{} does not tell its version ({status}): {said}", path.display()),
            Self::Io { what, path, error } => write!(f, "cannot {what} {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for InstallError {}
