//! Helpers for a host that drives a session: `verify` and the corpus have one each.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use claude_wire::session::SessionEvent;
use tokio::task::JoinSet;

/// Polls a task once, so that what it writes comes before anything later, and leaves it running.
pub(crate) async fn start(
    task: impl Future<Output = ()> + Send + 'static,
    running: &mut JoinSet<()>,
) {
    let mut task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task);
    let done = poll_fn(|cx| Poll::Ready(task.as_mut().poll(cx).is_ready())).await;
    if !done {
        running.spawn(task);
    }
}

/// Locks. A panic with the lock held has left nothing half done.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The line of stdout that an event is, as it was there; `None` for other events.
pub(crate) fn event_line(event: &SessionEvent) -> Option<Bytes> {
    Some(match event {
        SessionEvent::Message(message) => message.frame().bytes().clone(),
        SessionEvent::Control(frame) | SessionEvent::StrayReply(frame) => frame.bytes().clone(),
        SessionEvent::Noise(line) | SessionEvent::TruncatedTail(line) => line.bytes().clone(),
        SessionEvent::Malformed(malformed) => {
            malformed.line().map(|line| line.bytes().clone()).unwrap_or_default()
        }
        _ => return None,
    })
}
