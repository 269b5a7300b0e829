//! The host's side of a recording.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use crate::recording::{EventKind, Payload, Recording, Stream};
use crate::wire::{Frame, FrameKind, RawJson};

use super::host_line::{HostLine, id_text, one_line};
use super::launch::{last_value, reads_text};

/// What the host of a recorded session did, step by step: enough to repeat it with another CLI.
///
/// ```
/// use claude_wire::player::{HostAction, HostScript};
/// use claude_wire::recording::Recording;
///
/// let recording = Recording::from_bytes(br#"{"claude-wire":"recording","version":1}
/// {"us":0,"in":{"type":"control_request","request_id":"1","request":{"subtype":"initialize"}}}
/// {"us":9,"out":{"type":"control_response","response":{"subtype":"success","request_id":"1"}}}
/// {"us":5,"in":{"type":"user","message":{"role":"user","content":"Hi"}}}
/// {"us":9,"out":{"type":"result","subtype":"success"}}
/// {"us":1,"eof":"in"}
/// "#)?;
/// let script = HostScript::from_recording(&recording);
/// assert_eq!(script.steps().len(), 3);
/// assert!(matches!(&script.steps()[1].action, HostAction::Prompt { content, .. } if content.text() == "\"Hi\""));
/// assert!(script.writable_by_session().is_ok());
/// # Ok::<(), claude_wire::recording::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HostScript {
    steps: Vec<HostStep>,
    argv: Option<Vec<String>>,
}

/// One thing the host did, and when.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HostStep {
    /// Its index among the recording's events, from 0.
    pub event: usize,
    /// The position in the conversation at which it was done.
    pub position: Position,
    /// What was done.
    pub action: HostAction,
}

/// A position in the conversation, by what the host had read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Position {
    /// The number of results it had read.
    pub results: usize,
    /// The number of lines of stdout other than `control_response`s it had read since the last
    /// result (or the start).
    pub lines: usize,
}

/// An action of the host.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HostAction {
    /// A prompt.
    Prompt {
        /// Its `message.content`, or `null` if the line has none.
        content: RawJson,
        /// Its `uuid`, if it has one.
        uuid: Option<String>,
    },
    /// A control request.
    Control {
        /// Its `subtype`.
        subtype: String,
        /// The whole `request`.
        request: RawJson,
    },
    /// An answer to a request of the CLI.
    Answer {
        /// Which request.
        to: AnswerTo,
        /// The `response` field, success or error.
        response: RawJson,
    },
    /// Any other line.
    Raw(Payload),
    /// A signal, by its name.
    Signal(String),
    /// The end of input.
    Eof,
}

/// Identifies a request of the CLI by its subject, since its id differs in each run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AnswerTo {
    /// Its `subtype`.
    pub subtype: String,
    /// Its subject: `tool_use_id`, `callback_id` or `server_name`, whichever it has first; empty if
    /// it has none.
    pub about: String,
    /// How many earlier requests had the same subtype and subject.
    pub nth: usize,
}

/// Why a session cannot play a host script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotWritable(String);

impl fmt::Display for NotWritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotWritable {}

