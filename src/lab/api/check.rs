//! The invariants of a request that the real API requires.

use std::collections::HashSet;

use serde_json::Value;

use super::request::{ApiRequest, blocks};

/// The most blocks with `cache_control` that are accepted.
const MAX_CACHE_BREAKPOINTS: usize = 4;

impl ApiRequest {
    /// What the real API would refuse in it: calls without a result and results without a call,
    /// roles out of order, missing fields.
    pub fn violations(&self) -> Vec<String> {
        violations(self.body())
    }
}

fn violations(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if body["model"].as_str().is_none_or(str::is_empty) {
        found.push("model: required".into());
    }
    if body["max_tokens"].as_u64().is_none_or(|tokens| tokens == 0) {
        found.push("max_tokens: expected a number from 1 up".into());
    }
    match body["messages"].as_array() {
        Some(messages) if !messages.is_empty() => conversation(messages, &mut found),
        _ => found.push("messages: at least one message is required".into()),
    }
    let mut names = HashSet::new();
    let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let doubled =
        tools.iter().filter_map(|tool| tool["name"].as_str()).filter(|name| !names.insert(*name));
    found.extend(doubled.map(|name| format!("tools: two are named {name:?}")));
    let breakpoints = cache_breakpoints(body);
    if breakpoints > MAX_CACHE_BREAKPOINTS {
        found.push(format!(
            "cache_control: at most {MAX_CACHE_BREAKPOINTS} blocks may have it, {breakpoints} have"
        ));
    }
    found
}

/// Checks roles, calls and results. A `system` message may be anywhere but first, and counts for
/// neither side.
fn conversation(messages: &[Value], found: &mut Vec<String>) {
    let mut previous = None;
    let mut open: Vec<&str> = Vec::new();
    let mut ids = HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        content(index, message, found);
        match role {
            "system" if previous.is_some() => continue,
            "user" => results(index, message, &mut open, found),
            "assistant" => {
                match previous {
                    None => {
                        found.push("messages.0: the first role must be user, not assistant".into())
                    }
                    Some("assistant") => found
                        .push(format!("messages.{index}: two messages of the assistant in a row")),
                    Some(_) => {}
                }
                unanswered(index, &mut open, found);
                for call in blocks(message).iter().filter(|block| block["type"] == "tool_use") {
                    let id = call["id"].as_str().unwrap_or_default();
                    if !ids.insert(id) {
                        found.push(format!(
                            "messages.{index}: the tool_use id {id:?} is used twice"
                        ));
                    }
                    open.push(id);
                }
            }
            role => found.push(format!("messages.{index}: the role {role:?} is not allowed here")),
        }
        previous = Some(role);
    }
    if previous == Some("assistant") {
        found.push("messages: the last one must not be the assistant's".into());
    }
    unanswered(messages.len(), &mut open, found);
}

/// Removes the results in a user message from the open calls. All of them must be in this message
/// or in those directly after it.
fn results<'a>(index: usize, message: &'a Value, open: &mut Vec<&'a str>, found: &mut Vec<String>) {
    for result in blocks(message).iter().filter(|block| block["type"] == "tool_result") {
        let id = result["tool_use_id"].as_str().unwrap_or_default();
        match open.iter().position(|call| *call == id) {
            Some(position) => {
                open.swap_remove(position);
            }
            None => found.push(format!(
                "messages.{index}: a tool_result for {id:?}, which the message before does not call"
            )),
        }
    }
}

fn unanswered(index: usize, open: &mut Vec<&str>, found: &mut Vec<String>) {
    found.extend(
        open.drain(..).map(|id| {
            format!("messages.{index}: the tool_use {id:?} before it has no tool_result")
        }),
    );
}

fn content(index: usize, message: &Value, found: &mut Vec<String>) {
    let mut refuse = |what: &str| found.push(format!("messages.{index}: {what}"));
    match &message["content"] {
        // A system message may exist only for its other fields, such as `output_config`.
        Value::Array(blocks) if blocks.is_empty() && message["role"] == "system" => {}
        Value::String(text) if text.is_empty() => refuse("content is empty"),
        Value::String(_) => {}
        Value::Array(blocks) if blocks.is_empty() => refuse("content is empty"),
        Value::Array(blocks) => {
            for block in blocks {
                match block["type"].as_str() {
                    Some("text")
                        if block["text"].as_str().is_none_or(|text| text.trim().is_empty()) =>
                    {
                        refuse("a text block is empty")
                    }
                    Some("thinking") if block["signature"].as_str().is_none_or(str::is_empty) => {
                        refuse("a thinking block lost its signature")
                    }
                    Some("tool_use") if !block["input"].is_object() => {
                        refuse("the input of a tool_use is not an object")
                    }
                    None => refuse("a block has no type"),
                    Some(_) => {}
                }
            }
        }
        _ => refuse("content is neither a text nor blocks"),
    }
}

