//! How a turn ended, derived from all fields about it.

use std::fmt;

use super::message::{ResultMessage, ResultSubtype, StartupFailureReason, TerminalReason};
#[cfg(feature = "session")]
use crate::wire::message::ApiErrorKind;
use crate::wire::usage::LimitNotice;

/// How a turn ended.
///
/// No single field of a `result` says it: an API error has the subtype `success`, and so does a
/// turn that a prompt of priority `now` aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TurnOutcome {
    /// The turn ended by itself.
    Success,
    /// An API call failed permanently. The CLI has already retried it.
    ApiError {
        /// The HTTP status; `None` if there was no answer.
        status: Option<u16>,
        /// The API's error type (`overloaded_error`), or the CLI's (`connection_failed`). If the
        /// result has none, the error of a [`Turn`](crate::Turn) takes it from the assistant
        /// message before the result
        /// ([`AssistantMessage::error`](crate::wire::AssistantMessage::error)).
        kind: Option<String>,
        /// The text of the error.
        text: String,
    },
    /// The limit of round trips was reached.
    MaxTurns,
    /// The budget was reached.
    MaxBudget,
    /// The model did not give an answer that matches the JSON schema.
    StructuredOutputRetries,
    /// The turn was interrupted, or aborted by a prompt of priority `now`. The result of an older
    /// CLI cannot be distinguished from a failure: a session's own interrupts are only in the
    /// outcome of an [`Error`](crate::Error) and of a [`Summary`](crate::Summary), not in that of a
    /// result alone.
    Aborted,
    /// The CLI could not start. It reports why before it exits.
    StartupFailure {
        /// Why.
        reason: StartupFailureReason,
        /// The CLI's messages.
        errors: Vec<String>,
    },
    /// The CLI failed during the turn (`error_during_execution`, or an unknown error subtype).
    ExecutionError(Vec<String>),
    /// The CLI refused or gave up the turn without an API error, for example because the prompt is
    /// too long.
    Refused {
        /// Why the loop ended.
        reason: Option<TerminalReason>,
        /// The text of the error.
        text: String,
    },
}

impl TurnOutcome {
    /// True if the turn ended by itself.
    pub fn is_success(&self) -> bool {
        *self == Self::Success
    }

    /// True if the API's rate limit was reached: HTTP 429, or `rate_limit_error`, or the CLI's
    /// `rate_limit`.
    ///
    /// The result does not say when it resets; for the limits of a plan, see
    /// [`RateLimitInfo::resets_at`](crate::wire::usage::RateLimitInfo::resets_at).
    pub fn is_rate_limited(&self) -> bool {
        self.is_api_error(&[429], &["rate_limit_error", "rate_limit"])
    }

    /// True if a limit of the plan is reached, by how the text begins:
    /// [`USAGE_LIMIT_PREFIXES`](crate::wire::usage::USAGE_LIMIT_PREFIXES). Such a turn is mostly
    /// [rate-limited](Self::is_rate_limited) too; a rate limit alone passes within seconds or
    /// minutes.
    pub fn is_usage_limit(&self) -> bool {
        match self {
            Self::ApiError { text, .. } | Self::Refused { text, .. } => {
                LimitNotice::of(text) == Some(LimitNotice::Reached)
            }
            _ => false,
        }
    }

    /// True if the API was overloaded: HTTP 529, or `overloaded_error`, or the CLI's `overloaded`.
    pub fn is_overloaded(&self) -> bool {
        self.is_api_error(&[529], &["overloaded_error", "overloaded"])
    }

    /// True if the API refused the key, the login or their permissions: HTTP 401 or 403,
    /// `authentication_error` or `permission_error`. Also if the CLI sent no request because there
    /// is no login: it reports `authentication_failed` or `oauth_org_not_allowed`.
    pub fn is_auth(&self) -> bool {
        self.is_api_error(
            &[401, 403],
            &[
                "authentication_error",
                "permission_error",
                "authentication_failed",
                "oauth_org_not_allowed",
            ],
        )
    }

    /// Adds the type of the API error that the turn had before its result, unless the result has
    /// one itself.
    #[cfg(feature = "session")]
    pub(crate) fn with_api_error(mut self, word: Option<&ApiErrorKind>) -> Self {
        if let (Self::ApiError { kind: kind @ None, .. }, Some(word)) = (&mut self, word) {
            *kind = Some(word.as_str().to_owned());
        }
        self
    }

    fn is_api_error(&self, statuses: &[u16], kinds: &[&str]) -> bool {
        let Self::ApiError { status, kind, .. } = self else { return false };
        status.is_some_and(|status| statuses.contains(&status))
            || kind.as_deref().is_some_and(|kind| kinds.contains(&kind))
    }
}

