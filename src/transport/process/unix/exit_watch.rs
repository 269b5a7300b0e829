//! Detects the child's exit without reaping it.

use std::io;
use std::task::{Context, Poll, ready};

use rustix::process::Pid;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::leader::{Guard, already_reaped};

/// Tokio's own child reaps as soon as it sees the exit, and so releases the group id before the
/// rest of the group can be killed. Hence this watch.
pub(super) enum ExitWatch {
    /// Wakes for this child only.
    #[cfg(target_os = "linux")]
    Pidfd(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>),
    /// Wakes for every child of the host: for systems without pidfds.
    Sigchld(Signal),
}

impl ExitWatch {
    pub(super) fn new(pid: Pid) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(watch) = Self::pidfd(pid) {
            return watch;
        }
        #[cfg(not(target_os = "linux"))]
        let _ = pid;
        Self::sigchld()
    }

    /// `None` on kernels before 5.3, and in sandboxes without pidfds.
    #[cfg(target_os = "linux")]
    #[expect(
        deprecated,
        reason = "deprecated for types that may close or change their descriptor, which an OwnedFd cannot; \
                                   the new constructor is an unsafe function, and there is no unsafe code here"
    )]
    fn pidfd(pid: Pid) -> Option<io::Result<Self>> {
        use rustix::process::{PidfdFlags, pidfd_open};
        use tokio::io::{Interest, unix::AsyncFd};
        let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK).ok()?;
        Some(AsyncFd::with_interest(pidfd, Interest::READABLE).map(Self::Pidfd))
    }

    fn sigchld() -> io::Result<Self> {
        signal(SignalKind::child()).map(Self::Sigchld)
    }

    /// Ready when the child has ended and can be reaped.
    pub(super) fn poll_ended(
        &mut self,
        cx: &mut Context<'_>,
        guard: &Guard,
    ) -> Poll<io::Result<()>> {
        let leader = guard.leader().ok_or_else(already_reaped)?;
        loop {
            match self {
                // A system call only when it is readable, which it is if the exit came before we
                // listened.
                #[cfg(target_os = "linux")]
                Self::Pidfd(pidfd) => {
                    let mut readable = ready!(pidfd.poll_read_ready(cx))?;
                    if leader.has_ended()? {
                        return Poll::Ready(Ok(()));
                    }
                    readable.clear_ready();
                }
                // Checked before waiting: the exit may have come before we listened.
                Self::Sigchld(signals) => {
                    if leader.has_ended()? {
                        return Poll::Ready(Ok(()));
                    }
                    ready!(signals.poll_recv(cx));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::super::leader::Leader;
    use super::*;
    use crate::transport::Exit;

    /// A shell that ends with code 7 at the end of its input, and its guard.
    fn child() -> (std::process::ChildStdin, Guard) {
        let mut shell = Command::new("/bin/sh");
        let mut child = shell
            .args(["-c", "cat; exit 7"])
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        (stdin, Guard::new(Leader::new(child), Duration::ZERO))
    }

    async fn sees_the_end(watch: impl Fn(Pid) -> io::Result<ExitWatch>) {
        let (stdin, mut guard) = child();
        let mut watch = watch(guard.pid()).unwrap();
        let early = poll_fn(|cx| Poll::Ready(watch.poll_ended(cx, &guard).is_pending())).await;
        assert!(early, "it lives");
        drop(stdin);
        poll_fn(|cx| watch.poll_ended(cx, &guard)).await.unwrap();
        poll_fn(|cx| watch.poll_ended(cx, &guard))
            .await
            .expect("not reaped yet, so it can be asked again");
        assert_eq!(guard.reap().unwrap(), Exit::from_code(7));
        assert!(poll_fn(|cx| watch.poll_ended(cx, &guard)).await.is_err(), "reaped");
    }

    #[tokio::test]
    async fn by_the_childs_own_descriptor() {
        #[cfg(target_os = "linux")]
        assert!(matches!(ExitWatch::new(child().1.pid()), Ok(ExitWatch::Pidfd(_))));
        sees_the_end(ExitWatch::new).await;
    }

    #[tokio::test]
    async fn by_the_signal_for_all_children() {
        sees_the_end(|_| ExitWatch::sigchld()).await;
    }

    #[tokio::test]
    async fn an_end_before_the_watch_is_seen() {
        let (stdin, guard) = child();
        drop(stdin);
        // Blocks until it has ended, and leaves it unreaped.
        let options =
            rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT;
        rustix::process::waitid(rustix::process::WaitId::Pid(guard.pid()), options).unwrap();
        for mut watch in [ExitWatch::new(guard.pid()).unwrap(), ExitWatch::sigchld().unwrap()] {
            poll_fn(|cx| watch.poll_ended(cx, &guard)).await.unwrap();
        }
    }
}
