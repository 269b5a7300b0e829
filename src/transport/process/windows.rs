//! A child on Windows: no groups, no signals.

use std::io;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, ready};

use tokio::process::Child;

use crate::transport::{Connection, Control, Exit, Shutdown};

/// No console window for a program without one.
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// Starts the child. Must run inside a runtime.
pub(super) fn connect(command: Command, _shutdown: Shutdown) -> io::Result<Connection> {
    let mut command = tokio::process::Command::from(command);
    let mut child = command.creation_flags(CREATE_NO_WINDOW).kill_on_drop(true).spawn()?;
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::Error::other("the child was started without its three pipes"));
    };
    let control = ChildControl { pid: child.id(), child };
    Ok(Connection {
        stdin: Box::new(stdin),
        stdout: Box::new(stdout),
        stderr: Box::new(stderr),
        control: Box::new(control),
    })
}

/// Ends only the child: its own children keep running.
struct ChildControl {
    pid: Option<u32>,
    child: Child,
}

impl Control for ChildControl {
    fn pid(&self) -> Option<u32> {
        self.pid
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        // A new future each time: tokio keeps the status and the registration in the child.
        let status = ready!(pin!(self.child.wait()).poll(cx))?;
        Poll::Ready(Ok(Exit::from(status)))
    }

    /// A program without a window receives no request to end, so this kills.
    fn terminate(&mut self) {
        self.kill();
    }

    fn kill(&mut self) {
        // This only fails if it has ended.
        let _ = self.child.start_kill();
    }
}
