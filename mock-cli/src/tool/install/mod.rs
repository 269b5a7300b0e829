//! `claude-wire install`: the CLI from npm, by name and version, into a directory that
//! `CliPath::Auto` looks in.
//!
//! npm downloads into a staging directory inside the target directory, without running any script
//! of a package. What it brings is asked for its version and only then renamed to `claude`, so that
//! the directory never holds half an executable or another version.

mod error;
mod limited;
mod npm;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use claude_wire::CLI_VERSION;
use claude_wire::transport::install_dir;

pub(crate) use self::error::InstallError;
use self::error::PACKAGE;
#[cfg(all(feature = "lab", target_os = "linux"))]
pub(crate) use self::limited::unshare;
use self::npm::Staging;
use crate::tool::terminal::say;
use crate::{Failure, Found};

/// How long an executable may take to report its version.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// Install the Claude Code CLI from npm and print the path of its executable.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire install
  claude-wire install --version 2.1.300 --dir target/claude-cli

Exit codes: 0 the executable is there, fetched now or before, 2 it could not be fetched or is not that version.")]
pub(crate) struct Install {
    /// The version, in full.
    #[arg(long, default_value = CLI_VERSION)]
    version: String,
    /// The directory for the executable (default: claude-wire/cli/VERSION in the user's data
    /// directory).
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Installs, and prints the path.
pub(crate) fn run(install: &Install) -> Result<Found, Failure> {
    let path = install.run().map_err(|error| error.to_string())?;
    say(path.display());
    Ok(Found::Nothing)
}

impl Install {
    #[cfg(feature = "lab")]
    /// Where the pinned version is installed by default, whether it exists or not.
    pub(crate) fn pinned() -> Result<PathBuf, InstallError> {
        let install = Self { version: CLI_VERSION.to_owned(), dir: None };
        Ok(install.directory()?.join(executable()))
    }

    #[cfg(feature = "lab")]
    /// This version, into this directory, or where it goes by default.
    pub(crate) fn new(version: &str, dir: Option<PathBuf>) -> Self {
        Self { version: version.to_owned(), dir }
    }

    /// Installs, unless the directory holds that version already. The path of the executable.
    pub(crate) fn run(&self) -> Result<PathBuf, InstallError> {
        check_form(&self.version)?;
        let directory = std::path::absolute(self.directory()?)
            .map_err(|error| InstallError::io("use", Path::new("."), error))?;
        let target = directory.join(executable());
        // An executable that does not report its version is not a CLI, and is replaced.
        if target.exists() && reported_version(&target).is_ok_and(|found| found == self.version) {
            eprintln!("{} is version {} already", target.display(), self.version);
            return Ok(target);
        }
        fs::create_dir_all(&directory)
            .map_err(|error| InstallError::io("create", &directory, error))?;
        let staging = Staging::new(&directory)?;
        let native = self.fetch(staging.path())?;
        let found = reported_version(&native)?;
        if found != self.version {
            return Err(InstallError::WrongVersion { wanted: self.version.clone(), found });
        }
        fs::rename(&native, &target).map_err(|error| InstallError::io("write", &target, error))?;
        Ok(target)
    }

    /// The native executable, in the staging directory. The first versions of the package did not
    /// depend on the native packages, which exist all the same.
    fn fetch(&self, staging: &Path) -> Result<PathBuf, InstallError> {
        npm::install(PACKAGE, &self.version, staging)?;
        if let Some(native) = native_executable(staging) {
            return Ok(native);
        }
        let none = || InstallError::NoNative(self.version.clone());
        let package = npm::platform_package().ok_or_else(none)?;
        match npm::install(&package, &self.version, staging) {
            Err(InstallError::NoSuchVersion(_)) => Err(none()),
            done => done.and_then(|()| native_executable(staging).ok_or_else(none)),
        }
    }

    fn directory(&self) -> Result<PathBuf, InstallError> {
        if let Some(directory) = &self.dir {
            return Ok(directory.clone());
        }
        Ok(install_dir().ok_or(InstallError::NoHome)?.join(&self.version))
    }
}

fn executable() -> &'static str {
    if cfg!(windows) { "claude.exe" } else { "claude" }
}

/// Refuses whatever npm would not read as a version: a tag, a range, a path, an address.
fn check_form(version: &str) -> Result<(), InstallError> {
    let (numbers, suffix) = version.split_once('-').unwrap_or((version, "0"));
    let three = numbers
        .split('.')
        .filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        .count()
        == 3;
    let plain =
        suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    if three && numbers.split('.').count() == 3 && plain && !suffix.is_empty() {
        Ok(())
    } else {
        Err(InstallError::Form(version.to_owned()))
    }
}

/// The executable of the platform's package; the package `claude-code` itself only has scripts.
fn native_executable(staging: &Path) -> Option<PathBuf> {
    let packages = fs::read_dir(staging.join("node_modules/@anthropic-ai")).ok()?;
    let native = packages
        .flatten()
        .filter(|package| package.file_name().to_string_lossy().starts_with("claude-code-"));
    native.map(|package| package.path().join(executable())).find(|path| path.is_file())
}

/// The first word of `--version`, asked in an empty environment, with an empty home, and without a
/// network where the system can do that.
pub(crate) fn reported_version(cli: &Path) -> Result<String, InstallError> {
    let home =
        tempfile::tempdir().map_err(|error| InstallError::io("create", &env::temp_dir(), error))?;
    let mut command = limited::shut_off(cli);
    command
        .arg("--version")
        .env_clear()
        .envs(["PATH", "SYSTEMROOT"].iter().filter_map(|name| Some((name, env::var_os(name)?))))
        .env("HOME", home.path())
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .current_dir(home.path());
    let output = limited::output(command, ANSWERS_WITHIN)
        .map_err(|error| InstallError::io("run", cli, error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.split_whitespace().next() {
        Some(version) if output.status.success() => Ok(version.to_owned()),
        _ => Err(InstallError::Mute {
            path: cli.to_owned(),
            status: output.status.to_string(),
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_version_is_one() {
        for version in ["2.1.329", "0.0.1", "2.1.329-rc.1"] {
            assert!(check_form(version).is_ok(), "{version}");
        }
        for version in [
            "",
            "latest",
            "2.1",
            "^2.1.329",
            "2.1.x",
            "2.1.329.",
            "2..329",
            "file:../x",
            "2.1.329 -g",
            "2.1.329-",
            "2.1.329-a/b",
        ] {
            assert!(check_form(version).is_err(), "{version}");
        }
    }
}
