//! What the driver takes down of the lines on their way to the machine: money, limits, and where the CLI works.

use std::collections::HashMap;
use std::sync::Arc;

use super::Mailbox;
use crate::protocol::{Output, TurnId};
use crate::session::SpendingMeter;
use crate::session::shared::Shared;
use crate::session::spending::Spending;
use crate::wire::{Body, Frame, FrameKind, Message, Outcome};

/// The running totals of the session's CLI.
#[derive(Default)]
pub(super) struct Ledger(SpendingMeter);

impl Ledger {
    /// Takes down a line, whatever becomes of it: turns that nobody reads cost money, too. What the turn of a result has used.
    pub(super) fn note(&mut self, outcome: &Outcome, shared: &Shared) -> Option<Spending> {
        let Outcome::Message(frame) = outcome else { return None };
        match frame.kind() {
            FrameKind::Result => {
                let spent = self.0.add(Message::new(frame.clone()).as_result()?);
                shared.status().spending = self.0.total().clone();
                Some(spent)
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
                None
            }
            FrameKind::Other => {
                if let Body::RateLimitEvent(event) = Message::new(frame.clone()).body() {
                    shared.status().rate_limit = Some(event.info.clone());
                }
                None
            }
            _ => None,
        }
    }
}

/// Tells the turn whose result is among these outputs what it has used.
pub(super) fn credit(spent: Spending, outputs: &[Output], turns: &HashMap<TurnId, Arc<Mailbox>>) {
    let of_result = |output: &Output| match output {
        Output::Message(turn, frame) if is_result(frame) => turns.get(turn).cloned(),
        _ => None,
    };
    if let Some(mailbox) = outputs.iter().find_map(of_result) {
        mailbox.spent(spent);
    }
}

fn is_result(frame: &Frame) -> bool {
    frame.kind() == FrameKind::Result
}
