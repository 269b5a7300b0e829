//! What the driver records of lines before they reach the machine: cost, limits, and the working
//! directory.

use std::collections::VecDeque;

use crate::session::shared::Shared;
use crate::session::spending::Spending;
use crate::telemetry;
use crate::wire::{Body, Frame, FrameKind, Message, Outcome};

/// How many results may wait until it is known which turn they belong to.
const RECENT: usize = 4;

/// The usage of the last results of the session's CLI, by their position in the stream.
#[derive(Default)]
pub(super) struct Observations {
    recent: VecDeque<(u64, Spending)>,
    /// The last assistant message before a result: it may say more about a failed call of the API.
    said: Option<Frame>,
}

impl Observations {
    /// Records a line, whatever happens to it: turns that are not read cost money, too.
    pub(super) fn note(&mut self, outcome: &Outcome, shared: &Shared) {
        let Outcome::Message(frame) = outcome else { return };
        match frame.kind() {
            FrameKind::Result => {
                let message = Message::new(frame.clone());
                let said = self.said.take().map(Message::new);
                let Some(result) = message.as_result() else { return };
                let word = said.as_ref().and_then(Message::api_error);
                let outcome = result.outcome().with_api_error(word);
                if outcome.is_auth() || outcome.is_success() {
                    shared.set_auth_failed(outcome.is_auth());
                }
                let spent = shared.status().meter.add(result);
                if let Some(observer) = &shared.setup.observer {
                    observer.spent(&spent);
                }
                for (model, spent) in &spent.models {
                    let tokens = spent.tokens;
                    telemetry::tokens(model, "input", tokens.input);
                    telemetry::tokens(model, "output", tokens.output);
                    telemetry::tokens(model, "cache_read", tokens.cache_read);
                    telemetry::tokens(model, "cache_creation", tokens.cache_creation);
                    telemetry::cost(model, spent.cost_usd);
                }
                self.recent.truncate(RECENT - 1);
                self.recent.push_front((frame.offset(), spent));
            }
            FrameKind::Assistant => self.said = Some(frame.clone()),
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

    /// Returns the usage of the turn with this result.
    pub(super) fn take(&mut self, result: &Frame) -> Option<Spending> {
        let at = self.recent.iter().position(|(offset, _)| *offset == result.offset())?;
        let spent = self.recent.remove(at).map(|(_, spent)| spent);
        if self.recent.is_empty() {
            self.recent = VecDeque::new();
        }
        spent
    }

    /// The connection has ended: positions in its stream are no longer valid.
    pub(super) fn closed(&mut self) {
        self.recent = VecDeque::new();
        self.said = None;
    }
}
