//! `cargo xtask`: what only the maintainers of this repository run.

#![warn(clippy::unwrap_used)]

mod agreement;
mod census;
mod check;
mod compatibility;
mod conformance;
mod docs;
mod english;
mod facts;
mod faults;
mod generated;
mod limited;
mod matrix;
mod names;
mod options;
mod rerecord;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use claude_wire_cli::{Failure, end};

/// What the maintainers of claude-wire run; CONTRIBUTING says when
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
    Docs(docs::Arguments),
    Rerecord(rerecord::Arguments),
    Matrix(matrix::Arguments),
    Census(census::Arguments),
    Compatibility(compatibility::Arguments),
    Names(names::Arguments),
    Agreement(agreement::Arguments),
    Facts(facts::Arguments),
    Faults(faults::Arguments),
    Conformance(conformance::Arguments),
    #[command(hide = true)]
    ConformanceHost(conformance::host::Arguments),
}

const AFTER_HELP: &str = "\
Exit codes:
  0  all is well
  1  something was found: a check that fails, an entry that differs
  2  the command could not do its work";

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Rerecord(arguments) => rerecord::run(&arguments),
        Command::Matrix(arguments) => matrix::run(&arguments),
        Command::Census(arguments) => census::run(&arguments),
        Command::Compatibility(arguments) => compatibility::run(&arguments),
        Command::Names(arguments) => names::run(&arguments),
        Command::Agreement(arguments) => agreement::run(&arguments),
        Command::Facts(arguments) => facts::run(&arguments),
        Command::Faults(arguments) => faults::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::ConformanceHost(arguments) => conformance::host::run(&arguments),
    };
    end("xtask", done)
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A path from the root of the repository, as `cargo xtask` is called there. What it names exists.
fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    let path = root().join(path);
    path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_from_the_root_and_exists() {
        let root = root().canonicalize().unwrap();
        assert_eq!(absolute(Path::new("xtask/src")), Ok(root.join("xtask/src")));
        assert_eq!(absolute(Path::new("docs/../xtask")), Ok(root.join("xtask")));
        assert_eq!(absolute(&root), Ok(root.clone()));
        for missing in ["no/such/file", "/no/such/file"] {
            let why = absolute(Path::new(missing)).unwrap_err();
            assert!(why.contains("no/such/file: "), "{why}");
        }
    }
}
