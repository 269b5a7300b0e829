//! The lines that a host writes.

use bytes::Bytes;

use crate::wire::RawJson;

/// A prompt. CLI 2.1.329 takes `session_id` empty and ignores any other.
pub(super) fn prompt(uuid: &str, content: &RawJson) -> Bytes {
    let uuid = string(uuid);
    let content = content.text();
    line(format!(
        r#"{{"type":"user","message":{{"role":"user","content":{content}}},"parent_tool_use_id":null,"session_id":"","uuid":{uuid}}}"#
    ))
}

/// A request of the host's.
pub(super) fn request(id: &str, body: &RawJson) -> Bytes {
    line(format!(r#"{{"type":"control_request","request_id":{},"request":{}}}"#, string(id), body.text()))
}

/// Takes a request of the host's back.
pub(super) fn cancel(id: &str) -> Bytes {
    line(format!(r#"{{"type":"control_cancel_request","request_id":{}}}"#, string(id)))
}

/// The answer to a request of the CLI's, under the id as the CLI gave it.
pub(super) fn success(id: &RawJson, response: &RawJson) -> Bytes {
    line(format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":{},"response":{}}}}}"#,
        id.text(),
        response.text()
    ))
}

/// The refusal of a request of the CLI's.
pub(super) fn error(id: &RawJson, error: &str, code: Option<&str>) -> Bytes {
    let code = code.map(|code| format!(r#","error_code":{}"#, string(code))).unwrap_or_default();
    line(format!(
        r#"{{"type":"control_response","response":{{"subtype":"error","request_id":{},"error":{}{code}}}}}"#,
        id.text(),
        string(error)
    ))
}

/// One line: raw newlines can only be white space between tokens.
fn line(mut text: String) -> Bytes {
    if text.contains('\n') {
        text = text.replace('\n', " ");
    }
    text.push('\n');
    text.into()
}

fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
