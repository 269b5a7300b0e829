//! What a session knows about a result in addition to its fields.

use std::time::SystemTime;

use super::error::Error;
use super::spending::Spending;
use crate::wire::message::ApiErrorKind;
use crate::wire::result::OWN_FIELD;
use crate::wire::usage::RateLimitInfo;
use crate::wire::{Frame, Message, ResultMessage, TurnOutcome};

/// What a session knows about a result in addition to its fields.
#[derive(Clone, Debug, Default)]
pub(super) struct ResultContext {
    /// Whether this session asked the CLI to end the turn.
    pub(super) interrupted: bool,
    /// The plan limit that blocks requests.
    rate_limit: Option<RateLimitInfo>,
    /// The end of standard error, for a result that fails without a text.
    stderr: String,
}

/// What the lines up to a result say about it.
pub(super) struct Observed {
    /// What was used since the result before.
    pub(super) spent: Spending,
    /// What the last assistant message says about a failed call of the API.
    pub(super) said: Option<ApiErrorKind>,
}

impl ResultContext {
    /// Captures what is known when the result arrives: the plan limits, and the end of standard
    /// error.
    pub(super) fn of(
        result: &Frame,
        rate_limit: Option<RateLimitInfo>,
        stderr: impl FnOnce() -> String,
    ) -> Self {
        let mut context = Self::default();
        let message = Message::new(result.clone());
        if let Some(result) = message.as_result().filter(|result| result.failed()) {
            let is_over = |limit: &RateLimitInfo| {
                limit.resets_in(SystemTime::now()).is_some_and(|resets_in| resets_in.is_zero())
            };
            let exhausted = |limit: &RateLimitInfo| limit.is_exhausted() && !is_over(limit);
            context.rate_limit = rate_limit.filter(exhausted);
            if is_unexplained(result) {
                context.stderr = stderr();
            }
        }
        context
    }

    /// Returns how the turn ended, after an assistant message with this `error`.
    pub(super) fn outcome(
        &self,
        result: &ResultMessage,
        said: Option<&ApiErrorKind>,
    ) -> TurnOutcome {
        let mut outcome = result.outcome().with_api_error(said);
        match &mut outcome {
            // Only newer versions of the CLI distinguish an abort from a failure.
            TurnOutcome::ExecutionError(_)
                if self.interrupted && result.terminal_reason.is_none() =>
            {
                TurnOutcome::Aborted
            }
            TurnOutcome::ApiError { text, .. } | TurnOutcome::Refused { text, .. }
                if is_unexplained(result) =>
            {
                *text = known(result, said);
                outcome
            }
            _ => outcome,
        }
    }

    /// Returns the error of the last result of a replay whose input differs from the recording.
    pub(super) fn divergence(&self, result: &Frame) -> Option<Error> {
        result.field(OWN_FIELD)?.pointer("/divergence")?;
        let message = Message::new(result.clone());
        let result = message.as_result()?;
        Some(Error::of_divergence(self.outcome(result, None), result.error_text()?))
    }

    /// Returns the error of a failed result, after an assistant message with this `error`.
    pub(super) fn error(
        &self,
        result: &ResultMessage,
        said: Option<&ApiErrorKind>,
    ) -> Option<Error> {
        let text = result.error_text()?;
        let outcome = self.outcome(result, said);
        let (text, stderr) = match &outcome {
            TurnOutcome::Aborted => (outcome.to_string(), String::new()),
            _ if is_unexplained(result) => (known(result, said), self.stderr.clone()),
            _ => (text, String::new()),
        };
        let rate_limit = self.rate_limit.clone().filter(|_| outcome.is_rate_limited());
        Some(Error::of_result(outcome, text).with_stderr(stderr).with_rate_limit(rate_limit))
    }
}

/// Whether it fails without a reason.
fn is_unexplained(result: &ResultMessage) -> bool {
    result.failed() && result.words().is_none()
}

/// Describes a result that has no text itself.
fn known(result: &ResultMessage, said: Option<&ApiErrorKind>) -> String {
    let outcome = result.outcome();
    let what = match &outcome {
        TurnOutcome::ApiError { .. } => "API error",
        TurnOutcome::Refused { .. } => "the result has no error and no text",
        _ => result.subtype.as_str(),
    };
    let word = result.api_error_type.as_deref().or(result.api_error.as_deref());
    let facts = [
        result.api_error_status.map(|status| format!("HTTP {status}")),
        word.or(said.map(ApiErrorKind::as_str)).map(String::from),
        result.terminal_reason.as_ref().map(|reason| format!("terminal_reason {reason}")),
        result.stop_reason.as_ref().map(|reason| format!("stop_reason {reason}")),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    if facts.is_empty() { what.into() } else { format!("{what} ({})", facts.join(", ")) }
}
