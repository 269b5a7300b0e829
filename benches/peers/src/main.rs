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
//! | `--write` | writes the tables into `docs/performance.md` |
//! | `--quick` | small corpora and one run: shows that everything works, not what it costs |
//! | `--runs N` | alternating runs, whose median counts (default: 7) |
//! | `--only PART,..` | only these parts |
//!
//! A client that does not do its work fails: one that denies a permission, misses a message or a byte
//! of text, or reads a body that is not typed.
//!
//! Each Rust client is built by itself, so that no other crate's features are in it.

// The corpus has more than is used here.
#[allow(dead_code)]
#[path = "../../decode/corpus.rs"]
mod corpus;
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
    setup::build()?;
    let mut results = Results::default();
    for part in &parts {
        measure::run(part, &setup, options.runs, &mut results);
    }
    let tables = page::tables(&results, &setup, &options);
    println!("\n{tables}");
    if options.is_written {
        page::write(&tables)?;
    }
    for failure in &results.failures {
        eprintln!("failed: {failure}");
    }
    let missed =
        targets::all().iter().filter(|target| target.is_met(&results) == Some(false)).count();
    let is_bad = !results.failures.is_empty() || options.is_checked && missed > 0;
    Ok(if is_bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
