//! The spans of a session and of its turns, and what is measured of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;
use tracing::Span;

use super::result_context::ResultContext;
use super::spending::Spending;
use super::state::SessionState;
use super::tool_blocks::{tool_results, tool_uses};
use crate::common::lock;
use crate::protocol::{EndCause, Failure};
use crate::telemetry;
use crate::wire::{Frame, FrameKind, Message, TurnOutcome};

/// The span of a session, from its first call to its end.
pub(super) struct SessionSpan {
    /// The number of the session in this process.
    number: u64,
    span: Mutex<Span>,
}

impl Default for SessionSpan {
    fn default() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        Self { number, span: Mutex::new(Span::none()) }
    }
}

impl SessionSpan {
    pub(super) fn begin(&self, name: Option<&str>, owner: Option<&(String, String)>) -> Span {
        let owner = owner.map(|(supervisor, key)| (&**supervisor, &**key));
        let span = telemetry::session_span(self.number, name, owner);
        *lock(&self.span) = span.clone();
        telemetry::sessions(1);
        span
    }

    pub(super) fn get(&self) -> Span {
        lock(&self.span).clone()
    }

    /// The CLI has confirmed a conversation.
    pub(super) fn conversation(&self, id: &str) {
        lock(&self.span).record("conversation", id);
    }

    pub(super) fn end(&self, state: &SessionState, spending: &Spending) {
        telemetry::sessions(-1);
        let span = std::mem::replace(&mut *lock(&self.span), Span::none());
        span.record("launches", state.launches);
        span.record("crashes", state.crashes);
        span.record("turns", spending.results);
        span.record("cost_usd", spending.cost_usd);
    }

    pub(super) fn turn(&self, turn: u64, prompt: &str) -> TurnTrace {
        let span = telemetry::turn_span(&lock(&self.span), self.number, turn, prompt);
        TurnTrace::new(span)
    }
}

/// The span of a turn, and those of the tools that the model has called in it.
#[derive(Default)]
pub(super) struct TurnTrace(Option<Box<Mutex<Open>>>);

struct Open {
    span: Span,
    began: Instant,
    heard: bool,
    /// By the id of the call.
    tools: HashMap<String, Tool>,
    /// That of the last result.
    outcome: Option<&'static str>,
    over: bool,
}

struct Tool {
    span: Span,
    name: String,
    began: Instant,
}

impl TurnTrace {
    fn new(span: Span) -> Self {
        if !telemetry::MEASURES && span.is_disabled() {
            return Self::default();
        }
        let open = Open {
            span,
            began: Instant::now(),
            heard: false,
            tools: HashMap::new(),
            outcome: None,
            over: false,
        };
        Self(Some(Box::new(Mutex::new(open))))
    }

    fn open(&self) -> Option<MutexGuard<'_, Open>> {
        self.0.as_deref().map(lock)
    }

    /// The span in which the CLI asks something, about this call of a tool or else about the turn.
    pub(super) fn span_of(&self, tool_use: Option<&str>) -> Span {
        let Some(open) = self.open() else { return Span::none() };
        let tool = tool_use.and_then(|id| open.tools.get(id));
        tool.map_or(&open.span, |tool| &tool.span).clone()
    }

    /// A message of the turn.
    pub(super) fn message(&self, frame: &Frame) {
        let Some(mut open) = self.open() else { return };
        if !std::mem::replace(&mut open.heard, true) {
            let wait = open.began.elapsed();
            open.span.record("wait_ms", millis(wait));
            telemetry::first_message(wait);
        }
        match frame.kind() {
            FrameKind::Assistant => open.called(&Message::new(frame.clone())),
            FrameKind::User => open.returned(&Message::new(frame.clone())),
            _ => {}
        }
    }

    /// A result of the turn, what the turn has used so far, and what else is known of the result.
    pub(super) fn result(&self, frame: &Frame, spent: &Spending, context: &ResultContext) {
        let Some(mut open) = self.open() else { return };
        let message = Message::new(frame.clone());
        let Some(result) = message.as_result() else { return };
        let outcome = context.outcome(result, None);
        let (outcome, error) = words(&outcome);
        open.outcome = Some(outcome);
        let tokens = spent.all_models().tokens;
        let span = &open.span;
        span.record("error", error);
        span.record("round_trips", result.num_turns);
        span.record("input_tokens", tokens.input);
        span.record("output_tokens", tokens.output);
        span.record("cache_read_tokens", tokens.cache_read);
        span.record("cache_creation_tokens", tokens.cache_creation);
        span.record("cost_usd", spent.cost_usd);
    }

    /// The turn has ended: with its result, or for this reason.
    pub(super) fn ended(&self, failure: Option<&Failure>) {
        if let Some(mut open) = self.open() {
            let outcome = match failure {
                None => open.outcome.unwrap_or("success"),
                Some(failure) => word_of(failure),
            };
            open.end(outcome);
        }
    }
}

