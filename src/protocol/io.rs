//! What the machine is configured with, what goes into it, what comes out, and what it counts.

use std::time::Duration;

use bytes::Bytes;

use super::failure::Failure;
use crate::wire::control::{Request, RequestName};
use crate::wire::{Frame, Line, Malformed, Outcome, RawJson};

/// A turn of the caller's, numbered by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TurnId(pub u64);

/// A request of the caller's to the CLI, numbered by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A request of the CLI's to the host, numbered by the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallbackId(pub u64);

/// What happens to the machine.
#[derive(Debug)]
pub enum Input {
    /// The transport has been opened, as [`Output::Open`] asked.
    Opened,
    /// A classified item of the CLI's standard output.
    Received(Outcome),
    /// Reading the CLI's output is held back (`false`), or goes on (`true`, as at first). A CLI that is not listened to is not silent.
    Reading(bool),
    /// The caller wants something.
    Command(Command),
    /// The host has an answer to [`Output::Callback`].
    Answered(CallbackId, Answer),
    /// Time has passed; only the clock has to say so, at [`Machine::deadline`](super::Machine::deadline).
    Tick,
    /// The CLI will read nothing more, but what it wrote may still come. The turn that runs may end; what was not written waits for the next
    /// connection.
    Leaving,
    /// In the handshake the CLI has closed this pipe ("standard input"), and lives on. Whoever waits
    /// for the handshake has waited for nothing.
    HungUp(&'static str),
    /// These bytes, which were written, did not reach the CLI. Comes before [`Input::Closed`].
    Unwritten(Bytes),
    /// The CLI has said on standard error that it does not find the conversation that it was to
    /// resume. Comes before [`Input::Closed`].
    NotFound,
    /// Nothing more will come: the CLI has exited, its output has ended, or it could not be started.
    Closed,
}

/// What a caller can want.
#[derive(Debug)]
pub enum Command {
    /// Open the connection now, and reply to this request when the CLI is ready.
    Connect(RequestId),
    /// Run a prompt as a turn.
    Prompt(Prompt),
    /// Nobody reads this turn any more.
    Abandon(TurnId),
    /// Send a control request. `None` as limit means the configured one.
    Control(RequestId, Box<Request>, Option<Duration>),
    /// Nobody waits for this request any more.
    Cancel(RequestId),
    /// Forget the conversation: the process is ended, and the next one resumes nothing.
    Forget,
    /// End the session for good.
    Stop,
}

/// A prompt, and the limits of its turn.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// The turn that it opens.
    pub turn: TurnId,
    /// The uuid that is stamped on the line and echoed by the CLI.
    pub uuid: String,
    /// `message.content`: a string or an array of content blocks.
    pub content: RawJson,
    /// Whether the CLI is to take it as it is, without files for `@path` and without slash commands.
    pub verbatim: bool,
    /// The longest that the turn may take from the writing of the prompt to its result.
    pub timeout: Option<Duration>,
    /// The longest silence of the CLI within the turn. Every frame but a `keep_alive` breaks it. It is
    /// not counted while the CLI waits for an answer of the host, a tool that was called has no result
    /// yet, the conversation is compacted, or reading is held back; nor is the wait before a retry.
    pub idle_timeout: Option<Duration>,
    /// How the CLI must have been launched for it.
    pub profile: Profile,
    /// What is switched for it by control requests, and back afterwards.
    pub switches: Vec<Switch>,
    /// What the launch of its [`profile`](Self::profile) settles, whatever the caller has made of the session.
    pub settled: Vec<Settled>,
}

/// A way to launch the CLI, numbered by the caller; the default is the session's own.
///
/// A prompt that needs another one than the process that runs makes the machine end that process, and open the transport again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Profile(pub u64);

/// A setting of the CLI that holds for one turn.
#[derive(Clone, Debug)]
pub struct Switch {
    /// The control request that makes it.
    pub apply: Request,
    /// The control request that takes it back after the turn.
    pub restore: Request,
}

/// A control request that a launch makes needless: a new process is not sent it, although the caller had sent it to the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which request it is.
    pub request: RequestName,
    /// Of its `settings` this key only (`apply_flag_settings`); `None` for all of it.
    pub key: Option<String>,
}

