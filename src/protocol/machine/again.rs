//! What the next process repeats because this one could not: a prompt that it did not read, and a
//! conversation that it did not find.

use super::Machine;
use crate::protocol::io::{Output, TurnId};
use crate::wire::{Frame, Message, ResultMessage};

/// What the CLI reports, in a result or on standard error, about an unknown id to resume (2.1.332).
pub(crate) const NOT_FOUND: &str = "No conversation found";

/// What is known about the end of a process before it has ended.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// The id that this process was to resume.
    resumed: Option<String>,
    /// What to resume if the confirmed id is not found: `None` means as the launch options say.
    fallback: Option<Option<String>>,
    /// Whether the CLI reported that it did not find the conversation.
    not_found: bool,
    /// Whether the conversation was cleared in this process.
    cleared: bool,
    /// Whether the CLI did not read the prompt of the running turn.
    unread: bool,
    /// The turn whose prompt was already written twice.
    repeated: Option<TurnId>,
}

impl Again {
    /// A process is launched to resume this id.
    pub(super) fn launched(&mut self, resume: Option<String>) {
        self.resumed = resume;
        (self.not_found, self.cleared, self.unread) = (false, false, false);
    }

    /// The CLI has confirmed an id.
    pub(super) fn confirmed(&mut self, id: &str) {
        self.fallback = match &self.resumed {
            Some(resumed) if resumed == id => None,
            // A cleared conversation must not come back.
            _ if self.cleared => None,
            resumed => Some(resumed.clone()),
        };
    }

    pub(super) fn cleared(&mut self) {
        self.cleared = true;
    }

    pub(super) fn not_found(&mut self) {
        self.not_found = true;
    }
}

impl Machine {
    /// These bytes did not reach the CLI.
    pub(super) fn unwritten(&mut self, bytes: &[u8]) {
        let uuid = self.current.as_ref().map(|current| current.uuid().as_bytes());
        self.again.unread |= uuid.is_some_and(|uuid| memchr::memmem::find(bytes, uuid).is_some());
    }

    /// Whether a result in place of the handshake shows that another launch may succeed.
    pub(super) fn is_for_another_launch(&mut self, frame: &Frame) -> bool {
        let message = Message::new(frame.clone());
        let text = message.as_result().and_then(ResultMessage::error_text);
        self.again.not_found |= text.is_some_and(|text| text.contains(NOT_FOUND));
        self.has_fallback()
    }

    fn has_fallback(&self) -> bool {
        let has_one = |fallback: &Option<String>| fallback.is_some() || self.config.resumes;
        let Again { not_found, resumed, fallback, .. } = &self.again;
        *not_found && resumed.is_some() && fallback.as_ref().is_some_and(has_one)
    }

    /// The process has ended. Returns to the previous conversation if it ended because it did not
    /// find the current one.
    pub(super) fn fall_back(&mut self, out: &mut Vec<Output>) -> bool {
        if !self.has_fallback() {
            return false;
        }
        let lost = self.session_id.take().unwrap_or_default();
        self.session_id = self.again.fallback.take().flatten();
        let before = match &self.session_id {
            Some(id) => format!("conversation {id} is resumed"),
            None => "the CLI is launched with the session's original options".to_owned(),
        };
        let text = format!(
            "the CLI cannot find conversation {lost}, although it confirmed that id: {before} instead"
        );
        out.push(Output::warning("conversation_not_found", text));
        true
    }

    /// Withdraws the prompt of the running turn if the ended process cannot have begun it. Only
    /// once per prompt: the prompt itself may cause the CLI to end.
    pub(super) fn take_unread(&mut self, lost: bool, out: &mut Vec<Output>) {
        if !(self.again.unread || lost) {
            return;
        }
        let repeated = self.again.repeated;
        let Some(current) = self.current.take_if(|current| {
            let wanted = !(current.abandoned || current.is_draining() || current.interrupted);
            wanted && current.prompt.is_some() && repeated != Some(current.turn)
        }) else {
            return;
        };
        self.again.repeated = Some(current.turn);
        if !lost {
            out.push(Output::warning(
                "prompt_repeated",
                "the CLI ended before it read a prompt: the next CLI gets it",
            ));
        }
        if let Some(prompt) = current.prompt {
            self.queue.push_front(*prompt);
        }
        self.steers.extend(current.written.into_iter().filter_map(|written| written.steer));
    }
}
