//! The servers of a session: which there are, and which run.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::RequestId;
use rmcp::{RoleServer, Service};
use serde_json::{Value, json};

use super::bridge::{self, Bridge, Start};
use crate::protocol::Answer;
use crate::session::HostRequest;
use crate::transport::BoxFuture;
use crate::wire::RawJson;

/// JSON-RPC: not a request.
const INVALID_REQUEST: i32 = -32600;
/// JSON-RPC: the server is at fault.
const INTERNAL_ERROR: i32 = -32603;

/// The in-process servers of one session. A clone knows the same servers, and none of it runs.
#[derive(Default)]
pub(crate) struct McpServers {
    known: Mutex<BTreeMap<String, Start>>,
    running: Mutex<HashMap<String, Arc<Bridge>>>,
}

impl McpServers {
    /// Takes in a server, in place of one of the same name.
    pub(crate) fn insert<S: Service<RoleServer>>(&self, name: String, make: impl Fn() -> S + Send + Sync + 'static) {
        self.remove(&name);
        lock(&self.known).insert(name, bridge::start(make));
    }

    /// Ends a server and forgets it; whether it was known.
    pub(crate) fn remove(&self, name: &str) -> bool {
        lock(&self.running).remove(name);
        lock(&self.known).remove(name).is_some()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        lock(&self.known).keys().cloned().collect()
    }

    /// The answer to an `mcp_message`; `None` for a server that is not one of these.
    pub(crate) fn answer(&self, request: &HostRequest) -> Option<BoxFuture<'static, Answer>> {
        let name = request.field("server_name")?.as_str()?.into_owned();
        let start = lock(&self.known).get(&name)?.clone();
        let message = request.field("message").and_then(|message| message.to_value().ok()).unwrap_or_default();
        let text = |text: &str| message.get(text).filter(|value| !value.is_null()).cloned();
        Some(match (text("method"), text("id")) {
            (Some(method), Some(id)) => {
                if method == "initialize" {
                    // A new connection: what ran before belongs to one that is gone.
                    let fresh = Bridge::open(&start, &name, request.session());
                    lock(&self.running).insert(name.clone(), Arc::new(fresh));
                }
                let bridge = lock(&self.running).get(&name).cloned();
                Box::pin(async move { success(call(bridge, id, message).await) })
            }
            _ => {
                if let Some(bridge) = lock(&self.running).get(&name) {
                    bridge.tell(message);
                }
                // The CLI waits for an answer to a notification too.
                Box::pin(std::future::ready(success(r#"{"jsonrpc":"2.0","result":{},"id":0}"#.into())))
            }
        })
    }
}

impl Clone for McpServers {
    fn clone(&self) -> Self {
        Self { known: Mutex::new(lock(&self.known).clone()), running: Mutex::default() }
    }
}

/// What the server answers, as JSON-RPC.
async fn call(bridge: Option<Arc<Bridge>>, id: Value, message: Value) -> String {
    let Some(bridge) = bridge else { return error(&id, INVALID_REQUEST, "the server has not been initialized") };
    let Ok(key) = serde_json::from_value::<RequestId>(id.clone()) else {
        return error(&id, INVALID_REQUEST, "a request id is a string or a whole number");
    };
    let message = match serde_json::from_value(message) {
        Ok(message) => message,
        Err(problem) => return error(&id, INVALID_REQUEST, &format!("not a request: {problem}")),
    };
    let Some(reply) = bridge.call(key, message) else { return error(&id, INVALID_REQUEST, "a request with this id is under way") };
    // The bridge must not live longer than the connection only because a call waits.
    drop(bridge);
    reply.await.unwrap_or_else(|| error(&id, INTERNAL_ERROR, "the server has ended"))
}

/// An error in JSON-RPC.
pub(super) fn error(id: &Value, code: i32, message: &str) -> String {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}).to_string()
}

fn success(reply: String) -> Answer {
    Answer::Success(RawJson::scanned(format!(r#"{{"mcp_response":{reply}}}"#).into()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
