//! One owner for each conversation.
//!
//! Two processes that resume the same session id both answer, and neither notices: the next resume
//! sees one of the two branches, and what the other said is gone (seen with CLI 2.1.332). So an owner
//! holds a file next to the transcript while it has the conversation.

use std::fs;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::task::AbortHandle;

use super::lease_owner::Owner;
use crate::common::os_error;

/// How often an owner shows that it is alive.
const BEAT: Duration = Duration::from_secs(10);
/// After this time without a beat, an owner that cannot be looked at counts as gone.
const GONE_AFTER: Duration = Duration::from_secs(60);

/// What a session does about a conversation that another one has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Exclusive {
    /// Nothing: conversations are not held.
    #[default]
    Off,
    /// The start fails, with an error for which [`is_owned`](super::Error::is_owned) is true.
    Refuse,
    /// The conversation is forked: the session goes on with a copy, under a new id.
    Fork,
}

impl From<bool> for Exclusive {
    /// `true` is [`Refuse`](Self::Refuse), `false` is [`Off`](Self::Off).
    fn from(exclusive: bool) -> Self {
        if exclusive { Self::Refuse } else { Self::Off }
    }
}

/// Why a conversation could not be had.
#[derive(Debug)]
pub(super) enum Refused {
    /// Someone has it, or may have it.
    Owned(Option<Box<Owner>>),
    Io(io::Error),
}

/// The right to a conversation, until it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    path: PathBuf,
    content: String,
    session: String,
    beat: Option<AbortHandle>,
}

