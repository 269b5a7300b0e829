//! The lines that a host writes: compact JSON without the newline, which the codec adds.

use bytes::Bytes;

use crate::wire::json::RawJson;

/// A prompt (`user`, host to CLI). `content` is a string or an array of content blocks; the CLI
/// echoes `uuid` in what answers the prompt.
///
/// CLI 2.1.329 ignores any `session_id` here.
///
/// ```
/// use claude_wire::wire::{RawJson, control::user_line};
///
/// let line = user_line("6f1c2d3e-0000-4000-8000-000000000001", &RawJson::parse(r#""Hello""#)?);
/// assert_eq!(
///     line,
///     concat!(
///         r#"{"type":"user","message":{"role":"user","content":"Hello"},"parent_tool_use_id":null,"session_id":"","#,
///         r#""uuid":"6f1c2d3e-0000-4000-8000-000000000001"}"#
///     )
/// );
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
pub fn user_line(uuid: &str, content: &RawJson) -> Bytes {
    prompt(uuid, content, "}")
}

/// A prompt that the CLI takes literally (`client_composed`, CLI 2.1.329): no file is read for
/// `@path`, no slash command is run.
pub fn verbatim_user_line(uuid: &str, content: &RawJson) -> Bytes {
    prompt(uuid, content, r#","client_composed":true}"#)
}

fn prompt(uuid: &str, content: &RawJson, end: &str) -> Bytes {
    let mut line = Line::start(r#"{"type":"user","message":{"role":"user","content":"#);
    line.raw(content);
    line.push(r#"},"parent_tool_use_id":null,"session_id":"","uuid":"#);
    line.text(uuid);
    line.end(end)
}

/// A request of the host (`control_request`); `body` is an object with a `subtype`.
pub fn control_request_line(id: &str, body: &RawJson) -> Bytes {
    let mut line = Line::start(r#"{"type":"control_request","request_id":"#);
    line.text(id);
    line.push(r#","request":"#);
    line.raw(body);
    line.end("}")
}

/// The host cancels its own request (`control_cancel_request`).
pub fn control_cancel_line(id: &str) -> Bytes {
    let mut line = Line::start(r#"{"type":"control_cancel_request","request_id":"#);
    line.text(id);
    line.end("}")
}

/// The host answers a request of the CLI (`control_response`). The id is repeated as the CLI
/// spelled it.
pub fn control_success_line(id: &RawJson, response: &RawJson) -> Bytes {
    let mut line =
        Line::start(r#"{"type":"control_response","response":{"subtype":"success","request_id":"#);
    line.raw(id);
    line.push(r#","response":"#);
    line.raw(response);
    line.end("}}")
}

/// The host refuses a request of the CLI (`control_response`). `code` is a word such as
/// `unsupported_request`.
pub fn control_error_line(id: &RawJson, error: &str, code: Option<&str>) -> Bytes {
    let mut line =
        Line::start(r#"{"type":"control_response","response":{"subtype":"error","request_id":"#);
    line.raw(id);
    line.push(r#","error":"#);
    line.text(error);
    if let Some(code) = code {
        line.push(r#","error_code":"#);
        line.text(code);
    }
    line.end("}}")
}

struct Line(Vec<u8>);

impl Line {
    fn start(text: &str) -> Self {
        Self(text.into())
    }

    fn push(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A value unchanged, except that a raw newline, which can only be white space between tokens,
    /// becomes a space.
    fn raw(&mut self, value: &RawJson) {
        self.0.extend(value.as_bytes().iter().map(|&byte| if byte == b'\n' { b' ' } else { byte }));
    }

    fn text(&mut self, text: &str) {
        self.push(&serde_json::Value::from(text).to_string());
    }

    fn end(mut self, text: &str) -> Bytes {
        self.push(text);
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> RawJson {
        RawJson::parse(text.to_owned()).unwrap()
    }

    #[test]
    fn values_go_out_byte_for_byte_and_texts_escaped() {
        assert_eq!(
            control_success_line(&raw("77"), &raw("{\"b\":1.0,\n\"a\":\"\\ud83d\"}")),
            r#"{"type":"control_response","response":{"subtype":"success","request_id":77,"response":{"b":1.0, "a":"\ud83d"}}}"#
        );
        assert_eq!(
            control_error_line(&raw("\"c-1\""), "no \"way\"\n", Some("unsupported_request")),
            r#"{"type":"control_response","response":{"subtype":"error","request_id":"c-1","error":"no \"way\"\n","error_code":"unsupported_request"}}"#
        );
        assert_eq!(
            control_cancel_line("cw-1"),
            r#"{"type":"control_cancel_request","request_id":"cw-1"}"#
        );
    }
}
