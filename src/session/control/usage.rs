//! Context window, cost and limits.

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::context::ContextReport;
use crate::wire::replies::usage::{SessionCost, UsageDetails};

/// What a session uses; see [`Session::usage`].
#[derive(Clone, Copy, Debug)]
pub struct Usage<'a>(pub(super) &'a Session);

impl Usage<'_> {
    /// What fills the context window (`get_context_usage`). The CLI has the API count every part, which takes some time and some two dozen
    /// requests; a [`summary`](Call::summary) estimates.
    pub fn context(&self) -> Call<Reply<ContextReport>> {
        Call::new(self.0, "get_context_usage", Reply::read)
    }

    /// Cost of the session, limits of the plan, and what the usage goes to (`get_usage`).
    pub fn details(&self) -> Call<Reply<UsageDetails>> {
        Call::new(self.0, "get_usage", Reply::read)
    }

    /// Cost of the session, as a text for display (`get_session_cost`).
    pub fn cost(&self) -> Call<Reply<SessionCost>> {
        Call::new(self.0, "get_session_cost", Reply::read)
    }
}

impl Call<Reply<ContextReport>> {
    /// Estimates, and asks nobody (`detail`: `summary`).
    pub fn summary(self) -> Self {
        self.with("detail", "summary")
    }
}

impl Call<Reply<UsageDetails>> {
    /// Leaves out what the usage goes to, which is found out from the transcripts (`skip_behaviors`).
    pub fn skip_behaviors(self) -> Self {
        self.with("skip_behaviors", true)
    }
}