fn cache_breakpoints(value: &Value) -> usize {
    match value {
        Value::Object(fields) => {
            usize::from(fields.contains_key("cache_control"))
                + fields.values().map(cache_breakpoints).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(cache_breakpoints).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(messages: &str) -> Vec<String> {
        let body = format!(r#"{{"model":"m","max_tokens":1,"messages":{messages}}}"#);
        violations(&serde_json::from_str(&body).unwrap())
    }

    const CALL: &str = r#"{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"t1","name":"Bash","input":{}},{"type":"tool_use","id":"t2","name":"Bash","input":{}}]}"#;

    #[test]
    fn conversations_as_the_cli_sends_them() {
        for messages in [
            r#"[{"role":"user","content":"go"}]"#,
            r#"[{"role":"user","content":"go"},{"role":"system","content":[],"output_config":{"effort":"medium"}}]"#,
            r#"[{"role":"user","content":[{"type":"text","text":"go"}]},{"role":"system","content":"env"},{"role":"assistant","content":"a"},{"role":"user","content":"on"}]"#,
            r#"[{"role":"user","content":"one"},{"role":"user","content":"two"}]"#,
        ] {
            assert_eq!(of(messages), [""; 0], "{messages}");
        }
        let both = r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"x"},{"type":"tool_result","tool_use_id":"t1","content":"y"}]}"#;
        assert_eq!(of(&format!("[{CALL},{both}]")), [""; 0]);
    }

    #[test]
    fn a_call_without_its_result() {
        let one = r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"x"}]}"#;
        assert_eq!(
            of(&format!("[{CALL},{one}]")),
            [r#"messages.3: the tool_use "t1" before it has no tool_result"#]
        );
        let later = format!(
            r#"[{CALL},{one},{{"role":"assistant","content":"a"}},{{"role":"user","content":"b"}}]"#
        );
        assert_eq!(of(&later), [r#"messages.3: the tool_use "t1" before it has no tool_result"#]);
    }

    #[test]
    fn a_result_without_its_call() {
        let messages = r#"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t9","content":"x"}]}]"#;
        assert_eq!(
            of(messages),
            [r#"messages.0: a tool_result for "t9", which the message before does not call"#]
        );
    }

    #[test]
    fn an_id_used_twice() {
        let call = r#"{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"A","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"x"}]}"#;
        let messages = format!(r#"[{{"role":"user","content":"go"}},{call},{call}]"#);
        assert_eq!(of(&messages), [r#"messages.3: the tool_use id "t1" is used twice"#]);
    }

    #[test]
    fn roles_out_of_order() {
        let cases = [
            (
                r#"[{"role":"assistant","content":"a"},{"role":"user","content":"b"}]"#,
                "messages.0: the first role must be user, not assistant",
            ),
            (
                r#"[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]"#,
                "messages: the last one must not be the assistant's",
            ),
            (
                r#"[{"role":"system","content":"a"},{"role":"user","content":"b"}]"#,
                r#"messages.0: the role "system" is not allowed here"#,
            ),
            (
                r#"[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"assistant","content":"c"},{"role":"user","content":"d"}]"#,
                "messages.2: two messages of the assistant in a row",
            ),
        ];
        for (messages, expected) in cases {
            assert_eq!(of(messages), [expected], "{messages}");
        }
    }

    #[test]
    fn content_that_says_nothing() {
        let cases = [
            (r#""""#, "content is empty"),
            ("[]", "content is empty"),
            ("7", "content is neither a text nor blocks"),
            (r#"[{"type":"text","text":" "}]"#, "a text block is empty"),
            (r#"[{"type":"thinking","thinking":"x"}]"#, "a thinking block lost its signature"),
            (
                r#"[{"type":"tool_use","id":"t","name":"n","input":"x"}]"#,
                "the input of a tool_use is not an object",
            ),
            (r#"[{"text":"x"}]"#, "a block has no type"),
        ];
        for (content, expected) in cases {
            assert_eq!(
                of(&format!(r#"[{{"role":"user","content":{content}}}]"#)),
                [format!("messages.0: {expected}")],
                "{content}"
            );
        }
    }

    #[test]
    fn fields_of_the_body() {
        let of = |body: &str| violations(&serde_json::from_str(body).unwrap());
        assert_eq!(
            of(r#"{"max_tokens":0,"messages":[]}"#),
            [
                "model: required",
                "max_tokens: expected a number from 1 up",
                "messages: at least one message is required"
            ]
        );
        let marked = r#"{"type":"text","text":"a","cache_control":{}},"#.repeat(5);
        let body = format!(
            r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":[{}]}}],"tools":[{{"name":"A"}},{{"name":"A"}}]}}"#,
            marked.trim_end_matches(',')
        );
        assert_eq!(
            of(&body),
            [r#"tools: two are named "A""#, "cache_control: at most 4 blocks may have it, 5 have"]
        );
    }
}