/// What the host answers to a request of the CLI.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Success, with the payload that the subtype asks for.
    Success(RawJson),
    /// An error text, and a code such as `unsupported_request`.
    Error(String, Option<String>),
    /// The host will not answer: the CLI has a deadline of its own, or goes on waiting.
    Silence,
}

/// What the owner of the pipes has to do.
#[derive(Debug)]
pub enum Output {
    /// Open the transport, resuming this session if there is one; then [`Input::Opened`] or [`Input::Closed`].
    Open {
        /// The last session id that the CLI has confirmed.
        resume: Option<String>,
        /// How to launch it.
        profile: Profile,
    },
    /// Write a line to the CLI; its newline is the codec's to add.
    Write(Bytes),
    /// A message for a turn.
    Message(TurnId, Frame),
    /// A turn has ended. Comes once for each prompt that was not abandoned.
    Ended(TurnId, TurnEnd),
    /// A reply to a request of the caller's. Comes once for each request that was not cancelled.
    Reply(RequestId, Result<Option<RawJson>, Failure>),
    /// The CLI asks the host; answer with [`Input::Answered`].
    Callback(CallbackId, Frame),
    /// The CLI takes its question back; an answer would no longer be written.
    CallbackCancelled(CallbackId),
    /// Something that belongs to no turn.
    Event(Event),
    /// The CLI has confirmed this session id; it differs from the one before.
    SessionId(String),
    /// Close the CLI's standard input, and see to it that the process ends.
    CloseStdin,
    /// The CLI is beyond recovery: see to it that the process ends now.
    Terminate,
}

/// How a turn ended.
#[derive(Clone, Debug)]
pub enum TurnEnd {
    /// With its result, which was the turn's last message.
    Result,
    /// The same, after the host had asked the CLI to end the turn.
    Interrupted,
    /// Without.
    Failed(Failure),
}

/// Something that belongs to no turn of the caller's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A message: a line after a result, a turn that the CLI started by itself, a notification.
    Message(Frame),
    /// A frame that only concerns hosts: `transcript_mirror`, a `keep_alive` that says something, or a request of a CLI whose input is
    /// closed, so that no answer could reach it.
    Control(Frame),
    /// Text on standard output that is not a frame.
    Noise(Line),
    /// A line that looks like a frame but is none.
    Malformed(Malformed),
    /// The output ended inside a frame.
    TruncatedTail(Line),
    /// A reply that nobody waits for: late, foreign, or an echo.
    StrayReply(Frame),
    /// Something does not work as it was asked for, in a sentence.
    Warning(String),
}

/// The default of [`Config::drain_timeout`], and of sessions.
pub(crate) const DEFAULT_DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// What the machine is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// The `initialize` request, with whatever the host registers.
    pub initialize: Request,
    /// The longest wait for the reply to `initialize`.
    pub initialize_timeout: Duration,
    /// The longest wait for the reply to any other request, unless the request says otherwise.
    pub control_timeout: Duration,
    /// The longest wait for the result of a turn that was interrupted. Default: 10 s.
    pub drain_timeout: Duration,
    /// Does a launch that is to resume nothing go on with a conversation all the same, which its
    /// options name?
    pub resumes: bool,
    /// How many prompts may wait behind the one that runs, or that will run once the CLI is ready.
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
            max_queue: 1024,
        }
    }
}

/// How many lines of the CLI went where nobody reads them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Lines of abandoned turns.
    pub drained: u64,
    /// Text that was not a frame; blank lines are not counted.
    pub noise: u64,
    /// Lines that looked like frames but were none, over-long ones and a truncated tail included.
    pub malformed: u64,
    /// Replies that nobody waited for.
    pub stray_replies: u64,
    /// `keep_alive` frames.
    pub keep_alives: u64,
    /// Requests of the CLI that repeated one under way.
    pub repeated_requests: u64,
    /// Requests of the CLI that were refused, since 1024 others were open.
    pub refused_requests: u64,
    /// Cancellations by the CLI of a request that was not under way: mostly, its answer was on the way.
    pub stray_cancels: u64,
}
