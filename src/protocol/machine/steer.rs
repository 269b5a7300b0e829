//! Messages for a running turn: written into it, added by the CLI or answered after it.

use std::time::Instant;

use super::doubt::OPENS_WITHIN;
use super::{Link, Machine};
use crate::protocol::failure::Failure;
use crate::protocol::io::{Output, Steer, SteerId, Steered, TurnEnd, TurnId};
use crate::protocol::turns::{Current, Stage, Written};
use crate::wire::control::prompt_line;

impl Machine {
    /// Writes a message into its turn, at once or after the turn's prompt.
    pub(super) fn steer(&mut self, steer: Steer, out: &mut Vec<Output>) {
        if self.waits(steer.turn) {
            self.steers.push(steer);
            return;
        }
        let runs = self.current.as_ref().is_some_and(|current| {
            current.turn == steer.turn && !current.abandoned && !current.is_draining()
        });
        match self.link {
            Link::Ready if runs => self.write_message(steer, out),
            Link::Stopped | Link::Closing { for_good: true } => lost(&steer, Failure::Stopped, out),
            _ if runs => lost(&steer, Failure::Closed, out),
            _ => lost(&steer, Failure::TurnOver, out),
        }
    }

    /// The prompt of this turn has been written: now its messages.
    pub(super) fn write_messages(&mut self, turn: TurnId, out: &mut Vec<Output>) {
        let messages: Vec<_> = self.steers.extract_if(.., |steer| steer.turn == turn).collect();
        for steer in messages {
            self.write_message(steer, out);
        }
    }

    fn write_message(&mut self, mut steer: Steer, out: &mut Vec<Output>) {
        let Some(current) = &mut self.current else { return };
        steer.fields.client_composed |= current.verbatim;
        out.push(Output::Write(prompt_line(&steer.uuid, &steer.content, &steer.fields)));
        out.push(Output::Steered(steer.id, Steered::Written));
        current.written.push(Written::steer(steer));
    }

    /// Drops the messages of turns that will not run, for the reason why the turn does not.
    pub(super) fn drop_messages(&mut self, out: &mut Vec<Output>) {
        for steer in std::mem::take(&mut self.steers) {
            match self.waits(steer.turn) {
                true => self.steers.push(steer),
                false => {
                    let failure = failure_of(steer.turn, out).unwrap_or(Failure::TurnOver);
                    lost(&steer, failure, out);
                }
            }
        }
    }

    /// True while this turn waits for its start.
    pub fn waits(&self, turn: TurnId) -> bool {
        self.queue.iter().any(|prompt| prompt.turn == turn) || self.switches.is_for(turn)
    }

    /// A result of the running turn has come. It goes on if messages are left.
    pub(super) fn finish_result(&mut self, now: Instant, end: TurnEnd, out: &mut Vec<Output>) {
        match &mut self.current {
            Some(current) if !current.is_over() => {
                current.go_on(end);
                self.expect_turn(now);
            }
            _ => self.finish_turn(end, out),
        }
    }

    /// A CLI that names no prompts opens a turn for messages that are left, or has added them.
    pub(super) fn expect_turn(&mut self, now: Instant) {
        let goes_on = |current: &&mut Current| current.so_far.is_some() && !current.started;
        if let Some(current) = self.current.as_deref_mut().filter(goes_on)
            && !self.habits.names
        {
            current.opens_until = now.checked_add(OPENS_WITHIN);
        }
    }

    /// The CLI is done with a message, or has dropped it: the turn may be over. `end`: how, if it has
    /// no result.
    pub(super) fn finish_if_over(&mut self, end: TurnEnd, out: &mut Vec<Output>) {
        if let Some(current) = self.current.as_mut().filter(|current| current.is_over()) {
            let end = current.so_far.take().unwrap_or(end);
            self.finish_turn(end, out);
        }
    }

    /// No turn has opened for the messages of a CLI that names none: it has added them.
    pub(super) fn assume_added(&mut self, now: Instant, out: &mut Vec<Output>) {
        let Some(current) = &mut self.current else { return };
        if current.opens_until.is_none_or(|until| until > now) {
            return;
        }
        current.opens_until = None;
        let added = current.written.iter_mut().filter_map(|written| written.enter(Stage::Over));
        out.extend(added.map(report));
        self.finish_if_over(TurnEnd::Result, out);
    }
}

pub(super) fn report((id, steered): (SteerId, Steered)) -> Output {
    Output::Steered(id, steered)
}

/// How this turn has just failed.
fn failure_of(turn: TurnId, out: &[Output]) -> Option<Failure> {
    out.iter().rev().find_map(|output| match output {
        Output::Ended(ended, TurnEnd::Failed(failure)) if *ended == turn => Some(failure.clone()),
        _ => None,
    })
}

fn lost(steer: &Steer, failure: Failure, out: &mut Vec<Output>) {
    out.push(report((steer.id, Steered::Lost(failure))));
}
