//! What can go wrong with a session, a turn or a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::OptionError;
use crate::protocol::{Failure, Refusal};
use crate::transport::{self, Exit, REPLAY_REPORT};
use crate::wire::usage::RateLimitInfo;
use crate::wire::{JsonError, RawJson, TurnOutcome};

/// Why something of a session's failed. Cheap to clone: one cause may reach many waiters.
///
/// Where a process was involved, the error carries its end ([`exit`](Self::exit)) and the last of what it wrote to standard error
/// ([`stderr_tail`](Self::stderr_tail)); the tail is part of the message.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
    messages_seen: u64,
}

struct Inner {
    kind: Kind,
    exit: Option<Exit>,
    stderr: String,
    preamble: String,
    rate_limit: Option<RateLimitInfo>,
}

enum Kind {
    Options(OptionError),
    Transport(transport::Error),
    NoRuntime,
    NoTimers,
    Panicked,
    WithinHandler,
    Protocol(Failure),
    Overflow(usize),
    /// The turn has a result, and the result says that it failed.
    Result(TurnOutcome, String),
    /// The turn ended well, and its text is no structured answer.
    NoStructuredOutput(String),
    /// The structured answer is not what the caller wanted.
    Misfit {
        wanted: &'static str,
        answer: RawJson,
        why: JsonError,
    },
}

/// How much of an answer stands in a message, in characters.
const SHOWN: usize = 200;

