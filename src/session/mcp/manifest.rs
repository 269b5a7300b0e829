//! The handshake with a server, performed before the CLI is ready to do it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::bridge::Bridge;

/// How long all servers together may take. The CLI is being started in the meantime.
const BUDGET: Duration = Duration::from_millis(250);
/// The protocol version of CLI 2.1.329; if a server answers with another one, the CLI performs the
/// handshake itself.
const PROTOCOL: &str = "2025-11-25";

/// Returns the manifests of the servers that answer in time, by name.
pub(super) async fn all(bridges: HashMap<String, Arc<Bridge>>) -> Map<String, Value> {
    let deadline = tokio::time::Instant::now() + BUDGET;
    let mut running: Vec<_> = bridges
        .into_iter()
        .map(|(name, bridge)| {
            (
                name,
                tokio::spawn(tokio::time::timeout_at(deadline, async move { one(&bridge).await })),
            )
        })
        .collect();
    running.sort_by(|(name, _), (other, _)| name.cmp(other));
    let mut manifests = Map::new();
    for (name, manifest) in running {
        if let Ok(Ok(Some(manifest))) = manifest.await {
            manifests.insert(name, manifest);
        }
    }
    manifests
}

/// Returns the answers of one server. `None` if it does not answer, or with an error.
async fn one(bridge: &Bridge) -> Option<Value> {
    let client = json!({"name": "claude-code", "version": env!("CARGO_PKG_VERSION")});
    let params = json!({"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client});
    let initialized = ask(bridge, "initialize", params).await?;
    bridge.tell(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    let has_tools = initialized.pointer("/capabilities/tools").is_some();
    let mut manifest = json!({"initializeResult": initialized});
    if has_tools {
        let tools = ask(bridge, "tools/list", json!({})).await?;
        // The manifest cannot express that more pages follow: the CLI requests a long list itself.
        if tools.get("nextCursor").is_none_or(Value::is_null) {
            manifest["toolsListResult"] = tools;
        }
    }
    Some(manifest)
}

/// Returns the result of a request. Its id is one that the CLI never uses.
async fn ask(bridge: &Bridge, method: &str, params: Value) -> Option<Value> {
    let id = json!(format!("claude-wire:{method}"));
    let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let call =
        bridge.call(serde_json::from_value(id).ok()?, serde_json::from_value(message).ok()?)?;
    let mut reply: Value = serde_json::from_str(&call.await?).ok()?;
    Some(reply.get_mut("result")?.take())
}
