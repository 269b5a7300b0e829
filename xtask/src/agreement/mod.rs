//! `agreement`: how far the simulated CLI agrees with the recorded one.

mod diff;
mod page;
mod reasons;

use std::fs;
use std::path::PathBuf;

use claude_wire::CLI_VERSION;
use claude_wire_cli::lab::{self, Entry, Judged};
use claude_wire_cli::{Failure, Found};
use tokio::runtime::Builder;

use self::page::Row;
use self::reasons::Reasons;
use super::root;

/// Simulate the entries of the corpus, and compare them with their recordings line by line.
///
/// Writes the table of agreement into docs/stand-in.md, with the reasons of xtask/agreement.tsv. A
/// difference without a reason is reported, and so is a reason without a difference.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask agreement
  cargo xtask agreement --diff one-shot three-turns

Exit codes: 0 every difference has a reason, 1 one has none, or a reason is out of date, 2 the command could not do its work.")]
pub(crate) struct Arguments {
    /// With --diff: the entries (default: all)
    #[arg(value_name = "NAME", requires = "diff")]
    names: Vec<String>,
    /// Print the lines that differ, and write nothing
    #[arg(long)]
    diff: bool,
    /// With --diff: save the scenarios and the simulated recordings here
    #[arg(long, value_name = "FOLDER", requires = "diff")]
    keep: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let Arguments { names, diff, keep } = arguments;
    if *diff {
        return diff::print(names, keep.as_deref());
    }
    let reasons = Reasons::load()?;
    let (rows, mut complaints, unexplained) = rows(&reasons)?;
    complaints.extend(page::missed(&rows));
    let path = page_path();
    let before =
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    fs::write(&path, page::page(&rows, &before)?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    unexplained.iter().chain(&complaints).for_each(|complaint| println!("{complaint}"));
    print!("{}", page::totals(&rows));
    let is_explained = unexplained.is_empty() && complaints.is_empty();
    Ok(if is_explained { Found::Nothing } else { Found::Something })
}

fn page_path() -> PathBuf {
    root().join("docs/stand-in.md")
}

/// The row of each entry, what is wrong with the reasons, and the differences without one.
type Table = (Vec<Row>, Vec<String>, Vec<String>);

fn rows(reasons: &Reasons) -> Result<Table, Failure> {
    let mut rows = Vec::new();
    let (mut complaints, mut unexplained) = (Vec::new(), Vec::new());
    let mut used = reasons::Used::default();
    for entry in lab::entries().map_err(|error| error.to_string())? {
        let judged = judge(&entry)?;
        let explained = reasons.explain(&entry.name, &judged, &mut used);
        unexplained.extend(explained.unexplained);
        rows.push(Row {
            entry: entry.name,
            lines: judged.lines(),
            equal: judged.equal(),
            reasons: explained.reasons,
        });
    }
    complaints.extend(reasons.unused(&used));
    Ok((rows, complaints, unexplained))
}

fn judge(entry: &Entry) -> Result<Judged, Failure> {
    on_paused_clock(lab::judge(entry, &recordings()))?
}

fn recordings() -> PathBuf {
    root().join("recordings").join(CLI_VERSION)
}

fn on_paused_clock<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    Ok(runtime.map_err(|error| format!("no runtime: {error}"))?.block_on(work))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "helpers of tests")]

    use super::*;

    /// The judge: every entry of the corpus, simulated, is compared with what the real CLI wrote.
    #[test]
    fn the_table_in_docs_is_what_the_simulator_does() {
        let reasons = Reasons::load().unwrap();
        let (rows, mut complaints, unexplained) = rows(&reasons).unwrap();
        complaints.extend(unexplained);
        complaints.extend(page::missed(&rows));
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
        let kept = fs::read_to_string(page_path()).unwrap();
        assert!(
            kept == page::page(&rows, &kept).unwrap(),
            "docs/stand-in.md is out of date: run `cargo xtask agreement`"
        );
    }
}
