//! Playing an entry: its host's part to any transport, or all of it to a real CLI.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use claude_wire::lab::{ApiRequest, Hermetic};
use claude_wire::recorder::Recorder;
use claude_wire::recording::Recording;
use claude_wire::transport::{CliPath, Process, Transport};

use super::cli::Cli;
use super::entry::{Entry, Host};
use super::log::{Item, Log};
use super::signal_handle::SignalHandle;
use super::stage::{Http, Stage, furnish};
use super::{session, streams};
use crate::lab::asked::Asked;

/// How long an entry may take: far more than any does on a loaded machine.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The outcome of an entry.
#[derive(Debug)]
pub struct Run {
    /// One for each launch, already redacted.
    pub recordings: Vec<Recording>,
    /// What reached the host, in order.
    pub delivered: Vec<Item>,
    /// What the CLI asked the API.
    pub asked: Asked,
    /// The folders of this run, by the names that they have in the recordings.
    pub folders: BTreeMap<String, String>,
    /// What did not go as the entry says: a step that failed, a request that the API script does
    /// not expect, an expected message that did not come. Such a run is not comparable with the
    /// recorded one.
    pub problems: Vec<String>,
    /// Set if something tried to leave the network namespace. The entry was played to its end all
    /// the same.
    pub attempts: Option<String>,
}

/// Plays an entry to a CLI in a new temporary folder, and records it. Needs a network namespace
/// with nothing but loopback.
///
/// # Errors
/// If the CLI could not be run at all: no such file, an open network, no room for the folder.
/// Whatever the CLI does is part of the [`Run`].
pub async fn run(entry: &Entry, cli: &Cli) -> Result<Run, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let place =
        Hermetic::start(&cli.path, entry.api.clone()).await.map_err(|error| error.to_string())?;
    let http = Http::start(&entry.http).await;
    furnish(entry, &place, &http)
        .map_err(|error| format!("the files of {}: {error}", entry.name))?;
    let folders = folders(&place);
    let process = Process::new(CliPath::Explicit(cli.path.clone()));
    let recorder =
        Recorder::new(process, folder.path().join("recording.jsonl")).cli_version(&cli.version);
    let log = Log::new();

    let stage = Stage::Live(&place);
    let acted = tokio::time::timeout(LIMIT, act(entry, recorder.clone(), &stage, &log)).await;
    let mut problems = Vec::new();
    match acted {
        Ok(Ok(())) => {}
        Ok(Err(problem)) => problems.push(problem),
        Err(_) => problems.push(format!(
            "not finished after {} s, in step {} of the host script",
            LIMIT.as_secs(),
            log.step()
        )),
    }
    if let Err(error) = recorder.flush().await {
        problems.push(error.to_string());
    }
    let mut recordings = Vec::new();
    for path in recorder.paths() {
        let mut recording = Recording::open(&path).map_err(|error| error.to_string())?;
        // The time of day says nothing about the CLI, and would make each rebuild a change.
        recording.header.recorded_at = None;
        recordings.push(recording);
    }
    let requests = place.api().requests();
    let asked = Asked::of(requests.iter().map(ApiRequest::body));
    problems.extend(entry.not_asked(requests.iter().map(ApiRequest::body)));
    let mut attempts = None;
    match place.finish() {
        Err(error) if error.is_attempt_to_leave() => attempts = Some(error.to_string()),
        done => problems.extend(done.err().map(|error| error.to_string())),
    }
    let delivered = log.take();
    problems.extend(entry.missing(&delivered));
    Ok(Run { recordings, delivered, asked, folders, problems, attempts })
}

fn folders(place: &Hermetic) -> BTreeMap<String, String> {
    let path = |path: PathBuf| path.canonicalize().unwrap_or(path).to_string_lossy().into_owned();
    let folders = [
        ("cwd", place.cwd()),
        ("home", place.home()),
        ("config", place.config_dir()),
        ("tmp", place.tmp_dir()),
    ];
    folders.into_iter().map(|(name, folder)| (name.to_owned(), path(folder))).collect()
}

/// Plays the entry's host to `transport`, until all its processes have ended. What is delivered to
/// the host goes to `log`.
///
/// # Errors
/// If a step cannot be done, or if the log lacks something that was delivered to the host. What the
/// CLI says or does differently is not an error: it is in the log.
pub async fn act(
    entry: &Entry,
    transport: impl Transport,
    stage: &Stage<'_>,
    log: &Log,
) -> Result<(), String> {
    let signals = SignalHandle::new(transport);
    match &entry.host {
        Host::Session(options, steps) => {
            session::act(entry, options, steps, signals, stage, log).await?
        }
        Host::Streams(args, steps) => streams::act(entry, args, steps, signals, stage, log).await?,
    }
    log.is_whole()
}
