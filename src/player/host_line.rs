//! The parts of a line on the CLI's stdin that matching needs.

use bytes::Bytes;
use serde_json::Value;

use crate::common::clip;
use crate::wire::RawJson;

/// A line that the host writes, recorded or live.
#[derive(Clone, Debug)]
pub(super) enum HostLine {
    /// `user`: the whole object, and its uuid as it is spelled.
    Prompt { line: Value, uuid: Option<RawJson> },
    /// `control_request`: its `request`, and its id as it is spelled (the CLI echoes it unchanged).
    Request { subtype: String, request: Value, id: Option<RawJson> },
    /// `control_response`: its `response`, and the id of the CLI's request.
    Answer { id: String, response: Value },
    /// `control_cancel_request` for a request of the host.
    Cancel { id: String },
    /// A line that the CLI ignores: a blank line, a `keep_alive`.
    Nothing,
    /// Anything else, including broken lines: compared as a whole.
    Other { bytes: Bytes, json: Option<Value> },
}

impl HostLine {
    /// `text`: stdin is text, where only blank lines are special, and JSON is text as well.
    pub(super) fn read(bytes: &Bytes, text: bool) -> Self {
        match text {
            true if bytes.iter().all(u8::is_ascii_whitespace) => Self::Nothing,
            true => Self::Other { bytes: bytes.clone(), json: None },
            false => Self::parse(bytes),
        }
    }

    /// A line of the protocol.
    pub(super) fn parse(bytes: &Bytes) -> Self {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if text.iter().all(u8::is_ascii_whitespace) {
            return Self::Nothing;
        }
        let Some(raw) = RawJson::parse(bytes.slice_ref(text)).ok() else {
            return Self::Other { bytes: bytes.clone(), json: None };
        };
        // Too deep for serde_json, but still comparable byte for byte.
        let Ok(line) = raw.to_value() else {
            return Self::Other { bytes: bytes.clone(), json: None };
        };
        match line.get("type").and_then(Value::as_str) {
            Some("user") => Self::Prompt {
                uuid: raw.pointer("/uuid").filter(|uuid| uuid.as_str().is_some()),
                line,
            },
            Some("control_request") => match line.get("request") {
                Some(request @ Value::Object(_)) => {
                    let subtype = request
                        .get("subtype")
                        .and_then(Value::as_str)
                        .unwrap_or("undefined")
                        .to_owned();
                    Self::Request {
                        subtype,
                        request: request.clone(),
                        id: raw.pointer("/request_id"),
                    }
                }
                _ => Self::Other { bytes: bytes.clone(), json: Some(line) },
            },
            Some("control_response") => match line.get("response") {
                Some(response @ Value::Object(_)) => Self::Answer {
                    id: id_text(response.get("request_id")),
                    response: response.clone(),
                },
                _ => Self::Other { bytes: bytes.clone(), json: Some(line) },
            },
            Some("control_cancel_request") => Self::Cancel { id: id_text(line.get("request_id")) },
            Some("keep_alive") => Self::Nothing,
            _ => Self::Other { bytes: bytes.clone(), json: Some(line) },
        }
    }
}

/// An id as a key: a string's text, or the spelling of any other value.
pub(super) fn id_text(id: Option<&Value>) -> String {
    match id {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// What a request of the CLI asks: `can_use_tool Bash`, `hook Stop`, `mcp_message calc tools/call
/// add`, or its subtype.
pub(super) fn asks(request: &Value) -> String {
    let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str);
    let subtype = text("/subtype").unwrap_or("undefined");
    let (name, details): (&str, &[&str]) = match subtype {
        "can_use_tool" => (subtype, &["/tool_name"]),
        "hook_callback" => ("hook", &["/input/hook_event_name", "/input/tool_name"]),
        "mcp_message" => (subtype, &["/server_name", "/message/method", "/message/params/name"]),
        "elicitation" => (subtype, &["/mcp_server_name"]),
        "request_user_dialog" => (subtype, &["/dialog_kind"]),
        _ => (subtype, &[]),
    };
    let details = details.iter().filter_map(|pointer| text(pointer));
    let words: Vec<_> = std::iter::once(name).chain(details).collect();
    one_line(&words.join(" "), 120)
}

/// At most `limit` characters of a text, on one line.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    clip(text, limit).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &'static str) -> HostLine {
        HostLine::parse(&Bytes::from_static(line.as_bytes()))
    }

    #[test]
    fn reads_what_hosts_write() {
        let HostLine::Prompt { uuid, .. } =
            parse(r#"{"type":"user","uuid":"\u0061","message":{}}"#)
        else {
            panic!()
        };
        assert_eq!(uuid.unwrap().text(), r#""\u0061""#);
        let HostLine::Request { subtype, id, .. } =
            parse(r#"{"type":"control_request","request_id":7,"request":{"subtype":"interrupt"}}"#)
        else {
            panic!()
        };
        assert_eq!((subtype.as_str(), id.unwrap().text().as_ref()), ("interrupt", "7"));
        let HostLine::Answer { id, .. } = parse(
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"x"}}"#,
        ) else {
            panic!()
        };
        assert_eq!(id, "x");
        assert!(
            matches!(parse(r#"{"type":"control_cancel_request","request_id":"x"}"#), HostLine::Cancel { id } if id == "x")
        );
    }

    #[test]
    fn lines_that_the_cli_ignores_are_ignored() {
        for line in ["", "  ", "\t\r", "\u{feff}", r#"{"type":"keep_alive"}"#] {
            assert!(matches!(parse(line), HostLine::Nothing), "{line:?}");
        }
    }

    #[test]
    fn broken_lines_are_kept_whole() {
        for line in [
            "not json",
            "null",
            "[1]",
            r#"{"type":"control_request"}"#,
            r#"{"type":"control_response"}"#,
            r#"{"no":"type"}"#,
        ] {
            assert!(
                matches!(parse(line), HostLine::Other { bytes, .. } if bytes == line),
                "{line:?}"
            );
        }
    }

    #[test]
    fn a_request_is_named_by_what_it_asks() {
        for (request, name) in [
            (
                r#"{"subtype":"can_use_tool","tool_name":"Bash","tool_use_id":"t1"}"#,
                "can_use_tool Bash",
            ),
            (
                r#"{"subtype":"hook_callback","callback_id":"h","input":{"hook_event_name":"Stop"}}"#,
                "hook Stop",
            ),
            (
                r#"{"subtype":"hook_callback","input":{"hook_event_name":"PreToolUse","tool_name":"Read"}}"#,
                "hook PreToolUse Read",
            ),
            (
                r#"{"subtype":"mcp_message","server_name":"calc","message":{"method":"tools/call","params":{"name":"add"}}}"#,
                "mcp_message calc tools/call add",
            ),
            (r#"{"subtype":"mcp_message","message":7}"#, "mcp_message"),
            (r#"{"subtype":"oauth_token_refresh","x":1}"#, "oauth_token_refresh"),
            ("{}", "undefined"),
        ] {
            assert_eq!(asks(&serde_json::from_str(request).unwrap()), name);
        }
    }

    #[test]
    fn clips_to_one_line() {
        assert_eq!(one_line("abc", 3), "abc");
        assert_eq!(one_line("abcd", 3), "abc…");
        assert_eq!(one_line("a\nb", 9), "a b");
    }
}
