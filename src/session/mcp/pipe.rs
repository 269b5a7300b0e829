//! The server's end of a connection: rmcp's transport over the session.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use rmcp::RoleServer;
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::{mpsc, oneshot};

use crate::common::lock;
use crate::session::WeakSession;
use crate::session::driver::{Asker, Order};
use crate::wire::RawJson;
use crate::wire::control::{Request, RequestName};

pub(super) struct Pipe {
    server: String,
    session: WeakSession,
    incoming: mpsc::UnboundedReceiver<ClientJsonRpcMessage>,
    waiting: Waiting,
}

impl Pipe {
    pub(super) fn new(
        server: &str,
        session: WeakSession,
        incoming: mpsc::UnboundedReceiver<ClientJsonRpcMessage>,
        waiting: Waiting,
    ) -> Self {
        Self { server: server.into(), session, incoming, waiting }
    }
}

impl WeakSession {
    /// Sends the CLI a JSON-RPC message of an in-process server, in the order of the calls. Returns
    /// the acknowledgement; `None` if no CLI runs.
    fn send_mcp(
        &self,
        server: &str,
        message: &str,
    ) -> Option<oneshot::Receiver<crate::session::Result<Option<RawJson>>>> {
        let inner = self.inner().filter(|inner| inner.shared.status().connected)?;
        let request = Request::new(RequestName::McpMessage)
            .with("server_name", server)
            .with_raw("message", RawJson::scanned(message.to_owned().into()));
        let (reply, receipt) = Asker::channel();
        inner.order_if_running(Order::Control(Box::new(request), None, reply));
        Some(receipt)
    }
}

impl Transport<RoleServer> for Pipe {
    type Error = io::Error;

    /// Replies go to their caller; messages that the server sends itself go to the CLI at once, so
    /// that they come before the result of their call.
    fn send(
        &mut self,
        item: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let id = match &item {
            JsonRpcMessage::Response(reply) => Some(reply.id.clone()),
            JsonRpcMessage::Error(error) => error.id.clone(),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
        };
        let is_reply = matches!(item, JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_));
        let sent =
            serde_json::to_string(&item).map_err(io::Error::other).and_then(|text| match id {
                Some(id) => {
                    self.waiting.answer(&id, text);
                    Ok(None)
                }
                // An error without an id has no recipient.
                None if is_reply => Ok(None),
                None => self
                    .session
                    .send_mcp(&self.server, &text)
                    .map(Some)
                    .ok_or_else(|| io::Error::other("the CLI does not run")),
            });
        async move {
            match sent? {
                Some(receipt) => {
                    receipt.await.map_err(io::Error::other)?.map(drop).map_err(io::Error::other)
                }
                None => Ok(()),
            }
        }
    }

    fn receive(&mut self) -> impl Future<Output = Option<ClientJsonRpcMessage>> + Send {
        self.incoming.recv()
    }

    async fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.waiting.close();
    }
}

/// The callers that wait for replies. Closed when the server has ended.
#[derive(Clone, Default)]
pub(super) struct Waiting(Arc<Mutex<Callers>>);

#[derive(Default)]
struct Callers {
    by_id: HashMap<RequestId, oneshot::Sender<String>>,
    closed: bool,
}

impl Waiting {
    /// Waits for the JSON-RPC reply to a request. `None` if one with this id is pending.
    pub(super) fn enter(&self, id: RequestId) -> Option<oneshot::Receiver<String>> {
        let mut callers = self.lock();
        if callers.by_id.contains_key(&id) {
            return None;
        }
        let (sender, reply) = oneshot::channel();
        if !callers.closed {
            callers.by_id.insert(id, sender);
        }
        Some(reply)
    }

    /// Delivers a reply to its caller, if it still waits.
    pub(super) fn answer(&self, id: &RequestId, reply: String) {
        if let Some(caller) = self.lock().by_id.remove(id) {
            let _ = caller.send(reply);
        }
    }

    /// Stops waiting; returns whether the reply was still to come.
    pub(super) fn leave(&self, id: &RequestId) -> bool {
        self.lock().by_id.remove(id).is_some()
    }

    fn close(&self) {
        let mut callers = self.lock();
        callers.closed = true;
        callers.by_id.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Callers> {
        lock(&self.0)
    }
}

/// An error in JSON-RPC.
pub(super) fn error(id: &serde_json::Value, code: i32, message: &str) -> String {
    serde_json::json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
        .to_string()
}
