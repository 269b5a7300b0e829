//! Which CLI plays.

use std::path::{Path, PathBuf};

use claude_wire::lab::real_cli;

use crate::mock_claude::TABLES;
use crate::tool::install::{self, Install};

/// A real CLI, and what it says of its version.
#[derive(Debug, Clone)]
pub struct Cli {
    /// Its executable.
    pub path: PathBuf,
    /// As in 2.1.332.
    pub version: String,
}

impl Cli {
    /// Where the CLI is: the one that was named, else the one of `CLAUDE_WIRE_REAL_CLI`, else the one that `claude-wire install` has put in its
    /// place. Never one from PATH.
    ///
    /// # Errors
    /// When there is none.
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

    /// Asks the CLI for its version. To be done where nothing but loopback can be reached.
    ///
    /// # Errors
    /// When it does not say.
    pub fn at(path: PathBuf) -> Result<Self, String> {
        let version = install::reported_version(&path).map_err(|error| error.to_string())?;
        Ok(Self { path, version })
    }

    /// Fetches a version from npm into `dir`, or where `claude-wire install` puts it, unless it is there already. Needs the network.
    ///
    /// # Errors
    /// When it cannot be fetched.
    pub fn fetch(version: &str, dir: Option<PathBuf>) -> Result<PathBuf, String> {
        Install::new(version, dir).run().map_err(|error| error.to_string())
    }

    /// The flags of the pinned version, hidden ones included: one a line, as in `-r, --resume [value]`, with what is known of it after two blanks.
    pub fn known_flags() -> impl Iterator<Item = &'static str> {
        TABLES.lines(None)
    }
}
