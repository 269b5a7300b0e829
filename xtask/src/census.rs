//! `census`: what recordings contain, and what of it the typed layer does not know.

use std::collections::BTreeSet;
use std::path::PathBuf;

use claude_wire::recording::{Census, Recording, audit};

use claude_wire_cli::{Failure, Found};

/// Print the kinds of lines in recordings, with their fields, types and values, as JSON, one field
/// per line.
///
/// A kind is a direction and the type of a line (out system/init). A field is a path in it, with []
/// for the items of an array and * for keys that are data. Fields of messages that this program has
/// no types for are reported on stderr, by kind and path.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask census recordings/2.1.332/*.jsonl
  cargo xtask census mine.jsonl | jq '.kinds[\"out result/success\"].fields'

Exit codes: 0 all messages are known in full, 1 some are not, 2 a recording cannot be read.")]
pub(crate) struct Arguments {
    /// The recordings
    #[arg(required = true, value_name = "RECORDING")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let mut census = Census::default();
    let mut gaps = BTreeSet::new();
    for path in &arguments.files {
        let recording = Recording::open(path).map_err(|error| error.to_string())?;
        census.add(&recording);
        gaps.extend(audit(&recording));
    }
    print!("{census}");
    for gap in &gaps {
        eprintln!("{gap}");
    }
    Ok(if gaps.is_empty() { Found::Nothing } else { Found::Something })
}
