//! Configuration, inputs, outputs and counters of the machine.

use std::time::Duration;

use bytes::Bytes;

use super::failure::Failure;
use crate::wire::control::{PromptFields, Request, RequestName};
use crate::wire::{Frame, Line, Malformed, Outcome, RawJson};

/// A turn, numbered by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TurnId(pub u64);

/// A request from the caller to the CLI, numbered by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A message for a running turn, numbered by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SteerId(pub u64);

/// A request from the CLI to the host, numbered by the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallbackId(pub u64);

/// What waits for a connection, and causes it to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Waiter {
    /// The prompt of a turn, whose launch it has.
    Turn(TurnId),
    /// A request of the caller. It has the session's launch.
    Request(RequestId),
}

/// An input of the machine.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every input is the largest, a line")]
pub enum Input {
    /// The transport has been opened, as [`Output::Open`] asked.
    Opened,
    /// A classified item of the CLI's standard output.
    Received(Outcome),
    /// Reading the CLI's output is paused (`false`) or resumed (`true`, the initial state). While
    /// reading is paused, the CLI does not count as silent.
    Reading(bool),
    /// The caller sends a command.
    Command(Command),
    /// The host answers an [`Output::Callback`].
    Answered(CallbackId, Answer),
    /// Time has passed. Needed only at [`Machine::deadline`](super::Machine::deadline).
    Tick,
    /// The CLI reads no more input, but more of its output may arrive. The running turn may still
    /// end; unwritten prompts wait for the next connection.
    Leaving,
    /// The CLI closed this pipe ("standard input") during the handshake, but keeps running.
    /// Everything that waits for the handshake fails.
    HungUp(&'static str),
    /// These bytes were written but did not reach the CLI. Comes before [`Input::Closed`].
    Unwritten(Bytes),
    /// The CLI reported on standard error that it cannot find the conversation to resume. Comes
    /// before [`Input::Closed`].
    NotFound,
    /// The connection is closed: the CLI exited, its output ended, or it could not be started.
    Closed,
}

/// A command from the caller.
#[derive(Debug)]
pub enum Command {
    /// Open the connection now, and reply to this request when the CLI is ready.
    Connect(RequestId),
    /// Run a prompt as a turn.
    Prompt(QueuedPrompt),
    /// Send a message into a turn that runs or waits for its start.
    Steer(Steer),
    /// The reader of this turn is gone.
    Abandon(TurnId),
    /// The CLI of this connection ran before, and another host has written the prompt with this
    /// uuid. Its lines come first, and belong to this turn. Only right after [`Input::Opened`].
    TakeUp(TurnId, String),
    /// The CLI of this connection ran before, and no turn is taken up: a result does not answer the
    /// handshake. Only right after [`Input::Opened`].
    RanBefore,
    /// Send a control request. A limit of `None` means the configured one.
    Control(RequestId, Box<Request>, Option<Duration>),
    /// The caller no longer waits for this request. A restart is made all the same.
    Cancel(RequestId),
    /// Forget the conversation: the process is ended, and the next one does not resume it.
    Forget,
    /// End the process, if there is one, with the turn that runs, and open the connection again at
    /// once, whatever [`Config::reconnect`] says. Reply to this request when the CLI is ready.
    /// `fresh`: the conversation is forgotten. Prompts that were not written wait.
    Restart(RequestId, bool),
    /// Send a control request only if the CLI is ready; it fails otherwise.
    Probe(RequestId, Box<Request>, Duration),
    /// End the session permanently.
    Stop,
}

/// A prompt, and the limits of its turn.
#[derive(Clone, Debug)]
pub struct QueuedPrompt {
    /// The turn that it opens.
    pub turn: TurnId,
    /// The uuid that is stamped on the line and echoed by the CLI.
    pub uuid: String,
    /// `message.content`: a string or an array of content blocks.
    pub content: RawJson,
    /// The other fields of the line.
    pub fields: PromptFields,
    /// Whether the CLI takes the content verbatim, and that of each message that steers the turn: no
    /// files for `@path`, no slash commands.
    pub verbatim: bool,
    /// The maximum time from the writing of the prompt to its result.
    pub timeout: Option<Duration>,
    /// The maximum silence of the CLI within the turn. Every frame except `keep_alive` ends the
    /// silence. Time does not count while the CLI waits for an answer of the host, a called tool
    /// has no result yet, the conversation is being compacted, or reading is paused; nor does the
    /// delay before an API retry.
    pub idle_timeout: Option<Duration>,
    /// The launch that it needs.
    pub profile: Profile,
    /// Settings that control requests change before the turn and restore after it.
    pub switches: Vec<Switch>,
    /// Settings that the launch of its [`profile`](Self::profile) determines, whatever the caller
    /// has set for the session.
    pub settled: Vec<Settled>,
}

/// A message for a turn that runs, or that waits for its start.
#[derive(Clone, Debug)]
pub struct Steer {
    /// The number under which its fate is reported.
    pub id: SteerId,
    /// The turn.
    pub turn: TurnId,
    /// The uuid that is stamped on the line and echoed by the CLI.
    pub uuid: String,
    /// `message.content`: a string or an array of content blocks.
    pub content: RawJson,
    /// The other fields of the line.
    pub fields: PromptFields,
}

/// A way to launch the CLI, numbered by the caller; the default is the session's launch.
///
/// If a prompt needs another profile than that of the running process, the machine ends the process
/// and opens the transport again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Profile(pub u64);

/// A CLI setting for one turn.
#[derive(Clone, Debug)]
pub struct Switch {
    /// The control request that applies it.
    pub apply: Request,
    /// The control request that restores the previous value after the turn.
    pub restore: Request,
}

/// A control request that a launch makes redundant: it is not repeated for a new process, although
/// the caller sent it to the previous one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The name of the request.
    pub request: RequestName,
    /// Only this key of its `settings` (`apply_flag_settings`); `None` for all of it.
    pub key: Option<String>,
}