impl fmt::Display for TurnOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("success"),
            Self::ApiError { text, .. } | Self::Refused { text, .. } => f.write_str(text),
            Self::MaxTurns => f.write_str("the limit of turns was reached"),
            Self::MaxBudget => f.write_str("the budget was reached"),
            Self::StructuredOutputRetries => f.write_str("no answer matched the JSON schema"),
            Self::Aborted => f.write_str("the turn was interrupted"),
            Self::StartupFailure { reason, errors } if errors.is_empty() => {
                write!(f, "the CLI could not start: {reason}")
            }
            Self::ExecutionError(errors) if errors.is_empty() => {
                f.write_str("the CLI failed during the turn")
            }
            Self::StartupFailure { errors, .. } | Self::ExecutionError(errors) => {
                f.write_str(&errors.join("; "))
            }
        }
    }
}

impl ResultMessage {
    /// How the turn ended.
    ///
    /// ```
    /// use claude_wire::wire::{Frame, Message, TurnOutcome};
    ///
    /// let line = r#"{"type":"result","subtype":"success","is_error":true,"api_error_status":529,"api_error_type":"overloaded_error",
    ///     "terminal_reason":"api_error","result":"API Error: Overloaded","duration_ms":1,"duration_api_ms":1,"num_turns":1,"session_id":"s"}"#;
    /// let message = Message::new(Frame::parse(line)?);
    /// let TurnOutcome::ApiError { status, .. } = message.as_result().unwrap().outcome() else { panic!() };
    /// assert_eq!(status, Some(529));
    /// # Ok::<(), claude_wire::wire::JsonError>(())
    /// ```
    pub fn outcome(&self) -> TurnOutcome {
        use TerminalReason as Reason;

        if let Some(reason) = &self.startup_failure_reason {
            return TurnOutcome::StartupFailure { reason: reason.clone(), errors: self.messages() };
        }
        match &self.subtype {
            ResultSubtype::ErrorMaxTurns => return TurnOutcome::MaxTurns,
            ResultSubtype::ErrorMaxBudgetUsd => return TurnOutcome::MaxBudget,
            ResultSubtype::ErrorMaxStructuredOutputRetries => {
                return TurnOutcome::StructuredOutputRetries;
            }
            _ => {}
        }
        if let Some(Reason::AbortedStreaming | Reason::AbortedTools) = self.terminal_reason {
            return TurnOutcome::Aborted;
        }
        if !self.failed() {
            return TurnOutcome::Success;
        }
        let of_the_api = self.api_error_status.is_some()
            || self.api_error.is_some()
            || self.api_error_type.is_some()
            || matches!(
                self.terminal_reason,
                Some(Reason::ApiError | Reason::ImageError | Reason::ModelError)
            );
        if of_the_api {
            let kind = self.api_error_type.clone().or_else(|| self.api_error.clone());
            return TurnOutcome::ApiError {
                status: self.api_error_status,
                kind,
                text: self.error_text().unwrap_or_default(),
            };
        }
        if self.subtype == ResultSubtype::ErrorDuringExecution || self.has_error_subtype() {
            return TurnOutcome::ExecutionError(self.messages());
        }
        TurnOutcome::Refused {
            reason: self.terminal_reason.clone(),
            text: self.error_text().unwrap_or_default(),
        }
    }

    /// True if the turn failed: `is_error`, or a subtype that begins with `error`.
    pub fn failed(&self) -> bool {
        self.is_error || self.has_error_subtype()
    }

    /// What went wrong, in words; `None` unless the turn [failed](Self::failed).
    ///
    /// The errors, else the result's text, else the subtype unless it is `success`, else the HTTP
    /// status.
    pub fn error_text(&self) -> Option<String> {
        if !self.failed() {
            return None;
        }
        if let Some(words) = self.words() {
            return Some(words);
        }
        match (&self.subtype, self.api_error_status) {
            (ResultSubtype::Success, Some(status)) => Some(format!("API error (HTTP {status})")),
            (ResultSubtype::Success, None) => Some("unknown error".into()),
            (other, _) if !other.as_str().is_empty() => Some(other.as_str().into()),
            (_, Some(status)) => Some(format!("API error (HTTP {status})")),
            (_, None) => Some("unknown error".into()),
        }
    }

    /// The errors, else the text, unless they are blank.
    pub(crate) fn words(&self) -> Option<String> {
        let errors = self.messages();
        if !errors.is_empty() {
            return Some(errors.join("; "));
        }
        self.result.clone().filter(|text| !text.trim().is_empty())
    }

    /// The errors that are not blank.
    fn messages(&self) -> Vec<String> {
        self.errors
            .iter()
            .map(|error| error.trim())
            .filter(|error| !error.is_empty())
            .map(String::from)
            .collect()
    }

    fn has_error_subtype(&self) -> bool {
        self.subtype.as_str().starts_with("error")
    }
}
