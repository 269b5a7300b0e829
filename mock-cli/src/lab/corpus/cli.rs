//! Choosing the CLI to run.

use std::path::{Path, PathBuf};

use claude_wire::lab::real_cli;
use claude_wire::player::FlagTable;

use crate::tool::install::{self, Install};

/// A real CLI, and the version it reports.
#[derive(Debug, Clone)]
pub struct Cli {
    /// Its executable.
    pub path: PathBuf,
    /// As in 2.1.332.
    pub version: String,
}

impl Cli {
    /// Returns the path of the CLI: the given one, else `CLAUDE_WIRE_REAL_CLI`, else where
    /// `claude-wire install` puts it. PATH is never searched.
    ///
    /// # Errors
    /// If there is none.
    pub fn locate(named: Option<&Path>) -> Result<PathBuf, String> {
        let path = match named.map(Path::to_owned).or_else(real_cli) {
            Some(path) => path,
            None => Install::pinned().map_err(|error| error.to_string())?,
        };
        if !path.is_file() {
            let path = path.display();
            return Err(format!(
                "no CLI at {path}: `claude-wire install` fetches one, --claude and CLAUDE_WIRE_REAL_CLI name another"
            ));
        }
        std::path::absolute(&path).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Asks the CLI for its version. Call it only where nothing but loopback can be reached.
    ///
    /// # Errors
    /// If the CLI does not report a version.
    pub fn at(path: PathBuf) -> Result<Self, String> {
        let version = install::reported_version(&path).map_err(|error| error.to_string())?;
        Ok(Self { path, version })
    }

    /// Fetches a version from npm into `dir`, or where `claude-wire install` puts it, unless it is
    /// installed already. Needs the network.
    ///
    /// # Errors
    /// If it cannot be fetched.
    pub fn fetch(version: &str, dir: Option<PathBuf>) -> Result<PathBuf, String> {
        Install::new(version, dir).run().map_err(|error| error.to_string())
    }

    /// The flags of the pinned version, including hidden ones: one per line, as in `-r, --resume
    /// [value]`, followed by two blanks and what is known of it.
    pub fn known_flags() -> impl Iterator<Item = &'static str> {
        FlagTable::of(None).lines()
    }
}
