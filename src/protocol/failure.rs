//! Why a turn or a request of the caller failed.

use std::fmt;
use std::time::Duration;

use crate::wire::{Frame, Message, ResultMessage};

/// Why a turn ended without a result, or a request without a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The connection ended first: the CLI exited, its output ended, or it could not be started.
    Closed,
    /// The CLI closed this pipe ("standard input") before it answered `initialize`, but kept
    /// running.
    HungUp(&'static str),
    /// The CLI did not answer `initialize` in time.
    HandshakeTimeout(Duration),
    /// The CLI answered with an error.
    Refused(Refusal),
    /// The CLI answered `initialize`, but does not support a feature that the host requires.
    Unsupported(&'static str),
    /// The time limit of the whole turn, or of the reply to a request, was exceeded.
    Timeout(Duration),
    /// The CLI was silent for too long.
    IdleTimeout(Duration),
    /// The queue already holds this maximum number of prompts.
    QueueFull(usize),
    /// The CLI dropped the prompt before it ran.
    Withdrawn,
    /// The turn does not run: it was not sent yet, or has ended.
    TurnOver,
    /// The session has been stopped.
    Stopped,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the connection to the CLI ended"),
            Self::HungUp(pipe) => {
                write!(f, "the CLI closed its {pipe} before it answered `initialize`")
            }
            Self::HandshakeTimeout(limit) => {
                write!(f, "the CLI did not answer `initialize` within {limit:?}")
            }
            Self::Refused(refusal) => write!(f, "the CLI refused: {refusal}"),
            Self::Unsupported(what) => write!(
                f,
                "this version of the CLI does not support {what}: update it, or do without"
            ),
            Self::Timeout(limit) => write!(f, "no end within {limit:?}"),
            Self::IdleTimeout(limit) => write!(f, "the CLI was silent for {limit:?}"),
            Self::QueueFull(limit) => write!(f, "{limit} prompts are waiting already"),
            Self::Withdrawn => f.write_str("the CLI dropped the prompt before it ran"),
            Self::TurnOver => f.write_str(
                "the turn does not run: it was not polled yet, or has ended; send the message as a new query",
            ),
            Self::Stopped => f.write_str("the session has been stopped"),
        }
    }
}

impl std::error::Error for Failure {}

/// An error reply of the CLI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub(super) error: String,
    pub(super) code: Option<String>,
}

impl Refusal {
    /// Builds the refusal from a result that came in place of a reply.
    pub(super) fn of_result(frame: &Frame) -> Self {
        let message = Message::new(frame.clone());
        let error = message.as_result().and_then(ResultMessage::error_text);
        Self {
            error: error.unwrap_or_else(|| "the CLI ended before it was ready".into()),
            code: None,
        }
    }

    /// `error`: the text of the CLI.
    pub fn error(&self) -> &str {
        &self.error
    }

    /// `error_code`, such as `unsupported_request` or `invalid_mode` (CLI 2.1.329, not declared).
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)?;
        self.code.iter().try_for_each(|code| write!(f, " ({code})"))
    }
}
