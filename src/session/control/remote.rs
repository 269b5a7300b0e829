//! Control from elsewhere.

use serde_json::Value;

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::account::RemoteControl;

/// A session that is seen or controlled from elsewhere; see [`Session::remote`].
#[derive(Clone, Copy, Debug)]
pub struct Remote<'a>(pub(super) &'a Session);

impl Remote<'_> {
    /// Lets the user control the session from other devices (`remote_control`, not declared).
    pub fn enable(&self) -> Call<Reply<RemoteControl>> {
        self.control(true)
    }

    /// Ends that (`remote_control`, not declared).
    pub fn disable(&self) -> Call<Reply<RemoteControl>> {
        self.control(false)
    }

    /// Says whether anybody watches the output that the host passes on; `None` is "not known" (`set_has_subscribers`). It matters to a CLI that
    /// was started to hold back the pieces of messages.
    pub fn set_has_subscribers(&self, has_subscribers: impl Into<Option<bool>>) -> Call<()> {
        let value = has_subscribers.into().map_or(Value::Null, Value::from);
        Call::plain(self.0, "set_has_subscribers").with("has_subscribers", value)
    }

    fn control(&self, enabled: bool) -> Call<Reply<RemoteControl>> {
        Call::new(self.0, "remote_control", Reply::read_optional).with("enabled", enabled)
    }
}

impl Call<Reply<RemoteControl>> {
    /// The session's name on the other devices (`name`).
    pub fn name(self, name: &str) -> Self {
        self.with("name", name)
    }

    /// Goes on with an earlier one: its `bridge_session_id` (`reattach_session_id`).
    pub fn reattach(self, bridge_session_id: &str) -> Self {
        self.with("reattach_session_id", bridge_session_id)
    }

    /// Leaves it there when the CLI exits (`keep_session_on_exit`).
    pub fn keep_on_exit(self) -> Self {
        self.with("keep_session_on_exit", true)
    }
}
