//! The host's part: the steps of its script, and its answers to the CLI's requests.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::pattern::{Pattern, fill};

/// Fields that, if present, are an object.
pub(super) type Fields = Map<String, Value>;

/// One action of a session's user.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum SessionStep {
    /// Starts the CLI. Otherwise the first prompt or request does.
    Connect {},
    /// Only as the first step: starts the CLI in advance, and claims it for this folder of the
    /// working folder, which is made.
    Claim { folder: String, permission_mode: Option<String> },
    /// Repeats the handshake.
    Reinitialize {},
    /// Sends a prompt, and by default reads the turn to its end.
    Prompt {
        /// A text or content blocks.
        content: Value,
        #[serde(default)]
        fields: Box<PromptFields>,
        /// If false, goes on with the next step at once.
        #[serde(default = "yes")]
        wait: bool,
        /// Drops the turn after the first message that fits.
        #[serde(default)]
        drop_after: Option<Pattern>,
    },
    /// Sends a message into the turn of the last prompt.
    Steer {
        /// A text or content blocks.
        content: Value,
        #[serde(default)]
        priority: Option<String>,
    },
    /// A control request. `${prompt:1}` in a field is the id of the first prompt, and `${task:1}`
    /// that of the first background task.
    Control {
        subtype: String,
        #[serde(default)]
        fields: Fields,
    },
    /// Interrupts the turn that runs.
    Interrupt {},
    /// Starts a new conversation.
    Clear {},
    /// Goes on in a fork of the session, until its `stop`.
    Fork {},
    /// Ends the session.
    Stop {},
    /// Sends a signal to the CLI.
    Signal { name: SignalName },
    /// Lets a reply of the API continue.
    Release { gate: String },
    /// Makes an empty file in the working folder, which a tool waits for.
    Touch { file: String },
    /// Waits.
    Wait(Wait),
}

/// The other fields of a prompt.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PromptFields {
    pub(super) should_query: Option<bool>,
    pub(super) synthetic: Option<bool>,
    pub(super) priority: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) pasted: Vec<String>,
    pub(super) pasted_inline: Vec<String>,
    pub(super) verbatim: bool,
    pub(super) tool_use_result: Option<Value>,
}

/// One action of a host on the bare streams.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum StreamStep {
    /// Writes a line.
    Write {
        line: Value,
    },
    /// Closes the CLI's input.
    Eof {},
    Signal {
        name: SignalName,
    },
    Release {
        gate: String,
    },
    Wait(Wait),
}

/// A signal that a transport can send.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub(super) enum SignalName {
    #[serde(rename = "SIGTERM")]
    Terminate,
    #[serde(rename = "SIGKILL")]
    Kill,
}

/// What to wait for.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "WaitFields")]
pub(super) enum Wait {
    /// Until a reply of the API has reached this gate.
    Gate(String),
    /// Until this named pipe of the working folder was written to.
    Pipe(String),
    /// Until this many messages that fit have come since the start.
    Message(Pattern, usize),
    /// Until the CLI has ended this many times.
    Exits(usize),
    /// Until all turns have ended.
    Turns,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitFields {
    gate: Option<String>,
    pipe: Option<String>,
    message: Option<Pattern>,
    times: Option<usize>,
    exits: Option<usize>,
    turns: Option<All>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum All {
    All,
}

impl TryFrom<WaitFields> for Wait {
    type Error = &'static str;

    fn try_from(fields: WaitFields) -> Result<Self, Self::Error> {
        match fields {
            WaitFields {
                gate: Some(gate),
                pipe: None,
                message: None,
                times: None,
                exits: None,
                turns: None,
            } => Ok(Self::Gate(gate)),
            WaitFields {
                gate: None,
                pipe: Some(pipe),
                message: None,
                times: None,
                exits: None,
                turns: None,
            } => Ok(Self::Pipe(pipe)),
            WaitFields {
                gate: None,
                pipe: None,
                message: Some(message),
                times,
                exits: None,
                turns: None,
            } => Ok(Self::Message(message, times.unwrap_or(1))),
            WaitFields {
                gate: None,
                pipe: None,
                message: None,
                times: None,
                exits: Some(exits),
                turns: None,
            } => Ok(Self::Exits(exits)),
            WaitFields {
                gate: None,
                pipe: None,
                message: None,
                times: None,
                exits: None,
                turns: Some(All::All),
            } => Ok(Self::Turns),
            _ => Err(
                "a wait is for one thing: gate, pipe, message (and how many times), exits or turns",
            ),
        }
    }
}

fn yes() -> bool {
    true
}

/// Answers each request that fits. `${/input}` in the answer is the request's own `input`; any
/// other JSON pointer works the same way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    request: Pattern,
    #[serde(default)]
    answer: Value,
    /// The text of a failure, instead of an answer.
    #[serde(default)]
    error: Option<String>,
    /// The answer is held until such a message has come.
    #[serde(default)]
    after: Option<Pattern>,
}

/// The answer to a request; `Err` is a failure.
pub(super) fn answer(answers: &[Answer], request: &Value) -> Option<Result<Value, String>> {
    let answer = answers.iter().find(|answer| answer.request.fits(request))?;
    Some(match &answer.error {
        Some(error) => Err(error.clone()),
        None => Ok(fill(&answer.answer, &|pointer| request.pointer(pointer).cloned())),
    })
}

/// The message after which a request is answered, if it is not answered at once.
pub(super) fn held(answers: &[Answer], request: &Value) -> Option<Pattern> {
    answers.iter().find(|answer| answer.request.fits(request))?.after.clone()
}

/// The kinds of requests that have an answer.
pub(super) fn subtypes(answers: &[Answer]) -> Vec<String> {
    let mut subtypes: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.request.text("subtype"))
        .map(str::to_owned)
        .collect();
    subtypes.sort_unstable();
    subtypes.dedup();
    subtypes
}
