//! One version: what its lines contain.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use claude_wire::recording::{Census, KindCensus};

use claude_wire_cli::Failure;
use claude_wire_cli::lab::{self, Cli, Entry, side_by_side};

/// How often an entry is played: a field that comes by chance must not look removed.
const RUNS: usize = 2;

pub(super) struct Column {
    pub(super) version: String,
    pub(super) path: PathBuf,
    pub(super) entries: Vec<Played>,
    /// Whether it takes a flag, by name; filled in when the flags of all versions are known.
    pub(super) flags: BTreeMap<String, Has>,
}

/// What one entry showed.
pub(super) struct Played {
    pub(super) name: String,
    pub(super) census: Census,
    /// Why it did not go as the corpus says.
    pub(super) problem: Option<String>,
    /// Whether something tried to leave the machine meanwhile; nothing depends on it.
    pub(super) called_home: bool,
}

/// A kind of line, or a field of one.
#[derive(Clone, Copy)]
pub(super) struct Thing<'a> {
    pub(super) kind: &'a str,
    pub(super) path: Option<&'a str>,
}

/// Whether a version has something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Has {
    Yes,
    No,
    /// The entries that show it in another version failed, or the CLI did not say.
    Unknown,
    /// Nothing in this version could have it.
    Nowhere,
}

impl Column {
    pub(super) async fn of(
        entries: &[Arc<Entry>],
        cli: &Cli,
        jobs: usize,
    ) -> Result<Self, Failure> {
        let play = |entry: Arc<Entry>| {
            let cli = cli.clone();
            async move { Played::of(&entry, &cli).await }
        };
        let entries = side_by_side(entries.iter().cloned(), jobs, play).await?;
        Ok(Self {
            version: cli.version.clone(),
            path: cli.path.clone(),
            entries,
            flags: BTreeMap::new(),
        })
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

    /// Whether it wrote such lines, or lines with such a field.
    pub(super) fn has(&self, thing: &Thing<'_>, shown_by: &BTreeSet<&str>) -> Has {
        let stood_in = thing
            .place()
            .is_none_or(|place| self.entries.iter().any(|played| played.shows(&place)));
        let went_without =
            |played: &Played| shown_by.contains(&*played.name) && played.problem.is_none();
        if self.entries.iter().any(|played| played.shows(thing)) {
            Has::Yes
        } else if !stood_in {
            Has::Nowhere
        } else if self.entries.iter().any(went_without) {
            Has::No
        } else {
            Has::Unknown
        }
    }

    /// The entries that show it.
    pub(super) fn shows(&self, thing: &Thing<'_>) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|played| played.shows(thing)).map(|played| &*played.name)
    }

    fn census(&self, kind: &str) -> impl Iterator<Item = &KindCensus> {
        self.entries.iter().filter_map(move |played| played.census.kind(kind))
    }
}

impl<'a> Thing<'a> {
    /// What contains it: for a field its object, if that is a field.
    fn place(&self) -> Option<Self> {
        let path = self.path?;
        let parent =
            path.strip_suffix("[]").or_else(|| path.rsplit_once('.').map(|(parent, _)| parent));
        Some(Self { kind: self.kind, path: parent })
    }
}

impl Played {
    fn shows(&self, thing: &Thing<'_>) -> bool {
        let kind = self.census.kind(thing.kind);
        kind.is_some_and(|kind| {
            thing.path.is_none_or(|path| kind.fields().any(|field| field == path))
        })
    }

    async fn of(entry: &Entry, cli: &Cli) -> Result<Self, Failure> {
        let mut played = Self {
            name: entry.name.clone(),
            census: Census::default(),
            problem: None,
            called_home: false,
        };
        for _ in 0..RUNS {
            let run = lab::run(entry, cli).await?;
            run.recordings.iter().for_each(|recording| played.census.add(recording));
            played.called_home |= run.attempts.is_some();
            played.problem = run.problems.into_iter().next();
            if played.problem.is_some() {
                break;
            }
        }
        Ok(played)
    }
}
