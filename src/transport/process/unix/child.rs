//! Starts the child, and owns its process for the host.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::pin::{Pin, pin};
use std::process::Command;
use std::task::{Context, Poll, Waker, ready};

use rustix::process::Signal;
use tokio::io::{AsyncWrite, Interest};
use tokio::net::unix::pipe::Sender;
use tokio::process::{ChildStderr, ChildStdout};

use super::exit_watch::ExitWatch;
use super::leader::{Guard, Leader};
use crate::transport::{Connection, Control, Exit, Shutdown};

/// Starts the child. Must run inside a runtime.
///
/// Nothing here may set `pre_exec` or a user id: that would turn `posix_spawn` into a fork, whose
/// cost grows with the host's memory.
pub(crate) fn connect(mut command: Command, shutdown: Shutdown) -> io::Result<Connection> {
    let mut child = command.process_group(0).spawn()?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // From here on every return path ends the child.
    let guard = Guard::new(Leader::new(child), shutdown.grace_after_sigterm);
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(io::Error::other("the child was started without its three pipes"));
    };
    Ok(Connection {
        stdin: Box::new(Stdin::new(stdin)?),
        stdout: Box::new(ChildStdout::from_std(stdout)?),
        stderr: Box::new(ChildStderr::from_std(stderr)?),
        control: Box::new(ChildControl { watch: ExitWatch::new(guard.pid())?, guard, exit: None }),
    })
}

struct ChildControl {
    watch: ExitWatch,
    guard: Guard,
    exit: Option<Exit>,
}

impl Control for ChildControl {
    fn pid(&self) -> Option<u32> {
        self.guard.pid().as_raw_pid().try_into().ok()
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        if let Some(exit) = self.exit {
            return Poll::Ready(Ok(exit));
        }
        ready!(self.watch.poll_ended(cx, &self.guard))?;
        let exit = self.guard.reap()?;
        self.exit = Some(exit);
        Poll::Ready(Ok(exit))
    }

    fn terminate(&mut self) {
        if let Some(leader) = self.guard.leader() {
            leader.signal(Signal::TERM);
        }
    }

    fn kill(&mut self) {
        if let Some(leader) = self.guard.leader() {
            leader.kill();
        }
    }
}

/// The child's standard input. A flush fails if the child has closed it, which a pipe reports
/// without a write.
struct Stdin(Sender);

impl Stdin {
    fn new(stdin: std::process::ChildStdin) -> io::Result<Self> {
        Sender::from_owned_fd(OwnedFd::from(stdin)).map(Self)
    }

    fn is_closed(&self) -> bool {
        let ready = pin!(self.0.ready(Interest::ERROR));
        let now = ready.poll(&mut Context::from_waker(Waker::noop()));
        matches!(now, Poll::Ready(Ok(ready)) if ready.is_error())
    }
}

impl AsyncWrite for Stdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(if self.is_closed() { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) })
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
