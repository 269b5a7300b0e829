//! The turn of a CLI that ran before this session was connected to it.

use std::sync::Arc;

use super::super::mailbox::Mailbox;
use super::{Driver, Held};
use crate::protocol::{Command, Input, TurnId};
use crate::transport::HeldTurn;

impl Driver {
    /// Makes the turn with which the CLI was found the running one, before any line is read.
    pub(super) fn take_up(&mut self, found: HeldTurn) {
        let HeldTurn { uuid, missing, .. } = found;
        if missing > 0 {
            let text = format!("the first {missing} lines of the turn {uuid} are no longer held");
            self.shared.warn("lines_not_held", text);
        }
        let turn = TurnId(self.shared.next_turn());
        let mailbox = self.shared.mailbox(turn, &uuid, &self.room);
        self.turns.insert(turn, mailbox.clone());
        self.handle(Input::Command(Command::TakeUp(turn, uuid.clone())));
        self.held = Some(Held { turn, uuid, mailbox });
    }

    /// Whether this is the mailbox of a turn that no one has asked for. It does not stop the reading:
    /// the next query waits for the end of that turn.
    pub(super) fn is_unclaimed(&self, mailbox: &Arc<Mailbox>) -> bool {
        self.held.as_ref().is_some_and(|held| Arc::ptr_eq(&held.mailbox, mailbox))
    }
}
