//! Whether code runs inside a handler.

use crate::session::WeakSession;

tokio::task_local! {
    /// The session whose handler this task runs.
    static HANDLES_FOR: WeakSession;
}

/// Runs a handler of this session.
pub(crate) async fn within<F: Future>(session: WeakSession, handler: F) -> F::Output {
    HANDLES_FOR.scope(session, handler).await
}

/// Does this task run a handler of this session? What a handler spawns does not.
pub(in crate::session) fn is_within(session: &WeakSession) -> bool {
    HANDLES_FOR.try_with(|handles| handles.is(session)).unwrap_or(false)
}
