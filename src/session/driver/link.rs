//! An open connection: its pipes, its process, and the progress of its end.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::ending::Ending;
use super::others::Woken;
use super::pipes::Pipes;
use crate::transport::{Connection, Control, Exit};

/// How often to check whether a CLI that has not answered the handshake still reads: nothing
/// reports that the other end of a pipe was closed.
const LOOK: Duration = Duration::from_millis(250);
/// How long a CLI that has closed a pipe has to exit, if it can make no more progress.
const HANGS_UP: Duration = Duration::from_millis(500);

/// An open connection.
pub(super) struct Link {
    pub(super) pipes: Pipes,
    pub(super) control: Box<dyn Control>,
    pub(super) exit: Option<Exit>,
    pub(super) ending: Ending,
    /// Whether the machine knows that nothing more can be written.
    pub(super) leaving: bool,
    /// What is still to be read after the exit.
    pub(super) rest: Option<Rest>,
    /// During the handshake: when to check next whether the CLI still reads.
    look: Option<Instant>,
    /// During the handshake: when to give up on a CLI that has closed a pipe.
    hung_up: Option<Instant>,
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
            rest: None,
            look: Some(Instant::now() + LOOK),
            hung_up: None,
        }
    }

    /// Writes, and looks at everything but the output.
    pub(super) fn poll_others(&mut self, cx: &mut Context<'_>) -> Poll<Woken> {
        let mut again = self.pipes.poll_write(cx);
        again |= self.pipes.poll_stderr(cx);
        if self.exit.is_none()
            && let Poll::Ready(result) = self.control.poll_wait(cx)
        {
            return Poll::Ready(Woken::Exited(result));
        }
        if again { Poll::Ready(Woken::Again) } else { Poll::Pending }
    }

    /// When the next timer of this connection is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let rest = self.rest.as_ref().and_then(Rest::deadline);
        [self.ending.deadline(), rest, self.look, self.hung_up].into_iter().flatten().min()
    }

    /// Checks whether a CLI that has not answered the handshake still reads.
    pub(super) fn look(&mut self, now: Instant) {
        if self.look.is_some_and(|at| at <= now) {
            self.pipes.check_stdin();
            self.look = Some(now + LOOK);
        }
    }

    /// The handshake is over, one way or another.
    pub(super) fn stop_looking(&mut self) {
        self.look = None;
        self.hung_up = None;
    }

    /// Returns the pipe that the CLI closed during the handshake, once it has had the time to exit.
    pub(super) fn hung_up(&mut self, now: Instant) -> Option<&'static str> {
        let pipe = self.pipes.closed().filter(|_| self.exit.is_none())?;
        let at = *self.hung_up.get_or_insert(now + HANGS_UP);
        (at <= now).then_some(pipe)
    }
}

/// How long the output may be silent after the exit before it is assumed to be held open by another
/// process.
const AFTER_EXIT: Duration = Duration::from_millis(500);
/// How long the output is read at most after the exit. What the CLI itself left in the pipe is read
/// at once; a process that it left behind may write forever.
const REST: Duration = Duration::from_secs(2);

/// What is still to be read after the exit. Its time passes only while the output is read.
pub(super) struct Rest {
    left: Duration,
    reading: Option<Reading>,
}

struct Reading {
    since: Instant,
    last: Instant,
}

impl Default for Rest {
    fn default() -> Self {
        Self { left: REST, reading: None }
    }
}

impl Rest {
    /// Starts or stops reading the output.
    pub(super) fn reading(&mut self, now: Instant, reads: bool) {
        if reads {
            self.reading.get_or_insert(Reading { since: now, last: now });
        } else if let Some(Reading { since, .. }) = self.reading.take() {
            self.left = self.left.saturating_sub(now - since);
        }
    }

    /// Something has been read.
    pub(super) fn touch(&mut self, now: Instant) {
        self.reading.iter_mut().for_each(|reading| reading.last = now);
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    fn deadline(&self) -> Option<Instant> {
        let Reading { since, last } = self.reading.as_ref()?;
        Some((*since + self.left).min(*last + AFTER_EXIT))
    }
}
