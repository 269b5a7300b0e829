//! claude-wire next to other clients of the CLI: the same stand-in, the same lines, one run.
//!
//! ```sh
//! nice -n -19 cargo run --release --manifest-path benches/peers/Cargo.toml -- --sdks FOLDER
//! ```
//!
//! `FOLDER` has the official SDKs (`.ci/run official-sdks` installs them into
//! `target/official-sdks`): `python` is a `PYTHONPATH`, `node_modules` has the TypeScript SDK. Without
//! it, their rows say that they were skipped.
//!
//! | option | what it does |
//! |---|---|
//! | `--check` | fails if a target is missed |
//! | `--write` | writes the tables into `docs/performance.md`, unless something is missing |
//! | `--quick` | small corpora and one run: shows that everything works, not what it costs |
//! | `--runs N` | alternating runs, whose median counts (default: 7) |
//! | `--only PART,..` | only these parts |
//!
//! A client that does not do its work fails: one that denies a permission, misses a message or a
//! byte of text, or reads a body that is not typed. `--write` needs at least 7 runs of all parts and
//! clients, and no failure.
//!
//! Each Rust client is built by itself, so that no other crate's features are in it.

// The corpus has more than is used here.
#[allow(dead_code)]
#[path = "../../decode/corpus.rs"]
mod corpus;
mod machine;
mod measure;
mod options;
mod page;
mod part;
mod results;
mod row;
mod setup;
mod stand_in;
mod targets;

use std::process::ExitCode;

use meter::Failure;

use self::options::Options;
use self::results::Results;

fn main() -> Result<ExitCode, Failure> {
    if let Ok(script) = std::env::var(stand_in::SCRIPT) {
        stand_in::run(&script)?;
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::from_arguments()?;
    let setup = setup::Setup::new(&options)?;
    let parts = part::chosen(&setup, &options.only)?;
    let commit = machine::commit()?;
    setup::build()?;
    let busy = machine::busy()?;
    let mut results = Results::default();
    for part in &parts {
        measure::run(part, &setup, options.runs, &mut results);
    }
    let about = format!(
        "{}, {busy} % busy before the run and {} % after it; claude-wire at {commit}, {}. \
         Medians of {} alternating runs.",
        machine::today(),
        machine::busy()?,
        setup.versions(),
        options.runs
    );
    let tables = page::tables(&results, &about);
    println!("\n{tables}");
    for failure in &results.failures {
        eprintln!("failed: {failure}");
    }
    if !results.failures.is_empty() {
        if options.is_written {
            eprintln!("docs/performance.md is unchanged");
        }
        return Ok(ExitCode::FAILURE);
    }
    if options.is_written {
        page::write(&tables)?;
    }
    let missed =
        targets::all().iter().filter(|target| target.is_met(&results) == Some(false)).count();
    Ok(if options.is_checked && missed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
