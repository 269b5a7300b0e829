//! Lists of sessions: the start and the end of each transcript.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use super::archive;
use super::ends::{self, Ends};
use super::error::{Error, Result};
use super::folders::{Folder, History, transcripts};
use super::info::{Known, SessionInfo, is_programmatic};
use super::page::Page;

/// At least this many transcripts for each thread that reads.
const WORTH_A_THREAD: usize = 64;

/// A list of sessions, the last changed first.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SessionList {
    /// The sessions, the last changed first; of those changed in the same millisecond, the highest
    /// id first.
    pub sessions: Vec<SessionInfo>,
    /// Transcripts and folders that could not be read. The list is complete except for these.
    pub skipped: Vec<Error>,
}

impl IntoIterator for SessionList {
    type Item = SessionInfo;
    type IntoIter = std::vec::IntoIter<SessionInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.sessions.into_iter()
    }
}

impl<'a> IntoIterator for &'a SessionList {
    type Item = &'a SessionInfo;
    type IntoIter = std::slice::Iter<'a, SessionInfo>;

    fn into_iter(self) -> Self::IntoIter {
        self.sessions.iter()
    }
}

/// A session of a list, and its transcript.
pub(super) struct Listed {
    pub(super) info: SessionInfo,
    pub(super) path: PathBuf,
}

/// A transcript that may be in the list.
struct Candidate<'a> {
    id: String,
    path: PathBuf,
    project: Option<&'a str>,
    /// Whether the session has a folder, which may have more about it.
    folder: bool,
}

impl History {
    /// The sessions, the last changed first. Reads at most 128 KiB of each transcript.
    ///
    /// Not in the list: empty transcripts, those of sub-agents, and those with nothing to show
    /// (no title, no summary and no prompt). A session that exists in several folders is listed
    /// once, as it was changed last. What cannot be read is in
    /// [`skipped`](SessionList::skipped). A directory without sessions has an empty list.
    ///
    /// With a limit, only the transcripts that were changed last are read.
    ///
    /// # Errors
    /// If the folder of all projects cannot be read, for example because it is a file.
    pub fn list_sessions(&self, page: Page) -> Result<SessionList> {
        let (listed, skipped) = self.listed(page)?;
        let sessions = listed.into_iter().map(|listed| listed.info).collect();
        Ok(SessionList { sessions, skipped })
    }

    /// The sessions of [`list_sessions`](Self::list_sessions), with what could not be read.
    pub(super) fn listed(&self, page: Page) -> Result<(Vec<Listed>, Vec<Error>)> {
        let folders = self.folders()?;
        let mut skipped = Vec::new();
        let mut candidates = Vec::new();
        for folder in &folders {
            match candidates_in(folder) {
                Ok(found) => candidates.extend(found),
                Err(error) => skipped.push(error),
            }
        }
        let mut sessions = match page.limit() {
            Some(limit) => self.newest(candidates, page.offset.saturating_add(limit), &mut skipped),
            None => self.all(&candidates, &mut skipped),
        };
        sessions.drain(..page.offset.min(sessions.len()));
        Ok((sessions, skipped))
    }

    /// What a list says about one session. `None` if a list leaves it out: it has nothing to show,
    /// or is that of a sub-agent.
    ///
    /// # Errors
    /// If the id is not a uuid, no such session exists, or its transcript cannot be read.
    pub fn get_session_info(&self, session_id: &str) -> Result<Option<SessionInfo>> {
        let (path, folder) = self.find(session_id)?;
        let candidate = Candidate {
            id: session_id.to_owned(),
            folder: path.with_extension("").is_dir(),
            path,
            project: folder.project.as_deref(),
        };
        read(&candidate, true, &mut Vec::new())
    }

