//! What the driver records of lines before they reach the machine: cost, limits, and the working
//! directory.

use crate::session::mailbox::Mailbox;
use crate::session::result_context::Observed;
use crate::session::shared::Shared;
use crate::session::spending::Spending;
use crate::telemetry;
use crate::wire::{Body, Frame, FrameKind, Message, Outcome};

/// How many results may wait until it is known which turn they belong to.
const RECENT: usize = 4;

/// The usage of the last results of the session's CLI, by their position in the stream.
#[derive(Default)]
pub(super) struct Observations {
    recent: Vec<(u64, Observed)>,
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
                let Some(result) = message.as_result() else { return };
                let said = self.said.take().map(Message::new);
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
                if self.recent.len() == RECENT {
                    self.recent.remove(0);
                }
                let said = word.cloned();
                self.recent.push((frame.offset(), Observed { spent, said }));
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

    /// Tells the mailbox of a turn what is known of its result, if this is one that was not delivered.
    pub(super) fn settle(&mut self, mailbox: &Mailbox, frame: &Frame, shared: &Shared) {
        let Some(observed) = self.take(frame) else { return };
        mailbox.settle(&observed, shared.result_context(frame), frame);
        let spent = mailbox.spending().unwrap_or_default();
        mailbox.trace.result(frame, &spent, &mailbox.context());
    }

    /// Returns what is known of this result.
    pub(super) fn take(&mut self, result: &Frame) -> Option<Observed> {
        let at = self.recent.iter().position(|(offset, _)| *offset == result.offset())?;
        let (_, observed) = self.recent.remove(at);
        if self.recent.is_empty() {
            self.recent = Vec::new();
        }
        Some(observed)
    }

    /// Returns the usage of all results that were not taken.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Spending> + use<> {
        std::mem::take(&mut self.recent).into_iter().map(|(_, observed)| observed.spent)
    }

    /// The connection has ended: positions in its stream are no longer valid.
    pub(super) fn closed(&mut self) {
        self.recent = Vec::new();
        self.said = None;
    }
}
