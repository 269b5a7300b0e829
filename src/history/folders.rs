//! Where the CLI keeps its sessions, and which of them are meant.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use unicode_normalization::UnicodeNormalization;

use super::ends::Ends;
use super::error::{Error, Result};
use super::info;
use super::key::{canonical, cut_key, key, path_text, project_name, uncut_key};
use super::worktrees::worktrees;
use crate::common::is_uuid;

/// The sessions that the CLI keeps on disk: of all projects, or of one directory.
///
/// The methods read files and block: in async code, call them from `spawn_blocking`.
///
/// ```
/// use claude_wire::history::{History, Page};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let config = folder.path();
/// // `History::new()` is that of the CLI: `CLAUDE_CONFIG_DIR`, or `~/.claude`.
/// let history = History::at(config).directory("/repo");
/// for session in &history.list_sessions(Page::first(10))? {
///     println!("{} {}", session.session_id, session.summary);
/// }
/// # Ok::<(), claude_wire::history::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct History {
    config_dir: PathBuf,
    /// The name that replaces the key of every directory.
    project_name: Option<String>,
    directory: Option<PathBuf>,
    worktrees: bool,
    programmatic: bool,
}

/// A folder with transcripts.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// The directory that its sessions ran in, if it is known.
    pub(super) project: Option<String>,
}

impl History {
    /// The sessions of the CLI that the environment describes: below `CLAUDE_CONFIG_DIR`, or
    /// `.claude` in the home directory. If `CLAUDE_CODE_PROJECT_DIR_NAME` is set together with
    /// `CLAUDE_CONFIG_DIR`, it replaces the key of every directory, as in the CLI.
    ///
    /// # Errors
    /// If `CLAUDE_CONFIG_DIR` is not set, and the home directory is not known.
    pub fn new() -> Result<Self> {
        let set = env::var_os("CLAUDE_CONFIG_DIR").filter(|folder| !folder.is_empty());
        let Some(folder) = set else {
            let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
            return Ok(Self::at(home.ok_or_else(Error::no_home)?.join(".claude")));
        };
        // The CLI composes accents here.
        let folder = match folder.into_string() {
            Ok(text) => PathBuf::from(text.nfc().collect::<String>()),
            Err(folder) => PathBuf::from(folder),
        };
        let project_name = project_name(|name| env::var_os(name));
        Ok(Self { project_name, ..Self::at(folder) })
    }

    /// The sessions of a CLI whose configuration folder (`CLAUDE_CONFIG_DIR`) is this one. Nothing
    /// is read from the environment.
    pub fn at(config_dir: impl Into<PathBuf>) -> Self {
        Self {
            config_dir: config_dir.into(),
            project_name: None,
            directory: None,
            worktrees: true,
            programmatic: true,
        }
    }

    /// Only the sessions that ran in this directory, and in the other worktrees of its repository.
    #[must_use]
    pub fn directory(self, directory: impl Into<PathBuf>) -> Self {
        Self { directory: Some(directory.into()), ..self }
    }

    /// Whether the other worktrees of the directory's repository count too (default: true).
    #[must_use]
    pub fn include_worktrees(self, include: bool) -> Self {
        Self { worktrees: include, ..self }
    }

    /// Whether lists have the sessions that programs started through an SDK, and those of
    /// background services (default: true). A session counts as such by its `entrypoint`:
    /// `sdk-cli`, `sdk-ts` or `sdk-py`.
    #[must_use]
    pub fn include_programmatic(self, include: bool) -> Self {
        Self { programmatic: include, ..self }
    }

    /// The configuration folder of the CLI.
    pub fn config_dir(&self) -> &Path {
        &self.config_dir
    }

    /// The transcript of a session. Of several with the same id, the one that was changed last.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or a folder cannot be read.
    pub fn transcript_path(&self, session_id: &str) -> Result<PathBuf> {
        self.find(session_id).map(|(path, _)| path)
    }

