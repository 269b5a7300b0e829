//! What the service refuses, and what it says when the assistant fails.

use std::fmt;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use claude_wire::supervisor::SupervisorError;
use serde_json::json;

/// A status, and a text for the person at the page.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    text: &'static str,
}

impl Refused {
    pub(super) fn bad(text: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, text }
    }

    pub(super) fn forbidden(text: &'static str) -> Self {
        Self { status: StatusCode::FORBIDDEN, text }
    }

    pub(super) fn conflict(text: &'static str) -> Self {
        Self { status: StatusCode::CONFLICT, text }
    }

    pub(super) fn unavailable(text: &'static str) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, text }
    }

    pub(super) fn failed() -> Self {
        let text = "the assistant failed: the next message starts it again";
        Self { status: StatusCode::BAD_GATEWAY, text }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error": self.text}))).into_response()
    }
}

/// The text of an error may have the CLI's stderr in it: it is for the log, and not for the page.
impl From<claude_wire::Error> for Refused {
    fn from(error: claude_wire::Error) -> Self {
        eprintln!("chat: {error}");
        if error.is_queue_full() || error.is_rate_limited() {
            let text = "the assistant has too much to do: try again later";
            Self { status: StatusCode::TOO_MANY_REQUESTS, text }
        } else if error.is_overloaded() {
            Self::unavailable("the model is overloaded: try again later")
        } else if error.is_timeout() {
            let text = "the answer took too long";
            Self { status: StatusCode::GATEWAY_TIMEOUT, text }
        } else if error.is_auth() {
            Self { status: StatusCode::BAD_GATEWAY, text: "the assistant has no valid login" }
        } else {
            Self::failed()
        }
    }
}

impl From<SupervisorError> for Refused {
    fn from(error: SupervisorError) -> Self {
        if error.is_not_found() {
            return Self { status: StatusCode::NOT_FOUND, text: "no session has this name" };
        }
        if let Some(cause) = error.session_error() {
            return cause.clone().into();
        }
        eprintln!("chat: {error}");
        if error.is_full() {
            Self::unavailable("there are too many sessions: delete one")
        } else if error.is_quarantined() || error.is_not_ready() {
            Self::unavailable("the assistant is out of service: try again in a minute")
        } else {
            Self::failed()
        }
    }
}
