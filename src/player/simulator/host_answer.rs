//! What the host answers to a request of the CLI.

use serde_json::Value;

/// The host's answer to a request of the CLI.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Success(Value),
    Error(String),
    /// The input ended first.
    Closed,
}

impl Answer {
    /// The `response` of a `control_response`.
    pub(super) fn of(response: &Value) -> Self {
        if response["subtype"] == "error" {
            let error = response["error"]
                .as_str()
                .map_or_else(|| response["error"].to_string(), str::to_owned);
            return Self::Error(error);
        }
        Self::Success(response.get("response").cloned().unwrap_or_default())
    }
}
