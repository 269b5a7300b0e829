//! The file of a lease. What changes it holds its lock, so that an owner's file is there at any time
//! from its start to its end.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How long the lock of a file is waited for: others have it for some calls of the system.
const LOCK: Duration = Duration::from_secs(1);

/// A file with the content of a lease, next to the one that counts.
pub(super) struct New {
    pub(super) path: PathBuf,
    /// When it was written, on the clock of the file system.
    pub(super) written: SystemTime,
}

impl New {
    pub(super) fn write(path: &Path, content: &str) -> io::Result<Self> {
        let path = unique(path);
        let mut file = File::create_new(&path)?;
        // From here on it is removed.
        let mut new = Self { path, written: SystemTime::UNIX_EPOCH };
        file.write_all(content.as_bytes())?;
        new.written = file.metadata()?.modified()?;
        Ok(new)
    }

    /// Gives it the name that counts, unless there is a file with it. Returns whether that was so.
    pub(super) fn link(&self, path: &Path) -> io::Result<bool> {
        match fs::hard_link(&self.path, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            linked => linked.map(|()| true),
        }
    }
}

impl Drop for New {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// What becomes of the file that counts.
#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    /// This one takes the place of that of an owner that is gone.
    TakeOver(&'a New),
    /// This one takes the place of the owner's own.
    Renew(&'a New),
    Remove,
}

/// Changes the file, if `may` is true of its content. Returns whether it did.
///
/// # Errors
/// Also if the file is locked for long, by a process that was stopped for example.
pub(super) fn change(
    path: &Path,
    change: Change<'_>,
    may: impl Fn(&str) -> bool,
) -> io::Result<bool> {
    match lock(path)? {
        Lock::NoFile => Ok(false),
        Lock::NoLocks => change_without_locks(path, change, may),
        Lock::Has(file) => {
            // The file with this name stays the one that was locked.
            if !may(&io::read_to_string(&*file)?) {
                return Ok(false);
            }
            match change {
                Change::TakeOver(new) | Change::Renew(new) => fs::rename(&new.path, path)?,
                Change::Remove => fs::remove_file(path)?,
            }
            Ok(true)
        }
    }
}

/// The same where files cannot be locked. Here two may do it at the same time, and there is a moment
/// without a file when one is taken over or removed: it is as short as possible.
fn change_without_locks(
    path: &Path,
    change: Change<'_>,
    may: impl Fn(&str) -> bool,
) -> io::Result<bool> {
    if !fs::read_to_string(path).is_ok_and(|found| may(&found)) {
        return Ok(false);
    }
    if let Change::Renew(new) = change {
        return fs::rename(&new.path, path).map(|()| true);
    }
    let aside = unique(path);
    fs::rename(path, &aside)?;
    let may = fs::read_to_string(&aside).map_or(true, |found| may(&found));
    if !may {
        // Another one came meanwhile. It fails only if there is a newer one again.
        let _ = fs::hard_link(&aside, path);
    }
    let _ = fs::remove_file(&aside);
    match change {
        Change::TakeOver(new) if may => new.link(path),
        _ => Ok(may),
    }
}

enum Lock {
    Has(Locked),
    NoFile,
    /// The file system or the operating system has none that would do.
    NoLocks,
}

/// The file that has the name, locked. Given back at once, even if a process that is just being
/// started has a copy of the descriptor.
struct Locked(File);

impl std::ops::Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Locks the file that has this name.
fn lock(path: &Path) -> io::Result<Lock> {
    let until = Instant::now() + LOCK;
    loop {
        let file = File::options().read(true).write(true).open(path);
        // That of another user; some file systems lock only what may be written.
        let file = match file.or_else(|_| File::open(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lock::NoFile),
            file => file?,
        };
        match file.try_lock() {
            Ok(()) => {
                let file = Locked(file);
                match is_at(&file, path) {
                    None => return Ok(Lock::NoLocks),
                    Some(true) => return Ok(Lock::Has(file)),
                    // Another one has replaced or removed it.
                    Some(false) => {}
                }
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::Error(_)) => return Ok(Lock::NoLocks),
        }
        if Instant::now() > until {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
}

/// Whether this file has that name; `None` where that cannot be known.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> Option<bool> {
    use std::os::unix::fs::MetadataExt;

    let file = file.metadata().ok()?;
    let named = fs::metadata(path);
    Some(named.is_ok_and(|named| (named.dev(), named.ino()) == (file.dev(), file.ino())))
}

#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> Option<bool> {
    None
}

/// A name that no one else uses, on any machine that shares the folder.
fn unique(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", uuid::Uuid::new_v4()));
    path.with_file_name(name)
}

/// Gives the file a new time, if `is_own` is true of its content. Returns whether it is.
///
/// What is read and written is one file, whatever takes its name meanwhile. It is written instead of
/// given our time, because the clock of the file system counts: all machines that share it see
/// the same one.
pub(super) fn touch(path: &Path, is_own: impl Fn(&str) -> bool) -> io::Result<bool> {
    let mut file = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file?,
    };
    let mut found = Vec::new();
    file.read_to_end(&mut found)?;
    if !std::str::from_utf8(&found).is_ok_and(is_own) {
        return Ok(false);
    }
    file.rewind()?;
    file.write_all(&found)?;
    Ok(true)
}

/// How long ago the file was written; `None` if that is not known.
pub(super) fn age(path: &Path, now: SystemTime) -> Option<Duration> {
    let beat = fs::metadata(path).and_then(|file| file.modified()).ok()?;
    now.duration_since(beat).ok()
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lease");
        (folder, path)
    }

