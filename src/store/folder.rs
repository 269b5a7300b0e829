//! A store in a folder: of this machine, or one that several machines share.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::error::{Error, Result};
use super::jsonl;
use super::key::{SessionKey, is_below};
use super::remembered::{Known, Remembered};
use super::session_store::{
    SessionStore, SessionStoreEntry, SessionStoreListEntry, SessionSummaryEntry,
};
use super::summary::fold_session_summary;
use crate::common::{lock, owned};
use crate::transport::BoxFuture;

/// The extension of a summary.
const SUMMARY: &str = "summary.json";

/// A [`SessionStore`] in a folder, laid out as the CLI does below `projects`: one line for each
/// entry in `<project>/<session id>.jsonl`, and in a folder of that name for sub-agents. Summaries
/// are in `<session id>.summary.json`.
///
/// The files can only be read by their owner. The appends of one store to a transcript are made one
/// after the other. Several programs may share the folder, if they do not write to the same session
/// at the same time.
///
/// It remembers a million uuids of the transcripts that it last wrote to, in about 50 MiB. Others
/// are read before they are written to.
///
/// A summary that is missing, cannot be read or is older than its transcript is made again from the
/// transcript, at each list until the session is written to.
///
/// A line that is not whole, since a program or a machine stopped in the middle of it, is left out
/// when a transcript is loaded.
#[derive(Clone, Debug)]
pub struct FolderSessionStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    known: Known,
}

impl FolderSessionStore {
    /// A store in this folder, which is made at the first append.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(Arc::new(Inner { root: folder.into(), known: Known::default() }))
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
            inner.sessions(&project, |session_id, path| {
                let mtime = millis(modified(path)?);
                Ok(SessionStoreListEntry { session_id: session_id.to_owned(), mtime })
            })
        })
    }

    fn list_session_summaries<'a>(
        &'a self,
        project_key: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SessionSummaryEntry>>> {
        let project = project_key.to_owned();
        self.run(move |inner| {
            inner.sessions(&project, |session_id, path| {
                let written = modified(path)?;
                if let Some(summary) = summary(path, session_id, written) {
                    return Ok(summary);
                }
                let key = SessionKey::new(&project, session_id);
                Ok(SessionSummaryEntry { mtime: millis(written), ..folded(path, &key)? })
            })
        })
    }

    fn delete<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<()>> {
        let key = key.clone();
        self.run(move |inner| {
            let path = inner.path(&key)?;
            let transcript = inner.known.transcript(&path);
            let mut remembered = lock(&transcript);
            *remembered = Remembered::default();
            let mut removed = vec![(path.clone(), fs::remove_file(&path))];
            if key.subpath.is_none() {
                let summary = path.with_extension(SUMMARY);
                removed.push((summary.clone(), fs::remove_file(&summary)));
                let agents = path.with_extension("");
                removed.push((agents.clone(), fs::remove_dir_all(&agents)));
            }
            drop(remembered);
            drop(transcript);
            inner.known.note(&path, 0);
            for (path, result) in removed {
                found(result).map_err(|error| failed("delete", &path, error))?;
            }
            Ok(())
        })
    }

    fn list_subkeys<'a>(&'a self, key: &'a SessionKey) -> BoxFuture<'a, Result<Vec<String>>> {
        let key = key.session();
        self.run(move |inner| subpaths(&inner.path(&key)?.with_extension("")))
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
        let transcript = self.known.transcript(&path);
        let mut remembered = lock(&transcript);
        let failed = |error| failed("write", &path, error);
        let mut file = open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let length = metadata.len();
        // What fails from here on leaves nothing remembered.
        let mut known = std::mem::take(&mut *remembered);
        if known.length != Some(length) {
            known = Remembered::of(&jsonl::entries(fs::read(&path).map_err(failed)?, key));
        }
        let news: Vec<_> = entries.iter().filter(|entry| known.is_new(entry)).cloned().collect();
        let mut text = jsonl::lines(&news);
        // What was not written whole stays a line by itself.
        if !news.is_empty() && !ends_with_newline(&mut file, length).map_err(failed)? {
            text.insert(0, b'\n');
        }
        file.write_all(&text).map_err(failed)?;
        known.length = Some(length + text.len() as u64);
        let count = known.len();
        *remembered = known;
        if key.subpath.is_none() {
            let before = match length {
                0 => Some(SessionSummaryEntry {
                    session_id: key.session_id.clone(),
                    mtime: 0,
                    data: Map::new(),
                }),
                _ => metadata.modified().ok().and_then(|at| summary(&path, &key.session_id, at)),
            };
            // The entries are stored, so the append has not failed.
            if fold(&path, key, before, &news).is_err() {
                // An old one must not pass for a new one.
                let _ = fs::remove_file(path.with_extension(SUMMARY));
                tracing::warn!(path = %path.display(), "a summary is made again from its transcript");
            }
        }
        drop(remembered);
        drop(transcript);
        self.known.note(&path, count);
        Ok(())
    }

    /// What `read` makes of the transcripts of a project's sessions. One that cannot be read is left
    /// out: another program may delete it meanwhile.
    fn sessions<T>(
        &self,
        project: &str,
        read: impl Fn(&str, &Path) -> Result<T>,
    ) -> Result<Vec<T>> {
        let folder = self.project(project)?;
        let mut sessions = Vec::new();
        for entry in entries(&folder)? {
            let file = entry.file_name();
            let id = file.to_str().and_then(|file| file.strip_suffix(".jsonl"));
            let Some(id) = id.filter(|_| entry.path().is_file()) else { continue };
            let path = entry.path();
            match read(id, &path) {
                Ok(session) => sessions.push(session),
                Err(_) => tracing::warn!(path = %path.display(), "a session is left out"),
            }
        }
        Ok(sessions)
    }
}

