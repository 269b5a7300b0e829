//! Settings that hold for one turn: made before its prompt is written, and taken back after its end.

use std::time::Instant;

use super::Machine;
use crate::protocol::failure::Failure;
use crate::protocol::io::{Output, Prompt, TurnEnd, TurnId};
use crate::protocol::requests::Purpose;
use crate::wire::RawJson;

#[derive(Debug, Default)]
pub(super) struct Switches {
    /// The prompt that waits for its settings.
    prompt: Option<Prompt>,
    /// Why it will not run, if a setting was refused.
    failure: Option<Failure>,
    /// What the turn that runs, or is to run, owes afterwards.
    owed: Vec<RawJson>,
    /// How many replies are awaited.
    awaited: usize,
}

impl Switches {
    /// True while no setting is being made or taken back, and no prompt waits for one.
    pub(super) fn is_idle(&self) -> bool {
        self.awaited == 0 && self.prompt.is_none()
    }

    /// Does a prompt wait for its settings?
    pub(super) fn holds_prompt(&self) -> bool {
        self.prompt.is_some()
    }

    /// Nobody reads this turn any more: its prompt will not be written.
    pub(super) fn abandon(&mut self, turn: TurnId) {
        self.prompt.take_if(|prompt| prompt.turn == turn);
    }

    pub(super) fn take_prompt(&mut self) -> Option<Prompt> {
        self.prompt.take()
    }

    /// The process has ended, and its settings with it; the prompt that was not written.
    pub(super) fn clear(&mut self) -> Option<Prompt> {
        std::mem::take(self).prompt
    }
}

impl Machine {
    /// Makes the settings of a prompt, then begins with it.
    pub(super) fn prepare(&mut self, now: Instant, mut prompt: Prompt, out: &mut Vec<Output>) {
        let switches = std::mem::take(&mut prompt.switches);
        if switches.is_empty() {
            return self.begin(now, prompt, out);
        }
        self.switches.awaited = switches.len();
        self.switches.prompt = Some(Prompt { switches: switches.clone(), ..prompt });
        for switch in switches {
            self.request(now, Purpose::Apply, &switch.apply, None, out);
            self.switches.owed.push(switch.restore);
        }
    }

    /// A setting was made or taken back, or could not be.
    pub(super) fn switched(&mut self, now: Instant, purpose: Purpose, failure: Option<Failure>, out: &mut Vec<Output>) {
        self.switches.awaited = self.switches.awaited.saturating_sub(1);
        // In a process that is being ended the prompt keeps its place, for the next one.
        if purpose == Purpose::Apply && self.can_write() {
            self.switches.failure = self.switches.failure.take().or(failure);
            if self.switches.awaited == 0 {
                self.prepared(now, out);
            }
        }
    }

    fn prepared(&mut self, now: Instant, out: &mut Vec<Output>) {
        match (self.switches.prompt.take(), self.switches.failure.take()) {
            (Some(prompt), None) => self.begin(now, Prompt { switches: Vec::new(), ..prompt }, out),
            (prompt, failure) => {
                if let (Some(prompt), Some(failure)) = (prompt, failure) {
                    out.push(Output::Ended(prompt.turn, TurnEnd::Failed(failure)));
                }
                self.restore(now, out);
            }
        }
    }

    /// Takes back what was set for the turn that has ended.
    pub(super) fn restore(&mut self, now: Instant, out: &mut Vec<Output>) {
        if !self.can_write() {
            return;
        }
        let owed = std::mem::take(&mut self.switches.owed);
        self.switches.awaited += owed.len();
        for body in owed {
            self.request(now, Purpose::Restore, &body, None, out);
        }
    }
}
