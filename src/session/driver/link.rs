//! An open connection: its pipes, its process, and how far its end has come.

use tokio::time::Instant;

use super::Woken;
use super::ending::Ending;
use super::pipes::Pipes;
use crate::transport::{Connection, Control, Exit};

/// An open connection.
pub(super) struct Link {
    pub(super) pipes: Pipes,
    pub(super) control: Box<dyn Control>,
    pub(super) exit: Option<Exit>,
    pub(super) ending: Ending,
    /// Has the machine been told that nothing more can be written?
    pub(super) leaving: bool,
    /// When the output is given up, after the exit. Counted only while it is read.
    pub(super) silence: Option<Instant>,
}

impl Link {
    pub(super) fn new(connection: Connection, max_line: usize) -> Self {
        let Connection { stdin, stdout, stderr, control } = connection;
        Self {
            pipes: Pipes::new(stdin, stdout, stderr, max_line),
            control,
            exit: None,
            ending: Ending::default(),
            leaving: false,
            silence: None,
        }
    }

    /// Waits until something has happened at the pipes or to the process.
    pub(super) async fn wait(&mut self, may_read: bool) -> Woken {
        let Self { pipes, control, exit, .. } = self;
        std::future::poll_fn(|cx| {
            let mut again = pipes.poll_write(cx);
            again |= pipes.poll_stderr(cx);
            if may_read && let std::task::Poll::Ready(result) = pipes.poll_read(cx) {
                return std::task::Poll::Ready(Woken::Read(result));
            }
            if exit.is_none()
                && let std::task::Poll::Ready(result) = control.poll_wait(cx)
            {
                return std::task::Poll::Ready(Woken::Exited(result));
            }
            if again { std::task::Poll::Ready(Woken::Again) } else { std::task::Poll::Pending }
        })
        .await
    }
}
