//! Errors of sessions, turns and requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::options::OptionError;
use crate::protocol::{Failure, Refusal};
use crate::store;
use crate::transport::{self, Exit, REPLAY_REPORT};
use crate::wire::usage::RateLimitInfo;
use crate::wire::{JsonError, RawJson, TurnOutcome};

/// Why a session, turn or request failed. Cheap to clone: several waiters may get the same cause.
///
/// If a process was involved, the error has its exit ([`exit`](Self::exit)) and the end of its
/// standard error ([`stderr_tail`](Self::stderr_tail)), which is also part of the message.
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
    Store(store::Error),
    NoRuntime,
    NoTimers,
    Panicked,
    WithinHandler,
    Protocol(Failure),
    Overflow(usize),
    /// The conversation is another owner's.
    Owned {
        session: String,
        owner: String,
        /// Whether the owner is seen to be alive, and not only silent for too short a time.
        is_seen: bool,
    },
    /// The session was stopped before its replay was done.
    Unfinished(String),
    /// The turn has a result, which says that it failed.
    Result(TurnOutcome, String),
    /// The turn has the last result of a replay whose input differs from the recording.
    Diverged(TurnOutcome, String),
    /// The turn succeeded, but its text is not a structured answer.
    NoStructuredOutput(String),
    /// The structured answer does not match the caller's type.
    Misfit {
        wanted: &'static str,
        answer: RawJson,
        why: JsonError,
    },
}

/// The maximum length of an answer in a message, in characters.
const SHOWN: usize = 200;

