//! What changes the running session.

use serde_json::{Map, Value};

use super::{Call, Change};
use crate::session::{PermissionMode, Session};
use crate::wire::RawJson;
use crate::wire::message::ThinkingDisplay;
use crate::wire::replies::Reply;
use crate::wire::replies::session::{Interrupted, ModeSet, ModelSet};

impl Session {
    /// Interrupts the turn that runs (`interrupt`). It ends with a result that says so; without a turn nothing happens, and where no CLI runs
    /// none is started. Prompts that wait run afterwards, unless [`cancel_queued`](Call::cancel_queued) drops them.
    pub fn interrupt(&self) -> Call<Reply<Interrupted>> {
        Call::new(self, "interrupt", Reply::read_optional).only_if_running()
    }

    /// Answers with this model from now on, or with the default one (`set_model`). The CLI has the API answer a word with a model that is new
    /// to it, and refuses where the API knows no such model. Holds until it is set again, also when the CLI has to be started anew.
    ///
    /// ```
    /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
    /// session.set_model("sonnet").await?;
    /// session.set_model(None).await?;
    /// # Ok(()) }
    /// ```
    pub fn set_model<'a>(&self, model: impl Into<Option<&'a str>>) -> Call<Reply<ModelSet>> {
        Call::new(self, "set_model", Reply::read).with_some("model", model.into())
    }

    /// Changes what may be done without asking (`set_permission_mode`). `bypassPermissions` is refused with the code `bypass_not_launched`
    /// unless the CLI was launched for it, an unknown mode with `invalid_mode`. Holds until it is set again, also when the CLI has to be
    /// started anew.
    pub fn set_permission_mode(&self, mode: impl Into<PermissionMode>) -> Call<Reply<ModeSet>> {
        Call::new(self, "set_permission_mode", Reply::read).with("mode", mode.into().as_str())
    }

    /// Changes how long the model may think, in tokens, and how much of it is shown (`set_max_thinking_tokens`). Where `highlights` cannot be
    /// shown the CLI refuses, but has changed the tokens. Holds until it is set again, also when the CLI has to be started anew.
    ///
    /// ```
    /// # async fn example(session: claude_wire::Session) -> claude_wire::Result<()> {
    /// use claude_wire::session::Change;
    /// use claude_wire::wire::message::ThinkingDisplay;
    ///
    /// session.set_max_thinking_tokens(2048, Change::Keep).await?;
    /// session.set_max_thinking_tokens(Change::Keep, ThinkingDisplay::Omitted).await?;
    /// session.set_max_thinking_tokens(None, None).await?; // both as they were at the launch
    /// # Ok(()) }
    /// ```
    pub fn set_max_thinking_tokens(
        &self,
        tokens: impl Into<Change<u32>>,
        display: impl Into<Change<ThinkingDisplay>>,
    ) -> Call<()> {
        Call::plain(self, "set_max_thinking_tokens")
            .with_some("max_thinking_tokens", tokens.into().into_field(Value::from))
            .with_some(
                "thinking_display",
                display.into().into_field(|display| display.as_str().into()),
            )
    }

    /// Any other request, by its subtype and fields: `response.response` as it stood on the wire, `None` for a bare acknowledgement.
    pub fn control(&self, subtype: &str, fields: Map<String, Value>) -> Call<Option<RawJson>> {
        fields.into_iter().fold(Call::new(self, subtype, |reply| reply), |call, (field, value)| {
            call.with(&field, value)
        })
    }
}

impl Call<Reply<Interrupted>> {
    /// Drops the prompts that wait, too (`cancel_queued`). Needs a CLI with the capability `interrupt_cancel_queued_v1`.
    pub fn cancel_queued(self) -> Self {
        self.with("cancel_queued", true)
    }
}