/// Writes the summary after the transcript, so that it is never older. `before`: that without the
/// news, if it can be used.
fn fold(
    transcript: &Path,
    key: &SessionKey,
    before: Option<SessionSummaryEntry>,
    news: &[SessionStoreEntry],
) -> Result<()> {
    let folded = match before {
        Some(before) => fold_session_summary(Some(&before), key, news),
        None => folded(transcript, key)?,
    };
    let path = transcript.with_extension(SUMMARY);
    let text = Value::Object(folded.data).to_string();
    let write = || {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(&path).map_err(|error| error.error)
    };
    write().map(drop).map_err(|error| failed("write", &path, error))
}

/// The summary of all that a transcript has.
fn folded(transcript: &Path, key: &SessionKey) -> Result<SessionSummaryEntry> {
    let text = fs::read(transcript).map_err(|error| failed("read", transcript, error))?;
    Ok(fold_session_summary(None, key, &jsonl::entries(text, key)))
}

/// The summary of a transcript that was last written at this time, unless it is missing, cannot be
/// read or is older.
fn summary(
    transcript: &Path,
    session_id: &str,
    written: SystemTime,
) -> Option<SessionSummaryEntry> {
    let path = transcript.with_extension(SUMMARY);
    let modified = modified(&path).ok().filter(|modified| *modified >= written)?;
    let data = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    Some(SessionSummaryEntry { session_id: session_id.to_owned(), mtime: millis(modified), data })
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

fn ends_with_newline(file: &mut File, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::Start(length - 1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}

fn modified(path: &Path) -> Result<SystemTime> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.map_err(|error| failed("read", path, error))
}

/// Milliseconds since 1970.
fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>> {
    let read = || fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>();
    let entries = found(read()).map_err(|error| failed("read", folder, error))?;
    Ok(entries.unwrap_or_default())
}

/// The transcripts below the folder of a session, as subpaths.
pub(super) fn subpaths(folder: &Path) -> Result<Vec<String>> {
    let mut subpaths = Vec::new();
    collect(folder, "", &mut subpaths)?;
    Ok(subpaths)
}

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
