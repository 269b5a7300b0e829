//! Playing the entries, and comparing the output with the earlier one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use claude_wire::recording::{Difference, Gap, Recording, audit, compare};
use indicatif::ProgressBar;

use crate::Failure;
use crate::lab::{self, Asked, AskedFile, Cli, Entry, Run, side_by_side};

/// How often an entry is played before a difference counts. Some lines of the CLI race with what
/// the host does, and may be missing by chance; rarely three times in a row.
const TRIES: usize = 3;

/// What the CLI is compared with.
#[derive(Clone)]
pub(super) enum Baseline {
    /// A folder of recordings, with what was asked, where that is known.
    Recorded(PathBuf, Option<Arc<AskedFile>>),
    /// Another CLI, which plays each entry too.
    Live(Cli),
}

/// The outcome of one entry.
pub(super) struct Compared {
    pub(super) entry: String,
    /// What differs in every run that went as the entry says.
    pub(super) differences: BTreeSet<Difference>,
    /// Why nothing was compared: no run went as the entry says.
    pub(super) problem: Option<String>,
    /// Why single runs failed, if another one succeeded.
    pub(super) earlier: BTreeSet<String>,
    /// What the CLI wrote, in any run, that this library does not model.
    pub(super) gaps: BTreeSet<Gap>,
}

/// One side of a comparison.
struct Side {
    recordings: Vec<Recording>,
    asked: Option<Asked>,
}

impl Baseline {
    /// The side of a folder of recordings.
    ///
    /// # Errors
    /// If the file of what was asked cannot be read.
    pub(super) fn recorded(folder: &Path) -> Result<Self, Failure> {
        let asked = AskedFile::load(folder)?.map(Arc::new);
        Ok(Self::Recorded(folder.to_owned(), asked))
    }

    /// The version of the CLI to compare with, if it plays the entries.
    pub(super) fn version(&self) -> Option<&str> {
        match self {
            Self::Recorded(..) => None,
            Self::Live(cli) => Some(&cli.version),
        }
    }

    /// What cannot be compared in any entry.
    pub(super) fn missing(&self) -> Option<String> {
        match self {
            Self::Recorded(folder, None) => {
                let folder = folder.display();
                Some(format!("what it asks the API: {folder} has no {}", AskedFile::NAME))
            }
            Self::Recorded(_, Some(_)) | Self::Live(_) => None,
        }
    }

    async fn side(&self, entry: &Entry) -> Result<Side, String> {
        match self {
            Self::Recorded(folder, asked) => {
                let recordings = recordings(entry, folder)?;
                let asked = match asked {
                    None => None,
                    Some(asked) => Some(asked.get(&entry.name).cloned().ok_or_else(|| {
                        let file = folder.join(AskedFile::NAME);
                        format!("what it asks the API is not in {}", file.display())
                    })?),
                };
                Ok(Side { recordings, asked })
            }
            Self::Live(cli) => {
                let run = went_well(lab::run(entry, cli).await?);
                run.map_err(|problem| format!("{}: {problem}", cli.version))
            }
        }
    }
}

/// Plays several entries at a time. The results are in their order.
pub(super) async fn all(
    entries: Vec<Entry>,
    cli: &Cli,
    baseline: &Baseline,
    jobs: usize,
    bar: &ProgressBar,
) -> Result<Vec<Compared>, Failure> {
    let compare = |entry: Entry| {
        let (cli, baseline, bar) = (cli.clone(), baseline.clone(), bar.clone());
        async move {
            bar.set_message(entry.name.clone());
            let compared = one(&entry, &cli, &baseline).await;
            bar.inc(1);
            Ok(compared)
        }
    };
    side_by_side(entries, jobs, compare).await
}

async fn one(entry: &Entry, cli: &Cli, baseline: &Baseline) -> Compared {
    let mut tries = Tries::default();
    for _ in 0..TRIES {
        let before = match baseline.side(entry).await {
            Ok(before) => before,
            Err(problem) => {
                tries.fail(problem);
                continue;
            }
        };
        let run = match lab::run(entry, cli).await {
            Ok(run) => run,
            Err(problem) => {
                tries.fail(problem);
                continue;
            }
        };
        tries.gaps.extend(run.recordings.iter().flat_map(audit));
        match went_well(run).and_then(|after| before.differences(&after)) {
            Ok(differences) => tries.take(differences),
            Err(problem) => tries.fail(problem),
        }
        if tries.is_quiet() {
            break;
        }
    }
    tries.end(entry)
}

/// What several runs of one entry have in common.
#[derive(Default)]
struct Tries {
    /// From the runs that succeeded; `None` before the first.
    differences: Option<BTreeSet<Difference>>,
    problems: Vec<String>,
    gaps: BTreeSet<Gap>,
}

impl Tries {
    fn take(&mut self, found: BTreeSet<Difference>) {
        self.differences = Some(match self.differences.take() {
            Some(differences) => &differences & &found,
            None => found,
        });
    }

