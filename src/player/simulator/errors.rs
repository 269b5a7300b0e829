//! What the CLI does about errors of the API.

use serde_json::{Value, json};

use crate::player::model::Raw;

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

    /// Not a message, when it was streamed and when it was asked for in one piece.
    pub(super) fn unreadable(page: &Raw) -> Self {
        Self {
            text: format!(
                "API Error: API returned an empty or malformed response (HTTP 200) — check for a proxy or gateway intercepting \
                 the request. Response: content-type html, body is an HTML page, {} bytes, request-id absent. This was the \
                 non-streaming retry of streaming request (no Anthropic request-id), which failed with: no_events, \
                 StreamNoEventsError; 0 stream events received.",
                page.body.len()
            ),
            stop_reason: "stop_sequence",
            error: "unknown",
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
        Some(408 | 409) => "server_error",
        Some(status) => kinds(status).0,
        None => "unknown",
    }
}

/// How the CLI asks again after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It does not.
    Never,
    /// It writes an `api_retry` each time, as often as its limit allows.
    Announced,
    /// It writes nothing, up to [`UNSEEN`] times.
    Unseen,
    /// It writes nothing, and asks once for a message in one piece.
    Whole,
}

/// How often the CLI asks again for what the API calls invalid.
pub(super) const UNSEEN: u32 = 5;

/// `message` is the API's.
pub(super) fn again(status: u16, message: &str) -> Again {
    match status {
        400 if is_about_credits(message) || is_too_long(message) => Again::Never,
        400 | 422 => Again::Unseen,
        404 => Again::Whole,
        401 | 408 | 409 | 429 | 500.. => Again::Announced,
        _ => Again::Never,
    }
}

fn is_about_credits(message: &str) -> bool {
    message.contains("credit balance is too low")
}

pub(super) fn is_too_long(message: &str) -> bool {
    message.starts_with("prompt is too long")
}

/// What the API says, which its script may leave out.
pub(super) fn message(status: u16, message: Option<&str>) -> String {
    message.map_or_else(|| format!("{}, from the script", kinds(status).1), str::to_owned)
}

/// What the user is shown of an error that lasts, of a request to `model`; `message` is the API's, and
/// `gateway` the host that was asked.
pub(super) fn failure(
    status: u16,
    message: &str,
    model: &str,
    gateway: Option<&str>,
) -> ApiFailure {
    let gateway = gateway.map(|host| format!(" ({host})")).unwrap_or_default();
    let mut failure = ApiFailure::of_status(status, String::new());
    failure.text = match status {
        400 if is_about_credits(message) => {
            failure.error = "billing_error";
            "Credit balance is too low".to_owned()
        }
        400 if message.contains("`tool_use` ids were found without") => {
            failure.error = "invalid_request";
            failure.kind = Some("tool_history_mismatch");
            "API Error: 400 due to tool use concurrency issues.".to_owned()
        }
        401 if message.contains("x-api-key") => "Invalid API key · Fix external API key".to_owned(),
        401 | 403 => format!("Failed to authenticate. API Error: {status} {message}"),
        404 => format!(
            "There's an issue with the selected model ({model}). It may not exist or you may not have access to it."
        ),
        413 => "Request too large (max 32MB). Accumulated images and attachments in the conversation pushed the request over the \
                limit. Remove older images or compact the conversation."
            .to_owned(),
        429 => format!("API Error: Request rejected (429) · {message}"),
        529 => format!(
            "API Error: Repeated 529 Overloaded errors. The API is at capacity — this is usually temporary. \
             Try again in a moment. If it persists, check your inference gateway{gateway}."
        ),
        500.. => format!(
            "API Error: {status} {message}. This is a server-side issue, usually temporary — try again in a moment. \
             If it persists, check your inference gateway{gateway}."
        ),
        _ => format!("API Error: {status} {message}"),
    };
    failure
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
            line["error"] = if failure.error.is_empty() { error } else { failure.error }.into();
            line["is_api_error_message"] = true.into();
            line["api_error_status"] = status.into();
            line["api_error_type"] = kind.into();
        } else {
            line["error"] = failure.error.into();
            line["is_api_error_message"] = true.into();
        }
        if let Some(kind) = failure.kind {
            line["api_error"] = kind.into();
        }
        if !failure.params.is_null() {
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
    if failure.status == Some(413) {
        fields["terminal_reason"] = "image_error".into();
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overloaded_api_is_named() {
        for status in [500, 503, 529] {
            let text = |gateway| failure(status, "no", "m", gateway).text;
            let named = text(Some("127.0.0.1:40123"));
            assert!(named.ends_with("check your inference gateway (127.0.0.1:40123)."), "{named}");
            assert!(text(None).ends_with("check your inference gateway."));
        }
    }

    #[test]
    fn what_the_api_says_decides() {
        for (status, message, text, asks) in [
            (400, "bad thing", "API Error: 400 bad thing", Again::Unseen),
            (400, "Your credit balance is too low to", "Credit balance is too low", Again::Never),
            (401, "invalid x-api-key", "Invalid API key · Fix external API key", Again::Announced),
            (401, "expired", "Failed to authenticate. API Error: 401 expired", Again::Announced),
            (429, "wait", "API Error: Request rejected (429) · wait", Again::Announced),
            (418, "tea", "API Error: 418 tea", Again::Never),
        ] {
            assert_eq!(failure(status, message, "m", None).text, text);
            assert_eq!(again(status, message), asks, "{status} {message}");
        }
    }
}