impl Lease {
    /// Takes the conversation of this id, whose transcript is in this folder. `lost` is called once
    /// if another owner is found to have taken it over meanwhile.
    pub(super) fn acquire(
        folder: &Path,
        session: &str,
        lost: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, Refused> {
        let path = folder.join(format!(".claude-wire-{session}.lease"));
        let owner = Owner::this();
        let content = serde_json::to_string(&owner).unwrap_or_default();
        // A file that is taken over is looked at again.
        for _ in 0..3 {
            // This file was written just now, so its time is that of the file system.
            let new = New::write(&path, &content).map_err(Refused::Io)?;
            match fs::hard_link(&new.path, &path) {
                Ok(()) => {
                    let lost = Box::new(lost);
                    let beats = beats(path.clone(), content.clone(), session.to_owned(), lost);
                    let runtime = tokio::runtime::Handle::try_current().ok();
                    let beat = runtime.map(|runtime| runtime.spawn(beats).abort_handle());
                    return Ok(Self { path, content, session: session.to_owned(), beat });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Refused::Io(error)),
            }
            let Ok(found) = fs::read_to_string(&path) else { continue };
            let other = serde_json::from_str::<Owner>(&found).ok().map(Box::new);
            if !is_gone(other.as_deref(), &owner, || age(&path, new.written)) {
                return Err(Refused::Owned(other));
            }
            remove_if(&path, &found);
        }
        Err(Refused::Owned(None))
    }

    /// The id of the conversation.
    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// Whether it is still this owner's, as far as it was looked at.
    pub(super) fn is_held(&self) -> bool {
        self.beat.as_ref().is_none_or(|beat| !beat.is_finished())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(beat) = &self.beat {
            beat.abort();
        }
        remove_if(&self.path, &self.content);
    }
}

/// A file with the content of a lease, next to the one that counts.
struct New {
    path: PathBuf,
    written: SystemTime,
}

impl New {
    fn write(path: &Path, content: &str) -> io::Result<Self> {
        let path = unique(path);
        fs::write(&path, content)?;
        // From here on it is removed.
        let mut new = Self { path, written: SystemTime::UNIX_EPOCH };
        new.written = fs::metadata(&new.path)?.modified()?;
        Ok(new)
    }
}

impl Drop for New {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the file if it has this content. Another one that came meanwhile is put back.
fn remove_if(path: &Path, content: &str) {
    let aside = unique(path);
    if fs::rename(path, &aside).is_err() {
        return;
    }
    if fs::read_to_string(&aside).is_ok_and(|found| found != content) {
        // It fails only if there is a newer one again.
        let _ = fs::hard_link(&aside, path);
    }
    let _ = fs::remove_file(&aside);
}

/// A name that no one else uses.
fn unique(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number}", std::process::id()));
    path.with_file_name(name)
}

/// Shows that the owner is alive, until another one has the file.
async fn beats(
    path: PathBuf,
    content: String,
    session: String,
    lost: Box<dyn FnOnce(String) + Send>,
) {
    loop {
        tokio::time::sleep(BEAT).await;
        match touch(&path, &content) {
            Ok(true) => {}
            Ok(false) => {
                // This program was stopped for longer than an owner may be silent.
                return lost(format!(
                    "the conversation {session} is not held any more: its lease is gone, or is \
                     that of another owner, so that another session may write to it"
                ));
            }
            Err(error) => {
                tracing::warn!(
                    error = %os_error(&error),
                    "the lease of a conversation could not be kept"
                );
            }
        }
    }
}

/// Gives the file a new time, if it has this content. Returns whether it has.
///
/// What is read and written is one file, whatever takes its name meanwhile. It is written instead of
/// given our time, because the clock of the file system counts: all machines that share it see
/// the same one.
fn touch(path: &Path, content: &str) -> io::Result<bool> {
    let mut file = match fs::File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    let mut found = Vec::new();
    file.read_to_end(&mut found)?;
    if found != content.as_bytes() {
        return Ok(false);
    }
    file.rewind()?;
    file.write_all(content.as_bytes())?;
    Ok(true)
}

/// How long ago the file was written; `None` if that is not known.
fn age(path: &Path, now: SystemTime) -> Option<Duration> {
    let beat = fs::metadata(path).and_then(|file| file.modified()).ok()?;
    now.duration_since(beat).ok()
}

/// Whether an owner is gone for certain. `age` is the time since its last beat.
fn is_gone(owner: Option<&Owner>, here: &Owner, age: impl FnOnce() -> Option<Duration>) -> bool {
    match owner.and_then(|owner| owner.is_alive(here)) {
        Some(is_alive) => !is_alive,
        None => age().is_some_and(|age| age > GONE_AFTER),
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn file(folder: &Path) -> PathBuf {
        folder.join(".claude-wire-s-1.lease")
    }

    fn set(folder: &Path, owner: &Owner, age: Duration) {
        fs::write(file(folder), serde_json::to_string(owner).unwrap()).unwrap();
        let opened = fs::File::options().write(true).open(file(folder)).unwrap();
        opened.set_modified(SystemTime::now() - age).unwrap();
    }

    fn acquire(folder: &Path, session: &str) -> Result<Lease, Refused> {
        Lease::acquire(folder, session, |text| panic!("{text}"))
    }

    #[test]
    fn a_conversation_has_one_owner_and_is_free_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let lease = acquire(folder.path(), "s-1").unwrap();
        let refused = acquire(folder.path(), "s-1").unwrap_err();
        assert!(
            matches!(&refused, Refused::Owned(Some(owner)) if owner.pid == std::process::id()),
            "{refused:?}"
        );
        drop(acquire(folder.path(), "s-2").unwrap());
        drop(lease);
        drop(acquire(folder.path(), "s-1").unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    }

    #[test]
    fn an_owner_in_the_same_namespace_is_judged_by_its_process() {
        let here = Owner::this();
        for (owner, is_taken_over) in [
            // Alive, although it has not shown that for long.
            (here.clone(), false),
            // The pid was used again.
            (Owner { began: "1".into(), ..here.clone() }, true),
            (Owner { pid: u32::MAX, ..here.clone() }, true),
        ] {
            let folder = tempfile::tempdir().unwrap();
            set(folder.path(), &owner, 10 * GONE_AFTER);
            let lease = acquire(folder.path(), "s-1");
            assert_eq!(lease.is_ok(), is_taken_over, "{owner:?}");
        }
    }

    #[test]
    fn an_owner_elsewhere_is_judged_by_its_beat_and_in_doubt_it_is_alive() {
        let here = Owner::this();
        let elsewhere = [
            Owner { boot: "another".into(), ..here.clone() },
            Owner { namespace: "pid:[1]".into(), ..here.clone() },
            Owner { boot: String::new(), ..here },
        ];
        for owner in elsewhere {
            for (age, is_taken_over) in [(GONE_AFTER / 2, false), (2 * GONE_AFTER, true)] {
                let folder = tempfile::tempdir().unwrap();
                set(folder.path(), &owner, age);
                let lease = acquire(folder.path(), "s-1");
                assert_eq!(lease.is_ok(), is_taken_over, "{owner:?} {age:?}");
            }
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(file(folder.path()), "{").unwrap();
        assert!(matches!(acquire(folder.path(), "s-1"), Err(Refused::Owned(None))));
    }

    #[test]
    fn of_many_that_want_what_a_dead_owner_had_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        set(folder.path(), &Owner { began: "1".into(), ..Owner::this() }, Duration::ZERO);
        let leases: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..8).map(|_| scope.spawn(|| acquire(folder.path(), "s-1"))).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(leases.iter().filter(|lease| lease.is_ok()).count(), 1);
    }

    #[tokio::test]
    async fn an_owner_shows_that_it_is_alive_by_the_time_of_the_file_system() {
        let folder = tempfile::tempdir().unwrap();
        let lease = acquire(folder.path(), "s-1").unwrap();
        let content = fs::read_to_string(file(folder.path())).unwrap();
        // As if the clock of the file system were far behind, or far ahead, of ours.
        let old = SystemTime::now() - 2 * GONE_AFTER;
        let opened = fs::File::options().write(true).open(file(folder.path())).unwrap();
        opened.set_modified(old).unwrap();
        tokio::time::pause();
        let modified = || fs::metadata(file(folder.path())).unwrap().modified().unwrap();
        while modified() <= old {
            tokio::time::sleep(BEAT).await;
        }
        assert_eq!(fs::read_to_string(file(folder.path())).unwrap(), content);
        assert!(lease.is_held());
        drop(lease);
    }

    #[test]
    fn the_age_of_a_beat_is_counted_on_one_clock() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path());
        set(folder.path(), &Owner::this(), Duration::from_secs(3600));
        let beat = fs::metadata(&path).unwrap().modified().unwrap();
        for (now, expected) in [
            (beat + Duration::from_secs(5), Some(Duration::from_secs(5))),
            (beat, Some(Duration::ZERO)),
            // Two servers of one file system may differ: in doubt, it is alive.
            (beat - Duration::from_secs(5), None),
        ] {
            assert_eq!(age(&path, now), expected);
        }
        let new = New::write(&path, "{}").unwrap();
        assert_eq!(new.written, fs::metadata(&new.path).unwrap().modified().unwrap());
        let left = new.path.clone();
        drop(new);
        assert!(!left.exists());
    }

    #[tokio::test(start_paused = true)]
    async fn an_owner_that_was_away_leaves_the_file_to_the_next_one_and_says_so() {
        let next = serde_json::to_string(&Owner::this()).unwrap();
        // Another owner has it, it was removed, or it is not a lease any more.
        for found in [Some(next.as_str()), None, Some("")] {
            let folder = tempfile::tempdir().unwrap();
            let (send, mut lost) = tokio::sync::mpsc::unbounded_channel();
            let lease =
                Lease::acquire(folder.path(), "s-1", move |text| send.send(text).unwrap()).unwrap();
            let path = file(folder.path());
            fs::remove_file(&path).unwrap();
            let old = SystemTime::now() - 2 * GONE_AFTER;
            if let Some(found) = found {
                fs::write(&path, found).unwrap();
                fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
            }
            let text = lost.recv().await.unwrap();
            assert!(text.contains("s-1 is not held any more"), "{text}");
            assert_eq!(lost.recv().await, None, "once, and it beats no more");
            assert!(!lease.is_held());
            let modified = fs::metadata(&path).and_then(|file| file.modified()).ok();
            assert_eq!(modified, found.map(|_| old), "not kept fresh");
            drop(lease);
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), found, "not removed");
        }
    }
}
