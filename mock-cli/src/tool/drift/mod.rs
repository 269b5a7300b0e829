//! `drift`: compares another CLI with the recorded one.

mod compare;
mod report;

use std::path::{Path, PathBuf};

use claude_wire::CLI_VERSION;
use tokio::runtime::Builder;

use self::compare::Baseline;
use self::report::Report;
use crate::lab::schema::{Comparison, Known, Schema};
use crate::lab::{self, Cli, Entry};
use crate::tool::terminal::{Output, progress};
use crate::{Failure, Found};

/// Run the corpus with another CLI, and report how it differs from the recordings.
///
/// Each entry runs with the CLI in its own directory, without a key, in front of a scripted
/// Messages API, and can reach loopback only. The streams are compared with the recording of the
/// entry, and what the CLI asks the API (its tools and what they take, what it adds to the
/// conversation) with `requests.json` of the same folder, without ids, times, paths and whatever
/// else no two runs share. Differences are breaking (something that could be relied on is missing
/// or different), additive (something is new) or cosmetic (other texts and numbers, another order
/// of lines that do not wait for each other). An entry that differs runs again, up to three times
/// in all: only what differs each time counts. An entry that hangs or fails each time is not
/// compared. Fields that this program has no types for are listed by their paths.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire drift --against ./claude
  claude-wire drift --against ./claude --json one-shot three-turns | jq '.differences[].severity'
  claude-wire drift --from ./claude --against ./newer-claude
  claude-wire drift --schema ./claude --against ./newer-claude

Exit codes: 0 no difference, or cosmetic ones only, 1 breaking or additive ones, 2 something could not be compared, or nothing was.")]
pub(crate) struct Arguments {
    /// The entries (default: all)
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The CLI to compare with the recordings
    #[arg(long, value_name = "CLAUDE", required_unless_present = "schema")]
    against: Option<PathBuf>,
    /// Read the schema inside this CLI instead, without running it, and list what this program has
    /// no types for. With --against: what is different in the other CLI's schema
    #[arg(long, value_name = "CLAUDE", conflicts_with = "names")]
    schema: Option<PathBuf>,
    /// The folder of the recordings (default: recordings/VERSION, of the pinned version)
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Run the corpus with this CLI too, and compare with that instead of with recordings
    #[arg(long, value_name = "CLAUDE", requires = "against", conflicts_with = "recordings")]
    from: Option<PathBuf>,
    /// How many entries run at the same time
    #[arg(short, long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    #[command(flatten)]
    printed: Output,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let Arguments { against: other, printed, .. } = arguments;
    if let Some(claude) = &arguments.schema {
        return schemas(claude, other.as_deref(), printed);
    }
    let entries = lab::entries().map_err(|error| error.to_string())?;
    let entries = lab::choose(entries, &arguments.names)?;
    let path = Cli::locate(other.as_deref())?;
    let from = arguments.from.as_deref().map(|from| Cli::locate(Some(from))).transpose()?;
    lab::enter_closed_network()?;
    let recordings = arguments.recordings.clone();
    let recordings = recordings.unwrap_or_else(|| Path::new("recordings").join(CLI_VERSION));
    let baseline = match from {
        Some(from) => Baseline::Live(Cli::at(from)?),
        None => Baseline::recorded(&recordings)?,
    };
    let cli = Cli::at(path)?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(against(cli, entries, &baseline, arguments.jobs.into(), printed))
}

/// Compares the schema inside a CLI with that of another, or with what the library declares.
fn schemas(claude: &Path, other: Option<&Path>, printed: &Output) -> Result<Found, Failure> {
    let schema = Schema::of_cli(claude)?;
    let comparison = match other {
        Some(other) => Comparison::of_two(&schema, &Schema::of_cli(other)?),
        None => Comparison::with_library(&Known::of_library(), &schema),
    };
    printed.print(&comparison, || comparison.json())?;
    comparison.verdict()
}

async fn against(
    cli: Cli,
    entries: Vec<Entry>,
    baseline: &Baseline,
    jobs: usize,
    printed: &Output,
) -> Result<Found, Failure> {
    let bar = progress(entries.len(), printed.quiet);
    let compared = compare::all(entries, &cli, baseline, jobs, &bar).await;
    bar.finish_and_clear();
    let compared = compared?;
    let report = Report::new(&cli.version, baseline, compared);
    printed.print(&report, || report.json())?;
    report.verdict()
}
