//! Whether two lines of a host mean the same.
//!
//! | line | what counts |
//! |---|---|
//! | `user` | `message` (a text and a list of one text block are the same), `parent_tool_use_id`, `priority`, `isSynthetic`, `shouldQuery` |
//! | `control_request` | the `request` without `expires_at` and the JSON-RPC `id` of an `mcp_message` |
//! | ... `initialize` | the hooks (events, matchers, how many callbacks, not their ids) and the SDK MCP servers; other fields where both have them |
//! | answer | success or error; of a success the `response` without `toolUseID`; a missing `updatedInput` is the input unchanged; the result of `tools/call` and of no other JSON-RPC method, where a missing `isError` is false; never the text of an error |
//!
//! A field that is `null` and one that is absent are the same, except in `set_max_thinking_tokens`,
//! where the CLI distinguishes them. A recorded text that is a placeholder (`<text:1>`) matches
//! every value; a placeholder inside a text (`mail <email:1> now`) matches every text in its place.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::host_line::one_line;
use crate::recording::{fits_redacted, is_placeholder};

/// A place where two values differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Difference {
    #[serde(rename = "at")]
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actual: Option<Value>,
}

impl Difference {
    /// The difference between two texts.
    pub(super) fn of_texts(path: &str, expected: &str, actual: &str) -> Vec<Self> {
        if expected == actual {
            return Vec::new();
        }
        vec![Self {
            path: path.to_owned(),
            expected: Some(expected.into()),
            actual: Some(actual.into()),
        }]
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |value: &Option<Value>| {
            value.as_ref().map_or("nothing".into(), |value| one_line(&value.to_string(), SHOWN))
        };
        write!(f, "{}: expected {}, actual {}", self.path, show(&self.expected), show(&self.actual))
    }
}

/// How many characters of a value a report shows.
const SHOWN: usize = 160;

