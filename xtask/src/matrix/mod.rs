//! `matrix`: the corpus on many versions, and one page of what came and went.

mod column;
mod flags;
mod page;

use std::path::PathBuf;
use std::sync::Arc;

use claude_wire_cli::lab::{self, Cli, Entry};
use claude_wire_cli::{Failure, Found};
use tokio::runtime::Builder;

use self::column::Column;

/// Run the corpus with many versions of the CLI, and print one page of what appeared and
/// disappeared.
///
/// Missing versions are fetched from npm, about 200 MB each.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask matrix 2.1.200,2.1.300 > docs/cli-versions.md

Exit codes: 0 the page is printed, 2 a version cannot be fetched or run.")]
pub(crate) struct Arguments {
    /// The versions, in full
    #[arg(value_name = "V1,V2,...", value_delimiter = ',', required = true)]
    versions: Vec<String>,
    /// The entries (default: all)
    #[arg(long, value_name = "NAME")]
    entry: Vec<String>,
    /// The folder that has a folder for each version (default: where `claude-wire install` puts
    /// them)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How many entries run at the same time
    #[arg(short, long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let entries = lab::entries().map_err(|error| error.to_string())?;
    let entries = lab::choose(entries, &arguments.entry)?;
    let mut paths = Vec::new();
    for version in &arguments.versions {
        let dir = arguments.dir.as_ref().map(|dir| dir.join(version));
        paths.push(Cli::fetch(version, dir).map_err(|why| format!("version {version}: {why}"))?);
    }
    // From here on there is no network to fetch them with.
    lab::enter_closed_network()?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(compare(entries, paths, arguments.jobs.into()))
}

/// Prints the page. What a version cannot do is part of it, and not a failure.
async fn compare(entries: Vec<Entry>, paths: Vec<PathBuf>, jobs: usize) -> Result<Found, Failure> {
    let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
    let mut columns = Vec::new();
    for path in paths {
        let cli = Cli::at(path)?;
        eprintln!("{}: {} entries", cli.version, entries.len());
        columns.push(Column::of(&entries, &cli, jobs).await?);
    }
    columns.sort_by_key(|column| numbers(&column.version));
    flags::probe(&mut columns, jobs).await?;
    print!("{}", page::Page(&columns));
    Ok(Found::Nothing)
}

/// `2.1.99` comes before `2.1.110`.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}
