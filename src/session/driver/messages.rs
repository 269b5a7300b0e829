//! Messages for running turns, and who waits for them.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use crate::protocol::SteerId;
use crate::session::error::{Error, Result};
use crate::session::steered::{SteerOutcome, SteerWaiter, lost};

/// The messages whose fate is unknown, with their uuid.
#[derive(Default)]
pub(super) struct Messages {
    waiting: HashMap<SteerId, (String, SteerWaiter)>,
    last: u64,
}

impl Messages {
    /// Numbers a message.
    pub(super) fn register(&mut self, uuid: &str, waiter: SteerWaiter) -> SteerId {
        self.last += 1;
        let id = SteerId(self.last);
        self.waiting.insert(id, (uuid.to_owned(), waiter));
        id
    }

    pub(super) fn release_room(&mut self) {
        self.waiting.shrink_to_fit();
    }

    /// Whether someone waits for the fate of one.
    pub(super) fn is_awaited(&self) -> bool {
        self.waiting.values().any(|(_, waiter)| {
            waiter.awaited.load(Ordering::Relaxed) && !waiter.outcome.is_closed()
        })
    }

    pub(super) fn written(&mut self, id: SteerId) {
        if let Some((_, waiter)) = self.waiting.get_mut(&id)
            && let Some(written) = waiter.written.take()
        {
            let _ = written.send(Ok(()));
        }
    }

    /// Passes on what became of a message. Returns the warning about one that is lost, if no one
    /// waits for it.
    pub(super) fn end(&mut self, id: SteerId, end: Result<SteerOutcome>) -> Option<String> {
        let (uuid, waiter) = self.waiting.remove(&id)?;
        let refused = match (waiter.written, &end) {
            (Some(written), Err(error)) => written.send(Err(error.clone())).is_err(),
            _ => waiter.outcome.send(end.clone()).is_err(),
        };
        let error: Error = end.err().filter(|_| refused)?;
        Some(lost(&uuid, &error))
    }
}
