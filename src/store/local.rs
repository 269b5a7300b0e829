//! The CLI's own transcripts, compared with what a store has of them.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::folder::subpaths;
use super::jsonl;
use super::key::SessionKey;
use super::session_store::{SessionStoreEntry, entry_uuid};
use crate::history::{Error, Result};

/// A transcript of the CLI, and those of its sub-agents.
pub(super) struct Local {
    pub(super) compared: Compared,
    /// The path of the transcript first.
    pub(super) paths: Vec<PathBuf>,
}

/// How a transcript of the CLI differs from that of a store.
#[derive(Debug, PartialEq)]
pub(super) struct Compared {
    /// How many messages of it the store does not have.
    pub(super) lacking: usize,
    /// Where it goes on after the last message that the store has.
    pub(super) end: usize,
    /// Whether the store has a later message than one that it does not have.
    pub(super) has_later: bool,
    /// Whether the store has messages that are not in it.
    pub(super) has_others: bool,
}

/// Compares by uuid, which each message has. The records of the requests to the API do not count:
/// the CLI does not report them, and no resume needs them.
pub(super) fn compare(local: &[SessionStoreEntry], stored: &[SessionStoreEntry]) -> Compared {
    let said =
        stored.iter().filter(|entry| has_type(entry, |it| it == "user" || it == "assistant"));
    let mut others: HashSet<String> = said.filter_map(entry_uuid).collect();
    let stored: HashSet<String> = stored.iter().filter_map(entry_uuid).collect();
    let (mut lacking, mut end, mut has_later) = (0, 0, false);
    for (at, entry) in local.iter().enumerate() {
        let Some(uuid) = entry_uuid(entry) else { continue };
        others.remove(&uuid);
        if stored.contains(&uuid) {
            has_later |= lacking > 0;
            end = at + 1;
        } else if !has_type(entry, |it| it.starts_with("api-request")) {
            lacking += 1;
        }
    }
    Compared { lacking, end, has_later, has_others: !others.is_empty() }
}

fn has_type(entry: &SessionStoreEntry, is_it: impl Fn(&str) -> bool) -> bool {
    entry.pointer("/type").and_then(|name| Some(is_it(&name.as_str()?))) == Some(true)
}

/// Whether an entry of a store is the metadata of a sub-agent, which is a file on disk.
pub(super) fn is_metadata(entry: &SessionStoreEntry) -> bool {
    has_type(entry, |it| it == "agent_metadata")
}

/// What a store does not have of a transcript of the CLI.
pub(super) struct Rest {
    /// What follows the last message that the store has.
    pub(super) entries: Vec<SessionStoreEntry>,
    pub(super) lacking: usize,
    pub(super) has_later: bool,
}

/// What a store with these entries does not have of the transcript with this path; `None` if that
/// cannot be read here.
pub(super) async fn rest(
    path: PathBuf,
    key: &SessionKey,
    stored: Vec<SessionStoreEntry>,
) -> Option<Rest> {
    let key = key.clone();
    let rest = move || {
        let mut local = entries(&path, &key).ok()??;
        let Compared { lacking, end, has_later, .. } = compare(&local, &stored);
        local.drain(..end);
        if stored.iter().any(is_metadata) {
            local.retain(|entry| !is_metadata(entry));
        }
        Some(Rest { entries: local, lacking, has_later })
    };
    tokio::task::spawn_blocking(rest).await.ok()?
}

/// Compares the transcript of a session below a configuration folder, if it has one, with what a
/// store has of it.
pub(super) async fn find(
    config: PathBuf,
    key: SessionKey,
    stored: Vec<SessionStoreEntry>,
) -> io::Result<Option<Local>> {
    let find = move || {
        let folder = config.join("projects").join(&key.project_key).join(&key.session_id);
        let path = folder.with_extension("jsonl");
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let Some(entries) = entries(&path, &key).map_err(named)? else { return Ok(None) };
        let agents = subpaths(&folder).unwrap_or_default().into_iter();
        let agents = agents.map(|subpath| folder.join(format!("{subpath}.jsonl")));
        let compared = compare(&entries, &stored);
        let paths = std::iter::once(path.clone()).chain(agents).collect();
        Ok(Some(Local { compared, paths }))
    };
    tokio::task::spawn_blocking(find).await.unwrap_or_else(|error| Err(error.into()))
}

/// The entries of a transcript; `None` if there is none.
fn entries(path: &Path, key: &SessionKey) -> io::Result<Option<Vec<SessionStoreEntry>>> {
    let text = match fs::metadata(path) {
        // A pipe would never end.
        Ok(file) if !file.is_file() => return Ok(None),
        Ok(_) => fs::read(path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut entries = jsonl::entries(text, key);
    if key.subpath.is_some() {
        entries.extend(metadata(path).ok().flatten());
    }
    Ok(Some(entries))
}

/// The metadata of a sub-agent: on disk a file next to its transcript, in a store an entry. What is
/// not JSON does not count.
pub(super) fn metadata(transcript: &Path) -> Result<Option<SessionStoreEntry>> {
    let path: PathBuf = transcript.with_extension("meta.json");
    match fs::read(&path) {
        Ok(text) => Ok(serde_json::from_slice(&text).ok().and_then(|metadata| {
            let Value::Object(mut metadata) = metadata else { return None };
            metadata.insert("type".into(), "agent_metadata".into());
            Some(Value::Object(metadata).into())
        })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(error, &path)),
    }
}
