//! A store in a folder: of this machine, or one that several machines share.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::jsonl;
use super::key::{SessionKey, is_below};
use super::session_store::{
    SessionStore, SessionStoreEntry, SessionStoreListEntry, SessionSummaryEntry, entry_uuid,
};
use super::summary::fold_session_summary;
use crate::common::{lock, owned};
use crate::transport::BoxFuture;

/// Of how many transcripts the uuids are remembered.
const REMEMBERED: usize = 64;
/// The end of the name of a summary.
const SUMMARY: &str = ".summary.json";

/// A [`SessionStore`] in a folder, laid out as the CLI does below `projects`: one line for each
/// entry in `<project>/<session id>.jsonl`, and in a folder of that name for sub-agents. Summaries
/// are in `<session id>.summary.json`.
///
/// The files can only be read by their owner. The appends of one store are made one after the
/// other. Several programs may share the folder, if they do not write to the same session at the
/// same time.
///
/// A line that is not whole, since a program or a machine stopped in the middle of it, is left out
/// when a transcript is loaded.
#[derive(Clone, Debug)]
pub struct FolderSessionStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    /// By transcript: its length, and the uuids it has.
    known: Mutex<HashMap<PathBuf, (u64, HashSet<String>)>>,
}

impl FolderSessionStore {
    /// A store in this folder, which is made at the first append.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Inner { root: folder.into(), known: Mutex::default() }))
    }

    /// Runs what blocks.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T>> {
        let inner = self.0.clone();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || work(&inner)).await;
            done.unwrap_or_else(|error| Err(Error::caused("use the folder", error)))
        })
    }
}

impl SessionStore for FolderSessionStore {
    fn append<'a>(
        &'a self,
        key: &'a SessionKey,
        entries: &'a [SessionStoreEntry],
    ) -> BoxFuture<'a, Result<()>> {
        let (key, entries) = (key.clone(), entries.to_vec());
        self.run(move |inner| inner.append(&key, &entries))
    }

    fn load<'a>(
        &'a self,
        key: &'a SessionKey,
    ) -> BoxFuture<'a, Result<Option<Vec<SessionStoreEntry>>>> {
        let key = key.clone();
        self.run(move |inner| {
            let path = inner.path(&key)?;
            let text = found(fs::read(&path)).map_err(|error| failed("read", &path, error))?;
            Ok(text.map(|text| jsonl::entries(text, &key)))
        })
    }

    fn list_sessions<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionStoreListEntry>>> {
        let project = project_key.to_owned();
        self.run(move |inner| {
            let of = |session_id: &str, path: &Path| {
                Ok(SessionStoreListEntry { session_id: session_id.to_owned(), mtime: mtime(path)? })
            };
            inner.sessions(&project, ".jsonl", of)
        })
    }

    fn list_session_summaries<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionSummaryEntry>>> {
        let project = project_key.to_owned();
        self.run(move |inner| {
            inner.sessions(&project, SUMMARY, |session_id, path| {
                let data = summary_data(path)?.unwrap_or_default();
                Ok(SessionSummaryEntry {
                    session_id: session_id.to_owned(),
                    mtime: mtime(path)?,
                    data,
                })
            })
        })
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        let key = key.clone();
        self.run(move |inner| {
            let path = inner.path(&key)?;
            let mut known = lock(&inner.known);
            known.clear();
            let mut removed = vec![(path.clone(), fs::remove_file(&path))];
            if key.subpath.is_none() {
                let summary = path.with_extension("summary.json");
                removed.push((summary.clone(), fs::remove_file(&summary)));
                let agents = path.with_extension("");
                removed.push((agents.clone(), fs::remove_dir_all(&agents)));
            }
            for (path, result) in removed {
                found(result).map_err(|error| failed("delete", &path, error))?;
            }
            Ok(())
        })
    }

    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        let key = key.session();
        self.run(move |inner| {
            let mut subpaths = Vec::new();
            let folder = inner.path(&key)?.with_extension("");
            collect(&folder, "", &mut subpaths)?;
            Ok(subpaths)
        })
    }
}

impl Inner {
    fn path(&self, key: &SessionKey) -> Result<PathBuf> {
        let mut path = self.project(&key.project_key)?;
        match &key.subpath {
            None => path.push(format!("{}.jsonl", name(&key.session_id)?)),
            Some(subpath) if is_below(subpath) => {
                path.push(name(&key.session_id)?);
                path.extend(subpath.split(['/', '\\']));
                let mut file = path.into_os_string();
                file.push(".jsonl");
                return Ok(file.into());
            }
            Some(subpath) => {
                return Err(Error::new(format!("{subpath:?} is not a path below its session")));
            }
        }
        Ok(path)
    }