impl HostScript {
    /// The host's side of a recording, in the recorded order. Lines that the CLI ignores (blank
    /// ones, `keep_alive`) are left out.
    pub fn from_recording(recording: &Recording) -> Self {
        let text = recording.header.argv.as_ref().is_some_and(|args| reads_text(args));
        let mut reader = Reader { text, ..Reader::default() };
        let mut steps = Vec::new();
        for (event, kind) in recording.events.iter().map(|event| &event.kind).enumerate() {
            let action = match kind {
                EventKind::In(line) => reader.host(line),
                EventKind::Out(line) => {
                    reader.cli(line);
                    None
                }
                EventKind::Signal(name) => Some(HostAction::Signal(name.clone())),
                EventKind::Eof(Stream::In)
                    if !steps
                        .iter()
                        .any(|step: &HostStep| matches!(step.action, HostAction::Eof)) =>
                {
                    Some(HostAction::Eof)
                }
                _ => None,
            };
            steps.extend(action.map(|action| HostStep {
                event,
                position: reader.position,
                action,
            }));
        }
        Self { steps, argv: recording.header.argv.clone() }
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[HostStep] {
        &self.steps
    }

    /// Checks that a session of this crate could have written this: it initialises first, and sends
    /// whole prompts one after another. Signals are ignored: they may have come from any process.
    ///
    /// # Errors
    /// If it could not, with the reason.
    pub fn writable_by_session(&self) -> Result<(), NotWritable> {
        let no =
            |event: usize, why: String| Err(NotWritable(format!("event {}: {why}", event + 1)));
        if let Some(argv) = &self.argv {
            for flag in ["--input-format", "--output-format"] {
                if last_value(argv, flag) != Some("stream-json") {
                    return Err(NotWritable(format!("the launch has no {flag} stream-json")));
                }
            }
        }
        match self.steps.first() {
            Some(HostStep { action: HostAction::Control { subtype, .. }, .. })
                if subtype == "initialize" => {}
            first => {
                return no(
                    first.map_or(0, |step| step.event),
                    "the first thing written is not an initialize request".to_owned(),
                );
            }
        }
        let mut open_since: Option<usize> = None;
        for HostStep { event, position, action } in &self.steps {
            match action {
                HostAction::Prompt { content, .. } if content.is_null() => {
                    return no(*event, "a prompt without content".to_owned());
                }
                HostAction::Prompt { .. } => {
                    if open_since == Some(position.results) {
                        return no(
                            *event,
                            "a prompt before the result of the one before it".to_owned(),
                        );
                    }
                    open_since = Some(position.results);
                }
                HostAction::Raw(line) => {
                    return no(
                        *event,
                        format!(
                            "not a line that a session writes: {}",
                            one_line(&String::from_utf8_lossy(line.bytes()), 60)
                        ),
                    );
                }
                HostAction::Answer { to, .. } if to.subtype.is_empty() => {
                    return no(*event, "an answer without a request".to_owned());
                }
                HostAction::Control { .. }
                | HostAction::Answer { .. }
                | HostAction::Signal(_)
                | HostAction::Eof => {}
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Reader {
    /// Whether stdin is text.
    text: bool,
    position: Position,
    /// The CLI's requests by id.
    requests: HashMap<String, AnswerTo>,
    counts: HashMap<(String, String), usize>,
}

impl Reader {
    fn host(&self, line: &Payload) -> Option<HostAction> {
        let field = |pointer: &str| RawJson::parse(line.bytes().clone()).ok()?.pointer(pointer);
        Some(match HostLine::read(line.bytes(), self.text) {
            HostLine::Nothing => return None,
            HostLine::Prompt { uuid, .. } => HostAction::Prompt {
                content: field("/message/content").unwrap_or_default(),
                uuid: uuid.and_then(|uuid| uuid.as_str().map(|text| text.into_owned())),
            },
            HostLine::Request { subtype, .. } => {
                HostAction::Control { subtype, request: field("/request").unwrap_or_default() }
            }
            HostLine::Answer { id, .. } => {
                let unknown = || AnswerTo { subtype: String::new(), about: String::new(), nth: 0 };
                let to = self.requests.get(&id).cloned().unwrap_or_else(unknown);
                HostAction::Answer { to, response: field("/response").unwrap_or_default() }
            }
            HostLine::Cancel { .. } | HostLine::Other { .. } => HostAction::Raw(line.clone()),
        })
    }

    fn cli(&mut self, line: &Payload) {
        let Ok(frame) = Frame::parse(line.bytes().clone()) else { return };
        match frame.kind() {
            FrameKind::ControlResponse => return,
            FrameKind::Result if frame.ends_turn() => {
                self.position = Position { results: self.position.results + 1, lines: 0 };
                return;
            }
            FrameKind::ControlRequest => self.request(&frame),
            _ => {}
        }
        self.position.lines += 1;
    }

    fn request(&mut self, frame: &Frame) {
        let request =
            frame.field("request").and_then(|request| request.to_value().ok()).unwrap_or_default();
        let text = |key: &str| request.get(key).and_then(Value::as_str).map(str::to_owned);
        let subtype = text("subtype").unwrap_or_default();
        let about = ["tool_use_id", "callback_id", "server_name"]
            .into_iter()
            .find_map(text)
            .unwrap_or_default();
        let count = self.counts.entry((subtype.clone(), about.clone())).or_default();
        let nth = std::mem::replace(count, *count + 1);
        let id = frame.request_id().and_then(|id| id.to_value().ok());
        self.requests.insert(id_text(id.as_ref()), AnswerTo { subtype, about, nth });
    }
}