/// The fields of a `user` line that are compared.
pub(super) fn prompt(line: &Value) -> Value {
    let mut meaning = Map::new();
    for key in ["message", "parent_tool_use_id", "priority", "isSynthetic", "shouldQuery"] {
        if let Some(value) = line.get(key) {
            meaning.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(content) = meaning.get_mut("message").and_then(|message| message.get_mut("content"))
        && let Value::String(text) = content
        && !is_placeholder(text.as_bytes())
    {
        *content = json!([{"type": "text", "text": text}]);
    }
    Value::Object(meaning)
}

/// The differences between two `control_request`s of one subtype; `request` is the field of that
/// name.
pub(super) fn requests(subtype: &str, expected: &Value, actual: &Value) -> Vec<Difference> {
    if subtype == "initialize" {
        return initializes(expected, actual);
    }
    let strip = |request: &Value| {
        let mut request = request.clone();
        remove(&mut request, "expires_at");
        if subtype == "mcp_message"
            && let Some(message) = request.get_mut("message")
        {
            remove(message, "id");
        }
        request
    };
    let null_is_absent = subtype != "set_max_thinking_tokens";
    values("request", &strip(expected), &strip(actual), null_is_absent)
}

/// The differences between two answers to the CLI's `request`; an answer is the `response` field.
pub(super) fn answers(request: &Value, expected: &Value, actual: &Value) -> Vec<Difference> {
    let outcome = |answer: &Value| answer.get("subtype").cloned().unwrap_or(Value::Null);
    let differences = values("response.subtype", &outcome(expected), &outcome(actual), true);
    if !differences.is_empty() || outcome(expected) != "success" {
        return differences;
    }
    let strip = |answer: &Value| {
        let mut body = answer.get("response").cloned().unwrap_or(Value::Null);
        remove(&mut body, "toolUseID");
        match request.get("subtype").and_then(Value::as_str) {
            Some("can_use_tool") => {
                let input = request.get("input").unwrap_or(&Value::Null);
                if body.get("updatedInput").is_some_and(|updated| updated == input) {
                    remove(&mut body, "updatedInput");
                }
            }
            Some("mcp_message") => {
                let called =
                    request.pointer("/message/method").is_some_and(|method| method == "tools/call");
                body = if called {
                    body.pointer("/mcp_response/result").cloned().unwrap_or(Value::Null)
                } else {
                    Value::Null
                };
                if body.get("isError") == Some(&Value::Bool(false)) {
                    remove(&mut body, "isError");
                }
            }
            _ => {}
        }
        if body.as_object().is_some_and(Map::is_empty) { Value::Null } else { body }
    };
    values("response.response", &strip(expected), &strip(actual), true)
}

fn initializes(expected: &Value, actual: &Value) -> Vec<Difference> {
    let mut differences = values("request.hooks", &hooks(expected), &hooks(actual), true);
    differences.extend(values("request.sdkMcpServers", &servers(expected), &servers(actual), true));
    for (key, expected) in expected.as_object().into_iter().flatten() {
        if let Some(actual) = actual.get(key)
            && !matches!(key.as_str(), "hooks" | "sdkMcpServers")
            && !expected.is_null()
            && !actual.is_null()
        {
            differences.extend(values(&format!("request.{key}"), expected, actual, true));
        }
    }
    differences
}

/// The hooks of an `initialize`, with the callbacks counted instead of named.
fn hooks(request: &Value) -> Value {
    let mut hooks = request.get("hooks").cloned().unwrap_or(Value::Null);
    for matcher in hooks
        .as_object_mut()
        .into_iter()
        .flat_map(|events| events.values_mut())
        .filter_map(Value::as_array_mut)
        .flatten()
    {
        if let Some(ids) = matcher.get_mut("hookCallbackIds") {
            *ids = ids.as_array().map_or(0, Vec::len).into();
        }
    }
    match hooks {
        Value::Object(mut events) => {
            events.retain(|_, matchers| matchers.as_array().is_none_or(|list| !list.is_empty()));
            if events.is_empty() { Value::Null } else { Value::Object(events) }
        }
        other => other,
    }
}

/// The hook callbacks of an `initialize`, in an order that does not depend on their ids.
pub(super) fn callback_ids(request: &Value) -> Vec<String> {
    let mut events: Vec<_> =
        request.get("hooks").and_then(Value::as_object).into_iter().flatten().collect();
    events.sort_by_key(|(name, _)| *name);
    let matchers = events.into_iter().filter_map(|(_, matchers)| matchers.as_array()).flatten();
    let ids = matchers.filter_map(|matcher| matcher.get("hookCallbackIds")?.as_array()).flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

fn servers(request: &Value) -> Value {
    let mut names: Vec<_> =
        request.get("sdkMcpServers").and_then(Value::as_array).into_iter().flatten().collect();
    names.sort_by_key(|name| name.to_string());
    if names.is_empty() { Value::Null } else { names.into_iter().cloned().collect() }
}

/// The differences between two values; `path` is the name of the root.
pub(super) fn values(
    path: &str,
    expected: &Value,
    actual: &Value,
    null_is_absent: bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    Walk { null_is_absent, found: &mut found }.pair(path, Some(expected), Some(actual));
    found
}

struct Walk<'a> {
    null_is_absent: bool,
    found: &'a mut Vec<Difference>,
}

impl Walk<'_> {
    fn pair(&mut self, path: &str, expected: Option<&Value>, actual: Option<&Value>) {
        let (expected, actual) = (self.present(expected), self.present(actual));
        match (expected, actual) {
            (Some(Value::String(text)), _) if is_placeholder(text.as_bytes()) => {}
            (Some(Value::String(expected)), Some(Value::String(actual)))
                if fits_redacted(expected, actual) => {}
            (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
                let new = actual.keys().filter(|key| !expected.contains_key(*key));
                for key in expected.keys().chain(new) {
                    self.pair(&format!("{path}.{key}"), expected.get(key), actual.get(key));
                }
            }
            (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
                for index in 0..expected.len().max(actual.len()) {
                    self.pair(&format!("{path}[{index}]"), expected.get(index), actual.get(index));
                }
            }
            _ if expected == actual => {}
            _ => self.found.push(Difference {
                path: path.to_owned(),
                expected: expected.cloned(),
                actual: actual.cloned(),
            }),
        }
    }

    fn present<'v>(&self, value: Option<&'v Value>) -> Option<&'v Value> {
        value.filter(|value| !(self.null_is_absent && value.is_null()))
    }
}

