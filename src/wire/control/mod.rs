//! The control protocol: typed incoming frames, and outgoing lines as bytes.
//!
//! A [`ControlFrame`] is an incoming line of it. Your program sends a [`Request`], and the CLI a
//! [`CliRequest`]; the requests to a host that provides credentials, tools or a screen are in
//! [`remote`].

mod cli_requests;
mod frames;
mod outgoing;
mod prompt;
pub mod remote;

pub use self::cli_requests::{
    CanUseTool, CliRequest, CliRequestName, ComputerFolder, DialogRequest, ElicitRequest,
    ElicitationMode, HookCallback, MatchedAskRule, McpMessage, McpProvenance, McpSkill, PromptLine,
    ToolKind,
};
pub use self::frames::{
    ControlCancel, ControlError, ControlFrame, ControlRequest, ControlResponse, KeepAlive,
    TranscriptMirror,
};
pub(crate) use self::frames::{PENDING_REQUESTS, is_refusal};
pub use self::outgoing::{
    control_cancel_line, control_error_line, control_request_line, control_success_line,
};
pub use self::prompt::{PromptFields, PromptOrigin, prompt_line, user_line};
pub use super::requests::{Request, RequestName};
