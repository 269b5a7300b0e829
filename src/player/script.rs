//! What the player plays: expected actions of the host, and outputs that depend on them.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::faults::ArmedFaults;
use crate::recording::Payload;
use crate::transport;

use super::host_line::{asks, one_line};
use super::ids::IdKind;
use super::instead::{Instead, What};
use super::kept::KeptFile;
use super::launch::RecordedLaunch;
use super::left::Kind;
use super::output_format::OutputFormat;
use super::scenario::Outside;
use super::simulator::{LaunchOptions, TurnList};

/// A recording, compiled for playing: each output knows what it waits for.
///
/// | an output | waits for |
/// |---|---|
/// | any line of stdout or stderr, and the exit | the output before it, and the host's writes before it in the recording, except for the rows below |
/// | a reply to a read-only request (`get_*`, `list_*`, `mcp_status`, ...) | that request; nothing waits for either |
/// | the reply to `initialize` | that request, and what the CLI said and asked before it |
/// | a reply to another request | that request, and what the CLI said and asked between the two; nothing waits for the reply |
/// | a `command_lifecycle` line | the prompt it names; nothing waits for the state `queued` |
///
/// Nothing waits for a prompt written during a turn, or before the reply to `initialize`, until the
/// turn that it opens, or a line that names it: another host may write it after the turn. One with a
/// `priority`, written during a turn, steers that turn, which waits for it. A prompt written to a CLI
/// that ended before it was ready is not expected at all. Nothing waits for an answer to a request that the CLI has
/// cancelled.
///
/// The exit, and the end of stdout and stderr, wait for the end of input if it came before them.
/// Nothing else does, except that the end of input answers the requests of the CLI that were open,
/// so what came then waits for it.
///
/// What came after a signal waits for it, but a CLI does not wait to be killed. So a signal comes
/// by itself if the host does not send it: in a [`Replay`](super::Replay) as soon as everything
/// before it has happened, and so does an end of input within a turn, since a session does neither.
/// In a process that replaces the CLI a signal comes two seconds later than recorded, if it came
/// within a turn or was SIGKILL; any other signal, and the end of input, must come from the host.
/// A host that ends its input and then sends no recorded signal gets a report after the
/// [idle timeout](Self::idle_timeout).
#[derive(Clone, Debug)]
pub struct Script {
    pub(super) expectations: Vec<Expectation>,
    pub(super) outputs: Vec<Output>,
    /// The CLI's own requests, by id.
    pub(super) cli_requests: HashMap<String, CliRequest>,
    /// The expectations of prompts, by the recorded uuid.
    pub(super) prompt_ids: HashMap<String, usize>,
    pub(super) cli: Option<String>,
    pub(super) source: Option<String>,
    pub(super) pace: Pace,
    pub(super) idle_timeout: Duration,
    /// Between a line and a request of the CLI or a result after it, in microseconds.
    pub(super) pause: u64,
    pub(super) unsent: Unsent,
    /// The form of the output that the host asked for, if that is known when it is made.
    pub(super) output: OutputFormat,
    /// The files that the CLI's tools wrote, which a replay does not bring back.
    pub(super) files: Vec<String>,
    /// Files that are put back: the output that they come before, in order.
    pub(super) kept: Vec<(usize, Arc<KeptFile>)>,
    /// Whether the recorded stdin is text, where blank lines count.
    pub(super) reads_text: bool,
    /// The id of the session, as its first `init` says it.
    pub(super) session: Option<String>,
    /// The run folder, in which a difference is explained.
    pub(super) run: Option<Arc<Path>>,
    /// The program that names itself in the first line of a report.
    pub(super) program: Option<String>,
    /// For a scenario: the CLI is simulated.
    pub(super) simulation: Option<Simulation>,
    /// Whether all turns of a scenario are this launch's, because it is not in a run.
    pub(super) shares_nothing: bool,
    /// The recorded launch, if a live one is compared with it.
    pub(super) launch: Option<RecordedLaunch>,
    /// The tools of each in-process server, as the recorded host showed them.
    pub(super) tools: BTreeMap<String, Value>,
    /// The folders of the launch that it was compiled for, by the names of their variables.
    pub(super) folders: BTreeMap<String, String>,
    /// What is not compared, or not literally.
    pub(super) user_rules: Arc<super::rules::Rules>,
}

