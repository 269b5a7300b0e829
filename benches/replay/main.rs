//! How fast a replay answers, next to a program that writes the same lines and compares nothing, both
//! in one run and in turn. Without pauses.
//!
//! Needs `mock-claude`, which `cargo build --release -p claude-wire-cli` puts where it is found, and
//! for its last row the official Python SDK in the folder `python` of `CLAUDE_WIRE_OFFICIAL_SDKS`
//! (`.ci/run official-sdks` installs it). Without one of them, the row says that it was skipped. The
//! run fails if a figure misses its target; `--quick` allows three times as much, for a busy machine.

mod bare;
mod conversation;
mod corpus;
mod host;
mod memory;
mod python;
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use self::rows::Row;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
    if let Some(plan) = std::env::var_os(bare::PLAN) {
        bare::run(&PathBuf::from(plan))?;
        return Ok(ExitCode::SUCCESS);
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    let folder = tempfile::tempdir()?;
    let corpus = corpus::write(folder.path())?;
    println!("{:<58} {:>10} {:>10} {:>10}", "figure, in ms", "replay", "bare", "target");
    let mut rows = memory::run(&corpus)?;
    match claude_wire::testing::mock_claude() {
        Ok(mock) => {
            rows.extend(host::run(&corpus, &mock)?);
            rows.extend(python::run(folder.path(), &mock)?);
        }
        Err(why) => println!("SKIPPED: the rows of a process: {why}"),
    }
    let slack = if quick { 3.0 } else { 1.0 };
    let missed: Vec<_> = rows.iter().filter(|row| row.misses(slack)).map(Row::name).collect();
    if missed.is_empty() {
        println!("\nall targets kept");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("\ntargets missed: {}", missed.join(", "));
    Ok(ExitCode::FAILURE)
}
