//! `drift`: does another CLI still speak as the recorded one did?

mod compare;
mod matrix;
mod report;

use std::path::{Path, PathBuf};

use claude_wire::CLI_VERSION;
use tokio::runtime::Builder;

use self::compare::Baseline;
use self::report::Report;
use super::corpus::{self, Cli, Entry};
use super::schema::{Comparison, Known, Schema};
use super::{Failure, Found, namespace};

/// Run the corpus with another CLI, and report how it differs from the recordings.
///
/// Each entry runs as `rerecord` runs it. The streams are compared with the recording of the entry, and what the CLI
/// asks the API (its tools and what they take, what it adds to the conversation) with `requests.json` of the same
/// folder, without ids, times, paths and whatever else no two runs share. Differences are breaking (something that
/// could be relied on is missing or different), additive (something is new) or cosmetic (other texts and numbers,
/// another order of lines that do not wait for each other). An entry that differs runs again, up to three times in
/// all: only what differs each time counts. An entry that hangs or fails each time is not compared. Fields that this
/// program has no types for are listed by their paths.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  claude-wire drift --against ./claude
  claude-wire drift --against ./claude --json one-shot three-turns | jq '.differences[].severity'
  claude-wire drift --from ./claude --against ./newer-claude
  claude-wire drift --schema ./claude --against ./newer-claude
  claude-wire drift --matrix 2.1.200,2.1.300 > versions.md

Exit codes: 0 no difference, or cosmetic ones only, 1 breaking or additive ones, 2 something could not be compared, or nothing was.")]
pub(crate) struct Arguments {
    /// The entries (default: all)
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The CLI to compare with the recordings
    #[arg(long, value_name = "CLAUDE", required_unless_present_any = ["matrix", "schema"])]
    against: Option<PathBuf>,
    /// Read the schema inside this CLI instead, without running it, and list what this program has no types for. With
    /// --against: what is different in the other CLI's schema
    #[arg(long, value_name = "CLAUDE", conflicts_with_all = ["names", "matrix"])]
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
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Run the corpus with these versions instead, and print one page of what appeared and disappeared. Missing versions are fetched
    /// from npm, about 200 MB each
    #[arg(long, value_name = "V1,V2,...", value_delimiter = ',', conflicts_with_all = ["against", "recordings", "json"])]
    matrix: Vec<String>,
    /// With --matrix: the folder that has a folder for each version (default: where `claude-wire install` puts them)
    #[arg(long, value_name = "DIR", requires = "matrix")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    if let Some(claude) = &arguments.schema {
        return schemas(claude, arguments.against.as_deref(), arguments.json);
    }
    let entries = corpus::entries().map_err(|error| error.to_string())?;
    let entries = corpus::choose(entries, &arguments.names)?;
    let runtime = || {
        Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("no runtime: {error}"))
    };
    let jobs = usize::from(arguments.jobs);
    if let Some(claude) = &arguments.against {
        let path = Cli::locate(Some(claude))?;
        let from = arguments.from.as_deref().map(|from| Cli::locate(Some(from))).transpose()?;
        namespace::enter()?;
        let recordings = arguments.recordings.clone();
        let recordings = recordings.unwrap_or_else(|| Path::new("recordings").join(CLI_VERSION));
        let baseline = match from {
            Some(from) => Baseline::Live(Cli::at(from)?),
            None => Baseline::recorded(&recordings)?,
        };
        let cli = Cli::at(path)?;
        return runtime()?.block_on(against(cli, entries, &baseline, jobs, arguments.json));
    }
    // Behind this point there is no network to fetch them by.
    let paths = matrix::install(&arguments.matrix, arguments.dir.as_deref())?;
    namespace::enter()?;
    runtime()?.block_on(matrix::run(entries, paths, jobs))
}

/// Compares the schema inside a CLI with that of another, or with what the library declares.
fn schemas(claude: &Path, other: Option<&Path>, json: bool) -> Result<Found, Failure> {
    let schema = Schema::of_cli(claude)?;
    let comparison = match other {
        Some(other) => Comparison::of_two(&schema, &Schema::of_cli(other)?),
        None => Comparison::with_library(&Known::of_library(), &schema),
    };
    if json {
        println!("{}", comparison.json());
    } else {
        print!("{comparison}");
    }
    comparison.verdict()
}

async fn against(
    cli: Cli,
    entries: Vec<Entry>,
    baseline: &Baseline,
    jobs: usize,
    json: bool,
) -> Result<Found, Failure> {
    let compared = compare::all(entries, &cli, baseline, jobs).await?;
    let report = Report::new(&cli.version, baseline, compared);
    if json {
        println!("{}", report.json());
    } else {
        print!("{report}");
    }
    report.verdict()
}
