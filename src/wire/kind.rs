//! The `type` of a frame.

/// The `type` of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrameKind {
    /// `assistant`
    Assistant,
    /// `user`
    User,
    /// `system`
    System,
    /// `result`
    Result,
    /// `stream_event`
    StreamEvent,
    /// `control_request`
    ControlRequest,
    /// `control_response`
    ControlResponse,
    /// `control_cancel_request`
    ControlCancelRequest,
    /// `keep_alive`
    KeepAlive,
    /// `transcript_mirror`
    TranscriptMirror,
    /// `command_lifecycle`
    CommandLifecycle,
    /// Any other type; [`Frame::kind_name`](crate::wire::Frame::kind_name) has its name.
    Other,
}

impl FrameKind {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "assistant" => Self::Assistant,
            "user" => Self::User,
            "system" => Self::System,
            "result" => Self::Result,
            "stream_event" => Self::StreamEvent,
            "control_request" => Self::ControlRequest,
            "control_response" => Self::ControlResponse,
            "control_cancel_request" => Self::ControlCancelRequest,
            "keep_alive" => Self::KeepAlive,
            "transcript_mirror" => Self::TranscriptMirror,
            "command_lifecycle" => Self::CommandLifecycle,
            _ => Self::Other,
        }
    }

    /// True if the protocol layer consumes such a frame, so that readers of messages do not see it.
    pub fn is_control(self) -> bool {
        matches!(
            self,
            Self::ControlRequest
                | Self::ControlResponse
                | Self::ControlCancelRequest
                | Self::KeepAlive
                | Self::TranscriptMirror
        )
    }
}
