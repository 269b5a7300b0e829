//! The handshake with an in-process MCP server for a host that sends no manifest of it.
//!
//! The CLI asks such a host for what a manifest would say. A recording of a host that sent one has
//! none of this, so the player asks by itself: `initialize` before the reply to the host's own
//! `initialize`, then `notifications/initialized` and `tools/list`, for which the first turn waits
//! (CLI 2.1.329).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::difference::Difference;
use super::tools;

/// The handshakes of a run.
#[derive(Debug, Default)]
pub(super) struct Handshakes {
    /// The requests that are not answered yet, by id.
    open: BTreeMap<String, Asked>,
    /// How many were made.
    count: u64,
}

#[derive(Debug)]
struct Asked {
    server: String,
    method: Method,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Initialize,
    Initialized,
    ListTools,
}

/// What an answer should have been, and where it differs.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) expected: String,
    pub(super) differences: Vec<Difference>,
}

impl Handshakes {
    /// The first lines to the servers of which the recorded host sent a manifest in its
    /// `initialize`, and this host, which has them, sends none. `version` is that of the CLI.
    pub(super) fn begin(
        &mut self,
        recorded: &Value,
        live: &Value,
        has: impl Fn(&str) -> bool,
        version: &str,
    ) -> Vec<Bytes> {
        let manifests = |request: &Value| request.get("sdkMcpServerManifests").cloned();
        let Some(Value::Object(recorded)) = manifests(recorded) else { return Vec::new() };
        let live = manifests(live).unwrap_or_default();
        let missing = recorded
            .iter()
            .filter(|(server, _)| live.get(server.as_str()).is_none() && has(server.as_str()));
        missing
            .map(|(server, manifest)| {
                let protocol = manifest.pointer("/initializeResult/protocolVersion");
                let params = json!({
                    "protocolVersion": protocol.cloned().unwrap_or_else(|| "2025-11-25".into()),
                    "capabilities": {},
                    "clientInfo": {"name": "claude-code", "title": "Claude Code", "version": version},
                });
                let message = json!({"method": "initialize", "params": params, "id": 0});
                self.ask(server, Method::Initialize, message)
            })
            .collect()
    }

    /// Handles an answer; `None` if it answers none of these requests. The lines that follow it.
    /// `differ` compares the tools of a server with the recorded ones.
    pub(super) fn answered(
        &mut self,
        id: &str,
        response: &Value,
        differ: impl FnOnce(&str, &Value) -> Vec<Difference>,
    ) -> Option<Result<Vec<Bytes>, Refused>> {
        let Asked { server, method } = self.open.remove(id)?;
        let has_result = response.pointer("/response/mcp_response/result").is_some();
        if !has_result && method != Method::Initialized {
            let expected = format!("a result from the MCP server {server:?}");
            return Some(Err(Refused { expected, differences: Vec::new() }));
        }
        Some(match method {
            Method::Initialize => Ok(vec![
                self.ask(
                    &server,
                    Method::Initialized,
                    json!({"method": "notifications/initialized"}),
                ),
                self.ask(&server, Method::ListTools, json!({"method": "tools/list", "id": 1})),
            ]),
            Method::Initialized => Ok(Vec::new()),
            Method::ListTools => {
                let differences =
                    tools::of_list(response).map_or_else(Vec::new, |live| differ(&server, live));
                let expected = format!("the tools of the MCP server {server:?}");
                if differences.is_empty() {
                    Ok(Vec::new())
                } else {
                    Err(Refused { expected, differences })
                }
            }
        })
    }

    /// Whether output of this turn, counted from 1, must wait.
    pub(super) fn holds_back(&self, turn: usize) -> bool {
        let initializes = |asked: &Asked| asked.method == Method::Initialize;
        !self.open.is_empty() && (turn > 0 || self.open.values().any(initializes))
    }

    /// What the host must answer, for a report.
    pub(super) fn awaited(&self) -> Option<String> {
        let Asked { server, .. } = self.open.values().next()?;
        Some(format!("answer to the handshake with the MCP server {server:?}"))
    }

    /// A request of the CLI, as a line.
    fn ask(&mut self, server: &str, method: Method, mut message: Value) -> Bytes {
        message["jsonrpc"] = "2.0".into();
        self.count += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.count);
        let request = json!({"subtype": "mcp_message", "server_name": server, "message": message});
        let line = json!({"type": "control_request", "request_id": id, "request": request});
        self.open.insert(id, Asked { server: server.to_owned(), method });
        format!("{line}\n").into()
    }
}