    /// All of them, read by several threads if there are many.
    fn all(&self, candidates: &[Candidate<'_>], skipped: &mut Vec<Error>) -> Vec<Listed> {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let share = candidates.len().div_ceil(threads).max(WORTH_A_THREAD);
        let programmatic = self.lists_programmatic();
        let results = in_shares(candidates.chunks(share), thread::Builder::new, |share| {
            let mut buffer = Vec::new();
            let read = share.iter().map(|candidate| read(candidate, programmatic, &mut buffer));
            read.collect()
        });
        let mut newest: BTreeMap<&str, (SessionInfo, &Path)> = BTreeMap::new();
        for (candidate, result) in candidates.iter().zip(results) {
            match result {
                Ok(Some(info)) => {
                    let known = newest.get(&*candidate.id);
                    if known.is_none_or(|(known, _)| known.last_modified < info.last_modified) {
                        newest.insert(&candidate.id, (info, &candidate.path));
                    }
                }
                Ok(None) => {}
                Err(error) => skipped.push(error),
            }
        }
        let newest = newest.into_values().rev();
        let mut sessions: Vec<_> =
            newest.map(|(info, path)| Listed { info, path: path.to_owned() }).collect();
        sessions.sort_by_key(|listed| std::cmp::Reverse(listed.info.last_modified));
        sessions
    }

    /// The `count` that were changed last.
    fn newest(
        &self,
        candidates: Vec<Candidate<'_>>,
        count: usize,
        skipped: &mut Vec<Error>,
    ) -> Vec<Listed> {
        let (mut sessions, mut seen) = (Vec::new(), BTreeSet::new());
        let mut buffer = Vec::new();
        for candidate in newest_first(candidates, skipped) {
            if sessions.len() == count {
                break;
            }
            if seen.contains(&candidate.id) {
                continue;
            }
            match read(&candidate, self.lists_programmatic(), &mut buffer) {
                Ok(Some(info)) => {
                    seen.insert(candidate.id);
                    sessions.push(Listed { info, path: candidate.path });
                }
                Ok(None) => {}
                Err(error) => skipped.push(error),
            }
        }
        sessions
    }
}

/// What reading each share returns, in order: the first is read here, the others by their own
/// threads. Where no thread can be made, as with a limit on processes, their share is read here too.
fn in_shares<'a, T: Sync + 'a, R: Send>(
    mut shares: impl Iterator<Item = &'a [T]>,
    builder: impl Fn() -> thread::Builder,
    read: impl Fn(&'a [T]) -> Vec<R> + Sync,
) -> Vec<R> {
    let own = shares.next().unwrap_or_default();
    let read = &read;
    thread::scope(|scope| {
        let others: Vec<_> = shares
            .map(|share| (share, builder().spawn_scoped(scope, move || read(share))))
            .collect();
        let mut results = read(own);
        for (share, thread) in others {
            // A thread that panicked has lost its share: read it here, and panic here.
            let there = thread.ok().and_then(|thread| thread.join().ok());
            results.extend(there.unwrap_or_else(|| read(share)));
        }
        results
    })
}

/// The session of this folder with which `--continue` goes on, as CLI 2.1.332 picks it: the last
/// changed one that is neither archived nor that of a sub-agent. The CLI also leaves out those that
/// are at work in its own background.
#[cfg(feature = "session")]
pub(crate) fn newest_in(folder: &Path) -> Option<String> {
    let folder = Folder { path: folder.to_owned(), project: None };
    let candidates = candidates_in(&folder).ok()?;
    let mut buffer = Vec::new();
    newest_first(candidates, &mut Vec::new())
        .filter_map(|candidate| read(&candidate, true, &mut buffer).ok()?)
        .find(|info| !info.archived)
        .map(|info| info.session_id)
}

/// The last changed first; of those changed in the same millisecond, the highest id.
fn newest_first<'a>(
    candidates: Vec<Candidate<'a>>,
    skipped: &mut Vec<Error>,
) -> impl Iterator<Item = Candidate<'a>> + use<'a> {
    let mut by_age = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        match fs::metadata(&candidate.path) {
            Ok(metadata) => by_age.push((ends::millis(&metadata), candidate)),
            Err(error) => skipped.push(Error::io(error, &candidate.path)),
        }
    }
    by_age
        .sort_by(|(time, one), (other_time, other)| (other_time, &other.id).cmp(&(time, &one.id)));
    by_age.into_iter().map(|(_, candidate)| candidate)
}