    pub(super) fn lists_programmatic(&self) -> bool {
        self.programmatic
    }

    /// The transcript of a session, and its folder. An empty file does not count.
    pub(super) fn find(&self, session_id: &str) -> Result<(PathBuf, Folder)> {
        let found = self.find_all(session_id)?.into_iter();
        // The first of those that were changed at the same time.
        let newest = found.reduce(|one, other| if other.0 > one.0 { other } else { one });
        newest.map(|(_, path, folder)| (path, folder)).ok_or_else(|| {
            let place = match &self.directory {
                Some(directory) => format!("of {}", directory.display()),
                None => format!("below {}", self.projects().display()),
            };
            Error::not_found(format!(
                "no session {session_id} {place}: `list_sessions` has those that exist"
            ))
        })
    }

    /// All transcripts of a session, with the times of their last change. There are several if it
    /// was resumed in another worktree.
    pub(super) fn find_all(&self, session_id: &str) -> Result<Vec<(SystemTime, PathBuf, Folder)>> {
        check_id("session id", session_id)?;
        let name = format!("{session_id}.jsonl");
        let found = self.folders()?.into_iter().filter_map(|folder| {
            let path = folder.path.join(&name);
            let metadata = fs::metadata(&path).ok()?;
            let usable = metadata.is_file() && metadata.len() > 0;
            usable.then(|| (metadata.modified().unwrap_or(UNIX_EPOCH), path, folder))
        });
        Ok(found.collect())
    }

    /// The folders with the transcripts that are meant.
    pub(super) fn folders(&self) -> Result<Vec<Folder>> {
        let Some(directory) = &self.directory else {
            let folder = |path| Folder { path, project: None };
            return Ok(self.all_folders()?.into_iter().map(folder).collect());
        };
        // Without this folder there are no sessions, and with a file in its place there is an error.
        let all = self.all_folders()?;
        let canonical = canonical(directory);
        let mut directories = vec![canonical.clone()];
        if self.worktrees {
            let others = worktrees(&canonical);
            directories.extend(others.into_iter().filter(|other| *other != canonical));
        }
        let mut found: Vec<Folder> = Vec::new();
        for directory in directories {
            let project = path_text(&directory);
            for path in self.folders_of(&project, &all) {
                if found.iter().all(|known| known.path != path) {
                    found.push(Folder { path, project: Some(project.clone()) });
                }
            }
        }
        Ok(found)
    }

    fn projects(&self) -> PathBuf {
        self.config_dir.join("projects")
    }

    fn all_folders(&self) -> Result<Vec<PathBuf>> {
        let projects = self.projects();
        let entries = match fs::read_dir(&projects) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io(error, &projects)),
        };
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| Error::io(error, &projects))?;
            if file_type(&entry).is_ok_and(|file| file.is_dir()) {
                folders.push(entry.path());
            }
        }
        folders.sort();
        Ok(folders)
    }

    /// The folder of a directory. The hash of a long path depends on the build of the CLI, so for
    /// such a path also the folders that only differ in it.
    fn folders_of(&self, project: &str, all: &[PathBuf]) -> Vec<PathBuf> {
        let named = |folder: &&PathBuf, name: &str| folder.file_name().is_some_and(|n| n == name);
        let own = self.project_name.clone().unwrap_or_else(|| key(project));
        let mut found: Vec<_> = all.iter().filter(|path| named(path, &own)).cloned().collect();
        if let Some(start) = cut_key(project).filter(|_| self.project_name.is_none()) {
            let alike = all.iter().filter(|path| {
                let name = path.file_name().and_then(|name| name.to_str());
                name.is_some_and(|name| name.starts_with(&start) && name != own)
            });
            found.extend(alike.filter(|path| may_belong(path, project)).cloned());
        }
        found
    }
}

