//! The spans of control requests, in both directions.

use std::collections::HashMap;

use bytes::Bytes;
use tokio::time::Instant;
use tracing::Span;

use crate::protocol::{Answer, CallbackId};
use crate::telemetry;
use crate::wire::{Frame, FrameKind};

/// The control requests that are open.
#[derive(Default)]
pub(super) struct Requests {
    /// Boxed, and made for the first request that someone wants to see.
    open: Option<Box<Open>>,
    /// When the CLI was launched that has not answered the handshake.
    launched: Option<Instant>,
}

#[derive(Default)]
struct Open {
    /// Those of the host, by their id on the wire.
    host: HashMap<String, Request>,
    cli: HashMap<CallbackId, Request>,
}

struct Request {
    span: Span,
    from: &'static str,
    name: String,
    began: Instant,
}

/// How the lines of control requests and of their cancellation begin, as this crate writes them.
/// Answers to the CLI are not among them, and can be long.
const STARTS: [&[u8]; 2] =
    [br#"{"type":"control_request""#, br#"{"type":"control_cancel_request""#];

impl Requests {
    pub(super) fn launched(&mut self) {
        self.launched = Some(Instant::now());
    }

    pub(super) fn ready(&mut self) {
        if let Some(launched) = self.launched.take() {
            telemetry::started(launched.elapsed());
        }
    }

    pub(super) fn release_room(&mut self) {
        self.open.take_if(|open| open.host.is_empty() && open.cli.is_empty());
    }

    /// A line is written to the CLI.
    pub(super) fn written(&mut self, line: &Bytes, session: impl FnOnce() -> Span) {
        if !STARTS.iter().any(|start| line.starts_with(start)) || !is_wanted() {
            return;
        }
        let Ok(frame) = Frame::parse(line.clone()) else { return };
        let Some(id) = id_of(&frame) else { return };
        let open = self.open.get_or_insert_default();
        match frame.kind() {
            FrameKind::ControlRequest => {
                drop(open.host.insert(id, Request::new(&session(), "host", &frame)));
            }
            FrameKind::ControlCancelRequest => {
                open.host.remove(&id).into_iter().for_each(|request| request.end("cancelled"));
            }
            _ => {}
        }
    }

    /// A reply of the CLI.
    pub(super) fn replied(&mut self, frame: &Frame) {
        let Some(open) = &mut self.open else { return };
        let Some(request) = id_of(frame).and_then(|id| open.host.remove(&id)) else { return };
        let subtype = frame.payload().and_then(|reply| reply.get("subtype"));
        let failed = subtype.and_then(|subtype| subtype.string()).is_some_and(|it| it == "error");
        request.end(if failed { "error" } else { "success" });
    }

    /// The CLI asks. `parent` gets the call of a tool that it asks about. Returns the span in which
    /// the answer is found.
    pub(super) fn asked(
        &mut self,
        callback: CallbackId,
        frame: &Frame,
        parent: impl FnOnce(Option<&str>) -> Span,
    ) -> Span {
        if !is_wanted() {
            return Span::none();
        }
        let body = frame.payload();
        let tool_use = body.as_ref().and_then(|body| body.get("tool_use_id"));
        let tool_use = tool_use.and_then(|id| id.string());
        let request = Request::new(&parent(tool_use.as_deref()), "cli", frame);
        let span = request.span.clone();
        self.open.get_or_insert_default().cli.insert(callback, request);
        span
    }

    pub(super) fn answered(&mut self, callback: CallbackId, answer: &Answer) {
        self.over(
            callback,
            match answer {
                Answer::Success(_) => "success",
                Answer::Error(..) => "error",
                Answer::Silence => "silence",
            },
        );
    }

    pub(super) fn cancelled(&mut self, callback: CallbackId) {
        self.over(callback, "cancelled");
    }

    fn over(&mut self, callback: CallbackId, outcome: &'static str) {
        let open = self.open.as_mut().and_then(|open| open.cli.remove(&callback));
        open.into_iter().for_each(|request| request.end(outcome));
    }

    /// The connection has ended: what is open has no answer, in either direction.
    pub(super) fn closed(&mut self) {
        self.launched = None;
        let Some(open) = self.open.take() else { return };
        let Open { host, cli } = *open;
        for request in host.into_values().chain(cli.into_values()) {
            request.end("closed");
        }
    }
}

impl Request {
    fn new(parent: &Span, from: &'static str, frame: &Frame) -> Self {
        let subtype = frame.payload().and_then(|body| body.get("subtype"));
        let subtype = subtype.and_then(|subtype| subtype.string()).unwrap_or_default();
        let name = telemetry::name(&subtype).to_owned();
        let span = telemetry::request_span(parent, from, &name);
        Self { span, from, name, began: Instant::now() }
    }

    fn end(self, outcome: &'static str) {
        self.span.record("outcome", outcome);
        telemetry::request_ended(self.from, &self.name, outcome, self.began.elapsed());
    }
}

fn is_wanted() -> bool {
    telemetry::MEASURES || telemetry::traces_requests()
}

/// The id of a request, or of the one that a reply answers.
fn id_of(frame: &Frame) -> Option<String> {
    frame.request_id()?.as_str().map(String::from)
}
