//! How fast a replay answers, next to a program that writes the same lines and compares nothing, both
//! in one run and in turn. Without pauses.
//!
//! Needs `mock-claude`, which `cargo build --release -p claude-wire-cli` puts where it is found, and
//! for its last row the official Python SDK in the folder `python` of `CLAUDE_WIRE_OFFICIAL_SDKS`
//! (`.ci/run official-sdks` installs it). Without one of them, the row says that it was skipped. The
//! run fails if a figure misses its target, and ends with how many were kept and skipped; `--quick`
//! allows three times as much, for a busy machine, and runs fewer sessions.

mod bare;
mod conversation;
mod corpus;
mod host;
mod memory;
mod python;
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use self::rows::{Outcome, Row};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
    if let Some(plan) = std::env::var_os(bare::PLAN) {
        bare::run(&PathBuf::from(plan))?;
        return Ok(ExitCode::SUCCESS);
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    let folder = tempfile::tempdir()?;
    let corpus = corpus::write(folder.path())?;
    println!("{:<62} {:>10} {:>10} {:>10}", "figure, in ms", "replay", "bare", "target");
    let mut rows = memory::run(&corpus, quick)?;
    match claude_wire::testing::mock_claude() {
        Ok(mock) => {
            rows.extend(host::run(&corpus, &mock)?);
            rows.push(python::run(folder.path(), &mock)?);
        }
        Err(why) => {
            println!("{why}");
            let skipped = host::ROWS.into_iter().chain([python::ROW]);
            rows.extend(skipped.map(|(name, target)| Row::skipped(name, target)));
        }
    }
    let slack = if quick { 3.0 } else { 1.0 };
    let of = |outcome| {
        let rows = rows.iter().filter(|row| row.outcome(slack) == Some(outcome));
        rows.map(Row::name).collect::<Vec<_>>()
    };
    let (kept, missed, skipped) =
        (of(Outcome::Kept), of(Outcome::Missed), of(Outcome::Skipped).len());
    println!("\ntargets: {} kept, {} missed, {skipped} skipped", kept.len(), missed.len());
    if missed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("targets missed: {}", missed.join(", "));
    Ok(ExitCode::FAILURE)
}
