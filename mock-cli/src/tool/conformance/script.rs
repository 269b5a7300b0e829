//! What the stand-in of a case does: a file that the kit writes and the stand-in reads.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Done in order; requests of the host are answered where a step does not say otherwise. After the
/// last step they are answered until the host closes stdin, and the stand-in ends with code 0.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Script {
    /// The answer to `initialize`.
    pub(super) initialize: Value,
    pub(super) steps: Vec<Step>,
    /// How long all of it may take.
    pub(super) limit: Duration,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Step {
    /// Waits for a prompt.
    Prompt,
    /// Waits for a request with this subtype, which gets no answer.
    Request(String),
    /// Waits for the answer to this request, for a limited time.
    Reply {
        id: String,
        most: Duration,
    },
    /// Answers requests for this long, or until stdin ends.
    Answer(Duration),
    /// Does nothing for this long.
    Pause(Duration),
    /// Writes base64 to stdout at once.
    Write(String),
    /// Writes to stderr.
    Complain(String),
    Exit {
        code: Option<i32>,
        signal: Option<i32>,
    },
}

impl Step {
    pub(super) fn write(bytes: impl AsRef<[u8]>) -> Self {
        Self::Write(STANDARD.encode(bytes))
    }

    pub(super) fn line(line: &Value) -> Self {
        Self::write(format!("{line}\n"))
    }
}

/// What the stand-in writes down, one JSON line each.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Record {
    Argv(Vec<String>),
    /// A line on stdin.
    In(String),
    /// It ended by itself, so many milliseconds after 1970.
    Exit(u64),
    /// It could not go on, which is not the host's fault.
    Failed(String),
}