/// What a simulated CLI is started with.
#[derive(Clone, Debug)]
pub(super) struct Simulation {
    pub(super) options: LaunchOptions,
    pub(super) turns: TurnList,
    pub(super) outside: Arc<Outside>,
    /// The faults of the API are those of the simulated one.
    pub(super) faults: Option<ArmedFaults>,
    /// Of a launch that the scenario does not have: how many it has.
    pub(super) one_more_than: Option<usize>,
}

/// The default of [`idle_timeout`](Script::idle_timeout): 10 minutes. That is longer than a turn
/// may take by default, so the session's own timers fire first.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

/// When the event that ended a recorded CLI comes by itself, if the host does not cause it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsent {
    /// As soon as everything before it has happened: a session neither sends signals nor ends the
    /// input of a CLI within a turn.
    AtOnce,
    /// A signal, this much later than recorded.
    Late(Duration),
}

/// How much later than recorded a host may send a signal before it comes by itself.
pub(super) const SIGNAL_LATE: Duration = Duration::from_secs(2);

/// How fast the outputs come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pace {
    Instant,
    /// The recorded delays, divided by this; positive and finite.
    Recorded(f64),
}

/// An expected action of the host.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    /// Its index among the events of the recording, from 0.
    pub(super) event: usize,
    /// Microseconds from the recording's start.
    pub(super) at: u64,
    pub(super) what: Expected,
    /// How many prompts come before it: its user turn.
    pub(super) turn: usize,
    /// Whether the run is incomplete without it.
    pub(super) required: bool,
    /// The outputs that wait for it.
    pub(super) dependents: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// The fields of the `user` line that are compared.
    Prompt(Value),
    Request {
        subtype: String,
        request: Value,
    },
    Answer {
        id: String,
        /// What the request asks.
        asks: String,
        response: Value,
    },
    /// The expectation whose request is cancelled, if it is known.
    Cancel(Option<usize>),
    Other {
        bytes: Bytes,
        json: Option<Value>,
    },
    /// `in_turn`: while the CLI was busy.
    Eof {
        in_turn: bool,
    },
    Signal {
        name: String,
        in_turn: bool,
    },
}

/// An action of the CLI.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) event: usize,
    pub(super) at: u64,
    pub(super) action: Action,
    pub(super) patches: Vec<Patch>,
    /// How many expectations and outputs it waits for.
    pub(super) waits: usize,
    /// The outputs that wait for it.
    pub(super) dependents: Vec<usize>,
    /// How many prompts had opened their turns: the user turn it belongs to, 0 before the first.
    pub(super) turn: usize,
    /// Whether it came after the end of input or a signal.
    pub(super) after_end: bool,
    /// Whether it came after the last result: a host that has that one may be gone.
    pub(super) after_result: bool,
    /// Whether it is a request of the CLI or a result: what some hosts handle before the messages
    /// that came earlier.
    pub(super) after_pause: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Out(Payload),
    Err(Payload),
    CloseOut,
    CloseErr,
    Exit(transport::Exit),
}

/// A place in an output for an id of the live host.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Patch {
    pub(super) span: Range<usize>,
    pub(super) kind: IdKind,
    /// Whose id it is.
    pub(super) of: usize,
    /// The index of the callback, for [`IdKind::Callback`].
    pub(super) callback: usize,
}

/// A request of the CLI to the host.
#[derive(Clone, Debug)]
pub(super) struct CliRequest {
    pub(super) output: usize,
    pub(super) request: Value,
    pub(super) cancelled: bool,
    pub(super) answer: Option<usize>,
}

impl Script {
    /// What a host did in the place of the expectation with this index, where there is a run folder
    /// for it.
    pub(super) fn instead(&self, index: usize, what: What, value: &Value) -> Option<Instead> {
        self.run.as_ref()?;
        let event = Some(self.expectations.get(index)?.event);
        Some(Instead { what, event, value: Some(value.clone()), folders: self.folders.clone() })
    }

    /// The same of the arguments, and of the live `initialize` if it came.
    pub(super) fn launch_instead(&self, initialize: Option<&Value>) -> Option<Instead> {
        self.run.as_ref()?;
        let is_initialize = |what: &Expected| matches!(what, Expected::Request { subtype, .. } if subtype == "initialize");
        let recorded = self.expectations.iter().find(|expected| is_initialize(&expected.what));
        let event = initialize.and(recorded).map(|recorded| recorded.event);
        let (value, folders) = (initialize.cloned(), self.folders.clone());
        Some(Instead { what: What::Launch, event, value, folders })
    }

