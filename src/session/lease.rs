//! One owner for each conversation.
//!
//! Two processes that resume the same session id both answer, and neither notices: the next resume
//! sees one of the two branches, and what the other said is gone (seen with CLI 2.1.332). So an owner
//! holds a file next to the transcript while it has the conversation.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::lease_file::{Change, New, age, change, touch};
use super::lease_owner::{Cli, Owner};
use crate::common::{lock, os_error};

/// How often an owner shows that it is alive.
const BEAT: Duration = Duration::from_secs(10);
/// After this time without a beat, an owner that cannot be looked at counts as gone.
const GONE_AFTER: Duration = Duration::from_secs(60);

/// The most that a launch waits for an owner that ends.
pub(super) const ENDS: Duration = Duration::from_secs(30);
/// How long a session of this process may take to notice that it was stopped or dropped.
const NOTICES: Duration = Duration::from_millis(200);

/// The leases of this process, by their tokens, and whether their sessions end.
static OWN: Mutex<BTreeMap<String, bool>> = Mutex::new(BTreeMap::new());

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
    /// Boxed: it is large.
    owner: Box<Owner>,
    session: String,
    beat: Option<AbortHandle>,
    /// Whether another owner was found to have it.
    is_lost: Arc<AtomicBool>,
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
        let owner = Box::new(Owner::this());
        take(&path, &owner)?;
        lock(&OWN).insert(owner.token.clone(), false);
        let (is_lost, say) = (Arc::<AtomicBool>::default(), Box::new(lost));
        let (token, id) = (owner.token.clone(), session.to_owned());
        let beats = beats(path.clone(), token, id, is_lost.clone(), say);
        let runtime = tokio::runtime::Handle::try_current().ok();
        let beat = runtime.map(|runtime| runtime.spawn(beats).abort_handle());
        Ok(Self { path, owner, session: session.to_owned(), beat, is_lost })
    }

    /// The id of the conversation.
    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// Notes the CLI that goes on with the conversation: that is not free while the CLI runs, even
    /// if this process was killed.
    ///
    /// # Errors
    /// If the file cannot be written. Then it stays as it was.
    pub(super) fn note_cli(&mut self, pid: u32) -> io::Result<()> {
        // In a `/proc` of another namespace, its pid is that of another process.
        let cli = Cli::of(pid).filter(|_| !self.owner.began.is_empty());
        if cli.is_none() || cli == self.owner.cli || !self.is_held() {
            return Ok(());
        }
        let owner = Owner { cli, ..Owner::clone(&self.owner) };
        let new = New::write(&self.path, &owner.to_text())?;
        let is_own = |found: &str| found.contains(&self.owner.token);
        if change(&self.path, Change::Renew(&new), is_own)? {
            *self.owner = owner;
        }
        Ok(())
    }

    /// Its session ends, so that the next one may wait for it.
    pub(super) fn ends(&self) {
        lock(&OWN).insert(self.owner.token.clone(), true);
    }

    /// Gives it up while the CLI still ends: the conversation is free once that has, as that of a
    /// program that was killed.
    pub(super) fn leave_to_cli(self) {
        if self.owner.cli.is_none() || !self.is_held() {
            return;
        }
        // No process began then.
        let owner = Owner { began: "0".into(), ..Owner::clone(&self.owner) };
        let is_own = |found: &str| found.contains(&self.owner.token);
        let left = New::write(&self.path, &owner.to_text())
            .and_then(|new| change(&self.path, Change::Renew(&new), is_own));
        // The file is not this owner's any more.
        self.is_lost.store(matches!(left, Ok(true)), Ordering::Release);
    }

    /// Whether it is still this owner's, as far as it was looked at.
    pub(super) fn is_held(&self) -> bool {
        !self.is_lost.load(Ordering::Acquire)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(beat) = &self.beat {
            beat.abort();
        }
        if self.is_held() {
            let is_own = |found: &str| found.contains(&self.owner.token);
            if let Err(error) = change(&self.path, Change::Remove, is_own) {
                tracing::warn!(error = %os_error(&error), "the lease of a conversation could not be removed");
            }
        }
        lock(&OWN).remove(&self.owner.token);
    }
}

/// How long to wait for a conversation that this owner has, since it is about to be free.
pub(super) fn until_free(owner: &Owner) -> Duration {
    let ends = lock(&OWN).get(&owner.token).copied();
    let here = Owner::this();
    match ends {
        Some(true) => ENDS,
        Some(false) => NOTICES,
        // It is free when its CLI has ended, which may have been since it was looked at.
        None if owner.has_ended(&here) => ENDS,
        // It was freed just now.
        None if owner.is_same_process(&here) => NOTICES,
        None => Duration::ZERO,
    }
}

/// Makes this owner's file the one that counts, if there is none, or its owner is gone.
fn take(path: &Path, here: &Owner) -> Result<(), Refused> {
    // What others change meanwhile is looked at again.
    for _ in 0..3 {
        // This file was written just now, so its time is that of the file system.
        let new = New::write(path, &here.to_text()).map_err(Refused::Io)?;
        if new.link(path).map_err(Refused::Io)? {
            return Ok(());
        }
        let Ok(found) = fs::read_to_string(path) else { continue };
        let other = Owner::from_text(&found);
        let is_gone = || is_gone(other.as_ref(), here, || age(path, new.written));
        if !is_gone() {
            return Err(Refused::Owned(other.map(Box::new)));
        }
        // Judged again while no one else may change it.
        match change(path, Change::TakeOver(&new), |now| now == found && is_gone()) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(_) => return Err(Refused::Owned(other.map(Box::new))),
        }
    }
    Err(Refused::Owned(None))
}