fn remove(value: &mut Value, key: &str) {
    if let Some(object) = value.as_object_mut() {
        object.shift_remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn prompts(expected: &str, actual: &str) -> Vec<String> {
        let differences = values("prompt", &prompt(&json(expected)), &prompt(&json(actual)), true);
        differences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_text_is_a_list_of_one_text_block() {
        let text = r#"{"type":"user","session_id":"","message":{"role":"user","content":"hi"},"parent_tool_use_id":null}"#;
        let list = r#"{"type":"user","uuid":"u","message":{"content":[{"text":"hi","type":"text"}],"role":"user"}}"#;
        assert_eq!(prompts(text, list), [""; 0]);
        assert_eq!(prompts(list, text), [""; 0]);
    }

    #[test]
    fn a_difference_names_its_place() {
        let one =
            r#"{"type":"user","message":{"role":"user","content":[{"type":"text","text":"a"}]}}"#;
        let two = r#"{"type":"user","message":{"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":"c"}]}}"#;
        assert_eq!(
            prompts(one, two),
            [
                r#"prompt.message.content[0].text: expected "a", actual "b""#,
                r#"prompt.message.content[1]: expected nothing, actual {"type":"text","text":"c"}"#
            ]
        );
    }

    #[test]
    fn a_placeholder_matches_every_value() {
        let any = r#"{"type":"user","message":{"role":"user","content":"<text:1>"}}"#;
        let some = r#"{"type":"user","message":{"role":"user","content":[{"type":"image"},{"type":"text","text":"c"}]}}"#;
        assert_eq!(prompts(any, some), [""; 0]);
        assert_eq!(prompts(some, any).len(), 1, "only on the recorded side");
        let part = some.replace("\"c\"", "\"ask <email:1>\"");
        assert_eq!(prompts(&part, &some.replace("\"c\"", "\"ask ann@x.io\"")), [""; 0]);
        assert_eq!(prompts(&part, &some.replace("\"c\"", "\"tell ann@x.io\"")).len(), 1);
    }

    #[test]
    fn null_equals_absent_as_in_the_cli() {
        assert!(
            requests(
                "set_model",
                &json(r#"{"subtype":"set_model","model":null}"#),
                &json(r#"{"subtype":"set_model"}"#)
            )
            .is_empty()
        );
        let tokens = json(r#"{"subtype":"set_max_thinking_tokens","max_thinking_tokens":null}"#);
        assert_eq!(
            requests(
                "set_max_thinking_tokens",
                &tokens,
                &json(r#"{"subtype":"set_max_thinking_tokens"}"#)
            )
            .len(),
            1
        );
    }

    #[test]
    fn initialize_is_strict_about_hooks_and_servers_only() {
        let recorded = json(
            r#"{"hooks":{"Stop":[{"matcher":null,"hookCallbackIds":["hook_0"]}]},"sdkMcpServers":["b","a"],"agents":{"x":1}}"#,
        );
        let live = json(
            r#"{"hooks":{"Stop":[{"hookCallbackIds":["cb-77"]}],"PreToolUse":[]},"sdkMcpServers":["a","b"],"new":true}"#,
        );
        assert_eq!(requests("initialize", &recorded, &live), []);
        assert_eq!(
            requests(
                "initialize",
                &json(r#"{"hooks":null}"#),
                &json(r#"{"hooks":{},"sdkMcpServers":[]}"#)
            ),
            []
        );
        let other = json(r#"{"hooks":{"Stop":[{"hookCallbackIds":["a","b"]}]},"agents":{"x":2}}"#);
        let paths: Vec<_> = requests("initialize", &recorded, &other)
            .into_iter()
            .map(|difference| difference.path)
            .collect();
        assert_eq!(
            paths,
            ["request.hooks.Stop[0].hookCallbackIds", "request.sdkMcpServers", "request.agents.x"]
        );
    }

    #[test]
    fn callbacks_come_in_the_order_of_their_events() {
        let one = json(
            r#"{"hooks":{"Stop":[{"hookCallbackIds":["s"]}],"PreToolUse":[{"hookCallbackIds":["p","q"]}]}}"#,
        );
        assert_eq!(callback_ids(&one), ["p", "q", "s"]);
        assert_eq!(callback_ids(&json(r#"{"hooks":null}"#)), [""; 0]);
    }

    #[test]
    fn answers_are_compared_by_decision() {
        let request = json(r#"{"subtype":"can_use_tool","input":{"a":1}}"#);
        let allow = json(
            r#"{"subtype":"success","request_id":"1","response":{"behavior":"allow","updatedInput":{"a":1},"toolUseID":"t"}}"#,
        );
        let short =
            json(r#"{"subtype":"success","request_id":"1","response":{"behavior":"allow"}}"#);
        let deny = json(
            r#"{"subtype":"success","request_id":"1","response":{"behavior":"deny","message":"no"}}"#,
        );
        assert!(answers(&request, &allow, &short).is_empty());
        assert_eq!(answers(&request, &allow, &deny).len(), 2);
        let failed = json(r#"{"subtype":"error","request_id":"1","error":"one"}"#);
        assert_eq!(answers(&request, &failed, &json(r#"{"subtype":"error","error":"two"}"#)), []);
        assert_eq!(answers(&request, &allow, &failed)[0].path, "response.subtype");
    }

    #[test]
    fn only_json_rpc_call_results_are_compared() {
        let call = json(r#"{"subtype":"mcp_message","message":{"method":"tools/call"}}"#);
        let list = json(r#"{"subtype":"mcp_message","message":{"method":"tools/list"}}"#);
        let one = json(
            r#"{"subtype":"success","response":{"mcp_response":{"id":1,"result":{"content":[]}}}}"#,
        );
        let two = json(
            r#"{"subtype":"success","response":{"mcp_response":{"id":2,"result":{"content":[1]}}}}"#,
        );
        assert_eq!(answers(&list, &one, &two), []);
        assert_eq!(answers(&call, &one, &two)[0].path, "response.response.content[0]");
        let said = json(
            r#"{"subtype":"success","response":{"mcp_response":{"id":3,"result":{"content":[],"isError":false}}}}"#,
        );
        assert_eq!(answers(&call, &one, &said), [], "absent means the same");
    }
}
