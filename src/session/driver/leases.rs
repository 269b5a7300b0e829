//! Holding the conversation of a session that is exclusive.

use std::path::PathBuf;

use super::Driver;
use super::holding::{Holding, Taken, acquire, goes_on, owned, transcripts};
use crate::common::os_error;
use crate::history::folder_with;
use crate::session::error::Error;
use crate::session::lease::{Exclusive, Refused};
use crate::store::Conversation;
use crate::transport::Launch;

impl Driver {
    /// Finds out where a launch holds its conversation.
    pub(super) fn holding(&mut self, wanted: Option<Conversation>, launch: &Launch) -> Holding {
        let setup = &self.shared.setup;
        if setup.exclusive != Exclusive::Off {
            self.taking.get_or_insert_default();
            self.folder = transcripts(&setup.transport, launch);
        }
        // A lease that was lost is not the session's any more: it must ask for it again.
        let own = self.lease.as_ref().filter(|lease| lease.is_held());
        let own = own.map(|lease| lease.session().to_owned());
        // What the session has already the CLI need not confirm.
        let is_own =
            matches!((&wanted, &own), (Some(Conversation::Id(id)), Some(own)) if id == own);
        self.goes_on = goes_on(&launch.args) && !is_own;
        Holding {
            shared: self.shared.clone(),
            folder: self.folder.as_ref().ok().cloned(),
            own,
            taking: self.taking.clone(),
            awaits_store: setup.store.is_some() && matches!(wanted, Some(Conversation::Newest)),
            wanted,
        }
    }

    /// Keeps what the launch that is open now has taken.
    pub(super) fn hold(&mut self, taken: Taken) {
        self.goes_on &= !taken.forks;
        if taken.lease.is_some() {
            self.lease = taken.lease;
        }
    }

    /// Notes the CLI that runs now where its conversation is held.
    pub(super) fn note_cli(&mut self) {
        let pid = self.shared.state.borrow().pid;
        if let (Some(lease), Some(pid)) = (&mut self.lease, pid)
            && let Err(error) = lease.note_cli(pid)
        {
            tracing::warn!(error = %os_error(&error), "the lease of a conversation does not name its CLI");
        }
    }

    /// Takes the conversation whose id the CLI has confirmed, and gives up the one before.
    ///
    /// # Errors
    /// If this launch goes on with the conversation of another session. A conversation that the
    /// launch has begun is used by no one else, whatever its id, so there is only a warning.
    pub(super) fn hold_confirmed(&mut self, id: &str) -> Result<(), Error> {
        let goes_on = std::mem::take(&mut self.goes_on);
        if self.shared.setup.exclusive == Exclusive::Off
            || self.lease.as_ref().is_some_and(|lease| lease.session() == id)
        {
            return Ok(());
        }
        self.lease = None;
        // A new conversation is in the CLI's own folder.
        let folder = |own: &PathBuf| if goes_on { folder_with(own, id) } else { own.clone() };
        match &self.folder {
            Err(why) => self.not_held(id, why),
            Ok(own) => match acquire(&self.shared, &folder(own), id) {
                Ok(lease) => {
                    if self.orphaned || !self.stopping.is_empty() {
                        lease.ends();
                    }
                    self.lease = Some(lease);
                    self.note_cli();
                }
                Err(Refused::Owned(owner)) if goes_on => return Err(owned(id, owner)),
                Err(Refused::Owned(_)) => self.not_held(id, "another session has it"),
                Err(Refused::Io(error)) => self.not_held(id, &error.to_string()),
            },
        }
        Ok(())
    }

    fn not_held(&self, id: &str, why: &str) {
        let text = format!(
            "the conversation {id} is not held, so that another session can resume it: {why}"
        );
        self.shared.warn("conversation_not_held", text);
    }
}
