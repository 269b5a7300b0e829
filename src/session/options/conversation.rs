//! Which conversation the CLI begins with.

use super::check::Checked;
use super::{OptionError, Options};
use crate::store::Conversation;

impl Options {
    /// Whether the CLI writes the conversation to its disk.
    pub(in crate::session) fn keeps_transcript(&self) -> bool {
        self.no_session_persistence != Some(true)
    }

    /// Do these options name a conversation to go on with?
    pub(in crate::session) fn resumes(&self) -> bool {
        self.conversation().is_some()
    }

    /// The conversation that these options name.
    pub(in crate::session) fn conversation(&self) -> Option<Conversation> {
        match (&self.resume, self.continue_conversation) {
            (Some(id), _) => Some(Conversation::Id(id.clone())),
            (None, Some(true)) => Some(Conversation::Newest),
            _ => None,
        }
    }

    /// The conversation that the CLI goes on with and writes to: not for a copy.
    pub(in crate::session) fn continued(&self) -> Option<Conversation> {
        self.conversation().filter(|_| self.fork_session != Some(true))
    }

    /// These options for a session that goes on from a conversation under another id.
    pub(in crate::session) fn forking(self, id: String) -> Self {
        self.without_conversation().resume(id).fork_session(true)
    }

    /// Rejects a conversation to resume, for a process that is started before it has one. The CLI
    /// would exit.
    pub(in crate::session) fn refuse_conversation(&self) -> Checked {
        let field = match self.continue_conversation {
            Some(true) => "continue_conversation",
            _ if self.resume.is_some() => "resume",
            _ => return Ok(()),
        };
        let expected = "no conversation for a process that is started in advance";
        Err(OptionError::new(field, expected, "one to resume"))
    }

    /// These options for a session whose transcript is also sent to a store.
    pub(in crate::session) fn mirror_to_store(&mut self) -> Checked {
        self.session_mirror = Some(true);
        let without = |field: &'static str, why| {
            let expected = format!("no `{field}` together with a session store, {why}");
            Err(OptionError::new(field, expected, "both"))
        };
        if self.file_checkpointing == Some(true) {
            return without("file_checkpointing", "which has no copies of files");
        }
        if self.no_session_persistence == Some(true) {
            return without("no_session_persistence", "which gets what the CLI writes to its disk");
        }
        Ok(())
    }

    pub(super) fn check_conversation(&self) -> Checked {
        let resumes = self.resume.is_some();
        let continues = self.continue_conversation == Some(true);
        let forks = self.fork_session == Some(true);
        let refuse = |field, expected, got| Err(OptionError::new(field, expected, got));
        if resumes && continues {
            return refuse("resume", "no `continue_conversation` together with it", "both");
        }
        if forks && !resumes && !continues {
            let expected = "`resume` or `continue_conversation` together with it";
            return refuse("fork_session", expected, "neither");
        }
        if self.session_id.is_some() && (resumes || continues) && !forks {
            let expected = "`fork_session` together with it when a conversation is resumed";
            return refuse("session_id", expected, "none");
        }
        if self.resume_session_at.is_some() && !resumes {
            return refuse("resume_session_at", "`resume` together with it", "none");
        }
        if self.resume_drops_turn.is_some() && self.resume_session_at.is_none() {
            return refuse("resume_drops_turn", "`resume_session_at` together with it", "none");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_writes_to_the_conversation_it_resumes_unless_it_is_a_copy() {
        const ID: &str = "6f1a3e52-0000-4000-8000-000000000002";
        let options = Options::default;
        let id = || Some(Conversation::Id(ID.to_owned()));
        for (options, expected) in [
            (options(), None),
            (options().resume(ID), id()),
            (options().resume(ID).fork_session(false), id()),
            (options().resume(ID).fork_session(true), None),
            (options().resume(ID).without_conversation(), None),
            (options().continue_conversation(true), Some(Conversation::Newest)),
            (options().continue_conversation(false), None),
            (options().continue_conversation(true).fork_session(true), None),
        ] {
            assert_eq!(options.continued(), expected, "{options:?}");
        }
    }
}
