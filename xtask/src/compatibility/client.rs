//! The clients: how a program on each is started.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use claude_wire_cli::without_own_variables;
use tempfile::TempDir;
use tokio::process::Command;

use super::link::symlink;
use crate::root;

/// What a program is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    Python,
    TypeScript,
    Shell,
    Acp,
    Codes,
    Wrapper,
}

impl Client {
    pub(super) const ALL: [Self; 6] =
        [Self::Python, Self::TypeScript, Self::Shell, Self::Acp, Self::Codes, Self::Wrapper];

    /// In arguments, and in the names of recordings.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::TypeScript => "typescript",
            Self::Shell => "shell",
            Self::Acp => "acp",
            Self::Codes => "codes",
            Self::Wrapper => "wrapper",
        }
    }

    /// For readers.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Python => "Python SDK",
            Self::TypeScript => "TypeScript SDK",
            Self::Shell => "`claude -p` script",
            Self::Acp => "ACP adapter",
            Self::Codes => "claude-codes (Rust)",
            Self::Wrapper => "claude-wrapper (Rust)",
        }
    }
}

/// What the programs need.
pub(super) struct Tools {
    /// The folder with the SDKs.
    pub(super) sdks: Option<PathBuf>,
    /// The folder with the programs of `tests/peers`.
    pub(super) peers: Option<PathBuf>,
    /// The stand-in.
    pub(super) mock_claude: PathBuf,
}

/// Where a program runs.
pub(super) struct Place {
    folder: TempDir,
}

impl Place {
    pub(super) fn new() -> io::Result<Self> {
        let place = Self { folder: tempfile::tempdir()? };
        for name in ["home", "work", "program", "bin"] {
            fs::create_dir(place.path(name))?;
        }
        Ok(place)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Tools {
    /// A program, with the stand-in as its CLI, and without the caller's variables for stand-ins.
    pub(super) fn command(
        &self,
        client: Client,
        program: &str,
        place: &Place,
    ) -> io::Result<Command> {
        let programs = root().join("tests/official");
        let sdks = self.sdks.clone().unwrap_or_default();
        let mut command = match client {
            Client::Python | Client::Acp => {
                let mut command = Command::new("python3");
                command.arg("-B").arg(programs.join(format!("{program}.py")));
                command
            }
            // Node looks for packages next to the program.
            Client::TypeScript => {
                for name in [program, "chat", "show"].map(|name| format!("{name}.mjs")) {
                    fs::copy(programs.join(&name), place.path("program").join(&name))?;
                }
                symlink(sdks.join("node_modules"), place.path("program/node_modules"))?;
                let mut command = Command::new("node");
                command.arg(place.path("program").join(format!("{program}.mjs")));
                command
            }
            Client::Shell => {
                symlink(&self.mock_claude, place.path("bin/claude"))?;
                let mut command = Command::new("sh");
                command.arg(root().join("tests/scenarios").join(format!("{program}.sh")));
                command
            }
            Client::Codes | Client::Wrapper => {
                Command::new(self.peers.clone().unwrap_or_default().join(program))
            }
        };
        without_own_variables(command.as_std_mut());
        command.current_dir(place.path("work")).env("HOME", place.path("home"));
        self.settle(client, place, &mut command);
        Ok(command)
    }

    /// The variables that a program of this client needs, whatever else its environment has.
    pub(super) fn settle(&self, client: Client, place: &Place, command: &mut Command) {
        let sdks = self.sdks.clone().unwrap_or_default();
        match client {
            Client::Python => command.env("PYTHONPATH", sdks.join("python")),
            Client::TypeScript | Client::Codes | Client::Wrapper => command,
            Client::Shell => command.env("PATH", before_path(&place.path("bin"))),
            Client::Acp => command
                .env(
                    "ACP_AGENT",
                    sdks.join(
                        "acp/node_modules/@agentclientprotocol/claude-agent-acp/dist/index.js",
                    ),
                )
                .env("CLAUDE_CODE_EXECUTABLE", &self.mock_claude),
        };
        command.env("STAND_IN", &self.mock_claude);
    }
}

/// `PATH` with a folder before all others.
fn before_path(folder: &Path) -> OsString {
    let mut path = folder.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}
