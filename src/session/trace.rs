//! The trace of a caller, for the CLI that is launched for its call (feature `otel`).

use crate::transport::Environment;

#[cfg(feature = "otel")]
use opentelemetry::trace::{SpanContext, TraceContextExt};
#[cfg(feature = "otel")]
use tracing_opentelemetry::OpenTelemetrySpanExt;

#[cfg(feature = "otel")]
use super::options::with_span;

/// The span in which the session was called; nothing without the feature `otel`.
///
/// The CLI is launched in the session's own task, which has no span of the caller, and perhaps after
/// other calls: so each call that may need a launch keeps its own. Only the ids are kept: the span
/// itself would stay open.
#[derive(Clone, Default)]
pub(super) struct Caller(#[cfg(feature = "otel")] Option<SpanContext>);

#[cfg(feature = "otel")]
impl Caller {
    /// The current span: that of `tracing`, or else that of OpenTelemetry.
    pub(super) fn here() -> Self {
        let of = |context: opentelemetry::Context| {
            Some(context.span().span_context().clone()).filter(SpanContext::is_valid)
        };
        let context = of(tracing::Span::current().context());
        Self(context.or_else(|| of(opentelemetry::Context::current())))
    }

    /// Adds the trace to the environment of a launch.
    pub(super) fn apply(&self, env: Environment) -> Environment {
        match &self.0 {
            Some(span) => with_span(env, span),
            None => env,
        }
    }
}

#[cfg(not(feature = "otel"))]
impl Caller {
    pub(super) fn here() -> Self {
        Self()
    }

    pub(super) fn apply(&self, env: Environment) -> Environment {
        env
    }
}