impl Drop for TurnTrace {
    fn drop(&mut self) {
        if let Some(mut open) = self.open() {
            open.end("dropped");
        }
    }
}

impl Open {
    fn called(&mut self, message: &Message) {
        let above = message.frame().parent_tool_use_id();
        for call in tool_uses(message) {
            let above = above.as_deref().and_then(|id| self.tools.get(id));
            let parent = above.map_or(&self.span, |tool| &tool.span);
            let name = telemetry::name(&call.name);
            let span = telemetry::tool_span(parent, name, telemetry::name(&call.id));
            let tool = Tool { span, name: name.to_owned(), began: Instant::now() };
            self.tools.insert(call.id.clone(), tool);
        }
    }

    fn returned(&mut self, message: &Message) {
        for result in tool_results(message) {
            if let Some(tool) = self.tools.remove(&result.tool_use_id) {
                tool.end(if result.is_error == Some(true) { "error" } else { "success" });
            }
        }
    }

    fn end(&mut self, outcome: &'static str) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        for (_, tool) in self.tools.drain() {
            tool.end("no_result");
        }
        telemetry::turn_ended(outcome, self.began.elapsed());
        // The reader may keep the turn for long.
        let span = std::mem::replace(&mut self.span, Span::none());
        span.record("outcome", outcome);
    }
}

impl Tool {
    fn end(self, outcome: &'static str) {
        self.span.record("outcome", outcome);
        telemetry::tool_ended(&self.name, outcome, self.began.elapsed());
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The word for an outcome, and for the error of the API.
fn words(outcome: &TurnOutcome) -> (&'static str, Option<&str>) {
    let word = match outcome {
        TurnOutcome::Success => "success",
        TurnOutcome::ApiError { kind, .. } => {
            return ("api_error", kind.as_deref().map(telemetry::name));
        }
        TurnOutcome::MaxTurns => "max_turns",
        TurnOutcome::MaxBudget => "max_budget",
        TurnOutcome::StructuredOutputRetries => "structured_output_retries",
        TurnOutcome::Aborted => "aborted",
        TurnOutcome::StartupFailure { .. } => "startup_failure",
        TurnOutcome::ExecutionError(_) => "execution_error",
        TurnOutcome::Refused { .. } => "refused",
    };
    (word, None)
}

fn word_of(failure: &Failure) -> &'static str {
    match failure {
        Failure::Closed => "closed",
        Failure::Timeout(_) => "timeout",
        Failure::IdleTimeout(_) => "idle_timeout",
        Failure::HandshakeTimeout(_) => "handshake_timeout",
        Failure::HungUp(_) => "hung_up",
        Failure::QueueFull(_) => "queue_full",
        Failure::Refused(_) => "request_refused",
        Failure::Stopped => "stopped",
        Failure::TurnOver => "turn_over",
        Failure::Unsupported(_) => "unsupported",
        Failure::Withdrawn => "withdrawn",
    }
}

/// The word for the cause of an end.
pub(super) fn word_of_end(cause: EndCause) -> &'static str {
    match cause {
        EndCause::Stopped => "stopped",
        EndCause::Dropped => "dropped",
        EndCause::Relaunched => "relaunched",
        EndCause::Restarted => "restarted",
        EndCause::Cleared => "cleared",
        EndCause::SettingStuck => "setting_stuck",
        EndCause::HandshakeTimeout => "handshake_timeout",
        EndCause::DrainTimeout => "drain_timeout",
        EndCause::Refused => "refused",
        EndCause::Owned => "owned",
        EndCause::Left => "left",
        EndCause::NotStarted => "not_started",
        EndCause::HungUp => "hung_up",
        EndCause::Exited => "exited",
        EndCause::Crashed => "crashed",
        EndCause::RuntimeGone => "runtime_gone",
        EndCause::Panicked => "panicked",
    }
}
