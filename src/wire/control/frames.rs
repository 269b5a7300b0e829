//! Control frames of the CLI.

use super::cli_requests::CliRequest;
use std::collections::BTreeMap;

use crate::wire::decode::{At, Decode, Shape, Sink, declared};
use crate::wire::frame::Frame;
use crate::wire::json::{Kind, RawJson, Reader};
use crate::wire::kind::FrameKind;
use crate::wire::message::TranscriptRow;

/// A frame that the protocol layer consumes.
///
/// What is missing or of the wrong type is empty, and listed by
/// [`Message::defects`](crate::wire::Message::defects): a broken request can still be answered with
/// an error.
///
/// ```
/// use claude_wire::wire::{Frame, control::ControlFrame};
///
/// let frame = Frame::parse(r#"{"type":"control_request","request_id":"c1","request":{"subtype":"interrupt"}}"#)?;
/// let Some(ControlFrame::Request(request)) = ControlFrame::of(&frame) else { panic!() };
/// assert_eq!(request.subtype, "interrupt");
/// assert_eq!(request.request_id.unwrap().as_str().unwrap(), "c1");
/// # Ok::<(), claude_wire::wire::JsonError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ControlFrame {
    /// `control_request`: the CLI asks the host.
    Request(ControlRequest),
    /// `control_response`: the CLI answers the host.
    Response(ControlResponse),
    /// `control_cancel_request`: the CLI cancels its request.
    Cancel(ControlCancel),
    /// `keep_alive`: a sign of life.
    KeepAlive(KeepAlive),
    /// `transcript_mirror`: lines of the transcript, for a session store.
    TranscriptMirror(TranscriptMirror),
}

/// The CLI asks the host (`control_request`, CLI 2.1.329).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ControlRequest {
    /// Identifies the request; usually a string. The answer repeats it unchanged.
    ///
    /// Wire field `request_id`, CLI 2.1.329.
    pub request_id: Option<RawJson>,
    /// The kind of request; empty if it is missing.
    ///
    /// Wire field `request.subtype`, CLI 2.1.329.
    pub subtype: String,
    /// The request as it was on the wire; `null` if there was none.
    ///
    /// Wire field `request`, CLI 2.1.329.
    pub request: RawJson,
    /// The request, typed.
    pub body: CliRequest,
}

/// The fields of a response with the requests that still wait for the host.
pub(crate) const PENDING_REQUESTS: [&str; 3] =
    ["pending_permission_requests", "pending_user_dialog_requests", "pending_elicitation_requests"];

/// The CLI answers the host (`control_response`, CLI 2.1.329).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ControlResponse {
    /// The id of the answered request, as the host spelled it.
    ///
    /// Wire field `response.request_id`, CLI 2.1.329.
    pub request_id: Option<RawJson>,
    /// The answer; a bare acknowledgement has none.
    ///
    /// Wire fields `response.response`, or `response.error` and `response.error_code`, CLI 2.1.329.
    pub result: Result<Option<RawJson>, ControlError>,
    /// Permission requests (whole `control_request` envelopes) that still wait for the host.
    ///
    /// Wire field `response.pending_permission_requests`, CLI 2.1.329.
    pub pending_permission_requests: Vec<RawJson>,
    /// Dialogs that still wait for the host.
    ///
    /// Wire field `response.pending_user_dialog_requests`, CLI 2.1.329.
    pub pending_user_dialog_requests: Vec<RawJson>,
    /// Elicitations that still wait for the host.
    ///
    /// Wire field `response.pending_elicitation_requests`, CLI 2.1.329 (declared, not seen).
    pub pending_elicitation_requests: Vec<RawJson>,
}

/// Why the CLI did not do what the host asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ControlError {
    /// The CLI's message.
    ///
    /// Wire field `response.error`, CLI 2.1.329.
    pub error: String,
    /// The CLI's code for it, such as `unsupported_request`.
    ///
    /// Wire field `response.error_code`, CLI 2.1.329.
    pub error_code: Option<String>,
    /// The model that stays selected if another one could not be.
    ///
    /// Wire field `response.model`, CLI 2.1.329.
    pub model: Option<String>,
}

object! {
    /// The CLI cancels a request (`control_cancel_request`, CLI 2.1.329). No answer is expected any
    /// more.
    pub struct ControlCancel {
        /// The request.
        pub request_id: Option<RawJson> = "request_id" required,
        /// True if the question may stay open: a later "allow" still counts.
        pub takes_late_allow: Option<bool> = "takes_late_allow" declared,
        /// The call that the question was about.
        pub tool_use_id: Option<String> = "tool_use_id" declared,
    }
}

object! {
    /// A sign of life (`keep_alive`, CLI 2.1.329).
    pub struct KeepAlive {
        /// The progress of the start; sent before the answer to `initialize` if the host requests
        /// it.
        pub startup_mark: Option<String> = "startup_mark",
    }
}

object! {
    /// Lines of the transcript (`transcript_mirror`, CLI 2.1.329).
    pub struct TranscriptMirror {
        /// The transcript's file.
        pub file_path: String = "filePath" required,
        /// The lines that were appended.
        pub entries: Vec<RawJson> = "entries" required,
    }
}

