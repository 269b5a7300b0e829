//! The handshake of a CLI that a test has written.

/// The reply to `initialize`, with its newline.
pub fn reply(initialize: &str) -> String {
    let (_, id) = initialize.split_once(r#""request_id":""#).unwrap();
    let id = id.split('"').next().unwrap();
    format!(
        "{}\n",
        format_args!(
            r#"{{"type":"control_response","response":{{"subtype":"success","request_id":"{id}","response":{{}}}}}}"#
        )
    )
}
