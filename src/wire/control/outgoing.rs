//! The lines that a host writes: compact JSON without the newline, which the codec adds.

use bytes::Bytes;

use crate::wire::json::RawJson;

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

/// A line under construction.
pub(super) struct Line(Vec<u8>);

impl Line {
    pub(super) fn start(text: &str) -> Self {
        Self(text.into())
    }

    pub(super) fn push(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A value unchanged, except that a raw newline, which can only be white space between tokens,
    /// becomes a space.
    pub(super) fn raw(&mut self, value: &RawJson) {
        self.0.extend(value.as_bytes().iter().map(|&byte| if byte == b'\n' { b' ' } else { byte }));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.push(&serde_json::Value::from(text).to_string());
    }

    /// A further field of an object.
    pub(super) fn field(&mut self, name: &str, value: &RawJson) {
        self.push(",");
        self.text(name);
        self.push(":");
        self.raw(value);
    }

    pub(super) fn end(mut self, text: &str) -> Bytes {
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
