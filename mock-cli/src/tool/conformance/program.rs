//! A program that the kit runs, which does not outlive it.

use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::stand_in::FOLDER;
use crate::common::without_own_variables;

/// How long a line may be: a host repeats the texts of messages.
const LINE: u64 = 64 * 1024 * 1024;

/// It is ended with its children when this is dropped.
pub(super) struct Program(Child);

impl Program {
    /// Starts a program of the case in this folder. Of the `CLAUDE_WIRE_*` variables it has only that
    /// of the folder: those of the caller are for other programs, and would change what is compared.
    pub(super) fn start(mut command: Command, folder: &Path) -> io::Result<Self> {
        without_own_variables(&mut command);
        command.env(FOLDER, folder);
        // With its children in one group, so that all of them can be ended.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map(Self)
    }

    /// Its standard streams, once.
    pub(super) fn streams(&mut self) -> Option<(ChildStdin, ChildStdout, ChildStderr)> {
        Some((self.0.stdin.take()?, self.0.stdout.take()?, self.0.stderr.take()?))
    }

    /// How it exited, if it does so in time.
    pub(super) fn end(&mut self, until: Instant) -> Option<ExitStatus> {
        loop {
            // Polled, because a wait has no time limit.
            match self.0.try_wait() {
                Ok(Some(exit)) => return Some(exit),
                Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(5)),
                _ => return None,
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = rustix::process::Pid::from_raw(self.0.id() as i32) {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The lines of a stream. A program that writes faster than they are read waits.
pub(super) fn lines(stdout: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (send, receive) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        loop {
            let mut line = Vec::new();
            let read = stdout.by_ref().take(LINE).read_until(b'\n', &mut line);
            match read {
                Ok(0) => break,
                Ok(_) if send.send(Ok(line)).is_ok() => {}
                Ok(_) => break,
                Err(error) => {
                    let _ = send.send(Err(error));
                    break;
                }
            }
        }
    });
    receive
}
