//! What a host did in the place of what was recorded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a host did in the place of what was recorded, with the recorded ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Instead {
    pub(super) what: What,
    /// The recorded event, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<usize>,
    /// Of a prompt the line, of a request the `request`, of an answer the `response`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<Value>,
    /// The folders of the launch, by the names of the recording's variables.
    pub(super) folders: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    /// A prompt, by its number.
    Prompt(usize),
    /// A control request of this subtype.
    Request(String),
    /// An answer to a request of the CLI of this subtype.
    Answer(String),
    /// The arguments, and what may be declared in `initialize`.
    Launch,
}