/// What a helper of a session gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// True if and only if an option was refused before anything was started.
    pub fn is_option(&self) -> bool {
        matches!(self.inner.kind, Kind::Options(_))
    }

    /// True if and only if the CLI could not be started. [`transport_error`](Self::transport_error) has the details.
    pub fn is_start(&self) -> bool {
        matches!(self.inner.kind, Kind::Transport(_) | Kind::NoRuntime | Kind::NoTimers)
    }

    /// True if and only if the connection ended first, with whatever exit status.
    pub fn is_closed(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::Closed | Failure::HungUp(_)))
    }

    /// True if and only if the CLI exited with code 0, or its output ended, before the result of the turn.
    pub fn is_ended_without_result(&self) -> bool {
        self.is_closed() && self.inner.exit.as_ref().is_none_or(Exit::success)
    }

    /// True if and only if the process failed: another exit code than 0, or a signal.
    pub fn is_process(&self) -> bool {
        self.is_closed() && !self.is_ended_without_result()
    }

    /// True if and only if a replay ended, because the program did something else than was recorded.
    ///
    /// The message has the replay's report: the recording, what arrived, what was expected, and how
    /// to record again. Known by the exit code [`Exit::DIVERGED`] together with the report on
    /// standard error, so a replay in memory and one by `mock-claude` are both recognised.
    pub fn is_divergence(&self) -> bool {
        let diverged = self.exit().is_some_and(|exit| exit.code == Some(Exit::DIVERGED));
        diverged && self.stderr_tail().lines().any(|line| line.starts_with(REPLAY_REPORT))
    }

    /// True if and only if a time limit ran out: of the turn, of its silence, of a request or of the handshake.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self.inner.kind,
            Kind::Protocol(
                Failure::Timeout(_) | Failure::IdleTimeout(_) | Failure::HandshakeTimeout(_)
            )
        )
    }

    /// True if and only if the CLI had been silent for the turn's `idle_timeout`.
    pub fn is_idle_timeout(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::IdleTimeout(_)))
    }

    /// True if and only if the CLI has answered the handshake, but cannot do what the session relies on: see
    /// [`Matcher::block_on_failure`](super::Matcher::block_on_failure).
    pub fn is_unsupported(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::Unsupported(_)))
    }

    /// True if and only if too many prompts were waiting.
    pub fn is_queue_full(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::QueueFull(_)))
    }

    /// True if and only if the session had been stopped, or was stopped meanwhile.
    pub fn is_stopped(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::Stopped))
    }

    /// True if and only if the task behind the session panicked: a defect of this crate, or of a
    /// transport that is not its own.
    pub fn is_panicked(&self) -> bool {
        matches!(self.inner.kind, Kind::Panicked)
    }

    /// True if and only if a handler of the session queried it within a turn. The query would have
    /// waited for the turn, and the turn for the handler.
    pub fn is_within_handler(&self) -> bool {
        matches!(self.inner.kind, Kind::WithinHandler)
    }

    /// True if and only if nobody read the turn, and the cap on what is kept for it was reached.
    pub fn is_overflow(&self) -> bool {
        matches!(self.inner.kind, Kind::Overflow(_))
    }

    /// True if and only if the turn has a result, and the result says that it failed.
    pub fn is_result(&self) -> bool {
        matches!(self.inner.kind, Kind::Result(..))
    }

    /// True if and only if the turn ended since the API lets nobody ask so much: see [`TurnOutcome::is_rate_limited`].
    pub fn is_rate_limited(&self) -> bool {
        self.outcome().is_some_and(TurnOutcome::is_rate_limited)
    }

    /// The limit of the plan that was used up when the turn failed [rate-limited](Self::is_rate_limited): asking again is of no use before
    /// it [starts again](RateLimitInfo::resets_in). `None` where the CLI reported no limit, or one that still lets requests pass.
    pub fn rate_limit(&self) -> Option<&RateLimitInfo> {
        self.inner.rate_limit.as_ref()
    }

    /// True if and only if the turn ended since the API was overloaded: see [`TurnOutcome::is_overloaded`].
    pub fn is_overloaded(&self) -> bool {
        self.outcome().is_some_and(TurnOutcome::is_overloaded)
    }

    /// True if and only if the turn ended since the API refused the key or the login: see [`TurnOutcome::is_auth`].
    pub fn is_auth(&self) -> bool {
        self.outcome().is_some_and(TurnOutcome::is_auth)
    }

    /// True if and only if the turn ended well, but not with a structured answer of the type that was wanted.
    pub fn is_structured_output(&self) -> bool {
        matches!(self.inner.kind, Kind::NoStructuredOutput(_) | Kind::Misfit { .. })
    }

    /// The structured answer that is not of the type that was wanted; `None` also where there was none.
    pub fn structured_output(&self) -> Option<&RawJson> {
        match &self.inner.kind {
            Kind::Misfit { answer, .. } => Some(answer),
            _ => None,
        }
    }

    /// The text of a result that failed, or that should have had a structured answer and has none.
    pub fn result_text(&self) -> Option<&str> {
        match &self.inner.kind {
            Kind::Result(_, text) | Kind::NoStructuredOutput(text) => Some(text),
            _ => None,
        }
    }

    /// How a turn failed that has a result.
    pub fn outcome(&self) -> Option<&TurnOutcome> {
        match &self.inner.kind {
            Kind::Result(outcome, _) => Some(outcome),
            _ => None,
        }
    }

    /// The CLI's error reply to a request.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.inner.kind {
            Kind::Protocol(Failure::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// Why the CLI could not be started.
    pub fn transport_error(&self) -> Option<&transport::Error> {
        match &self.inner.kind {
            Kind::Transport(error) => Some(error),
            _ => None,
        }
    }

    /// The option that was refused.
    pub fn option_error(&self) -> Option<&OptionError> {
        match &self.inner.kind {
            Kind::Options(error) => Some(error),
            _ => None,
        }
    }

    /// How the process ended, where it did and its end is known.
    pub fn exit(&self) -> Option<&Exit> {
        self.inner.exit.as_ref()
    }

    /// The last of what the process wrote to standard error; empty where there was no process, or it wrote nothing. The session's key, the
    /// secrets in its environment, and what looks like a key are `[redacted]`.
    pub fn stderr_tail(&self) -> &str {
        &self.inner.stderr
    }

    /// The first lines of standard output of a CLI that never got ready, `[redacted]` as [`stderr_tail`](Self::stderr_tail) is: text of a shell
    /// around the CLI, an array of `--output-format json`, messages of another program. Empty where there were none, or the CLI was ready.
    pub fn early_output(&self) -> &str {
        &self.inner.preamble
    }

    /// How many messages of the turn had come when it ended without a result, whether somebody has read them or not; 0 where the error is not
    /// that of a turn.
    pub fn messages_seen(&self) -> u64 {
        self.messages_seen
    }

    pub(super) fn with_messages_seen(self, messages_seen: u64) -> Self {
        Self { messages_seen, ..self }
    }

    pub(super) fn no_runtime() -> Self {
        Kind::NoRuntime.into()
    }

    pub(super) fn no_timers() -> Self {
        Kind::NoTimers.into()
    }

    pub(super) fn panicked() -> Self {
        Kind::Panicked.into()
    }

    pub(super) fn within_handler() -> Self {
        Kind::WithinHandler.into()
    }

    pub(super) fn overflow(cap: usize) -> Self {
        Kind::Overflow(cap).into()
    }

    /// The error of a result that failed so.
    pub(super) fn of_result(outcome: TurnOutcome, text: String) -> Self {
        Kind::Result(outcome, text).into()
    }

    /// For an error that nothing else has yet, as the two below.
    pub(super) fn with_stderr(mut self, stderr: String) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.stderr = stderr;
        }
        self
    }

    pub(super) fn with_rate_limit(mut self, rate_limit: Option<RateLimitInfo>) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.rate_limit = rate_limit;
        }
        self
    }

    pub(super) fn no_structured_output(text: &str) -> Self {
        Kind::NoStructuredOutput(text.into()).into()
    }

    pub(super) fn structured_output_misfit(
        wanted: &'static str,
        answer: RawJson,
        why: JsonError,
    ) -> Self {
        Kind::Misfit { wanted, answer, why }.into()
    }

    pub(super) fn protocol(failure: Failure, exit: Option<Exit>, stderr: String) -> Self {
        Self {
            inner: Arc::new(Inner {
                kind: Kind::Protocol(failure),
                exit,
                stderr,
                preamble: String::new(),
                rate_limit: None,
            }),
            messages_seen: 0,
        }
    }

    /// With what the CLI said before it was ready. For an error that nothing else has yet.
    pub(super) fn with_preamble(mut self, preamble: String) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.preamble = preamble;
        }
        self
    }

    pub(super) fn timeout(limit: Duration) -> Self {
        Kind::Protocol(Failure::Timeout(limit)).into()
    }

    pub(super) fn stopped() -> Self {
        Kind::Protocol(Failure::Stopped).into()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self {
            inner: Arc::new(Inner {
                kind,
                exit: None,
                stderr: String::new(),
                preamble: String::new(),
                rate_limit: None,
            }),
            messages_seen: 0,
        }
    }
}