/// The result of a session's methods.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// True if and only if an option was rejected before anything was started.
    pub fn is_option(&self) -> bool {
        matches!(self.inner.kind, Kind::Options(_))
    }

    /// True if and only if the CLI could not be started. [`transport_error`](Self::transport_error)
    /// has the details.
    pub fn is_start(&self) -> bool {
        matches!(
            self.inner.kind,
            Kind::Transport(_) | Kind::Store(_) | Kind::NoRuntime | Kind::NoTimers
        )
    }

    /// True if and only if the conversation to resume could not be loaded from the session store,
    /// so that the CLI was not started.
    pub fn is_store(&self) -> bool {
        matches!(self.inner.kind, Kind::Store(_))
    }

    /// True if and only if someone else has what the session is about: another session has the
    /// conversation, and this one is [exclusive](super::Exclusive), or another program has the key at
    /// the [holder](transport::Error::is_owned). The text names the owner.
    ///
    /// Try again later: once the other one has stopped or left, the next query succeeds. A program
    /// that replaces another one meets this while that one still ends.
    pub fn is_owned(&self) -> bool {
        match &self.inner.kind {
            Kind::Owned { .. } => true,
            Kind::Transport(error) => error.is_owned(),
            _ => false,
        }
    }

    /// True if and only if the connection ended first, with any exit status.
    pub fn is_closed(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::Closed | Failure::HungUp(_)))
    }

    /// True if and only if the CLI exited with code 0, or its output ended, before the result of
    /// the turn.
    pub fn is_ended_without_result(&self) -> bool {
        self.is_closed() && self.inner.exit.as_ref().is_none_or(Exit::success)
    }

    /// True if and only if the process failed: a non-zero exit code, or a signal.
    pub fn is_process(&self) -> bool {
        self.is_closed() && !self.is_ended_without_result()
    }

    /// True if and only if a replay ended because the program's input differs from the recording.
    ///
    /// The message has the replay's report: the recording, what arrived, what was expected, and how
    /// to record again. A turn knows it by the key `claude_wire.divergence` of its result, anything
    /// else by the exit code [`Exit::DIVERGED`] together with the report on standard error, so a
    /// replay in memory and one by `mock-claude` are both recognised.
    pub fn is_divergence(&self) -> bool {
        if matches!(self.inner.kind, Kind::Diverged(..)) {
            return true;
        }
        let diverged = self.exit().is_some_and(|exit| exit.code == Some(Exit::DIVERGED));
        diverged && self.stderr_tail().lines().any(|line| line.starts_with(REPLAY_REPORT))
    }

    /// True if and only if a time limit expired: of the turn, of its silence, of a request or of
    /// the handshake.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self.inner.kind,
            Kind::Protocol(
                Failure::Timeout(_) | Failure::IdleTimeout(_) | Failure::HandshakeTimeout(_)
            )
        )
    }

    /// True if and only if the CLI was silent for the turn's `idle_timeout`.
    pub fn is_idle_timeout(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::IdleTimeout(_)))
    }

    /// True if and only if the CLI answered the handshake but does not support what the session
    /// requires: see [`Matcher::block_on_failure`](super::Matcher::block_on_failure).
    pub fn is_unsupported(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::Unsupported(_)))
    }

    /// True if and only if the queue was full.
    pub fn is_queue_full(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::QueueFull(_)))
    }

    /// True if and only if a message was to steer a turn that does not run: it was not polled yet, or
    /// has ended.
    pub fn is_turn_over(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::TurnOver))
    }

    /// True if and only if the session was stopped.
    pub fn is_stopped(&self) -> bool {
        matches!(self.inner.kind, Kind::Protocol(Failure::Stopped))
    }

    /// True if and only if the task behind the session panicked: a bug in this crate or in an
    /// external transport.
    pub fn is_panicked(&self) -> bool {
        matches!(self.inner.kind, Kind::Panicked)
    }

    /// True if and only if a handler of the session queried it within a turn. The query would have
    /// waited for the turn, and the turn for the handler.
    pub fn is_within_handler(&self) -> bool {
        matches!(self.inner.kind, Kind::WithinHandler)
    }

    /// True if and only if the turn was not read and the cap on its buffered messages was reached.
    pub fn is_overflow(&self) -> bool {
        matches!(self.inner.kind, Kind::Overflow(_))
    }

    /// True if and only if a replay or a scenario that was moved into the session was not played to
    /// its end when the session was stopped.
    pub fn is_unfinished(&self) -> bool {
        matches!(self.inner.kind, Kind::Unfinished(_))
    }

    /// True if and only if the turn has a result, which says that it failed.
    pub fn is_result(&self) -> bool {
        matches!(self.inner.kind, Kind::Result(..) | Kind::Diverged(..))
    }

    /// True if and only if the turn failed because of a rate limit of the API: see
    /// [`TurnOutcome::is_rate_limited`].
    pub fn is_rate_limited(&self) -> bool {
        self.outcome().is_some_and(TurnOutcome::is_rate_limited)
    }

    /// True if and only if the turn failed because a limit of the plan is reached: see
    /// [`TurnOutcome::is_usage_limit`]. [`rate_limit`](Self::rate_limit) says when it resets.
    pub fn is_usage_limit(&self) -> bool {
        self.outcome().is_some_and(TurnOutcome::is_usage_limit)
    }

    /// Returns the plan limit that was used up when the turn failed
    /// [rate-limited](Self::is_rate_limited): a retry is useless before it
    /// [resets](RateLimitInfo::resets_in). `None` if the CLI reported no limit, or one that still
    /// allows requests.
    pub fn rate_limit(&self) -> Option<&RateLimitInfo> {
        self.inner.rate_limit.as_ref()
    }

    /// True if and only if the turn failed because the API was overloaded: see
    /// [`TurnOutcome::is_overloaded`].
    pub fn is_overloaded(&self) -> bool {
        self.outcome().is_some_and(TurnOutcome::is_overloaded)
    }

    /// True if and only if the turn failed because the API refused the key or the login: see
    /// [`TurnOutcome::is_auth`].
    pub fn is_auth(&self) -> bool {
        self.outcome().is_some_and(TurnOutcome::is_auth)
    }

    /// True if and only if the turn succeeded without a structured answer of the requested type.
    pub fn is_structured_output(&self) -> bool {
        matches!(self.inner.kind, Kind::NoStructuredOutput(_) | Kind::Misfit { .. })
    }

    /// Returns the structured answer that does not match the requested type; `None` also if there
    /// was none.
    pub fn structured_output(&self) -> Option<&RawJson> {
        match &self.inner.kind {
            Kind::Misfit { answer, .. } => Some(answer),
            _ => None,
        }
    }

    /// Returns the text of a result that failed, or that lacks its structured answer.
    pub fn result_text(&self) -> Option<&str> {
        match &self.inner.kind {
            Kind::Result(_, text) | Kind::Diverged(_, text) | Kind::NoStructuredOutput(text) => {
                Some(text)
            }
            _ => None,
        }
    }

    /// Returns how the turn failed, if it has a result.
    pub fn outcome(&self) -> Option<&TurnOutcome> {
        match &self.inner.kind {
            Kind::Result(outcome, _) | Kind::Diverged(outcome, _) => Some(outcome),
            _ => None,
        }
    }

    /// Returns the CLI's error reply to a request.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.inner.kind {
            Kind::Protocol(Failure::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    /// Returns why the CLI could not be started.
    pub fn transport_error(&self) -> Option<&transport::Error> {
        match &self.inner.kind {
            Kind::Transport(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the rejected option.
    pub fn option_error(&self) -> Option<&OptionError> {
        match &self.inner.kind {
            Kind::Options(error) => Some(error),
            _ => None,
        }
    }

    /// Returns how the process ended, if it has and its end is known.
    pub fn exit(&self) -> Option<&Exit> {
        self.inner.exit.as_ref()
    }

    /// Returns the end of the process's standard error; empty if there was no process, or no
    /// output. The session's key, the secrets in its environment, and strings that look like keys
    /// are `[redacted]`.
    pub fn stderr_tail(&self) -> &str {
        &self.inner.stderr
    }

    /// Returns the first lines of standard output of a CLI that never became ready, `[redacted]`
    /// like [`stderr_tail`](Self::stderr_tail): text of a shell around the CLI, an array of
    /// `--output-format json`, messages of another program. Empty if there were none, or the CLI
    /// was ready.
    pub fn early_output(&self) -> &str {
        &self.inner.preamble
    }

    /// Returns how many messages of the turn had arrived when it ended without a result, whether
    /// they were read or not; 0 for other errors.
    pub fn messages_seen(&self) -> u64 {
        self.messages_seen
    }

    pub(super) fn with_messages_seen(self, messages_seen: u64) -> Self {
        Self { messages_seen, ..self }
    }

    pub(super) fn store(error: store::Error) -> Self {
        Kind::Store(error).into()
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

    pub(super) fn owned(session: &str, owner: impl fmt::Display, is_seen: bool) -> Self {
        Kind::Owned { session: session.to_owned(), owner: owner.to_string(), is_seen }.into()
    }

    /// Whether the owner may be gone, which shows after some time.
    pub(crate) fn may_be_free_soon(&self) -> bool {
        self.is_owned() && !matches!(self.inner.kind, Kind::Owned { is_seen: true, .. })
    }

    pub(super) fn unfinished(left: String) -> Self {
        Kind::Unfinished(left).into()
    }

    /// Builds the error of a result that failed in this way.
    pub(super) fn of_result(outcome: TurnOutcome, text: String) -> Self {
        Kind::Result(outcome, text).into()
    }

    /// Builds the error of the result of a replay whose input differs from the recording.
    pub(super) fn of_divergence(outcome: TurnOutcome, text: String) -> Self {
        Kind::Diverged(outcome, text).into()
    }

    /// For an error without a session context yet, like the two below.
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

    /// Adds what the CLI wrote before it was ready. For an error without such lines yet.
    pub(super) fn with_preamble(mut self, preamble: String) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.preamble = preamble;
        }
        self
    }

    pub(super) fn timeout(limit: Duration) -> Self {
        Kind::Protocol(Failure::Timeout(limit)).into()
    }

    pub(crate) fn stopped() -> Self {
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
            Kind::Owned { session, owner, .. } => write!(
                f,
                "the conversation {session} is in use by {owner}: stop that session, or fork the conversation"
            )?,
            Kind::Store(error) => write!(f, "the conversation cannot be resumed: {error}")?,
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
                "a handler queried its own session within a turn, or waited for a message that steers \
                 it: that would wait for the turn, which waits for the handler. Ask with `conversation().side_question(...)`, or spawn \
                 the query and do not wait for it",
            )?,
            Kind::Unfinished(left) => {
                write!(f, "the session ended, but not all that was recorded was done\n{left}")?;
            }
            Kind::Overflow(cap) => {
                write!(f, "the turn was not read while a request was pending, and more than {cap} bytes (`buffer_cap`) arrived for it")?
            }
            Kind::Result(TurnOutcome::Aborted, text) => f.write_str(text)?,
            Kind::Result(_, text) => write!(f, "the turn failed: {text}")?,
            Kind::Diverged(_, text) => {
                let report = text.strip_prefix("claude-wire: ").unwrap_or(text);
                write!(f, "the replay diverged:\n{report}")?;
            }
            Kind::NoStructuredOutput(text) => {
                write!(f, "the result has no structured output (was a schema set, for example with `json_schema_of`?); its text is {:?}", shortened(text))?;
            }
            Kind::Misfit { wanted, answer, why } => {
                let (why, answer) = (why.to_string(), answer.text());
                write!(f, "the structured output does not match {wanted}: {}; it is {}", shortened(&why), shortened(&answer))?;
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

/// Returns the option that sets the exceeded limit.
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
            Kind::Store(error) => error.source(),
            Kind::Misfit { why, .. } => Some(why),
            _ => None,
        }
    }
}

/// Shortens a text for a message: keeps its start and its end.
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
