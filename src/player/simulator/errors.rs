//! What the CLI does about errors of the API.

use serde_json::{Value, json};

use super::handle::Cli;
use super::state::State;

/// How the turn ends after an error of the API.
#[derive(Clone, Debug, Default)]
pub(super) struct ApiFailure {
    pub(super) status: Option<u16>,
    pub(super) text: String,
    pub(super) stop_reason: &'static str,
    /// `error` of the message to the user, where no status says it.
    pub(super) error: &'static str,
    /// `api_error`, where the CLI has a name for it.
    pub(super) kind: Option<&'static str>,
    /// `api_error_params`, next to that name.
    pub(super) params: Value,
    /// Whether that message is written.
    pub(super) is_written: bool,
}

impl ApiFailure {
    pub(super) fn of_status(status: u16, text: String) -> Self {
        Self { status: Some(status), text, stop_reason: "stop_sequence", ..Self::default() }
    }

    /// The model's message was too long, again and again.
    pub(super) fn too_long() -> Self {
        Self {
            text: "API Error: Claude's response exceeded the 128000 output token maximum. To configure this behavior, set the \
                   CLAUDE_CODE_MAX_OUTPUT_TOKENS environment variable."
                .to_owned(),
            stop_reason: "stop_sequence",
            error: "max_output_tokens",
            kind: Some("max_output_tokens"),
            params: json!({"cut": "output_limit"}),
            ..Self::default()
        }
    }

    /// Without an API key.
    pub(super) fn logged_out() -> Self {
        Self {
            text: "Not logged in · Please run /login".to_owned(),
            stop_reason: "stop_sequence",
            error: "authentication_failed",
            ..Self::default()
        }
    }
}

/// The model's safeguards stopped a message again.
pub(super) fn refusal() -> ApiFailure {
    ApiFailure {
        text: "API Error: Opus 5.5's safeguards flagged this message (https://www.anthropic.com/legal/aup). \
               Try another prompt."
            .to_owned(),
        stop_reason: "refusal",
        error: "invalid_request",
        ..ApiFailure::default()
    }
}

/// `error` and `api_error_type` of the message to the user.
fn kinds(status: u16) -> (&'static str, &'static str) {
    match status {
        401 => ("authentication_failed", "authentication_error"),
        403 => ("authentication_failed", "permission_error"),
        404 => ("model_not_found", "not_found_error"),
        413 => ("invalid_request", "request_too_large"),
        429 => ("rate_limit", "rate_limit_error"),
        529 => ("server_error", "overloaded_error"),
        500.. => ("server_error", "api_error"),
        _ => ("unknown", "invalid_request_error"),
    }
}

/// `error` of an `api_retry`.
fn retry_kind(status: Option<u16>) -> &'static str {
    match status {
        Some(529) => "overloaded",
        Some(status) => kinds(status).0,
        None => "unknown",
    }
}

/// Whether the CLI asks again.
pub(super) fn is_retried(status: u16) -> bool {
    matches!(status, 401 | 429 | 500..)
}

/// What the user reads after an error with this status; `message` is the API's, and `gateway` the
/// host that was asked.
pub(super) fn text(status: u16, message: Option<&str>, gateway: Option<&str>) -> String {
    match status {
        401 => "Invalid API key · Fix external API key".to_owned(),
        529 => {
            let at = gateway.map(|host| format!(" ({host})")).unwrap_or_default();
            format!(
                "API Error: Repeated 529 Overloaded errors. The API is at capacity — this is usually temporary. \
                 Try again in a moment. If it persists, check your inference gateway{at}."
            )
        }
        _ => {
            let kind = kinds(status).1;
            let message = message.map_or_else(|| format!("{kind}, from the script"), str::to_owned);
            format!("API Error: {status} {message}")
        }
    }
}

impl Cli {
    /// Says that a request is made again.
    pub(super) fn retry(&self, attempt: u32, status: Option<u16>) {
        self.with(|state| {
            let delay = 500_u64.saturating_mul(1 << attempt.saturating_sub(1).min(6));
            let fields = json!({
                "attempt": attempt, "max_retries": state.options.max_retries, "retry_delay_ms": delay,
                "error_status": status, "error": retry_kind(status),
            });
            let line = state.lines.system("api_retry", fields);
            state.out(&line);
        });
    }
}

impl State {
    /// The message to the user.
    pub(super) fn synthetic(&mut self, failure: &ApiFailure) -> Value {
        let message = json!({
            "diagnostics": null, "id": self.lines.uuid(), "container": null, "model": "<synthetic>", "role": "assistant",
            "stop_details": null, "stop_reason": failure.stop_reason, "stop_sequence": "", "type": "message",
            "usage": no_usage(), "content": [{"type": "text", "text": failure.text}], "context_management": null,
        });
        let mut line = self.lines.assistant(&message);
        if let Some(status) = failure.status {
            let (error, kind) = kinds(status);
            line["error"] = error.into();
            line["is_api_error_message"] = true.into();
            line["api_error_status"] = status.into();
            line["api_error_type"] = kind.into();
        } else {
            line["error"] = failure.error.into();
            line["is_api_error_message"] = true.into();
        }
        if let Some(kind) = failure.kind {
            line["api_error"] = kind.into();
            line["api_error_params"] = failure.params.clone();
        }
        self.name_prompts(&mut line);
        self.turn().stop_reason = Some(failure.stop_reason.to_owned());
        line
    }

    /// A message whose safeguards stop the turn: the user reads so before it ends.
    pub(super) fn refused_again(&mut self, message: &Value) {
        if !self.turn().refused {
            return;
        }
        let mut fields = json!({
            "original_model": message["model"], "request_id": null, "api_refusal_category": null,
            "api_refusal_explanation": null, "content": "",
        });
        if let Some(prompt) = self.turn().prompts.last() {
            fields["refused_user_message_uuid"] = prompt.as_str().into();
        }
        let line = self.lines.system("model_refusal_no_fallback", fields);
        self.out(&line);
        let mut line = self.synthetic(&refusal());
        line["refused_message_id"] = message["id"].clone();
        self.out(&line);
    }
}

/// `usage` of a message that the CLI made.
pub(super) fn no_usage() -> Value {
    json!({
        "output_tokens_details": null, "input_tokens": 0, "output_tokens": 0, "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0, "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": null, "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
        "inference_geo": null, "iterations": null, "speed": null, "fallback_credit": null,
    })
}

/// The fields of a result after an error of the API.
pub(super) fn result(failure: &ApiFailure) -> Value {
    let mut fields = json!({
        "terminal_reason": "api_error", "is_error": true, "subtype": "success", "api_error_status": failure.status,
        "result": failure.text,
    });
    if let Some(kind) = failure.kind {
        fields["api_error"] = kind.into();
    }
    if let Some(status) = failure.status {
        fields["api_error_type"] = kinds(status).1.into();
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overloaded_api_is_named() {
        let named = text(529, None, Some("127.0.0.1:40123"));
        assert!(named.ends_with("check your inference gateway (127.0.0.1:40123)."), "{named}");
        assert!(text(529, None, None).ends_with("check your inference gateway."));
        assert_eq!(text(400, Some("bad thing"), None), "API Error: 400 bad thing");
    }
}