/// Shows that the owner is alive, until another one has the file.
async fn beats(
    path: PathBuf,
    token: String,
    session: String,
    is_lost: Arc<AtomicBool>,
    say: Box<dyn FnOnce(String) + Send>,
) {
    loop {
        tokio::time::sleep(BEAT).await;
        match touch(&path, |found| found.contains(&token)) {
            Ok(true) => {}
            Ok(false) => {
                is_lost.store(true, Ordering::Release);
                // This program was stopped for longer than an owner may be silent.
                return say(format!(
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
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU64;
    use std::time::SystemTime;

    use super::*;

    fn file(folder: &Path) -> PathBuf {
        folder.join(".claude-wire-s-1.lease")
    }

    fn set(folder: &Path, owner: &Owner, age: Duration) {
        fs::write(file(folder), owner.to_text()).unwrap();
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
    fn an_owner_in_the_same_namespace_is_judged_by_its_process_and_its_cli() {
        let here = Owner::this();
        let ended = Cli { began: "1".into(), ..Cli::of(here.pid).unwrap() };
        for (owner, is_taken_over) in [
            // Alive, although it has not shown that for long.
            (here.clone(), false),
            // The pid was used again.
            (Owner { began: "1".into(), ..here.clone() }, true),
            (Owner { pid: u32::MAX, ..here.clone() }, true),
            // Killed, while its CLI goes on, or has ended too.
            (Owner { pid: u32::MAX, cli: Cli::of(here.pid), ..here.clone() }, false),
            (Owner { pid: u32::MAX, cli: Some(ended.clone()), ..here.clone() }, true),
            (Owner { cli: Some(ended), ..here.clone() }, false),
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

    #[tokio::test(start_paused = true)]
    async fn the_file_of_an_owner_has_its_cli_and_stays_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let mut lease = acquire(folder.path(), "s-1").unwrap();
        let text = || fs::read_to_string(file(folder.path())).unwrap();
        assert_eq!(Owner::from_text(&text()).unwrap().cli, None);
        // The CLI may be launched again.
        for _ in 0..2 {
            let mut cli = std::process::Command::new("sleep").arg("60").spawn().unwrap();
            lease.note_cli(cli.id()).unwrap();
            let owner = Owner::from_text(&text()).unwrap();
            assert_eq!(owner.cli, Cli::of(cli.id()));
            assert_eq!(owner.token, lease.owner.token);
            assert!(owner.to_string().contains(&format!("CLI is process {}", cli.id())), "{owner}");
            cli.kill().unwrap();
            cli.wait().unwrap();
            // It ended before it was noted: the file stays as it is.
            lease.note_cli(cli.id()).unwrap();
            assert_eq!(Owner::from_text(&text()), Some(owner));
        }
        let noted = text();
        tokio::time::sleep(3 * BEAT).await;
        assert!(lease.is_held(), "its beats know the file");
        assert_eq!(text(), noted);
        drop(lease);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    }

    /// As when its runtime is shut down.
    #[tokio::test]
    async fn what_is_left_to_a_cli_is_free_when_that_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut lease = acquire(folder.path(), "s-1").unwrap();
        let mut cli = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        lease.note_cli(cli.id()).unwrap();
        lease.leave_to_cli();
        let Err(Refused::Owned(Some(owner))) = acquire(folder.path(), "s-1") else {
            panic!("it is free")
        };
        assert_eq!(until_free(&owner), ENDS, "its CLI is about to end");
        cli.kill().unwrap();
        cli.wait().unwrap();
        assert_eq!(until_free(&owner), ENDS, "it has ended since: look again");
        drop(acquire(folder.path(), "s-1").unwrap());
        // Without a CLI there is nothing to wait for.
        acquire(folder.path(), "s-1").unwrap().leave_to_cli();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// Leases are dropped, die, and are found to be lost, while others want the conversation.
    #[test]
    fn a_conversation_has_one_owner_at_any_time() {
        const TAKEN: u64 = 2000;
        let folder = &tempfile::tempdir().unwrap();
        let (owners, taken) = (&AtomicU64::new(0), &AtomicU64::new(0));
        // What its owner has lost, to be dropped while the next one has the conversation.
        let lost: &Mutex<Vec<Lease>> = &Mutex::default();
        std::thread::scope(|scope| {
            for thread in 1..=8_u64 {
                let mut random = thread.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let mut next = move || {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    random
                };
                scope.spawn(move || {
                    while taken.load(Ordering::SeqCst) < TAKEN {
                        let Ok(lease) = acquire(folder.path(), "s-1") else {
                            if next() % 4 == 0 {
                                let old = lost.lock().unwrap().pop();
                                drop(old);
                            }
                            continue;
                        };
                        assert_eq!(owners.fetch_add(1, Ordering::SeqCst), 0, "two owners");
                        taken.fetch_add(1, Ordering::SeqCst);
                        for _ in 0..next() % 4 {
                            std::thread::yield_now();
                        }
                        let text = fs::read_to_string(file(folder.path())).unwrap();
                        assert!(text.contains(&lease.owner.token), "{text}");
                        owners.fetch_sub(1, Ordering::SeqCst);
                        if next() % 2 == 0 {
                            drop(lease);
                            continue;
                        }
                        let dead = Owner { began: "1".into(), ..Owner::this() }.to_text();
                        let dead = New::write(&file(folder.path()), &dead).unwrap();
                        fs::rename(&dead.path, file(folder.path())).unwrap();
                        lost.lock().unwrap().push(lease);
                    }
                });
            }
        });
        lost.lock().unwrap().clear();
        drop(acquire(folder.path(), "s-1").unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
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
        let next = Owner::this().to_text();
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
