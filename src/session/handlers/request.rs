//! A request of the CLI's, as every handler can have it.

use std::path::{Path, PathBuf};

use crate::session::WeakSession;
use crate::wire::{Frame, RawJson};

/// A request of the CLI's: the body of a `control_request`, as it stood on the wire, and the session that it came to.
#[derive(Clone, Debug)]
pub struct HostRequest {
    body: RawJson,
    session: WeakSession,
    session_id: Option<String>,
    cwd: Option<PathBuf>,
}

impl HostRequest {
    pub(in crate::session) fn new(
        frame: &Frame,
        session: WeakSession,
        session_id: Option<String>,
        cwd: Option<PathBuf>,
    ) -> Self {
        let body = frame.payload().map(|request| request.raw()).unwrap_or_default();
        Self { body, session, session_id, cwd }
    }

    /// `subtype`: what is asked, such as `can_use_tool`, `hook_callback` or `mcp_message`.
    pub fn subtype(&self) -> String {
        self.text("subtype").unwrap_or_default()
    }

    /// The whole body.
    pub fn body(&self) -> &RawJson {
        &self.body
    }

    /// A field of the body.
    pub fn field(&self, name: &str) -> Option<RawJson> {
        self.body.cursor().get(name).map(|value| value.raw())
    }

    /// The session that was asked. A handler may control it. A prompt runs after the turn that waits for the handler, so a query within a
    /// turn is refused, with an error of which [`is_within_handler`](crate::session::Error::is_within_handler) is true.
    /// [`side_question`](crate::session::Conversation::side_question) asks alongside the turn. A query in a task that the handler spawns is
    /// taken; but a handler that waits for that task waits for ever.
    pub fn session(&self) -> &WeakSession {
        &self.session
    }

    /// The id of the conversation, once the CLI has confirmed it.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// The working directory of the CLI, as it last named it (`cwd` of `system` / `init`); before that, the session's option `cwd`.
    pub fn cwd(&self) -> Option<&Path> {
        self.cwd.as_deref()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.body.cursor().get(name)?.string().map(String::from)
    }
}
