//! The host's answers under way, each in a task of its own.

use std::collections::HashMap;

use tokio::task::{AbortHandle, Id, JoinSet};

use super::super::handlers::{Handlers, panicked};
use crate::protocol::{Answer, CallbackId};
use crate::wire::Frame;

/// Handlers that run. A slow one holds up nothing, a panic is an answer, a cancelled one is dropped at its next `await`.
#[derive(Default)]
pub(super) struct Callbacks {
    tasks: JoinSet<Answer>,
    known: HashMap<Id, (CallbackId, String)>,
    handles: HashMap<CallbackId, AbortHandle>,
}

impl Callbacks {
    pub(super) fn start(&mut self, callback: CallbackId, handlers: &Handlers, frame: &Frame) {
        let subtype = frame.payload().and_then(|request| request.get("subtype")?.string().map(String::from)).unwrap_or_default();
        let (handlers, frame) = (handlers.clone(), frame.clone());
        // The handler itself is called inside the task, so that its panic is caught there.
        let handle = self.tasks.spawn(async move { handlers.answer(&frame).await });
        self.known.insert(handle.id(), (callback, subtype));
        self.handles.insert(callback, handle);
    }

    pub(super) fn cancel(&mut self, callback: CallbackId) {
        if let Some(handle) = self.handles.remove(&callback) {
            handle.abort();
        }
    }

    /// The next answer; never, while nothing runs. Cancel safe.
    pub(super) async fn next(&mut self) -> (CallbackId, Answer) {
        loop {
            let (id, answer) = match self.tasks.join_next_with_id().await {
                Some(Ok((id, answer))) => (id, Some(answer)),
                Some(Err(error)) => (error.id(), None),
                None => std::future::pending().await,
            };
            let Some((callback, subtype)) = self.known.remove(&id) else { continue };
            // A cancelled callback has no handle any more, and nobody to answer to.
            if self.handles.remove(&callback).is_some() {
                return (callback, answer.unwrap_or_else(|| panicked(&subtype)));
            }
        }
    }
}