impl TranscriptMirror {
    /// The lines, with the fields that all lines have in common.
    pub fn rows(&self) -> impl Iterator<Item = TranscriptRow> {
        self.entries.iter().map(TranscriptRow::of)
    }
}

impl ControlFrame {
    /// The control frame, typed; `None` for a frame of any other kind.
    pub fn of(frame: &Frame) -> Option<Self> {
        Self::decode(frame, &At::Root, &mut Sink::default())
    }

    pub(crate) fn decode(frame: &Frame, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        let root = &mut frame.root().reader();
        match frame.kind() {
            FrameKind::ControlRequest => ControlRequest::decode(root, at, sink).map(Self::Request),
            FrameKind::ControlResponse => {
                ControlResponse::decode(root, at, sink).map(Self::Response)
            }
            FrameKind::ControlCancelRequest => {
                ControlCancel::decode(root, at, sink).map(Self::Cancel)
            }
            FrameKind::KeepAlive => KeepAlive::decode(root, at, sink).map(Self::KeepAlive),
            FrameKind::TranscriptMirror => {
                TranscriptMirror::decode(root, at, sink).map(Self::TranscriptMirror)
            }
            _ => None,
        }
    }

    /// The fields of each kind of control frame.
    pub(in crate::wire) fn declared() -> BTreeMap<String, Shape> {
        let kinds = [
            ("control_request", declared::<ControlRequest>("type")),
            ("control_response", declared::<ControlResponse>("type")),
            ("control_cancel_request", declared::<ControlCancel>("type")),
            ("keep_alive", declared::<KeepAlive>("type")),
            ("transcript_mirror", declared::<TranscriptMirror>("type")),
        ];
        kinds.into_iter().map(|(kind, shape)| (kind.to_owned(), shape)).collect()
    }
}

object! {
    /// The envelope of a request.
    struct RequestEnvelope {
        /// The id.
        request_id: Option<RawJson> = "request_id" required,
        /// The request.
        request: RawJson = "request" => whole_object required,
    }
}

object! {
    /// The envelope of a response.
    struct ResponseEnvelope {
        /// The response.
        response: Response = "response" required,
    }
}

object! {
    /// The response in its envelope, in either of its two shapes.
    struct Response {
        /// `success` or `error`.
        subtype: String = "subtype" required,
        /// The id.
        request_id: Option<RawJson> = "request_id",
        /// The answer.
        response: Option<RawJson> = "response",
        /// The message of an error.
        error: Option<String> = "error",
        /// The code of an error.
        error_code: Option<String> = "error_code",
        /// The model of an error.
        model: Option<String> = "model",
        /// Requests that still wait.
        pending_permission_requests: Vec<RawJson> = "pending_permission_requests",
        /// Requests that still wait.
        pending_user_dialog_requests: Vec<RawJson> = "pending_user_dialog_requests",
        /// Requests that still wait.
        pending_elicitation_requests: Vec<RawJson> = "pending_elicitation_requests",
    }
}

fn whole_object(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<RawJson> {
    if reader.kind() == Kind::Object {
        Some(reader.skip().raw())
    } else {
        sink.wrong(at, "an object", reader)
    }
}

impl Decode for ControlRequest {
    const EXPECTED: &'static str = "an object";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        let RequestEnvelope { request_id, request } = RequestEnvelope::decode(reader, at, sink)?;
        let (subtype, body) = match request.cursor() {
            cursor if cursor.kind() == Kind::Object => {
                CliRequest::decode(cursor, &at.key("request"), sink)
            }
            // The envelope has listed the defect.
            _ => Default::default(),
        };
        Some(Self { request_id, subtype, request, body })
    }

    fn declare(at: &str, shape: &mut Shape) {
        RequestEnvelope::declare(at, shape);
    }
}

/// Whether a reply says that the request was not done: by its subtype, or by its error if the subtype
/// is not known.
pub(crate) fn is_refusal(subtype: &str, has_error: bool) -> bool {
    subtype == "error" || (subtype != "success" && has_error)
}

impl Decode for ControlResponse {
    const EXPECTED: &'static str = "an object";

    fn decode(reader: &mut Reader<'_>, at: &At<'_>, sink: &mut Sink) -> Option<Self> {
        let response = ResponseEnvelope::decode(reader, at, sink)?.response;
        let result = if is_refusal(&response.subtype, response.error.is_some()) {
            Err(ControlError {
                error: response.error.unwrap_or_default(),
                error_code: response.error_code,
                model: response.model,
            })
        } else {
            Ok(response.response)
        };
        Some(Self {
            request_id: response.request_id,
            result,
            pending_permission_requests: response.pending_permission_requests,
            pending_user_dialog_requests: response.pending_user_dialog_requests,
            pending_elicitation_requests: response.pending_elicitation_requests,
        })
    }

    fn declare(at: &str, shape: &mut Shape) {
        ResponseEnvelope::declare(at, shape);
    }
}