impl From<OptionError> for Error {
    fn from(error: OptionError) -> Self {
        Kind::Options(error).into()
    }
}

impl From<transport::Error> for Error {
    fn from(error: transport::Error) -> Self {
        Kind::Transport(error).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, exit, stderr, preamble, .. } = &*self.inner;
        match kind {
            Kind::Options(error) => write!(f, "{error}")?,
            Kind::Transport(error) => write!(f, "{error}")?,
            Kind::NoRuntime => {
                f.write_str("no tokio runtime here: poll a turn or call the session inside one, with I/O and time enabled")?
            }
            Kind::NoTimers => f.write_str(
                "this tokio runtime has no timers: build it with `enable_time()` or `enable_all()`",
            )?,
            Kind::Panicked => f.write_str(
                "the task of the session panicked, which is a defect of this crate or of the transport; \
                 standard error has the panic",
            )?,
            Kind::WithinHandler => f.write_str(
                "a handler queried its own session within a turn: the query would wait for the turn, \
                 which waits for the handler. Ask with `conversation().side_question(...)`, or spawn \
                 the query and do not wait for it",
            )?,
            Kind::Overflow(cap) => {
                write!(f, "nobody read the turn while a request was under way, and more than {cap} bytes (`buffer_cap`) came for it")?
            }
            Kind::Result(TurnOutcome::Aborted, text) => f.write_str(text)?,
            Kind::Result(_, text) => write!(f, "the turn failed: {text}")?,
            Kind::NoStructuredOutput(text) => {
                write!(f, "the result has no structured output (was a `json_schema` set?); its text is {:?}", shortened(text))?;
            }
            Kind::Misfit { wanted, answer, why } => {
                let (why, answer) = (why.to_string(), answer.text());
                write!(f, "the structured output is no {wanted}: {}; it is {}", shortened(&why), shortened(&answer))?;
            }
            Kind::Protocol(Failure::Closed) if self.is_divergence() => f.write_str("the replay diverged")?,
            Kind::Protocol(Failure::Closed) if self.is_ended_without_result() => f.write_str("the CLI ended without a result")?,
            Kind::Protocol(Failure::Closed) => f.write_str("the CLI failed")?,
            Kind::Protocol(failure) => write!(f, "{failure}{}", limit_of(failure))?,
        }
        if let Some(exit) = exit {
            write!(f, " ({exit})")?;
        }
        match self.messages_seen {
            0 => {}
            1 => f.write_str(", after 1 message")?,
            seen => write!(f, ", after {seen} messages")?,
        }
        if !preamble.is_empty() {
            write!(f, "; before it was ready its standard output said:\n{preamble}")?;
        }
        let stderr = stderr.trim_end();
        if !stderr.is_empty() {
            match self.is_divergence() {
                true => write!(f, ":\n{stderr}")?,
                false => write!(f, "; its standard error ends with:\n{stderr}")?,
            }
        }
        Ok(())
    }
}

/// Which option sets the limit that was reached.
fn limit_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::HandshakeTimeout(_) => " (`initialize_timeout`)",
        Failure::Timeout(_) => {
            " (`timeout` of a turn, `control_timeout` of a request, `initialize_timeout` of a start)"
        }
        Failure::IdleTimeout(_) => " (`idle_timeout`)",
        Failure::QueueFull(_) => " (`max_queue`)",
        _ => "",
    }
}

debug_is_message!(Error);

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.inner.kind {
            Kind::Options(error) => error.source(),
            Kind::Transport(error) => error.source(),
            Kind::Misfit { why, .. } => Some(why),
            _ => None,
        }
    }
}

/// A text of any length as a message can bear it: its start and its end.
fn shortened(text: &str) -> String {
    let length = text.chars().count();
    if length <= SHOWN {
        return text.into();
    }
    let start = text.chars().take(SHOWN / 2);
    start.chain(['…']).chain(text.chars().skip(length - SHOWN / 2)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_was_reached_names_its_option() {
        let limit = Duration::from_secs(60);
        let failed = |failure| Error::protocol(failure, None, String::new());
        for (error, option) in [
            (failed(Failure::HandshakeTimeout(limit)), "`initialize_timeout`"),
            (failed(Failure::Timeout(limit)), "`timeout`"),
            (failed(Failure::Timeout(limit)), "`control_timeout`"),
            (failed(Failure::IdleTimeout(limit)), "`idle_timeout`"),
            (failed(Failure::QueueFull(1)), "`max_queue`"),
            (Error::overflow(1), "`buffer_cap`"),
        ] {
            assert!(error.to_string().contains(option), "{error}");
        }
    }
}
