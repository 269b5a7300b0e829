//! The opportunities of faults.

/// Something that happens on a connection, at which a fault may be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// The CLI is launched.
    Launch,
    /// A prompt arrives.
    Prompt,
    /// The first line of the model in a turn.
    Speech,
    /// The first line of the model in a turn; in the direction of the CLI a prompt.
    Break,
    /// A line of the model, or a result.
    Message,
    /// A line of the model with a tool call.
    ToolUse,
    Result,
    Init,
    /// A reply to a control request.
    Reply,
    /// A request of the CLI.
    Request,
    /// A call of a hook.
    Hook,
    /// A line of the type that the fault names.
    Typed,
    /// Any line in the fault's direction.
    Line,
    /// A line of the CLI with a character that is not ASCII.
    NonAscii,
    /// The stream in the fault's direction ends.
    End,
    /// A request to the API.
    ApiRequest,
    /// One that is answered with a tool call.
    ApiToolUse,
}

impl Point {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::Prompt => "prompt",
            Self::Speech => "first line of the model in a turn",
            Self::Break => "first line of the model in a turn; with `direction=in` a prompt",
            Self::Message => "line of the model, or result",
            Self::ToolUse => "line with a tool call",
            Self::Result => "result",
            Self::Init => "`system/init`",
            Self::Reply => "reply to a control request",
            Self::Request => "request of the CLI",
            Self::Hook => "call of a hook",
            Self::Typed => "line of the type",
            Self::Line => "line",
            Self::NonAscii => "line with a character that is not ASCII",
            Self::End => "end of the stream",
            Self::ApiRequest => "request to the API",
            Self::ApiToolUse => "request to the API that is answered with a tool call",
        }
    }
}
