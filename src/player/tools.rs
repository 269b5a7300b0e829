//! The tools of in-process MCP servers, as a host shows them: in the manifests of `initialize`, or
//! in its answer to `tools/list`.
//!
//! They are compared by name, description and input schema, where both hosts show them. The CLI
//! asks a server for its handshake only if `initialize` has no manifest of it.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::compare;
use super::difference::Difference;
use super::renumber::Renumbered;
use super::rules::Rules;
use super::script::{CliRequest, Expectation, Expected};

/// The JSON-RPC methods of a handshake, which a manifest makes unnecessary.
const HANDSHAKE: [&str; 3] = ["initialize", "notifications/initialized", "tools/list"];

/// The tools of each server that the recorded host showed.
pub(super) fn recorded(
    expectations: &[Expectation],
    cli_requests: &HashMap<String, CliRequest>,
) -> BTreeMap<String, Value> {
    let mut tools = BTreeMap::new();
    for expectation in expectations {
        if let Expected::Request { subtype, request } = &expectation.what
            && subtype == "initialize"
        {
            tools.extend(of_manifests(request));
        }
    }
    for request in cli_requests.values() {
        let answer = request.answer.and_then(|answer| expectations.get(answer));
        if let Some(Expected::Answer { response, .. }) = answer.map(|answer| &answer.what)
            && let Some((server, listed)) = of_answer(&request.request, response)
        {
            tools.entry(server).or_insert(listed);
        }
    }
    tools
}

/// The tools of each server with a manifest.
pub(super) fn of_manifests(initialize: &Value) -> BTreeMap<String, Value> {
    let manifests = initialize.get("sdkMcpServerManifests").and_then(Value::as_object);
    let listed = manifests.into_iter().flatten().filter_map(|(server, manifest)| {
        Some((server.clone(), manifest.pointer("/toolsListResult/tools")?.clone()))
    });
    listed.collect()
}

/// The server and the tools of an answer to `tools/list`.
pub(super) fn of_answer(request: &Value, response: &Value) -> Option<(String, Value)> {
    if method(request)? != "tools/list" {
        return None;
    }
    Some((server(request)?.to_owned(), of_list(response)?.clone()))
}

/// The tools in a host's answer to `tools/list`.
pub(super) fn of_list(response: &Value) -> Option<&Value> {
    response.pointer("/response/mcp_response/result/tools")
}

/// The server whose handshake a request of the CLI belongs to.
pub(super) fn handshake_of(request: &Value) -> Option<&str> {
    server(request).filter(|_| method(request).is_some_and(|name| HANDSHAKE.contains(&name)))
}

/// Whether a request of the CLI calls a tool.
pub(super) fn is_call(request: &Value) -> bool {
    method(request) == Some("tools/call")
}

/// The differences between the tools of a server. Rules name them where they are shown: in the
/// answer to `tools/list`, or in the manifest. Each counts for both.
pub(super) fn differences(
    recorded: &BTreeMap<String, Value>,
    server: &str,
    live: &Value,
    rules: &Rules,
    ids: &Renumbered,
) -> Vec<Difference> {
    let Some(recorded) = recorded.get(server) else { return Vec::new() };
    let list = |tools: Value| json!({"response": {"mcp_response": {"result": {"tools": tools}}}});
    let manifest = |tools: Option<&Value>| {
        let tools = tools.cloned().unwrap_or_default();
        json!({"sdkMcpServerManifests": {server: {"toolsListResult": {"tools": tools}}}})
    };
    let (mut expected, mut actual) = (list(recorded.clone()), list(in_order_of(recorded, live)));
    let applied = rules.apply_to_answer("mcp_message", &mut expected, &mut actual, ids);
    let mut found = applied.differences;
    let (mut expected, mut actual) = (manifest(of_list(&expected)), manifest(of_list(&actual)));
    let applied = rules.apply("initialize", &mut expected, &mut actual, ids);
    found.extend(applied.differences);
    ids.recorded(&mut actual);
    let tools = |request: &Value| of_manifests(request).get(server).and_then(by_name);
    if let (Some(expected), Some(actual)) = (tools(&expected), tools(&actual)) {
        found.extend(compare::values(&format!("tools of {server}"), &expected, &actual, true));
    }
    found
}

/// Brings the tools of an answer to `tools/list` into the order of another one.
pub(super) fn align(expected: &Value, actual: &mut Value) {
    let ordered =
        of_list(expected).zip(of_list(actual)).map(|(one, other)| in_order_of(one, other));
    let tools = actual.pointer_mut("/response/mcp_response/result/tools");
    if let (Some(ordered), Some(tools)) = (ordered, tools) {
        *tools = ordered;
    }
}

/// The live tools in the order of the recorded ones, then the others: rules name a tool by its
/// place.
fn in_order_of(recorded: &Value, live: &Value) -> Value {
    let mut left = live.as_array().cloned().unwrap_or_default();
    let mut ordered = Vec::new();
    for tool in recorded.as_array().into_iter().flatten() {
        match left.iter().position(|other| other.get("name") == tool.get("name")) {
            Some(at) => ordered.push(left.remove(at)),
            // Its place stays empty.
            None => ordered.push(Value::Null),
        }
    }
    ordered.into_iter().chain(left).collect()
}

fn method(request: &Value) -> Option<&str> {
    let is_message = request.get("subtype")? == "mcp_message";
    request.pointer("/message/method").filter(|_| is_message)?.as_str()
}

fn server(request: &Value) -> Option<&str> {
    request.get("server_name")?.as_str()
}

/// The compared parts of each tool, by name.
fn by_name(tools: &Value) -> Option<Value> {
    let part = |tool: &Value| {
        let mut part = Map::new();
        for key in ["description", "inputSchema"] {
            part.insert(key.to_owned(), tool.get(key).cloned().unwrap_or_default());
        }
        if let Some(input) = part.get_mut("inputSchema") {
            schema(input);
        }
        Some((tool.get("name")?.as_str()?.to_owned(), Value::Object(part)))
    };
    let tools: Map<String, Value> = tools.as_array()?.iter().filter_map(part).collect();
    Some(tools.into())
}

/// Removes what says nothing about the input: the dialect, the order of required fields.
fn schema(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        fields.shift_remove("$schema");
        if let Some(Value::Array(required)) = fields.get_mut("required") {
            required.sort_by_key(ToString::to_string);
        }
    }
}
