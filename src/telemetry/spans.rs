//! The spans and events, with the names of all their fields.

use tracing::field::Empty;
use tracing::{Level, Span};

/// The target of all spans, and of the events of this file.
pub(crate) const TARGET: &str = "claude_wire";

/// The text if it is a name, as the API has them for tools; otherwise `other`: a name must not carry
/// contents, and not be different each time.
pub(crate) fn name(text: &str) -> &str {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(is_name);
    if fits { text } else { "other" }
}

/// The span of a session, which has no parent: it lives longer than what called it first.
pub(crate) fn session_span(number: u64, name: Option<&str>, owner: Option<(&str, &str)>) -> Span {
    tracing::span!(
        target: TARGET,
        parent: None,
        Level::INFO,
        "session",
        session = number,
        name,
        supervisor = owner.map(|(supervisor, _)| supervisor),
        key = owner.map(|(_, key)| key),
        conversation = Empty,
        launches = Empty,
        crashes = Empty,
        turns = Empty,
        cost_usd = Empty,
    )
}

/// The span of a turn, in that of its caller; without one, in that of its session.
pub(crate) fn turn_span(session: &Span, number: u64, turn: u64, prompt_id: &str) -> Span {
    let caller = Span::current();
    let parent = if caller.is_none() { session.id() } else { caller.id() };
    let span = tracing::span!(
        target: TARGET,
        parent: parent,
        Level::INFO,
        "turn",
        session = number,
        turn,
        prompt_id,
        wait_ms = Empty,
        outcome = Empty,
        error = Empty,
        round_trips = Empty,
        input_tokens = Empty,
        output_tokens = Empty,
        cache_read_tokens = Empty,
        cache_creation_tokens = Empty,
        cost_usd = Empty,
    );
    span.follows_from(session);
    span
}

/// The span of a call of a tool by the model.
pub(crate) fn tool_span(parent: &Span, tool: &str, tool_use_id: &str) -> Span {
    tracing::span!(
        target: TARGET,
        parent: parent,
        Level::INFO,
        "tool_call",
        tool,
        tool_use_id,
        outcome = Empty,
    )
}

/// Whether a subscriber wants the spans of control requests.
pub(crate) fn traces_requests() -> bool {
    tracing::enabled!(target: TARGET, Level::DEBUG)
}

/// The span of a control request, from `host` or from `cli`.
pub(crate) fn request_span(parent: &Span, from: &str, request: &str) -> Span {
    tracing::span!(
        target: TARGET,
        parent: parent,
        Level::DEBUG,
        "control_request",
        from,
        request,
        outcome = Empty,
    )
}

/// A CLI runs.
pub(crate) fn connected_event(launch: u64, pid: Option<u32>) {
    tracing::debug!(target: TARGET, launch, pid, "connected");
}

/// A CLI has ended. `is_failure`: nothing in this program caused that.
pub(crate) fn disconnected_event(
    launch: u64,
    cause: &str,
    code: Option<i32>,
    signal: Option<i32>,
    is_failure: bool,
) {
    if is_failure {
        tracing::warn!(target: TARGET, launch, cause, code, signal, "disconnected");
    } else {
        tracing::debug!(target: TARGET, launch, cause, code, signal, "disconnected");
    }
}

/// Something does not work as requested. What, in words, is an event of the session, because it may
/// have contents.
pub(crate) fn warning_event(kind: &'static str) {
    tracing::warn!(target: TARGET, kind, "warning");
}

/// Something happened to a child of a supervisor.
pub(crate) fn child_event(
    supervisor: &str,
    key: &impl std::fmt::Debug,
    event: &str,
    is_failure: bool,
) {
    if is_failure {
        tracing::warn!(target: TARGET, supervisor, ?key, event, "child");
    } else {
        tracing::info!(target: TARGET, supervisor, ?key, event, "child");
    }
}