    fn names(folder: &Path) -> Vec<String> {
        let all = fs::read_dir(folder).unwrap();
        let mut all: Vec<_> =
            all.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }

    /// Containers that share transcripts may all have one pid.
    #[test]
    fn the_name_of_a_new_file_is_that_of_no_other_machine() {
        let (folder, path) = folder();
        let new = [(); 2].map(|()| New::write(&path, "x").unwrap());
        for name in names(folder.path()) {
            let id = name.strip_prefix("lease.").unwrap();
            assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 4, "{name}");
        }
        drop(new);
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_file_is_changed_if_it_may_be() {
        type Way = fn(&Path, Change<'_>, &dyn Fn(&str) -> bool) -> io::Result<bool>;
        let locked: Way = |path, how, may| change(path, how, may);
        let unlocked: Way = |path, how, may| change_without_locks(path, how, may);
        for way in [locked, unlocked] {
            let (folder, path) = folder();
            for may in [false, true] {
                fs::write(&path, "old").unwrap();
                let after = if may { "new" } else { "old" };
                for renews in [false, true] {
                    let new = New::write(&path, "new").unwrap();
                    let how = if renews { Change::Renew(&new) } else { Change::TakeOver(&new) };
                    assert_eq!(way(&path, how, &|_| may).unwrap(), may);
                    drop(new);
                    assert_eq!(fs::read_to_string(&path).unwrap(), after);
                    assert_eq!(names(folder.path()), ["lease"]);
                }
                assert_eq!(
                    way(&path, Change::Remove, &|found| may && found == after).unwrap(),
                    may
                );
                assert_eq!(path.exists(), !may);
            }
            assert!(!way(&path, Change::Remove, &|_| true).unwrap(), "there is none");
            let new = New::write(&path, "new").unwrap();
            assert!(!way(&path, Change::TakeOver(&new), &|_| true).unwrap(), "there is none");
        }
    }

    #[test]
    fn without_locks_the_file_of_another_one_is_put_back() {
        let (folder, path) = folder();
        fs::write(&path, "old").unwrap();
        // It comes between the two looks.
        let looks = std::cell::Cell::new(0);
        let may = |_: &str| looks.replace(looks.get() + 1) == 0;
        let new = New::write(&path, "new").unwrap();
        assert!(!change_without_locks(&path, Change::TakeOver(&new), may).unwrap());
        drop(new);
        assert_eq!((looks.get(), names(folder.path())), (2, vec!["lease".to_owned()]));
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }

    #[test]
    fn who_stops_in_the_middle_keeps_the_file_and_the_others_give_up() {
        let (_folder, path) = folder();
        fs::write(&path, "old").unwrap();
        let Lock::Has(stopped) = lock(&path).unwrap() else { panic!("no lock") };
        let error = change(&path, Change::Remove, |_| true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(stopped);
        assert!(change(&path, Change::Remove, |_| true).unwrap());
    }
}
