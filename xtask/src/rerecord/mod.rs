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
            Ok((went, (entry.name, (went || failed).then_some(asked))))
        }
    };
    let done = side_by_side(entries, usize::from(arguments.jobs), one).await?;
    let went = done.iter().all(|(went, _)| *went);
    let are_all = arguments.names.is_empty();
    let before = match AskedFile::load(&folder) {
        // All of it is written again.
        Err(_) if are_all => AskedFile::default(),
        read => read?.unwrap_or_default(),
    };
    let asked = done.into_iter().map(|(_, asked)| asked);
    requests(before, are_all, asked).save(&folder)?;
    Ok(if went { Found::Nothing } else { Found::Something })
}

/// What the entries asked. Of an entry that was not written its former requests stay, as its recording
/// does; of others only if not all were run.
fn requests(
    before: AskedFile,
    are_all: bool,
    done: impl Iterator<Item = (String, Option<Asked>)>,
) -> AskedFile {
    let mut file = if are_all { AskedFile::default() } else { before.clone() };
    for (name, asked) in done {
        if let Some(asked) = asked.or_else(|| before.get(&name).cloned()) {
            file.insert(&name, asked);
        }
    }
    file
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
    let later = (recordings.len() + 1..).map(|launch| folder.join(entry.file_name(launch)));
    for path in later.take_while(|path| path.exists()) {
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use claude_wire::recording::Header;

    use super::*;

    #[test]
    fn a_shorter_entry_leaves_none_of_its_former_launches() {
        let entries = lab::entries().unwrap();
        let (entry, other) = (&entries[0], &entries[1]);
        let recordings = |count| vec![Recording::new(Header::new()); count];
        for (before, after) in [(4, 1), (3, 2), (1, 1), (1, 3)] {
            let folder = tempfile::tempdir().unwrap();
            let has = |entry: &Entry, launch| folder.path().join(entry.file_name(launch)).exists();
            save(folder.path(), other, &recordings(3)).unwrap();
            save(folder.path(), entry, &recordings(before)).unwrap();
            save(folder.path(), entry, &recordings(after)).unwrap();
            for launch in 1..=5 {
                assert_eq!(has(entry, launch), launch <= after, "{before}, {after}: {launch}");
                assert_eq!(has(other, launch), launch <= 3, "{before}, {after}: {launch}");
            }
        }
    }

    #[test]
    fn the_requests_of_an_entry_that_failed_stay() {
        let asked = |text: &str| {
            let mut body = serde_json::json!({"messages": []});
            body[text] = true.into();
            Asked::of([&body])
        };
        assert_ne!(asked("before"), asked("after"));
        let mut before = AskedFile::default();
        for name in ["failed", "went", "not-run"] {
            before.insert(name, asked("before"));
        }
        for are_all in [true, false] {
            let done = [("went", Some(asked("after"))), ("failed", None), ("new", None)];
            let done = done.into_iter().map(|(name, asked)| (name.to_owned(), asked));
            let file = requests(before.clone(), are_all, done);
            assert_eq!(file.get("went"), Some(&asked("after")));
            assert_eq!(file.get("failed"), Some(&asked("before")));
            assert_eq!(file.get("not-run").is_some(), !are_all);
            assert_eq!(file.get("new"), None);
        }
    }
}
