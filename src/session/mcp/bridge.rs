//! One connection of the CLI to one server.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rmcp::model::{ClientJsonRpcMessage, RequestId};
use rmcp::{RoleServer, Service};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::guard::Guard;
use super::pipe::{Pipe, Waiting, error};
use crate::session::WeakSession;
use crate::transport::BoxFuture;

/// The JSON-RPC error code of a cancelled call.
const CANCELLED: i32 = -32800;

/// Creates a server and runs it until it is stopped.
pub(super) type Start =
    Arc<dyn Fn(Pipe, CancellationToken, WeakSession) -> BoxFuture<'static, ()> + Send + Sync>;

pub(super) fn start<S: Service<RoleServer>>(make: impl Fn() -> S + Send + Sync + 'static) -> Start {
    let make = Arc::new(make);
    Arc::new(move |pipe, stop, session| {
        let make = make.clone();
        Box::pin(async move {
            // Created here, where a panic ends only this connection.
            let service = Guard::new(make(), session);
            match rmcp::service::serve_server_with_ct(service, pipe, stop).await {
                Ok(running) => {
                    let _ = running.waiting().await;
                }
                // The error may have what came instead.
                Err(_) => tracing::debug!("an in-process MCP server was not initialized"),
            }
        })
    })
}

/// The CLI's end of a connection. Dropping it stops the server and cancels its tools.
pub(super) struct Bridge {
    incoming: mpsc::UnboundedSender<ClientJsonRpcMessage>,
    waiting: Waiting,
    _stop: DropGuard,
}

impl Bridge {
    pub(super) fn open(start: &Start, server: &str, session: &WeakSession) -> Self {
        let (incoming, messages) = mpsc::unbounded_channel();
        let (waiting, stop) = (Waiting::default(), CancellationToken::new());
        tokio::spawn(start(
            Pipe::new(server, session.clone(), messages, waiting.clone()),
            stop.clone(),
            session.clone(),
        ));
        Self { incoming, waiting, _stop: stop.drop_guard() }
    }

    /// Forwards a request. `None` if one with this id is pending.
    pub(super) fn call(&self, id: RequestId, message: ClientJsonRpcMessage) -> Option<Call> {
        let reply = self.waiting.enter(id.clone())?;
        // A server that has ended drops what waits for it.
        let _ = self.incoming.send(message);
        Some(Call { reply, id, incoming: self.incoming.clone(), waiting: self.waiting.clone() })
    }

    /// Forwards a notification, or the reply to a request of the server. Anything else is dropped.
    pub(super) fn tell(&self, message: Value) {
        let cancelled = (message["method"] == "notifications/cancelled")
            .then(|| message["params"]["requestId"].clone());
        let Ok(message) = serde_json::from_value(message) else { return };
        let _ = self.incoming.send(message);
        // The server will no longer answer, but the CLI's request is still open.
        if let Some(id) = cancelled
            && let Ok(key) = serde_json::from_value(id.clone())
        {
            self.waiting.answer(&key, error(&id, CANCELLED, "the call was cancelled"));
        }
    }
}

/// A pending request: a future of the reply, `None` if the server has ended. Cancelled if it is
/// dropped early.
pub(super) struct Call {
    reply: oneshot::Receiver<String>,
    id: RequestId,
    incoming: mpsc::UnboundedSender<ClientJsonRpcMessage>,
    waiting: Waiting,
}

impl Future for Call {
    type Output = Option<String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.reply).poll(cx).map(Result::ok)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.waiting.leave(&self.id) {
            let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": self.id}});
            if let Ok(message) = serde_json::from_value(cancelled) {
                let _ = self.incoming.send(message);
            }
        }
    }
}