fn candidates_in(folder: &Folder) -> Result<Vec<Candidate<'_>>> {
    let found = transcripts(&folder.path)?;
    let candidate = |(path, id): (PathBuf, String), folders: &BTreeSet<String>| Candidate {
        folder: folders.contains(&id),
        id,
        path,
        project: folder.project.as_deref(),
    };
    Ok(found.files.into_iter().map(|file| candidate(file, &found.folders)).collect())
}

fn read(
    candidate: &Candidate<'_>,
    programmatic: bool,
    buffer: &mut Vec<u8>,
) -> Result<Option<SessionInfo>> {
    let failed = |error| Error::io(error, &candidate.path);
    let Some(ends) = Ends::read(&candidate.path, buffer).map_err(failed)? else {
        return Ok(None);
    };
    if !programmatic && is_programmatic(&ends) {
        return Ok(None);
    }
    let mut known = Known { project: candidate.project, ..Known::default() };
    if candidate.folder {
        let folder = candidate.path.with_extension("");
        known.title = custom_title(&folder);
        known.archived = archive::is_archived(&folder, &ends);
    }
    Ok(SessionInfo::new(&candidate.id, &ends, known))
}

/// The title in the session's folder, where the CLI keeps it when the transcript has grown past it.
pub(super) fn custom_title(folder: &Path) -> Option<String> {
    let text = fs::read(folder.join("custom-title.json")).ok()?;
    let title = crate::wire::RawJson::parse(text).ok()?.pointer("/customTitle")?;
    let title = title.as_str()?.trim().to_owned();
    (!title.is_empty()).then_some(title)
}

#[cfg(all(test, feature = "session"))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn id(n: u64) -> String {
        format!("0a1b2c3d-0000-4000-8000-{n:012}")
    }

    /// Writes session `n`, last changed `n` seconds after a fixed time.
    fn write(folder: &Path, n: u64, side: bool) {
        let prompt = format!(
            r#"{{"isSidechain":{side},"type":"user","message":{{"role":"user","content":"Hi"}}}}"#
        );
        let path = folder.join(format!("{}.jsonl", id(n)));
        fs::write(&path, prompt).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + n);
        fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    fn archive(folder: &Path, n: u64) {
        fs::create_dir(folder.join(id(n))).unwrap();
        let mark = r#"{"archived":true,"at":"2026-11-21T01:20:00.000Z","by":"sdk"}"#;
        fs::write(folder.join(id(n)).join("archived.json"), mark).unwrap();
    }

    #[test]
    fn what_has_no_thread_is_read_without_one() {
        let here = thread::current().id();
        let items: Vec<u32> = (0..10).collect();
        // A stack that no machine has.
        let refused = || thread::Builder::new().stack_size(usize::MAX >> 4);
        for (builder, expected) in [(thread::Builder::new as fn() -> _, 3), (refused, 10)] {
            let read = in_shares(items.chunks(3), builder, |share| {
                share.iter().map(|item| (*item, thread::current().id())).collect()
            });
            assert_eq!(read.iter().map(|(item, _)| *item).collect::<Vec<_>>(), items);
            assert_eq!(read.iter().filter(|(_, thread)| *thread == here).count(), expected);
        }
    }

    #[test]
    fn the_newest_is_the_last_changed_that_the_cli_would_continue() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(newest_in(folder), None);
        assert_eq!(newest_in(&folder.join("none")), None);
        write(folder, 5, false);
        write(folder, 3, false);
        assert_eq!(newest_in(folder), Some(id(5)));
        write(folder, 6, true);
        write(folder, 7, false);
        archive(folder, 7);
        fs::write(folder.join(format!("{}.jsonl", id(8))), "").unwrap();
        fs::write(folder.join("notes.jsonl"), "{}").unwrap();
        assert_eq!(newest_in(folder), Some(id(5)));
        write(folder, 9, false);
        assert_eq!(newest_in(folder), Some(id(9)));
    }
}
