//! The orphan guard: a CLI that ends with the program that started it.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::transport::Error;
use crate::transport::locate::is_executable;

/// Whether the CLI ends when the program that started it is gone, even by SIGKILL.
///
/// Without it, a CLI whose program was killed goes on: it finishes its turn, asks the API again and
/// runs the next allowed tool before it notices that its input has ended (measured with CLI 2.1.332:
/// 11 s, and two more requests).
///
/// The CLI is started through `setpriv --pdeathsig TERM` (util-linux; Linux only), so that the kernel
/// sends it SIGTERM when the program ends; it then ends its tools itself. All guarded processes are
/// started by one thread, which lives as long as the program: the signal is bound to the thread that
/// starts a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OrphanGuard {
    /// No guard.
    #[default]
    Off,
    /// A guard, if it is possible here. A session that starts without it says so once, as a
    /// warning.
    IfPossible,
    /// A guard; a launch where it is not possible fails with an error for which
    /// [`is_orphan_guard`](crate::transport::Error::is_orphan_guard) is true.
    Required,
}

impl OrphanGuard {
    /// Checks whether a guard is possible here. Looks once, and remembers.
    ///
    /// # Errors
    /// Why it is not: no Linux, no `setpriv`, or one that is too old.
    pub fn check() -> Result<(), Error> {
        setpriv().map(drop)
    }
}

/// How to start a program under the guard. What is wrong with the program is an error here, since
/// `setpriv` itself can be started.
pub(super) fn guarded(program: &Path) -> Result<Command, Error> {
    let mut command = Command::new(setpriv()?);
    check(program).map_err(|error| Error::spawn(program, error))?;
    command.args(["--pdeathsig", "TERM", "--"]).arg(program);
    Ok(command)
}

/// Whether the program may be executed, and has the interpreter that its first line names.
fn check(program: &Path) -> io::Result<()> {
    if !is_executable(&program.metadata()?) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut first = Vec::new();
    // A program that may be executed but not read is left to the system.
    let read = File::open(program).and_then(|file| file.take(256).read_to_end(&mut first));
    let line = first.strip_prefix(b"#!").filter(|_| read.is_ok()).unwrap_or_default();
    let line =
        String::from_utf8_lossy(line.split(|byte| *byte == b'\n').next().unwrap_or_default());
    match line.split_ascii_whitespace().next().map(Path::new) {
        Some(interpreter) if interpreter.is_absolute() => interpreter.metadata().map(drop),
        _ => Ok(()),
    }
}

fn setpriv() -> Result<PathBuf, Error> {
    static FOUND: OnceLock<Result<PathBuf, Missing>> = OnceLock::new();
    FOUND
        .get_or_init(|| find(std::env::var_os("PATH")))
        .clone()
        .map_err(|why| Error::orphan_guard(why.to_string()))
}

/// Why there is no guard.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Missing {
    NotLinux,
    NoSetpriv,
    TooOld(PathBuf),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLinux => f.write_str("it needs Linux"),
            Self::NoSetpriv => f.write_str("`setpriv` (util-linux) is not on PATH"),
            Self::TooOld(path) => {
                write!(
                    f,
                    "{} does not know `--pdeathsig`; it needs util-linux 2.33",
                    path.display()
                )
            }
        }
    }
}

fn find(path: Option<OsString>) -> Result<PathBuf, Missing> {
    if !cfg!(target_os = "linux") {
        return Err(Missing::NotLinux);
    }
    let folders = path.unwrap_or_default();
    // The meaning of a relative entry would depend on the host's working directory.
    let folders = std::env::split_paths(&folders).filter(|folder| folder.is_absolute());
    let mut files = folders.map(|folder| folder.join("setpriv"));
    // As a shell searches.
    let runs = |file: &PathBuf| file.metadata().is_ok_and(|it| it.is_file() && is_executable(&it));
    let found = files.find(runs).ok_or(Missing::NoSetpriv)?;
    let help = Command::new(&found).arg("--help").output().map(|output| output.stdout);
    let knows = help.is_ok_and(|help| String::from_utf8_lossy(&help).contains("--pdeathsig"));
    if knows { Ok(found) } else { Err(Missing::TooOld(found)) }
}

/// Runs work in the thread that starts all guarded processes.
pub(super) fn in_its_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    type Work = Box<dyn FnOnce() + Send>;
    static THREAD: OnceLock<std::sync::mpsc::Sender<Work>> = OnceLock::new();
    let thread = match THREAD.get() {
        Some(thread) => thread,
        None => {
            let (sender, works) = std::sync::mpsc::channel::<Work>();
            std::thread::Builder::new().name("claude-wire-guard".to_owned()).spawn(move || {
                for work in works {
                    work();
                }
            })?;
            // If another thread was faster, this one ends with its sender.
            THREAD.get_or_init(|| sender)
        }
    };
    let (reply, answer) = std::sync::mpsc::sync_channel(1);
    let gone = || io::Error::other("the thread that starts guarded processes has ended");
    // With the thread, all its processes would end.
    let work = move || drop(reply.send(catch_unwind(AssertUnwindSafe(work))));
    thread.send(Box::new(work)).map_err(|_| gone())?;
    let done = answer.recv().map_err(|_| gone())?;
    done.map_err(|_| io::Error::other("the start of a guarded process panicked"))
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said() {
        let empty = tempfile::tempdir().unwrap();
        let path = || Some(empty.path().as_os_str().to_owned());
        assert_eq!(find(None), Err(Missing::NoSetpriv));
        assert_eq!(find(path()), Err(Missing::NoSetpriv));
        let old = empty.path().join("setpriv");
        std::fs::write(&old, "#!/bin/sh\necho --reuid\n").unwrap();
        let mut executable = std::fs::metadata(&old).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut executable, 0o755);
        std::fs::set_permissions(&old, executable).unwrap();
        assert_eq!(find(path()), Err(Missing::TooOld(old.clone())));
        assert!(Missing::TooOld(old).to_string().contains("util-linux 2.33"));
    }

    #[test]
    fn what_may_not_be_executed_is_passed_over() {
        use std::os::unix::fs::PermissionsExt;

        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [plain, folder, real] = folders.each_ref().map(|folder| folder.path().join("setpriv"));
        let text = "#!/bin/sh\necho --pdeathsig\n";
        std::fs::write(&plain, text).unwrap();
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&real, text).unwrap();
        let path = || std::env::join_paths(folders.iter().map(|folder| folder.path())).ok();
        assert_eq!(find(path()), Err(Missing::NoSetpriv));
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(find(path()), Ok(real));
    }

    /// The kernel ends the processes of a thread that ends.
    #[test]
    fn all_work_is_done_by_one_thread_also_after_a_panic() {
        let id = || std::thread::current().id();
        let first = in_its_thread(id).unwrap();
        for _ in 0..3 {
            let error = in_its_thread(|| panic!("a bug")).unwrap_err();
            assert!(error.to_string().contains("panicked"), "{error}");
        }
        let second = std::thread::spawn(move || in_its_thread(id)).join().unwrap().unwrap();
        assert!(first == second && first != std::thread::current().id());
    }
}
