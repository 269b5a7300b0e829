//! Signing in to Claude.

use super::Call;
use crate::session::Session;
use crate::wire::replies::Reply;
use crate::wire::replies::account::LoginUrls;

/// The account that a session runs on; see [`Session::account`]. None of these requests is declared.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a>(pub(super) &'a Session);

impl Account<'_> {
    /// Begins to sign in: the pages to send the user to (`claude_authenticate`). With a plan for claude.ai, or else to the console.
    pub fn login(&self, with_claude_ai: bool) -> Call<Reply<LoginUrls>> {
        Call::new(self.0, "claude_authenticate", Reply::read)
            .with("loginWithClaudeAi", with_claude_ai)
    }

    /// Passes on code and state of the manual page (`claude_oauth_callback`).
    pub fn finish_login(&self, authorization_code: &str, state: &str) -> Call<()> {
        Call::plain(self.0, "claude_oauth_callback")
            .with("authorizationCode", authorization_code)
            .with("state", state)
    }

    /// Waits until the user has signed in at the automatic page (`claude_oauth_wait_for_completion`); mind the
    /// [`timeout`](Call::timeout).
    pub fn await_login(&self) -> Call<()> {
        Call::plain(self.0, "claude_oauth_wait_for_completion")
    }
}

impl Call<Reply<LoginUrls>> {
    /// Signs in with a profile of the console (`consoleProfile`).
    pub fn console_profile(self) -> Self {
        self.with("consoleProfile", true)
    }
}
