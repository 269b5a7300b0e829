//! `--matrix`: the corpus on many versions, and one page of what came and went.

mod column;
mod flags;
mod page;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::column::Column;
use crate::corpus::{Cli, Entry};
use crate::install::Install;
use crate::{Failure, Found};

/// Fetches the versions that are not there yet. Needs the network, which nothing after it may have.
pub(super) fn install(versions: &[String], dir: Option<&Path>) -> Result<Vec<PathBuf>, Failure> {
    let install = |version: &String| Install::new(version, dir.map(|dir| dir.join(version))).run();
    versions
        .iter()
        .map(|version| install(version).map_err(|error| format!("version {version}: {error}")))
        .collect()
}

/// Prints the page. What a version cannot do is part of it, and no failure.
pub(super) async fn run(
    entries: Vec<Entry>,
    paths: Vec<PathBuf>,
    jobs: usize,
) -> Result<Found, Failure> {
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
