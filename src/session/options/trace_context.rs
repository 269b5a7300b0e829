//! The trace that the CLI's spans belong to, in variables.

#[cfg(feature = "otel")]
use opentelemetry::trace::SpanContext;

use super::check::Checked;
use super::{OptionError, Options};
use crate::transport::Environment;

const PARENT: &str = "TRACEPARENT";
const STATE: &str = "TRACESTATE";

impl Options {
    /// A state without a parent has no meaning.
    pub(super) fn check_trace_context(&self) -> Checked {
        if self.trace_state.is_some() && self.trace_parent.is_none() {
            let expected = "`trace_parent` together with it";
            return Err(OptionError::new("trace_state", expected, "none"));
        }
        Ok(())
    }
}

/// Whether a variable is set or removed here, so that it is not inherited.
fn is_decided(env: &Environment, name: &str) -> bool {
    env.overrides().any(|(decided, _)| decided == name)
}

/// Keeps an inherited state out of a trace that it does not belong to.
pub(super) fn without_stale_state(env: Environment) -> Environment {
    match is_decided(&env, PARENT) && !is_decided(&env, STATE) {
        true => env.remove(STATE),
        false => env,
    }
}

/// Adds the context of a span, unless the options or `env` decide about it.
#[cfg(feature = "otel")]
pub(in crate::session) fn with_span(env: Environment, span: &SpanContext) -> Environment {
    if is_decided(&env, PARENT) {
        return env;
    }
    let (trace, id) = (span.trace_id(), span.span_id());
    let parent = format!("00-{trace}-{id}-{:02x}", span.trace_flags());
    let state = Some(span.trace_state().header()).filter(|state| !state.is_empty());
    let env = env.set(PARENT, parent);
    match state {
        Some(state) if !is_decided(&env, STATE) => env.set(STATE, state),
        _ => without_stale_state(env),
    }
}