/// The host's answer to a request of the CLI.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Success, with the payload that the subtype requires.
    Success(RawJson),
    /// An error text, and a code such as `unsupported_request`.
    Error(String, Option<String>),
    /// The host will not answer: the CLI applies its own deadline or keeps waiting.
    Silence,
}

/// What the owner of the pipes must do.
#[derive(Debug)]
pub enum Output {
    /// Open the transport, resuming this session if there is one; then [`Input::Opened`] or
    /// [`Input::Closed`].
    Open {
        /// The last session id that the CLI has confirmed.
        resume: Option<String>,
        /// How to launch it.
        profile: Profile,
        /// What it is opened for.
        wanted_by: Waiter,
    },
    /// Write a line to the CLI; the codec adds the newline.
    Write(Bytes),
    /// A message for a turn.
    Message(TurnId, Frame),
    /// A turn has ended. Sent once for each prompt that was not abandoned.
    Ended(TurnId, TurnEnd),
    /// What has become of a message for a running turn: [`Steered::Written`] each time that it is
    /// written (again if its process did not read the prompt), then exactly one of the others.
    Steered(SteerId, Steered),
    /// The reply to a request of the caller. Sent once for each request that was not cancelled.
    Reply(RequestId, Result<Option<RawJson>, Failure>),
    /// The CLI asks the host; answer with [`Input::Answered`].
    Callback(CallbackId, Frame),
    /// The CLI cancels its request; an answer would no longer be written.
    CallbackCancelled(CallbackId),
    /// Something that belongs to no turn.
    Event(ConnectionEvent),
    /// The CLI has confirmed a new session id.
    SessionId(String),
    /// Close the CLI's standard input, and make sure that the process ends.
    CloseStdin,
    /// The CLI cannot recover: make sure that the process ends now.
    Terminate,
}

impl Output {
    pub(super) fn warning(kind: &'static str, text: impl Into<String>) -> Self {
        Self::Event(ConnectionEvent::Warning { kind, text: text.into() })
    }
}

