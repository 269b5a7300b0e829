//! The conversation.

use serde_json::Value;

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::session::{CancelledMessage, Export, ReviewLaunch, SideAnswer, Title};

/// The conversation of a session; see [`Session::conversation`].
#[derive(Clone, Copy, Debug)]
pub struct Conversation<'a>(pub(super) &'a Session);

impl Conversation<'_> {
    /// Asks the model something that neither becomes part of the conversation nor waits for the turn that runs (`side_question`, not
    /// declared).
    pub fn side_question(&self, question: &str) -> Call<Reply<SideAnswer>> {
        Call::new(self.0, "side_question", Reply::read).with("question", question)
    }

    /// Gives this session a title (`rename_session`).
    pub fn rename(&self, title: &str) -> Call<()> {
        Call::plain(self.0, "rename_session").with("title", title).with("source", "host")
    }

    /// Gives the session of this id a title (`rename_session`). CLI 2.1.329 refuses any id but that of the session itself.
    pub fn rename_other(&self, session_id: &str, title: &str) -> Call<()> {
        self.rename(title).with("session_id", session_id)
    }

    /// Has the model find a title for what is described (`generate_session_title`, not declared); with `persist` the session gets it.
    pub fn generate_title(&self, description: &str, persist: bool) -> Call<Reply<Title>> {
        Call::new(self.0, "generate_session_title", Reply::read)
            .with("description", description)
            .with("persist", persist)
    }

    /// Drops a prompt that the CLI holds and has not begun with (`cancel_async_message`). The prompts of this crate's turns are held back until
    /// it is their turn; dropping the [`Turn`](crate::Turn) is the way to withdraw those.
    pub fn cancel_message(&self, message_uuid: &str) -> Call<Reply<CancelledMessage>> {
        Call::new(self.0, "cancel_async_message", Reply::read).with("message_uuid", message_uuid)
    }

    /// The conversation as a text (`export_conversation`, not declared).
    pub fn export(&self) -> Call<Reply<Export>> {
        Call::new(self.0, "export_conversation", Reply::read)
    }

    /// Stops the suggestions of next prompts, or lets them go on (`set_prompt_suggestions_paused`, not declared).
    pub fn pause_suggestions(&self, paused: bool) -> Call<()> {
        Call::plain(self.0, "set_prompt_suggestions_paused").with("paused", paused)
    }

    /// Has the changes reviewed at length, elsewhere and at a price (`ultrareview_launch`, not declared). Without `confirm` the answer may be
    /// that the user has to agree first.
    pub fn launch_review(&self, args: &str, confirm: bool) -> Call<Reply<ReviewLaunch>> {
        Call::new(self.0, "ultrareview_launch", Reply::read)
            .with("args", args)
            .with("confirm", confirm)
    }
}

impl Call<Reply<SideAnswer>> {
    /// Earlier questions and answers on the side (`history`), as the CLI's own front end sends them.
    pub fn history(self, history: impl IntoIterator<Item = Value>) -> Self {
        self.with("history", Value::from_iter(history))
    }
}
