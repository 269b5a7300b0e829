//! What the driver takes down of the lines on their way to the machine: money, limits, and where the CLI works.

use std::collections::VecDeque;

use crate::session::SpendingMeter;
use crate::session::shared::Shared;
use crate::session::spending::Spending;
use crate::wire::{Body, Frame, FrameKind, Message, Outcome};

/// How many results may wait for it to turn out whose they are.
const RECENT: usize = 4;

/// The running totals of the session's CLI, and what its last results say that they have used, by their place in the stream.
#[derive(Default)]
pub(super) struct Ledger {
    meter: SpendingMeter,
    recent: VecDeque<(u64, Spending)>,
}

impl Ledger {
    /// Takes down a line, whatever becomes of it: turns that nobody reads cost money, too.
    pub(super) fn note(&mut self, outcome: &Outcome, shared: &Shared) {
        let Outcome::Message(frame) = outcome else { return };
        match frame.kind() {
            FrameKind::Result => {
                let message = Message::new(frame.clone());
                let Some(result) = message.as_result() else { return };
                let spent = self.meter.add(result);
                shared.status().spending = self.meter.total().clone();
                self.recent.truncate(RECENT - 1);
                self.recent.push_front((frame.offset(), spent));
            }
            FrameKind::System if frame.subtype().as_deref() == Some("init") => {
                if let Some(cwd) = frame
                    .field("cwd")
                    .as_ref()
                    .and_then(|cwd| cwd.as_str())
                    .filter(|cwd| !cwd.is_empty())
                {
                    shared.status().cwd = Some(cwd.as_ref().into());
                }
            }
            FrameKind::Other => {
                if let Body::RateLimitEvent(event) = Message::new(frame.clone()).body() {
                    shared.status().rate_limit = Some(Box::new(event.info.clone()));
                }
            }
            _ => {}
        }
    }

    /// What the turn of this result has used.
    pub(super) fn take(&mut self, result: &Frame) -> Option<Spending> {
        let at = self.recent.iter().position(|(offset, _)| *offset == result.offset())?;
        self.recent.remove(at).map(|(_, spent)| spent)
    }

    /// The connection has ended: places in its stream mean nothing any more.
    pub(super) fn closed(&mut self) {
        self.recent = VecDeque::new();
    }
}