    /// Plays at this many times the recorded speed; 2.0 takes half the time. By default, or with a
    /// factor that is not positive and finite, an output comes as soon as its conditions are met.
    #[must_use]
    pub fn speed(mut self, factor: f64) -> Self {
        self.pace =
            if factor.is_finite() && factor > 0.0 { Pace::Recorded(factor) } else { Pace::Instant };
        self
    }

    /// Waits this long before each request of the CLI and each result that follows another line.
    /// Default: not at all.
    ///
    /// Some programs queue the messages that they read, but answer a request at once. Played
    /// without any pause, such a program can see a permission question before the text that came
    /// before it.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = u64::try_from(pause.as_micros()).unwrap_or(u64::MAX);
        self
    }

    /// How long to wait for the host (to write or read something) before the run ends with a
    /// [`Report`](super::Report) of what is missing. `Duration::MAX` waits forever. Default: 10
    /// minutes; forever for the script of a scenario.
    ///
    /// The limit does not apply when the host has done everything that was recorded and only the
    /// end is left. It uses tokio's clock: in a test with paused time it passes at once.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// Begins a report on stderr with a line `PROGRAM: ...` that says what differs and what to do.
    #[must_use]
    pub fn reported_by(mut self, program: impl Into<String>) -> Self {
        self.program = Some(program.into());
        self
    }

    /// With the faults of the API that the simulated CLI asks.
    pub(super) fn with_faults(mut self, faults: Option<&ArmedFaults>) -> Self {
        if let Some(simulation) = &mut self.simulation {
            simulation.faults = faults.cloned();
        }
        self
    }

    /// Names the recording in reports, usually by its path.
    #[must_use]
    pub fn named(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl Expected {
    /// Its kind in what is left.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Prompt(_) => Kind::Prompt,
            Self::Request { .. } => Kind::Request,
            Self::Answer { .. } => Kind::Answer,
            Self::Cancel(_) | Self::Other { .. } | Self::Eof { .. } | Self::Signal { .. } => {
                Kind::Line
            }
        }
    }
}

/// `prompt "Say hello" (event 3)`: for reports.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (event {})", self.what, self.event + 1)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prompt(line) => write!(f, "prompt {}", prompt_text(line)),
            Self::Request { subtype, request } => write!(f, "{}", request_text(subtype, request)),
            Self::Answer { asks, .. } => write!(f, "answer to {asks}"),
            Self::Cancel(_) => f.write_str("control_cancel_request"),
            Self::Other { bytes, .. } => {
                write!(f, "line {:?}", one_line(&String::from_utf8_lossy(bytes), 120))
            }
            Self::Eof { .. } => f.write_str("end of input"),
            Self::Signal { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.action {
            Action::Out(line) => match asked(line.bytes()) {
                Some(asks) => write!(f, "request of the CLI: {asks}")?,
                None => {
                    write!(f, "stdout {}", one_line(&String::from_utf8_lossy(line.bytes()), 100))?
                }
            },
            Action::Err(line) => {
                write!(f, "stderr {}", one_line(&String::from_utf8_lossy(line.bytes()), 100))?
            }
            Action::CloseOut => f.write_str("end of stdout")?,
            Action::CloseErr => f.write_str("end of stderr")?,
            Action::Exit(exit) => write!(f, "exit ({exit})")?,
        }
        write!(f, " (event {})", self.event + 1)
    }
}

/// What the CLI asks in a line, if that is a request.
fn asked(line: &[u8]) -> Option<String> {
    if !line.starts_with(br#"{"type":"control_request""#) {
        return None;
    }
    let line: Value = serde_json::from_slice(line).ok()?;
    line.get("request").map(asks)
}

/// The text of a prompt for a report, or its content if that is not a single text.
pub(super) fn prompt_text(line: &Value) -> String {
    let content = line.pointer("/message/content").unwrap_or(&Value::Null);
    let text = match content {
        Value::Array(blocks) if blocks.len() == 1 => content.pointer("/0/text").unwrap_or(content),
        _ => content,
    };
    one_line(&text.to_string(), 120)
}

/// A control request for a report.
pub(super) fn request_text(subtype: &str, request: &Value) -> String {
    let mut rest = request.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.shift_remove("subtype");
    }
    format!("control_request {subtype} {}", one_line(&rest.to_string(), 120))
}
