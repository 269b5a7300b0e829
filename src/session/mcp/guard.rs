//! A wrapper around the user's server that answers for it when it fails.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use rmcp::model::{
    CallToolResult, ClientNotification, ClientRequest, ContentBlock, ErrorData, ProtocolVersion,
    ServerConfig, ServerResult,
};
use rmcp::service::{NotificationContext, RequestContext};
use rmcp::{RoleServer, Service};

use crate::session::WeakSession;
use crate::session::handlers::within;

/// How long a tool may clean up after it was cancelled.
const GRACE: Duration = Duration::from_secs(5);

pub(super) struct Guard<S> {
    service: S,
    session: WeakSession,
}

impl<S> Guard<S> {
    pub(super) fn new(service: S, session: WeakSession) -> Self {
        Self { service, session }
    }
}

impl<S: Service<RoleServer>> Service<RoleServer> for Guard<S> {
    async fn handle_request(
        &self,
        request: ClientRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let is_call = matches!(request, ClientRequest::CallToolRequest(_));
        let cancelled = context.ct.clone();
        let handling = async { self.service.handle_request(request, context).await };
        let handling = AssertUnwindSafe(within(self.session.clone(), handling)).catch_unwind();
        let past_grace = async {
            cancelled.cancelled().await;
            // A tool may want to clean up; one that never ends is abandoned.
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            biased;
            handled = handling => handled.unwrap_or_else(|_| panicked(is_call)),
            () = past_grace => Err(ErrorData::internal_error("the call was cancelled", None)),
        }
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.service.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        self.service.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.service.supported_protocol_versions()
    }
}

/// A tool that panicked has failed, which is reported to the model. The server continues.
fn panicked(is_call: bool) -> Result<ServerResult, ErrorData> {
    if is_call {
        let mut result = CallToolResult::error(vec![ContentBlock::text("the tool panicked")]);
        // Old clients do not know this field; for newer ones its absence has the same meaning.
        result.result_type = None;
        return Ok(ServerResult::CallToolResult(result));
    }
    Err(ErrorData::internal_error("the server panicked", None))
}
