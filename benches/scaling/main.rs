//! How cost grows: twice as much of something must take at most 2.2 times the instructions.
//!
//! ```sh
//! cargo bench --bench scaling
//! cargo bench --bench scaling -- deltas "history search"
//! cargo bench --bench scaling -- --profile
//! ```
//!
//! Runs itself under `valgrind --tool=callgrind` for each row and each size, and reads the number of
//! instructions that the whole program took, on all its threads. Everything is in memory or in a
//! temporary folder: no process, no network. The counts are nearly the same in each run, also on a
//! busy machine. The first doubling does not count, because it includes one-time costs. Fails if a row
//! is over the limit. `--profile` shows where the instructions of a message go instead.

#[path = "../replay/conversation.rs"]
mod conversation;
// The corpus has more than is used here.
#[allow(dead_code)]
#[path = "../decode/corpus.rs"]
mod corpus;
mod profile;
mod rows;

use std::path::Path;
use std::process::{Command, ExitCode};

use self::rows::{ROWS, Row};

type Failure = Box<dyn std::error::Error>;

/// How many times the instructions that twice the size may take.
const LIMIT: f64 = 2.2;
/// How often a size is doubled.
const DOUBLINGS: u32 = 3;
/// With this argument, a name and a size, this program is what is measured.
const RUN: &str = "--run";

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [run, name, size] = arguments.as_slice()
        && run == RUN
    {
        let row = ROWS.iter().find(|row| row.name == name).ok_or("there is no such row")?;
        (row.run)(size.parse()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.iter().any(|argument| argument == "--profile") {
        profile::run()?;
        return Ok(ExitCode::SUCCESS);
    }
    let names: Vec<_> = arguments.iter().filter(|name| !name.starts_with("--")).collect();
    let known: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("no row is called {unknown:?}: {}", known.join(", ")).into());
    }
    let wanted = |row: &&Row| names.is_empty() || names.iter().any(|name| *name == row.name);
    println!("{:<16} {:<36} {:>28}   ratios (limit: {LIMIT})", "row", "sizes", "instructions");
    let mut over = Vec::new();
    for row in ROWS.iter().filter(wanted) {
        let sizes: Vec<_> = (0..=DOUBLINGS).map(|doubling| row.first << doubling).collect();
        let counts = sizes
            .iter()
            .map(|size| callgrind(Path::new("/dev/null"), row.name, *size))
            .collect::<Result<Vec<_>, _>>()?;
        let ratios: Vec<_> =
            counts.windows(2).map(|pair| pair[1] as f64 / pair[0] as f64).collect();
        println!(
            "{:<16} {:<36} {:>28}   {}",
            row.name,
            format!("{} {}", joined(&sizes, |size| size.to_string()), row.unit),
            joined(&counts, |count| format!("{}M", count / 1_000_000)),
            joined(&ratios, |ratio| format!("{ratio:.2}")),
        );
        if ratios[1..].iter().any(|ratio| *ratio > LIMIT) {
            over.push(row.name);
        }
    }
    if over.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("over the limit: {}", over.join(", "));
    Ok(ExitCode::FAILURE)
}

/// How many instructions a row takes with this size. `profile` is where callgrind writes which.
fn callgrind(profile: &Path, name: &str, size: usize) -> Result<u64, Failure> {
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind");
    valgrind.arg(format!("--callgrind-out-file={}", profile.display()));
    valgrind.arg(std::env::current_exe()?).args([RUN, name, &size.to_string()]);
    let output =
        valgrind.output().map_err(|error| format!("valgrind: {error}; is it installed?"))?;
    let written = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{name} {size}: {}\n{written}", output.status).into());
    }
    let count = written.lines().find_map(|line| line.split_once("Collected :"));
    let (_, count) = count.ok_or_else(|| format!("valgrind reported no count:\n{written}"))?;
    Ok(count.trim().parse()?)
}

fn joined<T>(of: &[T], shown: impl Fn(&T) -> String) -> String {
    of.iter().map(shown).collect::<Vec<_>>().join(" ")
}
