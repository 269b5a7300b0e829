//! The packages, fetched by the user's own npm and pip.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use claude_wire_cli::Failure;

use super::list::Package;

/// Installs a package without what it depends on and without running a script of it. The folder
/// that its `package.json` is in.
pub(super) fn npm(package: &Package, folder: &Path) -> Result<PathBuf, Failure> {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(["install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit"]);
    npm.args(["--no-fund", "--omit=optional", "--legacy-peer-deps", "--prefix"]).arg(folder);
    npm.arg(format!("{}@{}", package.name, package.version));
    run(npm, package, "npm", "Node.js", "--typescript")?;
    Ok(folder.join("node_modules").join(&package.name))
}

/// Installs a package without what it depends on. The folder that it is in.
pub(super) fn pip(package: &Package, folder: &Path) -> Result<PathBuf, Failure> {
    let target = folder.join("python");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]);
    pip.args(["--no-cache-dir", "--disable-pip-version-check", "--root-user-action=ignore"]);
    pip.arg("--target").arg(&target).arg(format!("{}=={}", package.name, package.version));
    run(pip, package, "python3", "Python", "--python")?;
    Ok(target)
}

fn run(
    mut command: Command,
    package: &Package,
    program: &str,
    needs: &str,
    option: &str,
) -> Result<(), Failure> {
    eprintln!("{program} fetches {} {}", package.name, package.version);
    let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!(
            "{program} was not found on PATH: install {needs}, or name the folder of the package with {option}"
        ),
        _ => format!("{program}: {error}"),
    })?;
    if !output.status.success() {
        return Err(format!(
            "{program} did not fetch {} {} ({}); it said:\n{}{}",
            package.name,
            package.version,
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    Ok(())
}
