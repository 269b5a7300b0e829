//! The packages of the CLI, fetched by the user's own npm.

use std::fs::{self, File};
use std::io::{ErrorKind, IsTerminal};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::error::{InstallError, PACKAGE};

/// The package of this platform's native executable.
pub(super) fn platform_package() -> Option<String> {
    let os = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "win32",
        _ => return None,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        _ => return None,
    };
    Some(format!("{PACKAGE}-{os}-{arch}"))
}

/// Runs npm to install the package below `directory`, with the user's configuration of npm, and
/// reports progress on stderr.
pub(super) fn install(package: &str, version: &str, directory: &Path) -> Result<(), InstallError> {
    let log = directory.join("npm.log");
    let output = File::create(&log).map_err(|error| InstallError::io("create", &log, error))?;
    let errors = output.try_clone().map_err(|error| InstallError::io("write", &log, error))?;
    eprintln!("npm fetches {package} {version}, about 400 MB");
    let child = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
        .args([
            "install",
            "--no-save",
            "--no-package-lock",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ])
        .arg(directory)
        .arg(format!("{package}@{version}"))
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                InstallError::NoNpm
            } else {
                InstallError::io("run", Path::new("npm"), error)
            }
        })?;
    let status =
        watch(child).map_err(|error| InstallError::io("wait for", Path::new("npm"), error))?;
    if status.success() {
        return Ok(());
    }
    let said = fs::read_to_string(&log).unwrap_or_default();
    Err(diagnose(version, directory, status, said.trim()))
}

/// Waits, and prints the seconds: npm itself is silent until it is done.
fn watch(mut child: Child) -> std::io::Result<ExitStatus> {
    let start = Instant::now();
    let terminal = std::io::stderr().is_terminal();
    let mut printed = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            if terminal && printed > 0 {
                eprintln!();
            }
            return Ok(status);
        }
        let seconds = start.elapsed().as_secs();
        if terminal && seconds > printed {
            eprint!("\r{seconds} s");
            printed = seconds;
        } else if seconds >= printed + 10 {
            eprintln!("{seconds} s");
            printed = seconds;
        }
        // std cannot wait for a child with a timeout, and the seconds must be printed meanwhile.
        thread::sleep(Duration::from_millis(50));
    }
}

fn diagnose(version: &str, directory: &Path, status: ExitStatus, said: &str) -> InstallError {
    let says = |codes: &[&str]| codes.iter().any(|code| said.contains(code));
    if says(&["ENOSPC"]) {
        InstallError::NoSpace(directory.to_owned())
    } else if says(&["ETARGET", "E404"]) {
        InstallError::NoSuchVersion(version.to_owned())
    } else if says(&[
        "ENOTFOUND",
        "ECONNREFUSED",
        "ECONNRESET",
        "ETIMEDOUT",
        "EAI_AGAIN",
        "ENETUNREACH",
    ]) {
        InstallError::NoRegistry(said.to_owned())
    } else {
        InstallError::Npm { status: status.to_string(), said: said.to_owned() }
    }
}

/// A directory next to the target, so that renaming stays within one file system; removed on every
/// way out.
pub(super) struct Staging(TempDir);

impl Staging {
    pub(super) fn new(directory: &Path) -> Result<Self, InstallError> {
        // What an installation that was killed has left has another name, whatever its process id.
        let staging = tempfile::Builder::new().prefix(".installing-").tempdir_in(directory);
        staging.map(Self).map_err(|error| InstallError::io("create a folder in", directory, error))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_installation_left_is_not_in_the_way() {
        let directory = tempfile::tempdir().unwrap();
        let left = directory.path().join(format!(".installing-{}", std::process::id()));
        fs::create_dir(&left).unwrap();
        let (one, other) = (Staging::new(directory.path()), Staging::new(directory.path()));
        let (one, other) = (one.unwrap(), other.unwrap());
        let paths = [one.path().to_owned(), other.path().to_owned()];
        assert_ne!(paths[0], paths[1]);
        for path in &paths {
            assert!(path.is_dir() && path.parent() == Some(directory.path()), "{}", path.display());
            let name = path.file_name().unwrap().to_string_lossy();
            assert!(name.starts_with(".installing-"), "{name}");
        }
        drop((one, other));
        assert!(paths.iter().all(|path| !path.exists()));
    }

    #[test]
    fn the_error_names_the_folder() {
        let error = Staging::new(Path::new("/no/such/folder")).err().unwrap().to_string();
        assert!(error.contains("/no/such/folder"), "{error}");
    }
}
