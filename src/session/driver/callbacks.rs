//! The host's pending answers, each in its own task.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::{AbortHandle, Id, JoinSet};
use tracing::{Instrument, Span};

use super::super::handlers::{HostRequest, panicked, within};
use super::super::shared::Shared;
use crate::protocol::{Answer, CallbackId};
use crate::wire::Frame;

/// Running handlers. A slow one blocks nothing, a panic becomes an answer, a cancelled one is
/// dropped at its next `await`.
#[derive(Default)]
pub(super) struct Callbacks {
    tasks: JoinSet<Answer>,
    known: HashMap<Id, (CallbackId, HostRequest)>,
    handles: HashMap<CallbackId, AbortHandle>,
}

impl Callbacks {
    /// Starts a handler, in this span.
    pub(super) fn start(
        &mut self,
        callback: CallbackId,
        shared: &Arc<Shared>,
        frame: &Frame,
        span: Span,
    ) {
        let request = shared.host_request(frame);
        let in_order = shared.setup.handlers.answer_in_order(&request);
        let task = {
            let (shared, request) = (shared.clone(), request.clone());
            async move {
                match in_order {
                    Some(answer) => answer.await,
                    // The handler is called inside the task, so that its panic is caught there.
                    None => shared.setup.handlers.answer(request).await,
                }
            }
        };
        let handle = self.tasks.spawn(within(shared.session.clone(), task).instrument(span));
        self.known.insert(handle.id(), (callback, request));
        self.handles.insert(callback, handle);
    }

    pub(super) fn cancel(&mut self, callback: CallbackId) {
        if let Some(handle) = self.handles.remove(&callback) {
            handle.abort();
        }
    }

    pub(super) fn release_room(&mut self) {
        self.known.shrink_to_fit();
        self.handles.shrink_to_fit();
    }

    /// Returns the next answer. While no handler runs, it is pending, and nothing wakes.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<(CallbackId, Answer)> {
        loop {
            let (id, answer) = match ready!(self.tasks.poll_join_next_with_id(cx)) {
                Some(Ok((id, answer))) => (id, Some(answer)),
                Some(Err(error)) => (error.id(), None),
                None => return Poll::Pending,
            };
            let Some((callback, request)) = self.known.remove(&id) else { continue };
            // A cancelled callback no longer has a handle, and its answer is dropped.
            if self.handles.remove(&callback).is_some() {
                return Poll::Ready((callback, answer.unwrap_or_else(|| panicked(&request))));
            }
        }
    }
}
