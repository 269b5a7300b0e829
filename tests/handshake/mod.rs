//! The handshake of a CLI that a test has written.

/// The reply to `initialize` with this response, and its newline.
pub(crate) fn reply(initialize: &str, response: &str) -> String {
    let (_, id) = initialize.split_once(r#""request_id":""#).unwrap();
    let id = id.split('"').next().unwrap();
    format!(
        r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{response}}}}}"#
    ) + "\n"
}
