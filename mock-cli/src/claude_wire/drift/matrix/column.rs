//! One version: what its lines hold.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use claude_wire::recording::{Census, KindCensus};
use tokio::task::JoinSet;

use crate::Failure;
use crate::corpus::{self, Cli, Entry};

/// How often an entry is played: a field that comes by chance should not look as if it had gone.
const RUNS: usize = 2;

pub(super) struct Column {
    pub(super) version: String,
    pub(super) path: PathBuf,
    pub(super) entries: Vec<Played>,
    /// The flags that it takes, by their names; filled in when all versions have told theirs.
    pub(super) flags: BTreeSet<String>,
}

/// What one entry showed.
pub(super) struct Played {
    pub(super) name: String,
    census: Census,
    /// Why it did not go as the corpus has it.
    pub(super) problem: Option<String>,
}

/// Whether a version has something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Has {
    Yes,
    No,
    /// What would show it did not go as it should.
    Unknown,
    /// There is nothing that could have it.
    Nowhere,
}

impl Column {
    pub(super) async fn of(entries: &[Arc<Entry>], cli: &Cli, jobs: usize) -> Result<Self, Failure> {
        let mut waiting: VecDeque<_> = entries.iter().cloned().enumerate().collect();
        let mut running = JoinSet::new();
        let mut done = Vec::new();
        loop {
            while running.len() < jobs
                && let Some((number, entry)) = waiting.pop_front()
            {
                let cli = cli.clone();
                running.spawn(async move { (number, Played::of(&entry, &cli).await) });
            }
            let Some(played) = running.join_next().await else { break };
            let (number, played) = played.map_err(|error| format!("an entry's task failed: {error}"))?;
            done.push((number, played?));
        }
        done.sort_by_key(|(number, _)| *number);
        let entries = done.into_iter().map(|(_, played)| played).collect();
        Ok(Self { version: cli.version.clone(), path: cli.path.clone(), entries, flags: BTreeSet::new() })
    }

    /// The kinds of lines that the CLI wrote.
    pub(super) fn kinds(&self) -> BTreeSet<&str> {
        let kinds = self.entries.iter().flat_map(|played| played.census.kinds());
        kinds.map(|(name, _)| name).filter(|name| name.starts_with("out ")).collect()
    }

    /// The fields of a kind.
    pub(super) fn fields(&self, kind: &str) -> BTreeSet<&str> {
        self.census(kind).flat_map(KindCensus::fields).collect()
    }

    /// Whether it wrote such lines; `shown_by` are the entries that show them in some version.
    pub(super) fn has_kind(&self, kind: &str, shown_by: &BTreeSet<&str>) -> Has {
        let stopped = |played: &Played| shown_by.contains(&*played.name) && played.problem.is_some();
        if self.census(kind).next().is_some() {
            Has::Yes
        } else if self.entries.iter().any(stopped) {
            Has::Unknown
        } else {
            Has::No
        }
    }

    /// Whether such lines had the field.
    pub(super) fn has_field(&self, kind: &str, path: &str) -> Has {
        let parent = path.strip_suffix("[]").unwrap_or_else(|| path.rsplit_once('.').map_or("", |(parent, _)| parent));
        let has = |path: &str| self.census(kind).any(|kind| kind.fields().any(|field| field == path));
        if has(path) {
            Has::Yes
        } else if self.census(kind).next().is_none() || !(parent.is_empty() || has(parent)) {
            Has::Nowhere
        } else {
            Has::No
        }
    }

    /// The entries that show such lines.
    pub(super) fn shows(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(move |played| played.census.kind(kind).is_some()).map(|played| &*played.name)
    }

    fn census(&self, kind: &str) -> impl Iterator<Item = &KindCensus> {
        self.entries.iter().filter_map(move |played| played.census.kind(kind))
    }
}

impl Played {
    async fn of(entry: &Entry, cli: &Cli) -> Result<Self, Failure> {
        let mut played = Self { name: entry.name.clone(), census: Census::default(), problem: None };
        for _ in 0..RUNS {
            let run = corpus::run(entry, cli).await?;
            run.recordings.iter().for_each(|recording| played.census.add(recording));
            played.problem = run.problems.into_iter().next();
            if played.problem.is_some() {
                break;
            }
        }
        Ok(played)
    }
}
