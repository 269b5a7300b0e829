//! A request of the CLI, as passed to handlers; and whether code runs inside a handler.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::protocol::Answer;
use crate::session::WeakSession;
use crate::transport::BoxFuture;
use crate::wire::control::CliRequestName;
use crate::wire::{Frame, RawJson};

/// A pending answer. The task that runs it catches its panic.
pub(in crate::session) type Answering = BoxFuture<'static, Answer>;

/// A request of the CLI: the verbatim body of a `control_request`, and the session that received
/// it.
#[derive(Clone, Debug)]
pub struct HostRequest(Arc<Received>);

#[derive(Debug)]
struct Received {
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
        Self(Arc::new(Received { body, session, session_id, cwd }))
    }

    /// Which request it is (`subtype`).
    pub fn name(&self) -> CliRequestName {
        self.subtype().into()
    }

    /// `subtype` as it is on the wire.
    pub fn subtype(&self) -> String {
        self.text("subtype").unwrap_or_default()
    }

    /// The whole body.
    pub fn body(&self) -> &RawJson {
        &self.0.body
    }

    /// A field of the body.
    pub fn field(&self, name: &str) -> Option<RawJson> {
        self.0.body.cursor().get(name).map(|value| value.raw())
    }

    /// The session that received the request. A handler may control it. A prompt would run after
    /// the turn that waits for the handler, so a query within a turn is rejected, with an error for
    /// which [`is_within_handler`](crate::session::Error::is_within_handler) is true.
    /// [`side_question`](crate::session::control::Conversation::side_question) asks alongside the
    /// turn. A query in a task spawned by the handler is accepted; but a handler that waits for
    /// that task waits forever.
    pub fn session(&self) -> &WeakSession {
        &self.0.session
    }

    /// The id of the conversation, once the CLI has confirmed it.
    pub fn session_id(&self) -> Option<&str> {
        self.0.session_id.as_deref()
    }

    /// The working directory of the CLI, as last reported (`cwd` of `system` / `init`); before
    /// that, the session's option `cwd`.
    pub fn cwd(&self) -> Option<&Path> {
        self.0.cwd.as_deref()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.body.cursor().get(name)?.string().map(String::from)
    }
}

tokio::task_local! {
    /// The session whose handler this task runs.
    static HANDLES_FOR: WeakSession;
}

/// Runs a handler of this session.
pub(in crate::session) async fn within<F: Future>(session: WeakSession, handler: F) -> F::Output {
    HANDLES_FOR.scope(session, handler).await
}

/// Whether this task runs a handler of this session. Tasks spawned by a handler do not count.
pub(in crate::session) fn is_within(session: &WeakSession) -> bool {
    HANDLES_FOR.try_with(|handles| handles.is(session)).unwrap_or(false)
}
