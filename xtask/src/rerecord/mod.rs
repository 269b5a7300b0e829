//! `rerecord`: the recordings of the corpus, rebuilt from nothing.

mod check;
mod index;
mod same;

use std::fs;
use std::path::{Path, PathBuf};

use claude_wire::recording::{Recording, lint};
use claude_wire_cli::lab::{self, Asked, AskedFile, Cli, Entry, Run, side_by_side};
use claude_wire_cli::{Failure, Found};
use tokio::runtime::Builder;

pub(crate) use self::index::write as write_index;

/// Rebuild the recordings of the corpus with a real CLI, and their index.
///
/// Each entry of the corpus runs with the CLI, in its own directory, without a key, in front of a
/// scripted Messages API. Only loopback can be reached: this program starts itself again in a
/// network namespace for that. The result is redacted, checked, and replayed to the same program,
/// which must get the same answers. Only then is it written, to FOLDER/VERSION/NAME.jsonl; a second
/// launch of an entry goes to NAME-2.jsonl, and the shape of what the CLI asked the API to
/// FOLDER/VERSION/requests.json. The index FOLDER/README.md is written from the recordings that
/// exist afterwards.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask rerecord
  cargo xtask rerecord --claude ./claude -o target/recordings one-shot three-turns

Exit codes: 0 all are rebuilt, 1 an entry failed or its replay differs, 2 the CLI cannot be run.")]
pub(crate) struct Arguments {
    /// The entries (default: all)
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The CLI (default: the one in CLAUDE_WIRE_REAL_CLI, else the one that `claude-wire install`
    /// installed)
    #[arg(long, value_name = "PATH")]
    claude: Option<PathBuf>,
    /// The folder in which the folder of the CLI's version is
    #[arg(short, long, value_name = "FOLDER", default_value = "recordings")]
    output: PathBuf,
    /// How many entries run at the same time
    #[arg(short, long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Write the recordings of failed entries, too
    #[arg(long)]
    failed: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Found, Failure> {
    let path = Cli::locate(arguments.claude.as_deref())?;
    let chosen = lab::choose(lab::entries().map_err(|error| error.to_string())?, &arguments.names)?;
    lab::enter_closed_network()?;
    let cli = Cli::at(path)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let found = runtime.block_on(all(chosen, &cli, arguments))?;
    index::write(&arguments.output)?;
    Ok(found)
}

async fn all(entries: Vec<Entry>, cli: &Cli, arguments: &Arguments) -> Result<Found, Failure> {
    let folder = arguments.output.join(&cli.version);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let failed = arguments.failed;
    let one = |entry: Entry| {
        let (cli, folder) = (cli.clone(), folder.clone());
        async move {
            let Rebuilt { recordings, asked, problems } = rebuild(&entry, &cli).await?;
            let went = problems.is_empty();
            if went || failed {
                save(&folder, &entry, &recordings)?;
            }
            tell(&entry, &problems);
            Ok((went, (went || failed).then_some((entry.name, asked))))
        }
    };
    let done = side_by_side(entries, usize::from(arguments.jobs), one).await?;
    // The requests of these entries are added to those of the others.
    let mut file = match arguments.names.is_empty() {
        true => AskedFile::default(),
        false => AskedFile::load(&folder)?.unwrap_or_default(),
    };
    let went = done.iter().all(|(went, _)| *went);
    done.into_iter()
        .filter_map(|(_, kept)| kept)
        .for_each(|(name, asked)| file.insert(&name, asked));
    file.save(&folder)?;
    Ok(if went { Found::Nothing } else { Found::Something })
}

fn tell(entry: &Entry, problems: &[String]) {
    println!("{}  {}", if problems.is_empty() { "ok  " } else { "FAIL" }, entry.name);
    for line in problems.iter().flat_map(|problem| problem.lines()) {
        println!("    {line}");
    }
}

struct Rebuilt {
    recordings: Vec<Recording>,
    asked: Asked,
    problems: Vec<String>,
}

/// Plays an entry to the CLI, then to its own recordings.
async fn rebuild(entry: &Entry, cli: &Cli) -> Result<Rebuilt, Failure> {
    let mut run = lab::run(entry, cli).await?;
    let mut problems = std::mem::take(&mut run.problems);
    problems.extend(run.attempts.take());
    problems.extend(dirt(&run));
    if problems.is_empty() {
        problems.extend(check::replay(entry, &run).await.err());
    }
    Ok(Rebuilt { recordings: run.recordings, asked: run.asked, problems })
}

/// What redaction has missed.
fn dirt(run: &Run) -> Vec<String> {
    let findings = (1..).zip(&run.recordings).flat_map(|(launch, recording)| {
        lint(recording).into_iter().map(move |finding| (launch, finding))
    });
    findings
        .map(|(launch, finding)| {
            format!("launch {launch}, line {}: a {} was not scrubbed", finding.line, finding.kind)
        })
        .collect()
}

fn save(folder: &Path, entry: &Entry, recordings: &[Recording]) -> Result<(), Failure> {
    for (launch, recording) in (1..).zip(recordings) {
        recording.save(folder.join(entry.file_name(launch))).map_err(|error| error.to_string())?;
    }
    // An entry that has become shorter leaves none of its former launches.
    let next = folder.join(entry.file_name(recordings.len() + 1));
    if next.exists() {
        fs::remove_file(&next).map_err(|error| format!("{}: {error}", next.display()))?;
    }
    Ok(())
}
