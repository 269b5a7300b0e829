//! `docs`: the pages that are generated.

use std::fs;
use std::process::Command;

use claude_wire_cli::{Failure, Found};

use super::{names, options, rerecord, root};

/// Write the generated pages: options, control requests, names of the official SDKs, the census, the
/// index of the recordings.
///
/// docs/cli-versions.md is not among them: `matrix` writes it, and fetches many versions of the CLI
/// for it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask docs

Exit codes: 0 they are written, 2 one is not.")]
pub(crate) struct Arguments {}

/// The tests of the library that write a page where `CLAUDE_WIRE_WRITE_DOCS` is set: what they
/// print is not public.
const WRITERS: [(&str, &str); 3] = [
    ("--lib", "the_table_in_docs_is_up_to_date"),
    ("--test=it", "faults_page::the_page_shows_what_each_sdk_does"),
    ("--test=it", "recording_census::the_census_in_docs_matches_the_recordings"),
];

pub(crate) fn run(_: &Arguments) -> Result<Found, Failure> {
    let path = root().join("docs/options.md");
    fs::write(&path, options::page()).map_err(|error| format!("{}: {error}", path.display()))?;
    names::write_pages()?;
    rerecord::write_index(&root().join("recordings"))?;
    WRITERS.iter().try_for_each(|(target, test)| write_by_test(target, test))?;
    Ok(Found::Nothing)
}

/// Lets a test write its page.
pub(crate) fn write_by_test(target: &str, test: &str) -> Result<(), Failure> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).env("CLAUDE_WIRE_WRITE_DOCS", "1");
    cargo.args(["test", "--quiet", "--package=claude-wire", "--all-features", target, test]);
    let output = cargo.output().map_err(|error| format!("cargo: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    // A test that has another name now would write nothing.
    if !output.status.success() || !printed.contains("1 passed") {
        return Err(format!("{test}: {printed}{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(())
}
