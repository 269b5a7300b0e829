//! Whether two lines of a host mean the same.
//!
//! | line | what counts |
//! |---|---|
//! | `user` | `message` (a text and a list of one text block are the same), `parent_tool_use_id`, `priority`, `isSynthetic`, `shouldQuery` |
//! | `control_request` | the `request` |
//! | ... `initialize` | what may also be a flag, with the launch (`launch/declared.rs`), or without a recorded launch the hooks (events, matchers, how many callbacks, not their ids) and the SDK MCP servers; the tools of manifests; other fields where both have them |
//! | answer | success or error; of a success the `response`; a missing `updatedInput` is the input unchanged; the result of `tools/call`, where a missing `isError` is false, and the tools of `tools/list` |
//!
//! What is left out is in `recording/redact/fields.rs`, which the recorder uses as well: ids, times, the
//! texts of errors. A field that is `null` and one that is absent are the same, except in
//! `set_max_thinking_tokens`, where the CLI distinguishes them. A recorded text or name that is a
//! placeholder (`<text:1>`) matches every value; a placeholder inside a text (`mail <email:1> now`)
//! matches every text in its place.

use serde_json::{Map, Value, json};

use super::difference::Difference;
use super::launch;
use super::rules::{Place, Rules};
use crate::recording::fields::{HostPart, fits, left_out};

/// The fields of a `user` line that are compared.
pub(super) fn prompt(line: &Value) -> Value {
    let mut meaning = compared(HostPart::Prompt, line);
    if let Some(content) = meaning.get_mut("message").and_then(|message| message.get_mut("content"))
        && let Value::String(text) = content
        && !fits(text, None)
    {
        *content = json!([{"type": "text", "text": text}]);
    }
    meaning
}

/// A line, or the part of it that is given, without what is not compared.
pub(super) fn compared(part: HostPart<'_>, value: &Value) -> Value {
    fn copy<'v>(part: HostPart<'_>, value: &'v Value, path: &mut Vec<&'v str>) -> Value {
        let Value::Object(fields) = value else { return value.clone() };
        // Nothing deeper is left out.
        if path.len() > 3 {
            return value.clone();
        }
        let mut copied = Map::new();
        for (name, field) in fields {
            path.push(name);
            if left_out(part, path).is_none() {
                copied.insert(name.clone(), copy(part, field, path));
            }
            path.pop();
        }
        copied.into()
    }
    copy(part, value, &mut Vec::new())
}

/// The differences between the compared fields of two prompts, whose place in the launch is given.
pub(super) fn prompts(
    expected: &Value,
    actual: &Value,
    place: usize,
    rules: &Rules,
) -> Vec<Difference> {
    let (mut expected, mut actual) = (expected.clone(), actual.clone());
    let text = |prompt: &mut Value| {
        let content = prompt.pointer_mut("/message/content").map(Value::take)?;
        Some(match content {
            Value::Array(blocks) if blocks.len() == 1 && blocks[0]["type"] == "text" => {
                blocks[0]["text"].clone()
            }
            other => other,
        })
    };
    let place = Place::Prompt(place);
    if rules.matcher(&place).is_none() {
        return values("prompt", &expected, &actual, true);
    }
    let (recorded, live) = (text(&mut expected), text(&mut actual));
    let mut found = rules.differences(
        &place,
        "prompt.message.content",
        recorded.as_ref(),
        live.as_ref(),
        Vec::new,
    );
    found.extend(values("prompt", &expected, &actual, true));
    found
}

/// The differences between two `control_request`s of one subtype, but for `initialize`; `request` is
/// the field of that name.
pub(super) fn requests(subtype: &str, expected: &Value, actual: &Value) -> Vec<Difference> {
    let part = request_part(subtype);
    values("request", &compared(part, expected), &compared(part, actual), null_is_absent(subtype))
}

/// Whether the CLI takes `null` in a request of this subtype for an absent field.
pub(super) fn null_is_absent(subtype: &str) -> bool {
    subtype != "set_max_thinking_tokens"
}

/// The differences between two answers to the CLI's `request`; an answer is the `response` field.
pub(super) fn answers(request: &Value, expected: &Value, actual: &Value) -> Vec<Difference> {
    let outcome = |answer: &Value| answer.get("subtype").cloned().unwrap_or(Value::Null);
    let differences = values("response.subtype", &outcome(expected), &outcome(actual), true);
    if !differences.is_empty() || outcome(expected) != "success" {
        return differences;
    }
    let meaning = |answer: &Value| answer_meaning(request, answer);
    values("response.response", &meaning(expected), &meaning(actual), true)
}