    fn project(&self, project_key: &str) -> Result<PathBuf> {
        Ok(self.root.join(name(project_key)?))
    }

    fn append(&self, key: &SessionKey, entries: &[SessionStoreEntry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let path = self.path(key)?;
        // Also the lock of all appends.
        let mut known = lock(&self.known);
        let failed = |error| failed("write", &path, error);
        let mut file = open(&path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let (_, mut uuids) = match known.remove(&path) {
            Some(known) if known.0 == length => known,
            _ => (length, uuids(&path, key).map_err(failed)?),
        };
        let is_new =
            |entry: &&SessionStoreEntry| entry_uuid(entry).is_none_or(|uuid| uuids.insert(uuid));
        let news: Vec<_> = entries.iter().filter(is_new).cloned().collect();
        let mut text = jsonl::lines(&news);
        // What was not written whole stays a line by itself.
        if !news.is_empty() && !ends_with_newline(&mut file, length).map_err(failed)? {
            text.insert(0, b'\n');
        }
        file.write_all(&text).map_err(failed)?;
        if key.subpath.is_none() {
            self.fold(&path, key, &news)?;
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(path, (length + text.len() as u64, uuids));
        Ok(())
    }

    /// Writes the summary after the transcript, so that it is never older.
    fn fold(&self, transcript: &Path, key: &SessionKey, news: &[SessionStoreEntry]) -> Result<()> {
        let path = transcript.with_extension("summary.json");
        let data = summary_data(&path)?;
        let session_id = key.session_id.clone();
        let previous = data.map(|data| SessionSummaryEntry { session_id, mtime: 0, data });
        let folded = fold_session_summary(previous.as_ref(), key, news);
        let text = Value::Object(folded.data).to_string();
        let write = || {
            let folder = path.parent().unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(text.as_bytes())?;
            file.persist(&path).map_err(|error| error.error)
        };
        write().map(drop).map_err(|error| failed("write", &path, error))
    }

    /// What `read` makes of the files of a project's sessions with this end.
    fn sessions<T>(
        &self,
        project: &str,
        end: &str,
        read: impl Fn(&str, &Path) -> Result<T>,
    ) -> Result<Vec<T>> {
        let folder = self.project(project)?;
        let mut sessions = Vec::new();
        for entry in entries(&folder)? {
            let file = entry.file_name();
            let Some(id) = file.to_str().and_then(|file| file.strip_suffix(end)) else { continue };
            // Another program may delete it meanwhile.
            if entry.path().is_file() {
                sessions.push(read(id, &entry.path())?);
            }
        }
        Ok(sessions)
    }
}

/// The name, if it is one: not a path.
fn name(text: &str) -> Result<&str> {
    match is_below(text) && !text.contains(['/', '\\']) {
        true => Ok(text),
        false => Err(Error::new(format!("{text:?} cannot be the name of a file"))),
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    owned(OpenOptions::new().read(true).append(true).create(true)).open(path)
}

fn uuids(path: &Path, key: &SessionKey) -> io::Result<HashSet<String>> {
    Ok(jsonl::entries(fs::read(path)?, key).iter().filter_map(entry_uuid).collect())
}

fn ends_with_newline(file: &mut File, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::Start(length - 1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

fn summary_data(path: &Path) -> Result<Option<Map<String, Value>>> {
    let text = found(fs::read(path)).map_err(|error| failed("read", path, error))?;
    let data = text.map(|text| serde_json::from_slice(&text)).transpose();
    data.map_err(|error| failed("read", path, error.into()))
}

fn mtime(path: &Path) -> Result<u64> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let since = modified.map_err(|error| failed("read", path, error))?.duration_since(UNIX_EPOCH);
    Ok(u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX))
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>> {
    let read = || fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>();
    let entries = found(read()).map_err(|error| failed("read", folder, error))?;
    Ok(entries.unwrap_or_default())
}

/// The transcripts below a folder, as subpaths.
fn collect(folder: &Path, below: &str, subpaths: &mut Vec<String>) -> Result<()> {
    for entry in entries(folder)? {
        let Ok(file) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type().map_err(|error| failed("read", folder, error))?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{below}{file}/"), subpaths)?;
        } else if let Some(name) = file.strip_suffix(".jsonl") {
            subpaths.push(format!("{below}{name}"));
        }
    }
    Ok(())
}

/// `None` for what does not exist.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

fn failed(doing: &str, path: &Path, error: io::Error) -> Error {
    Error::caused(format!("{doing} {}", path.display()), error)
}
