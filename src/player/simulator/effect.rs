//! What a scenario lets happen next to what the model says: time passes, a line is written, the CLI
//! ends.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::player::scenario::Step;
use crate::transport::Exit;

#[derive(Clone, Debug)]
pub(super) enum Effect {
    Pause(Duration),
    Hang,
    /// A line on stdout.
    Out(Bytes),
    /// A line on stderr.
    Err(Bytes),
    End(Exit),
}

impl Effect {
    /// The effect of a step; `None` for one of the model, a tool or the API.
    pub(super) fn of(step: &Step) -> Option<Self> {
        Some(match step {
            Step::Delay(time) => Self::Pause(*time),
            Step::Hang => Self::Hang,
            Step::Raw(Value::String(line)) => Self::Out(format!("{line}\n").into()),
            Step::Raw(line) => Self::Out(format!("{line}\n").into()),
            Step::Stderr(line) => Self::Err(format!("{line}\n").into()),
            Step::Exit(code) => Self::End(Exit::from_code(*code)),
            Step::Crash(crash) => Self::End(Exit { code: None, signal: Some(crash.number) }),
            _ => return None,
        })
    }
}
