//! The control protocol: what comes in, typed, and what goes out, as bytes.
//!
//! A [`Control`] is a line of it. What your program asks is a [`Request`], and what the CLI asks is a
//! [`HostRequest`]; the requests to a host that
//! lends it credentials, tools or a screen are in [`remote`].

mod incoming;
mod outgoing;
pub mod remote;
mod requests;

pub use self::incoming::{
    Control, ControlCancel, ControlRequest, ControlResponse, Failure, KeepAlive, TranscriptMirror,
};
pub use self::outgoing::{
    control_cancel_line, control_error_line, control_request_line, control_success_line, user_line,
    verbatim_user_line,
};
pub use self::requests::{
    CanUseTool, ComputerFolder, DialogRequest, Elicitation, ElicitationMode, HookCallback,
    HostRequest, MatchedAskRule, McpMessage, McpProvenance, McpSkill, PromptLine, ToolKind,
};
pub use super::requests::{Request, RequestName};
