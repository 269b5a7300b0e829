//! An isolated environment for a real CLI.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::{HermeticError, Kind};
use super::network::{Network, Watch};
use crate::lab::{ApiScript, FakeApi};
use crate::session::{Options, Session, SessionBuilder};

/// The variable with the path of the real CLI.
const REAL_CLI: &str = "CLAUDE_WIRE_REAL_CLI";

/// The number of the CLI's retries; a session can override it.
const MAX_RETRIES: (&str, u32) = ("CLAUDE_CODE_MAX_RETRIES", 2);

/// Settings that apply to every CLI of the machine, whatever its home directory.
const MANAGED_SETTINGS: &str = "/etc/claude-code";

/// The path in `CLAUDE_WIRE_REAL_CLI`, if it is set. The CLI is never searched for on PATH.
pub fn real_cli() -> Option<PathBuf> {
    env::var_os(REAL_CLI).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// An isolated environment for a real CLI, with a fake API that answers from a script.
///
/// # Panics
/// If it is dropped without [`finish`](Self::finish) while script and requests disagree, as with
/// [`FakeApi`], or after something has tried to reach the network.
pub struct Hermetic {
    cli: PathBuf,
    api: FakeApi,
    watch: Watch,
    // The directories are dropped last.
    root: TempDir,
}

impl Hermetic {
    /// Creates an environment for `cli`, and starts the API.
    ///
    /// # Errors
    /// If the network is open or cannot be checked, if there is no file at `cli`, if settings of
    /// the machine would apply, or if the directories or the API cannot be created.
    ///
    /// # Cancel safety
    /// Dropping the future stops the API and removes the directories.
    pub async fn start(cli: impl Into<PathBuf>, script: ApiScript) -> Result<Self, HermeticError> {
        let network = Network::verify_closed()?;
        Self::make(cli.into(), script, Some(network)).await
    }

    /// The same with any network, for systems that cannot isolate it. On Linux this is
    /// [`start`](Self::start).
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    ///
    /// # Cancel safety
    /// Dropping the future stops the API and removes the directories.
    pub async fn start_with_network(
        cli: impl Into<PathBuf>,
        script: ApiScript,
    ) -> Result<Self, HermeticError> {
        if cfg!(target_os = "linux") {
            return Self::start(cli, script).await;
        }
        Self::make(cli.into(), script, None).await
    }

    async fn make(
        cli: PathBuf,
        script: ApiScript,
        before: Option<Network>,
    ) -> Result<Self, HermeticError> {
        if !cli.is_file() {
            return Err(HermeticError(Kind::NoCli(cli)));
        }
        if Path::new(MANAGED_SETTINGS).exists() {
            return Err(HermeticError(Kind::ManagedSettings(MANAGED_SETTINGS.into())));
        }
        let root = tempfile::Builder::new()
            .prefix("claude-wire-")
            .tempdir()
            .map_err(HermeticError::io("make a temporary directory"))?;
        for below in ["home", "config", "tmp", "work"] {
            fs::create_dir(root.path().join(below))
                .map_err(HermeticError::io("make a directory"))?;
        }
        let api = FakeApi::start(script)
            .await
            .map_err(HermeticError::io("serve on 127.0.0.1 (is loopback up?)"))?;
        Ok(Self { cli, api, watch: Watch::from(before), root })
    }

    /// A session builder for the CLI of this environment, with no other options set.
    pub fn session(&self) -> SessionBuilder {
        let builder = Session::builder().options(Options::without_inherited()).cli_path(&self.cli);
        let builder = builder.cwd(self.cwd());
        let others = self.env().into_iter().filter(|(name, _)| *name != MAX_RETRIES.0);
        others.fold(builder.max_retries(MAX_RETRIES.1), |builder, (name, value)| {
            builder.env(name, value)
        })
    }

    /// The CLI's environment variables: all of them.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        vec![
            ("ANTHROPIC_API_KEY", "sk-ant-api03-made-up".into()),
            ("ANTHROPIC_BASE_URL", self.api.url()),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".into()),
            (MAX_RETRIES.0, MAX_RETRIES.1.to_string()),
            ("CLAUDE_CONFIG_DIR", path(self.config_dir())),
            ("DISABLE_AUTOUPDATER", "1".into()),
            ("DISABLE_ERROR_REPORTING", "1".into()),
            ("DISABLE_TELEMETRY", "1".into()),
            ("HOME", path(self.home())),
            ("LANG", "C.UTF-8".into()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
            ("SHELL", "/bin/sh".into()),
            ("TMPDIR", path(self.tmp_dir())),
            ("TZ", "UTC".into()),
        ]
    }

    /// The model's side.
    pub fn api(&self) -> &FakeApi {
        &self.api
    }

    /// The working directory of the CLI.
    pub fn cwd(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// `HOME` of the CLI.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// `CLAUDE_CONFIG_DIR` of the CLI: conversations are below `projects`.
    pub fn config_dir(&self) -> PathBuf {
        self.root.path().join("config")
    }

    /// `TMPDIR` of the CLI.
    pub fn tmp_dir(&self) -> PathBuf {
        self.root.path().join("tmp")
    }

    /// Removes the environment, and checks that nothing tried to reach the network, no request was
    /// refused, and every reply was fetched.
    ///
    /// # Errors
    /// If something tried to reach the network, or the API has a [report](crate::lab::ApiReport).
    pub fn finish(self) -> Result<(), HermeticError> {
        let api = self.api.finish().map_err(|report| HermeticError(Kind::Api(report)));
        self.watch.end()?;
        api
    }
}

impl fmt::Debug for Hermetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hermetic")
            .field("cli", &self.cli)
            .field("api", &self.api)
            .field("root", &self.root.path())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The tests of this crate run with and without a network.
    #[tokio::test]
    async fn the_network_is_looked_at_before_anything_else() {
        let refusal = Hermetic::start("/nowhere/claude", ApiScript::new()).await.unwrap_err();
        assert_eq!(refusal.is_open_network(), !Network::look().unwrap().is_closed(), "{refusal}");
        assert!(
            refusal.is_open_network() || refusal.to_string().contains("no CLI at /nowhere/claude"),
            "{refusal}"
        );
    }
}
