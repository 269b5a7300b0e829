//! One owner for each conversation.
//!
//! Two processes that resume the same session id both answer, and neither notices: the next resume
//! sees one of the two branches, and what the other said is gone (seen with CLI 2.1.332). So an owner
//! holds a file next to the transcript while it has the conversation.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::task::AbortHandle;

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

/// Who holds a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    pid: u32,
    host: String,
    /// What makes the pid mean something: this boot of this machine, and this namespace of pids.
    boot: String,
    namespace: String,
    /// When the process began, in the kernel's ticks: a pid can be used again.
    began: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

/// Why a conversation could not be had.
#[derive(Debug)]
pub(super) enum Refused {
    /// Someone has it, or may have it.
    Owned(Option<Owner>),
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
    /// Takes the conversation of this id, whose transcript is in this folder.
    pub(super) fn acquire(folder: &Path, session: &str) -> Result<Self, Refused> {
        let path = folder.join(format!(".claude-wire-{session}.lease"));
        let content = serde_json::to_string(&Owner::this()).unwrap_or_default();
        // A file that is taken over is looked at again.
        for _ in 0..3 {
            match create(&path, &content) {
                Ok(()) => {
                    let beat = tokio::runtime::Handle::try_current().ok();
                    let beat =
                        beat.map(|runtime| runtime.spawn(beats(path.clone())).abort_handle());
                    return Ok(Self { path, content, session: session.to_owned(), beat });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Refused::Io(error)),
            }
            let Ok(found) = fs::read_to_string(&path) else { continue };
            let owner = serde_json::from_str::<Owner>(&found).ok();
            if !is_gone(owner.as_ref(), &path) {
                return Err(Refused::Owned(owner));
            }
            remove_if(&path, &found);
        }
        Err(Refused::Owned(None))
    }

    /// The id of the conversation.
    pub(super) fn session(&self) -> &str {
        &self.session
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

/// Creates the file with its content, or fails if there is one.
fn create(path: &Path, content: &str) -> io::Result<()> {
    let own = unique(path);
    fs::write(&own, content)?;
    let linked = fs::hard_link(&own, path);
    fs::remove_file(&own)?;
    linked
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

async fn beats(path: PathBuf) {
    loop {
        tokio::time::sleep(BEAT).await;
        let touched = fs::File::options().write(true).open(&path);
        let touched = touched.and_then(|file| file.set_modified(SystemTime::now()));
        if let Err(error) = touched {
            tracing::warn!(%error, "the lease of a conversation could not be kept");
        }
    }
}

/// Whether an owner is gone for certain.
fn is_gone(owner: Option<&Owner>, path: &Path) -> bool {
    let here = Owner::this();
    match owner {
        Some(owner) if owner.can_be_judged_by(&here) => began(owner.pid) != owner.began,
        _ => {
            let beat = fs::metadata(path).and_then(|file| file.modified());
            // A beat in the future is a clock that differs: in doubt, it is alive.
            beat.is_ok_and(|beat| beat.elapsed().is_ok_and(|age| age > GONE_AFTER))
        }
    }
}

impl Owner {
    fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Self {
            pid: std::process::id(),
            host: read("/proc/sys/kernel/hostname"),
            boot: read("/proc/sys/kernel/random/boot_id"),
            namespace: namespace.to_string_lossy().into_owned(),
            began: began(std::process::id()),
        }
    }

    fn can_be_judged_by(&self, other: &Self) -> bool {
        !self.boot.is_empty()
            && !self.namespace.is_empty()
            && !self.began.is_empty()
            && (&self.boot, &self.namespace) == (&other.boot, &other.namespace)
    }
}

/// When a process began; empty if there is none.
fn began(pid: u32) -> String {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may have anything in it.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    fields.split_whitespace().nth(19).unwrap_or_default().to_owned()
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

    #[test]
    fn a_conversation_has_one_owner_and_is_free_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let lease = Lease::acquire(folder.path(), "s-1").unwrap();
        let refused = Lease::acquire(folder.path(), "s-1").unwrap_err();
        assert!(
            matches!(&refused, Refused::Owned(Some(owner)) if owner.pid == std::process::id()),
            "{refused:?}"
        );
        drop(Lease::acquire(folder.path(), "s-2").unwrap());
        drop(lease);
        drop(Lease::acquire(folder.path(), "s-1").unwrap());
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
            let lease = Lease::acquire(folder.path(), "s-1");
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
                let lease = Lease::acquire(folder.path(), "s-1");
                assert_eq!(lease.is_ok(), is_taken_over, "{owner:?} {age:?}");
            }
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(file(folder.path()), "{").unwrap();
        assert!(matches!(Lease::acquire(folder.path(), "s-1"), Err(Refused::Owned(None))));
    }

    #[test]
    fn of_many_that_want_what_a_dead_owner_had_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        set(folder.path(), &Owner { began: "1".into(), ..Owner::this() }, Duration::ZERO);
        let leases: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Lease::acquire(folder.path(), "s-1"))).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(leases.iter().filter(|lease| lease.is_ok()).count(), 1);
    }

    #[tokio::test]
    async fn an_owner_shows_that_it_is_alive() {
        let folder = tempfile::tempdir().unwrap();
        let lease = Lease::acquire(folder.path(), "s-1").unwrap();
        let old = SystemTime::now() - 2 * GONE_AFTER;
        let opened = fs::File::options().write(true).open(file(folder.path())).unwrap();
        opened.set_modified(old).unwrap();
        tokio::time::pause();
        let modified = || fs::metadata(file(folder.path())).unwrap().modified().unwrap();
        while modified() <= old {
            tokio::time::sleep(BEAT).await;
        }
        drop(lease);
    }
}