/// Whether no transcript in this folder says that it belongs to another directory.
fn may_belong(folder: &Path, project: &str) -> bool {
    let mut buffer = Vec::new();
    let expected = uncut_key(project);
    let Ok(transcripts) = transcripts(folder) else { return false };
    let named = transcripts.files.iter().find_map(|(path, _)| {
        let ends = Ends::read(path, &mut buffer).ok()??;
        info::cwd(&ends)
    });
    named.is_none_or(|cwd| uncut_key(&cwd) == expected)
}

/// What a folder of a project has.
#[derive(Default)]
pub(super) struct Transcripts {
    /// The transcripts, with the ids of their sessions.
    pub(super) files: Vec<(PathBuf, String)>,
    /// The ids of the sessions that have a folder.
    pub(super) folders: BTreeSet<String>,
}

pub(super) fn transcripts(folder: &Path) -> Result<Transcripts> {
    let mut found = Transcripts::default();
    for entry in fs::read_dir(folder).map_err(|error| Error::io(error, folder))? {
        let entry = entry.map_err(|error| Error::io(error, folder))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let id = name.strip_suffix(".jsonl").unwrap_or(name);
        let Ok(file) = file_type(&entry) else { continue };
        if !is_uuid(id.as_bytes()) {
            continue;
        }
        if file.is_dir() {
            found.folders.insert(id.to_owned());
        } else if file.is_file() && id != name {
            found.files.push((entry.path(), id.to_owned()));
        }
    }
    Ok(found)
}

/// What an entry of a folder is; of a link, what it leads to.
fn file_type(entry: &DirEntry) -> io::Result<FileType> {
    let file = entry.file_type()?;
    if file.is_symlink() { Ok(fs::metadata(entry.path())?.file_type()) } else { Ok(file) }
}

/// Where a CLI whose own folder of transcripts is `own` goes on with a session: the one folder that
/// has it (CLI 2.1.332). Its own folder counts for more than others. Where several others have it,
/// the CLI resumes none.
#[cfg(feature = "session")]
pub(crate) fn folder_with(own: &Path, session_id: &str) -> PathBuf {
    let name = format!("{session_id}.jsonl");
    let has = |folder: &Path| {
        fs::metadata(folder.join(&name)).is_ok_and(|file| file.is_file() && file.len() > 0)
    };
    let other = || {
        let entries = fs::read_dir(own.parent()?).ok()?.flatten();
        let mut others = entries.map(|entry| entry.path()).filter(|folder| has(folder));
        others.next().filter(|_| others.next().is_none())
    };
    if !is_uuid(session_id.as_bytes()) || has(own) {
        return own.to_owned();
    }
    other().unwrap_or_else(|| own.to_owned())
}

pub(crate) fn check_id(what: &str, id: &str) -> Result<()> {
    if is_uuid(id.as_bytes()) { Ok(()) } else { Err(Error::invalid_id(what, id)) }
}

#[cfg(all(test, feature = "session"))]
mod tests {
    use super::*;

    #[test]
    fn a_session_goes_on_where_its_transcript_is() {
        const ID: &str = "6f1a3e52-0000-4000-8000-000000000002";
        for (has, expected) in [
            (&[][..], "own"),
            (&["own"], "own"),
            (&["other"], "other"),
            (&["own", "other"], "own"),
            // None of them is resumed.
            (&["other", "third"], "own"),
        ] {
            let projects = tempfile::tempdir().unwrap();
            for folder in ["own", "other", "third"] {
                let path = projects.path().join(folder);
                fs::create_dir(&path).unwrap();
                let text = if has.contains(&folder) { "{}\n" } else { "" };
                fs::write(path.join(format!("{ID}.jsonl")), text).unwrap();
            }
            let own = projects.path().join("own");
            assert_eq!(folder_with(&own, ID), projects.path().join(expected), "{has:?}");
            assert_eq!(folder_with(&own, "../other/x"), own);
        }
        let nowhere = Path::new("/does-not-exist/own");
        assert_eq!(folder_with(nowhere, ID), nowhere);
    }
}
