//! The servers of a session: which there are, and which run.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use rmcp::{RoleServer, Service};
use serde_json::{Map, Value};

use super::bridge::{self, Bridge, Call, Start};
use super::manifest;
use super::pipe::error;
use crate::common::lock;
use crate::protocol::Answer;
use crate::session::{HostRequest, WeakSession};
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
    pub(crate) fn insert<S: Service<RoleServer>>(
        &self,
        name: String,
        make: impl Fn() -> S + Send + Sync + 'static,
    ) {
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

    /// Passes an `mcp_message` on, and gives the answer to come; `None` for a server that is not one of these.
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
                    // A new connection: what ran before belongs to one that is gone.
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
                // The CLI waits for an answer to a notification too.
                answer(r#"{"jsonrpc":"2.0","result":{},"id":0}"#.into())
            }
        })
    }

    /// Connects these servers anew for a CLI that is about to be started, and plays its part of the handshake with them beforehand: what
    /// `sdkMcpServerManifests` is to say. A server that is not done in time is left out; the CLI will play the handshake itself.
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

/// Passes a request on. `Err` is what is answered in the server's place, as JSON-RPC.
fn call(bridge: Option<&Arc<Bridge>>, id: &Value, message: Value) -> Result<Call, String> {
    let refusal = |text: &str| error(id, INVALID_REQUEST, text);
    let bridge = bridge.ok_or_else(|| refusal("the server has not been initialized"))?;
    let key = serde_json::from_value(id.clone())
        .map_err(|_| refusal("a request id is a string or a whole number"))?;
    let message = serde_json::from_value(message)
        .map_err(|problem| refusal(&format!("not a request: {problem}")))?;
    bridge.call(key, message).ok_or_else(|| refusal("a request with this id is under way"))
}

/// An answer that is there already.
fn answer(reply: String) -> BoxFuture<'static, Answer> {
    Box::pin(std::future::ready(success(reply)))
}

fn success(reply: String) -> Answer {
    Answer::Success(RawJson::scanned(format!(r#"{{"mcp_response":{reply}}}"#).into()))
}
