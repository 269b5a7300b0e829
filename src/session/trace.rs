//! The trace of the caller, for the CLI that its call launches (feature `otel`).

use std::sync::Mutex;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::options::with_span;
use crate::common::lock;
use crate::transport::Environment;

/// The span in which the session was last called.
///
/// The CLI is launched in the session's own task, which has no span of the caller. Only the ids are
/// kept: the span itself would stay open.
#[derive(Default)]
pub(super) struct CallerTrace(Mutex<Option<SpanContext>>);

impl CallerTrace {
    /// Notes the current span: that of `tracing`, or else that of OpenTelemetry.
    pub(super) fn note(&self) {
        let of = |context: opentelemetry::Context| {
            Some(context.span().span_context().clone()).filter(SpanContext::is_valid)
        };
        let context = of(tracing::Span::current().context())
            .or_else(|| of(opentelemetry::Context::current()));
        *lock(&self.0) = context;
    }

    /// Adds the trace to the environment of a launch.
    pub(super) fn apply(&self, env: Environment) -> Environment {
        match &*lock(&self.0) {
            Some(span) => with_span(env, span),
            None => env,
        }
    }
}