    fn fail(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// True if no further run could remove a difference.
    fn is_quiet(&self) -> bool {
        self.differences.as_ref().is_some_and(BTreeSet::is_empty)
    }

    fn end(self, entry: &Entry) -> Compared {
        let Self { differences, mut problems, gaps } = self;
        let problem = if differences.is_none() { problems.pop() } else { None };
        let earlier = problems.into_iter().filter(|earlier| Some(earlier) != problem.as_ref());
        Compared {
            entry: entry.name.clone(),
            differences: differences.unwrap_or_default(),
            earlier: earlier.collect(),
            problem,
            gaps,
        }
    }
}

/// Returns a run that can be compared; an error if it hung or failed otherwise.
fn went_well(run: Run) -> Result<Side, String> {
    match run.problems.into_iter().next().or(run.attempts) {
        Some(problem) => Err(problem),
        None => Ok(Side { recordings: run.recordings, asked: Some(run.asked) }),
    }
}

impl Side {
    fn differences(&self, after: &Self) -> Result<BTreeSet<Difference>, String> {
        let (before, now) = (self.recordings.len(), after.recordings.len());
        if before != now {
            return Err(format!("the CLI was launched {now} times; recorded are {before}"));
        }
        let launches = self.recordings.iter().zip(&after.recordings);
        let mut differences: BTreeSet<Difference> =
            launches.flat_map(|(before, after)| compare(before, after)).collect();
        if let (Some(before), Some(after)) = (&self.asked, &after.asked) {
            differences.extend(before.differences(after));
        }
        Ok(differences)
    }
}

/// The recordings of an entry's launches.
fn recordings(entry: &Entry, folder: &Path) -> Result<Vec<Recording>, String> {
    let paths = (1..).map(|launch| folder.join(entry.file_name(launch)));
    let paths: Vec<PathBuf> = paths.take_while(|path| path.is_file()).collect();
    if paths.is_empty() {
        return Err(format!("there is no recording of it in {}", folder.display()));
    }
    paths.iter().map(|path| Recording::open(path).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeMap;

    use claude_wire::recording::{Event, EventKind, Header};
    use serde_json::json;

    use super::*;

    fn entry() -> Entry {
        lab::choose(lab::entries().unwrap(), &["one-shot".to_owned()]).unwrap().remove(0)
    }

    fn run(line: &str, asked: &[serde_json::Value]) -> Run {
        let mut recording = Recording::new(Header::new());
        recording.events.push(Event::new(0, EventKind::Out(line.into())));
        Run {
            recordings: vec![recording],
            delivered: Vec::new(),
            asked: Asked::of(asked),
            folders: BTreeMap::new(),
            problems: Vec::new(),
            attempts: None,
        }
    }

    fn side(line: &str) -> Side {
        went_well(run(line, &[])).unwrap()
    }

    const BEFORE: &str = r#"{"type":"a","old":1}"#;
    const AFTER: &str = r#"{"type":"a","new":1}"#;
    const OTHER: &str = r#"{"type":"a","odd":1}"#;

    fn tries(lines: &[Result<&str, &str>]) -> Compared {
        let mut tries = Tries::default();
        for line in lines {
            match line {
                Ok(line) => tries.take(side(BEFORE).differences(&side(line)).unwrap()),
                Err(problem) => tries.fail((*problem).to_owned()),
            }
        }
        tries.end(&entry())
    }

    fn differences(compared: &Compared) -> Vec<String> {
        compared.differences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_what_differs_in_every_good_run_counts() {
        let gone = "breaking: out a: field old is gone";
        let new = "additive: out a: field new is new (number)";
        assert_eq!(differences(&tries(&[Ok(AFTER)])), [gone, new]);
        assert_eq!(differences(&tries(&[Ok(AFTER), Ok(OTHER)])), [gone]);
        assert_eq!(differences(&tries(&[Ok(AFTER), Ok(BEFORE)])), Vec::<String>::new());
        let compared = tries(&[Err("it hung"), Ok(AFTER), Err("it failed")]);
        assert_eq!((differences(&compared).len(), &compared.problem), (2, &None));
        assert_eq!(compared.earlier, BTreeSet::from(["it failed".into(), "it hung".into()]));
    }

    #[test]
    fn without_a_good_run_only_the_problem_is_reported() {
        let compared = tries(&[Err("it hung"), Err("it failed"), Err("it hung")]);
        assert_eq!(differences(&compared), Vec::<String>::new());
        assert_eq!(compared.problem.as_deref(), Some("it hung"));
        assert_eq!(compared.earlier, BTreeSet::from(["it failed".into()]));
    }

    /// However different its lines are.
    #[test]
    fn a_run_that_hung_or_failed_is_not_compared() {
        let hung = Run {
            problems: vec!["not at its end after 60 s, in step 2 of its host".into()],
            ..run(AFTER, &[])
        };
        assert!(went_well(hung).err().unwrap().starts_with("not at its end"));
        let failed = Run { problems: vec!["first".into(), "second".into()], ..run(AFTER, &[]) };
        assert_eq!(went_well(failed).err().unwrap(), "first");
        let left = Run { attempts: Some("it tried to leave".into()), ..run(AFTER, &[]) };
        assert_eq!(went_well(left).err().unwrap(), "it tried to leave");
        let mut twice = side(AFTER);
        twice.recordings.push(twice.recordings[0].clone());
        assert_eq!(
            side(BEFORE).differences(&twice).err().unwrap(),
            "the CLI was launched 2 times; recorded are 1"
        );
    }

    #[test]
    fn what_is_asked_counts_as_what_is_said() {
        let with = |model: &str| {
            went_well(run(BEFORE, &[json!({"model": model, "messages": []})])).unwrap()
        };
        let differences = |before: &Side, after: &Side| {
            before.differences(after).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(differences(&with("opus"), &with("opus")), Vec::<String>::new());
        assert_eq!(
            differences(&with("opus"), &with("sonnet")),
            [
                r#"breaking: api request: field model is never "opus" any more"#,
                r#"additive: api request: field model may be "sonnet""#
            ]
        );
        let unknown = Side { asked: None, ..with("opus") };
        assert_eq!(differences(&unknown, &with("sonnet")), Vec::<String>::new());
    }
}