/// What is compared of an answer that is a success, but for the tools of `tools/list`.
pub(super) fn answer_meaning(request: &Value, answer: &Value) -> Value {
    let answer = compared(answer_part(request, answer), answer);
    let mut body = answer.get("response").cloned().unwrap_or(Value::Null);
    match request.get("subtype").and_then(Value::as_str) {
        Some("can_use_tool") => {
            let input = request.get("input").unwrap_or(&Value::Null);
            if body.get("updatedInput").is_some_and(|updated| updated == input) {
                remove(&mut body, "updatedInput");
            }
        }
        // The tools of `tools/list` are compared by name.
        Some("mcp_message") if method(request) == Some("tools/list") => body = Value::Null,
        Some("mcp_message") => {
            body = body.pointer("/mcp_response/result").cloned().unwrap_or(Value::Null);
            if body.get("isError") == Some(&Value::Bool(false)) {
                remove(&mut body, "isError");
            }
        }
        _ => {}
    }
    if body.as_object().is_some_and(Map::is_empty) { Value::Null } else { body }
}

/// What decides which fields of a request are compared.
pub(super) fn request_part(subtype: &str) -> HostPart<'static> {
    if subtype == "mcp_message" { HostPart::McpRequest } else { HostPart::Request }
}

/// What decides which fields of an answer are compared.
pub(super) fn answer_part<'a>(request: &'a Value, answer: &Value) -> HostPart<'a> {
    let is_success = answer.get("subtype").is_some_and(|subtype| subtype == "success");
    match request.get("subtype").is_some_and(|subtype| subtype == "mcp_message") {
        true => HostPart::McpAnswer { is_success, method: method(request).unwrap_or_default() },
        false => HostPart::Answer { is_success },
    }
}

fn method(request: &Value) -> Option<&str> {
    request.pointer("/message/method")?.as_str()
}

/// The differences between two lines of another kind.
pub(super) fn others(expected: &Value, actual: &Value) -> Vec<Difference> {
    let meaning = |line: &Value| compared(HostPart::Other, line);
    values("line", &meaning(expected), &meaning(actual), true)
}

/// The differences between two `initialize` requests. `settles`: what may also be a flag has been
/// compared with the launch. The tools of manifests are compared by themselves.
pub(super) fn initializes(expected: &Value, actual: &Value, settles: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    if !settles {
        let hooks = |request: &Value| request.get("hooks").cloned().and_then(launch::hooks);
        found = optional("request.hooks", hooks(expected).as_ref(), hooks(actual).as_ref());
        found.extend(values("request.sdkMcpServers", &servers(expected), &servers(actual), true));
    }
    for (key, expected) in expected.as_object().into_iter().flatten() {
        let Some(actual) = actual.get(key).filter(|actual| !actual.is_null()) else { continue };
        let is_done = match key.as_str() {
            "hooks" | "sdkMcpServers" | "sdkMcpServerManifests" => true,
            key => settles && launch::is_declared(key),
        };
        if !is_done && !expected.is_null() {
            found.extend(values(&format!("request.{key}"), expected, actual, true));
        }
    }
    found
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
    pairs(path, Some(expected), Some(actual), null_is_absent)
}

/// The differences between two values that may be absent.
pub(super) fn optional(
    path: &str,
    expected: Option<&Value>,
    actual: Option<&Value>,
) -> Vec<Difference> {
    pairs(path, expected, actual, true)
}

/// The same, for requests in which `null` may be something else.
pub(super) fn pairs(
    path: &str,
    expected: Option<&Value>,
    actual: Option<&Value>,
    null_is_absent: bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    Walk { null_is_absent, found: &mut found }.pair(path, expected, actual);
    found
}

/// The members of two objects, each with the one in its place; a name in which something was redacted
/// fits another one.
pub(super) fn members<'v>(
    expected: &'v Map<String, Value>,
    actual: &'v Map<String, Value>,
) -> Vec<(&'v str, Option<&'v Value>, Option<&'v Value>)> {
    let mut new: Vec<_> = actual.iter().filter(|(key, _)| !expected.contains_key(*key)).collect();
    let mut found = Vec::new();
    for (key, value) in expected {
        let mut live = actual.get(key);
        if live.is_none()
            && let Some(at) = new.iter().position(|(name, _)| fits(key, Some(name)))
        {
            live = Some(new.remove(at).1);
        }
        found.push((key.as_str(), Some(value), live));
    }
    found.extend(new.into_iter().map(|(key, value)| (key.as_str(), None, Some(value))));
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
            (Some(Value::String(expected)), actual)
                if fits(expected, actual.and_then(Value::as_str)) => {}
            (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
                for (key, expected, actual) in members(expected, actual) {
                    self.pair(&format!("{path}.{key}"), expected, actual);
                }
            }
            (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
                for index in 0..expected.len().max(actual.len()) {
                    self.pair(&format!("{path}[{index}]"), expected.get(index), actual.get(index));
                }
            }
            _ if expected == actual => {}
            _ => self.found.push(Difference::new(path, expected.cloned(), actual.cloned())),
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
        assert_eq!(initializes(&recorded, &live, false), []);
        assert_eq!(
            initializes(
                &json(r#"{"hooks":null}"#),
                &json(r#"{"hooks":{},"sdkMcpServers":[]}"#),
                false
            ),
            []
        );
        let other = json(r#"{"hooks":{"Stop":[{"hookCallbackIds":["a","b"]}]},"agents":{"x":2}}"#);
        let paths: Vec<_> = initializes(&recorded, &other, false)
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