/// How a turn ended.
#[derive(Clone, Debug)]
pub enum TurnEnd {
    /// With its result, which was the turn's last message.
    Result,
    /// The same, after the host had asked the CLI to end the turn.
    Interrupted,
    /// Without a result.
    Failed(Failure),
}

/// What has become of a message for a running turn.
#[derive(Clone, Debug)]
pub enum Steered {
    /// It was written to the CLI.
    Written,
    /// The CLI has added it to the running turn.
    Added,
    /// The CLI answers it after the running turn, with another result of the same [`TurnId`].
    Follows,
    /// The CLI has not taken it: it was never written, was dropped, or the CLI ended first.
    Lost(Failure),
}

/// An event that belongs to no turn of the caller.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// A message: a line after a result, a turn that the CLI started itself, a notification.
    Message(Frame),
    /// A frame that only concerns hosts: `transcript_mirror`, a `keep_alive` with content, or a
    /// request of a CLI whose input is closed, so that no answer could reach it.
    Control(Frame),
    /// Text on standard output that is not a frame.
    Noise(Line),
    /// A line that looks like a frame but is not one.
    Malformed(Malformed),
    /// The output ended inside a frame.
    TruncatedTail(Line),
    /// A reply without a pending request: late, foreign, or an echo.
    StrayReply(Frame),
    /// Something that does not work as requested.
    Warning {
        /// Which kind of thing: a word of a fixed list, such as `stray_result`.
        kind: &'static str,
        /// A sentence about it. It may have contents, such as an error of the CLI.
        text: String,
    },
}

/// The default of [`Config::drain_timeout`], and of sessions.
pub(crate) const DEFAULT_DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What happens when a CLI that the host did not end is gone, and something waits for the next one.
/// A CLI that was launched for one prompt, in another way than for the session, and did not get
/// ready, fails only that prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reconnect {
    /// The next prompt or request starts another CLI.
    #[default]
    OnDemand,
    /// Prompts and requests wait until the session is restarted or stopped, however long that takes.
    /// A supervisor works so: it restarts the session, or gives up and stops it.
    ByHand,
    /// Prompts and requests fail at once, until the session is restarted.
    Never,
}

/// The configuration of the machine.
#[derive(Clone, Debug)]
pub struct Config {
    /// The `initialize` request, with what the host registers.
    pub initialize: Request,
    /// The maximum wait for the reply to `initialize`.
    pub initialize_timeout: Duration,
    /// The maximum wait for the reply to any other request, unless the request sets its own.
    pub control_timeout: Duration,
    /// The maximum wait for the result of an interrupted turn. Default: 10 s.
    pub drain_timeout: Duration,
    /// Whether a launch without a session id still continues a conversation, which its options
    /// name.
    pub resumes: bool,
    /// What happens after an end that the host did not cause.
    pub reconnect: Reconnect,
    /// How many prompts may wait behind the running one, or behind the one that runs once the CLI
    /// is ready.
    pub max_queue: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            initialize: Request::new(RequestName::Initialize),
            initialize_timeout: Duration::from_secs(60),
            control_timeout: Duration::from_secs(60),
            drain_timeout: DEFAULT_DRAIN_TIMEOUT,
            resumes: false,
            reconnect: Reconnect::OnDemand,
            max_queue: 1024,
        }
    }
}

/// Counts the CLI's lines that were not delivered to a reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Lines of abandoned turns.
    pub drained: u64,
    /// Text that was not a frame; blank lines are not counted.
    pub noise: u64,
    /// Lines that looked like frames but were not, including over-long ones and a truncated tail.
    pub malformed: u64,
    /// Replies without a pending request.
    pub stray_replies: u64,
    /// `keep_alive` frames.
    pub keep_alives: u64,
    /// Requests of the CLI that repeated one under way.
    pub repeated_requests: u64,
    /// Requests of the CLI that were refused because 1024 others were open.
    pub refused_requests: u64,
    /// Cancellations by the CLI of a request that was not open; usually its answer was already on
    /// the way.
    pub stray_cancels: u64,
}
