//! The in-process servers of a session, registered and running.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use rmcp::{RoleServer, Service};
use serde_json::{Map, Value};

use super::bridge::{self, Bridge, Call, Start};
use super::manifest;
use super::pipe::error;
use crate::common::lock;
use crate::protocol::Answer;
use crate::session::WeakSession;
use crate::session::handlers::HostRequest;
use crate::transport::BoxFuture;
use crate::wire::RawJson;

/// JSON-RPC: not a request.
const INVALID_REQUEST: i32 = -32600;
/// JSON-RPC: an internal error of the server.
const INTERNAL_ERROR: i32 = -32603;

/// The in-process servers of one session. A clone has the same servers, none of them running.
#[derive(Default)]
pub(crate) struct McpServers {
    known: Mutex<BTreeMap<String, Start>>,
    running: Mutex<HashMap<String, Arc<Bridge>>>,
}

impl McpServers {
    /// Registers a server, replacing one of the same name.
    pub(crate) fn insert<S: Service<RoleServer>>(
        &self,
        name: String,
        make: impl Fn() -> S + Send + Sync + 'static,
    ) {
        self.remove(&name);
        lock(&self.known).insert(name, bridge::start(make));
    }

    /// Ends a server and unregisters it; returns whether it was known.
    pub(crate) fn remove(&self, name: &str) -> bool {
        lock(&self.running).remove(name);
        lock(&self.known).remove(name).is_some()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        lock(&self.known).keys().cloned().collect()
    }

    /// Forwards an `mcp_message` and returns the future answer; `None` if the server is not one of
    /// these.
    ///
    /// Messages reach a server in the order of these calls, whichever answer is awaited first.
    pub(crate) fn pass_on(&self, request: &HostRequest) -> Option<BoxFuture<'static, Answer>> {
        let name = request.field("server_name")?.as_str()?.into_owned();
        let start = lock(&self.known).get(&name)?.clone();
        let raw = request.field("message").unwrap_or_default();
        let message = match raw.to_value() {
            Ok(message) => message,
            Err(problem) => {
                let id = raw
                    .cursor()
                    .get("id")
                    .and_then(|id| id.raw().to_value().ok())
                    .unwrap_or_default();
                return Some(answer(error(
                    &id,
                    INVALID_REQUEST,
                    &format!("not a message that can be read: {problem}"),
                )));
            }
        };
        let text = |text: &str| message.get(text).filter(|value| !value.is_null()).cloned();
        Some(match (text("method"), text("id")) {
            (Some(method), Some(id)) => {
                if method == "initialize" {
                    // A new connection: the previous server belongs to an ended one.
                    let fresh = Bridge::open(&start, &name, request.session());
                    lock(&self.running).insert(name.clone(), Arc::new(fresh));
                }
                match call(lock(&self.running).get(&name), &id, message) {
                    Ok(reply) => {
                        Box::pin(async move {
                            success(reply.await.unwrap_or_else(|| {
                                error(&id, INTERNAL_ERROR, "the server has ended")
                            }))
                        })
                    }
                    Err(refusal) => answer(refusal),
                }
            }
            _ => {
                if let Some(bridge) = lock(&self.running).get(&name) {
                    bridge.tell(message);
                }
                // The CLI waits for an answer to a notification, too.
                answer(r#"{"jsonrpc":"2.0","result":{},"id":0}"#.into())
            }
        })
    }

    /// Reconnects these servers for a CLI that is about to be started, and performs the CLI's part
    /// of the handshake in advance: returns the value of `sdkMcpServerManifests`. Servers that do
    /// not answer in time are left out; the CLI then performs the handshake itself.
    pub(crate) fn manifests<'a>(
        &self,
        servers: impl Iterator<Item = &'a str>,
        session: &WeakSession,
    ) -> impl Future<Output = Map<String, Value>> + Send + 'static {
        let known = lock(&self.known);
        let open = |name: &str| {
            Some((name.to_owned(), Arc::new(Bridge::open(known.get(name)?, name, session))))
        };
        let fresh: HashMap<_, _> = servers.filter_map(open).collect();
        lock(&self.running).clone_from(&fresh);
        manifest::all(fresh)
    }
}

impl Clone for McpServers {
    fn clone(&self) -> Self {
        Self { known: Mutex::new(lock(&self.known).clone()), running: Mutex::default() }
    }
}

/// Forwards a request. `Err` is the JSON-RPC answer if the server has none.
fn call(bridge: Option<&Arc<Bridge>>, id: &Value, message: Value) -> Result<Call, String> {
    let refusal = |text: &str| error(id, INVALID_REQUEST, text);
    let bridge = bridge.ok_or_else(|| refusal("the server has not been initialized"))?;
    let key = serde_json::from_value(id.clone())
        .map_err(|_| refusal("a request id is a string or a whole number"))?;
    let message = serde_json::from_value(message)
        .map_err(|problem| refusal(&format!("not a request: {problem}")))?;
    bridge.call(key, message).ok_or_else(|| refusal("a request with this id is under way"))
}

/// An answer that is already available.
fn answer(reply: String) -> BoxFuture<'static, Answer> {
    Box::pin(std::future::ready(success(reply)))
}

fn success(reply: String) -> Answer {
    Answer::Success(RawJson::scanned(format!(r#"{{"mcp_response":{reply}}}"#).into()))
}
