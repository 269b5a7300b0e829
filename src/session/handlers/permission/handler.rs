//! Permission handlers, and what becomes of their decisions.

use std::sync::Arc;
use std::time::Duration;

use super::super::request::{Answering, HostRequest};
use super::{Decision, PermissionRequest};
use crate::protocol::Answer;
use crate::transport::BoxFuture;
use crate::wire;
use crate::wire::control::CanUseTool;

/// Decides whether tools may run. A closure is enough in most cases: see
/// [`on_permission`](crate::session::SessionBuilder::on_permission).
///
/// ```
/// use claude_wire::Decision;
/// use claude_wire::session::{PermissionHandler, PermissionRequest, Session};
///
/// struct ReadOnly;
///
/// impl PermissionHandler for ReadOnly {
///     async fn decide(&self, request: PermissionRequest) -> Decision {
///         match request.tool_name() {
///             "Read" | "Grep" | "Glob" => Decision::allow(),
///             "Bash" => Decision::confirm(format!("run {}?", request.input())),
///             _ => Decision::deny("this session only reads"),
///         }
///     }
/// }
///
/// let builder = Session::builder().permission_handler(ReadOnly);
/// # let _ = builder;
/// ```
pub trait PermissionHandler: Send + Sync + 'static {
    /// Returns the decision. Dropped at an `await` if the CLI cancels its request, or the time is
    /// up.
    fn decide(&self, request: PermissionRequest) -> impl Future<Output = Decision> + Send;
}

/// Asks a human, for a handler that returned [`Decision::Confirm`].
pub trait Confirmer: Send + Sync + 'static {
    /// Returns the decision of the human. Another request for confirmation is a denial.
    fn confirm(
        &self,
        prompt: String,
        request: PermissionRequest,
    ) -> impl Future<Output = Decision> + Send;
}

type OnPermission = Arc<dyn Fn(PermissionRequest) -> BoxFuture<'static, Decision> + Send + Sync>;
type OnConfirm =
    Arc<dyn Fn(String, PermissionRequest) -> BoxFuture<'static, Decision> + Send + Sync>;

/// The handler, its confirmer, and how long the two may take.
#[derive(Clone, Default)]
pub(in crate::session::handlers) struct Permissions {
    handler: Option<OnPermission>,
    confirmer: Option<OnConfirm>,
    pub(in crate::session::handlers) timeout: Option<Duration>,
}

impl Permissions {
    pub(in crate::session::handlers) fn has_handler(&self) -> bool {
        self.handler.is_some()
    }

    pub(in crate::session::handlers) fn set_handler<F, Fut>(&mut self, handler: F)
    where
        F: Fn(PermissionRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Decision> + Send + 'static,
    {
        self.handler = Some(Arc::new(move |request| Box::pin(handler(request))));
    }

    pub(in crate::session::handlers) fn set_confirmer<F, Fut>(&mut self, confirmer: F)
    where
        F: Fn(String, PermissionRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Decision> + Send + 'static,
    {
        self.confirmer =
            Some(Arc::new(move |prompt, request| Box::pin(confirmer(prompt, request))));
    }

    /// `None` without a handler.
    pub(in crate::session::handlers) fn answer(&self, request: &HostRequest) -> Option<Answering> {
        let handler = self.handler.clone()?;
        let (confirmer, timeout) = (self.confirmer.clone(), self.timeout);
        let request = PermissionRequest::new(request.clone(), fields(request));
        Some(Box::pin(async move {
            let decided = settle(handler, confirmer, request.clone());
            let decision = match timeout {
                Some(limit) => {
                    let late = |_| Decision::deny(format!("no decision within {limit:?}"));
                    tokio::time::timeout(limit, decided).await.unwrap_or_else(late)
                }
                None => decided.await,
            };
            Answer::Success(decision.to_json(request.input(), request.tool_use_id()))
        }))
    }

    /// The answer if there is no decision.
    pub(in crate::session::handlers) fn denial(message: &str, request: &HostRequest) -> Answer {
        let fields = fields(request);
        Answer::Success(
            Decision::deny(message).to_json(&fields.input, fields.tool_use_id.as_deref()),
        )
    }
}

/// Calls the handler, and the confirmer if the handler asks for it.
async fn settle(
    handler: OnPermission,
    confirmer: Option<OnConfirm>,
    request: PermissionRequest,
) -> Decision {
    match (handler(request.clone()).await, confirmer) {
        (Decision::Confirm(prompt), Some(confirmer)) => confirmer(prompt, request).await,
        (decision, _) => decision,
    }
}

fn fields(request: &HostRequest) -> CanUseTool {
    match wire::control::CliRequest::of(request.body()) {
        wire::control::CliRequest::CanUseTool(fields) => *fields,
        _ => CanUseTool::default(),
    }
}
